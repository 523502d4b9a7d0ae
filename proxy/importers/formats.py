"""Which format a recording has: told from its first bytes, since names lie and stdin has none."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from proxy.importers import har, mitmproxy, pcap
from proxy.importers.envoy import written_json, written_proto
from proxy.importers.gunzip import Gunzip
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxy.importers.recording import Item

_HEAD_BYTES = 512
_BUFFER_BYTES = 1 << 16
_PACKED = (b"\x1f\x8b", b"x\x01", b"x\x9c", b"x\xda")
"""How gzip and zlib begin."""


class Format(NamedTuple):
    """A format: what people call it, how it is recognised, and how it is read.

    Of those that recognise a file, the first reads it.
    """

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[..., Iterator[Item]]


FORMATS = (
    Format(written_json.NAME, written_json.recognises, written_json.read),
    Format(written_json.NAME, written_proto.recognises_many, written_proto.read_many),
    Format(written_json.NAME, written_proto.recognises_one, written_proto.read_one),
    Format(har.NAME, har.recognises, har.read),
    Format(mitmproxy.NAME, mitmproxy.recognises, mitmproxy.read),
    Format(pcap.NAME, pcap.recognises, pcap.read),
)


def open_recording(stream: IO[bytes], name: str, producer: str) -> tuple[str, Iterator[Item]]:
    """The name of a recording's format and what it holds. Compressed ones are unpacked on the way.

    Args:
        stream: the file, at its beginning.
        name: what the file is called, for messages and for the exchanges' `source`.
        producer: whose traffic this is; `""` takes the host of each exchange.

    Raises:
        DefactoError: it has none of the formats.
    """
    plain = io.BufferedReader(cast("io.RawIOBase", stream), _BUFFER_BYTES)
    head = plain.peek(_HEAD_BYTES)
    if head.startswith(_PACKED):
        plain = io.BufferedReader(Gunzip(plain), _BUFFER_BYTES)
        head = plain.peek(_HEAD_BYTES)
    for one in FORMATS:
        if one.recognises(head):
            return one.name, one.read(plain, producer=producer, source=name)
    known = " or ".join(dict.fromkeys(one.name for one in FORMATS))
    raise DefactoError(
        f"{name} is {'no recording that defacto knows' if head else 'empty'}.", f"It reads {known}."
    )
