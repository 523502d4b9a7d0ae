"""A frame cannot have more parts than it has bytes, whatever it says; what is whole passes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, is_dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("kio", reason="kio is not installed")

from kio.index import KioIndexError, load_request_schema, load_response_schema
from kio.serial import entity_reader
from kio.serial.errors import SerialError

from proxy.decoders.kafka import KafkaDecoder
from proxy.decoders.kafka_counts import CountError, check
from tests.proxy.decoders.kafka_playing import (
    LIMITS,
    bare_reply,
    batch,
    framed,
    produce,
    request,
    session,
    written,
)
from tests.proxy.decoders.playing import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT, NUMBER = b"\xff\xff\xff\xff\x0f", b"\x7f\xff\xff\xff"
"""As many parts as can be said, in both ways to say it. kio would make room for them, and end the process."""

_DECODER = KafkaDecoder(ORIGIN, LIMITS)


def _schemas() -> Iterator[Any]:
    """Of all that the decoder reads."""
    of = (load_request_schema, _DECODER._read_apis), (load_response_schema, _DECODER._givers)
    for load, apis in of:
        for api, version in product(sorted(apis), range(20)):
            with suppress(KioIndexError):
                yield load(api, version)


SCHEMAS = [*_schemas()]


def full(schema: Any) -> dict[str, Any]:
    """One part in each array of entities, and something in each field that has a length."""
    said: dict[str, Any] = {}
    for one in fields(schema):
        kinds = [one.type, *get_args(one.type)]
        parts = [get_args(kind)[0] for kind in kinds if get_origin(kind) is tuple]
        if parts:
            said[one.name] = [full(parts[0])] if is_dataclass(parts[0]) else []
        elif (name := one.metadata.get("kafka_type")) in _SOMETHING:
            said[one.name] = _SOMETHING[name]
    return said


_SOMETHING = {"string": "text", "bytes": b"bytes", "records": b"records"}


def name_of(schema: Any) -> str:
    return str(schema.__module__.removeprefix("kio.schema."))


@pytest.mark.parametrize("schema", SCHEMAS, ids=name_of)
def test_what_is_whole_passes_and_what_says_more_than_it_has_does_not(schema: Any) -> None:
    data = written(schema, full(schema))
    check(schema, data, 0)
    for end in range(len(data)):
        with pytest.raises(CountError):
            check(schema, data[:end], 0)
    read = entity_reader(schema)
    assert read(data, 0)[1] == len(data)
    for at, count in product(range(len(data)), (VARINT, NUMBER)):
        told = data[:at] + count + data[at + (1 if count is VARINT else len(count)) :]
        with suppress(CountError, SerialError, ValueError, LookupError, OverflowError, TypeError):
            check(schema, told, 0)
            read(told, 0)  # it comes back


def test_the_decoder_leaves_such_a_frame_out() -> None:
    (event,) = session(
        ("c", framed(request(8, 7, 2, group_id="g")[1][4:-4] + NUMBER)),
        bare_reply(2),
        produce(("a", 0, batch(b"1")), acks=0, correlation=3),
    )
    assert event.flaws == ("frame-undecoded",)


@given(st.sampled_from(SCHEMAS), st.binary(max_size=80))
def test_any_bytes_pass_or_do_not(schema: Any, data: bytes) -> None:
    with suppress(CountError):
        check(schema, data, 0)
