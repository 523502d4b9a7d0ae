"""Values as JSON text: what JSON has not, and bounds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.payloads.plain import MAX_DEPTH, json_text
from proxy.payloads.values import Members, UnreadError

LIMIT = 10_000
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_what_json_has_stays(value: object) -> None:
    assert orjson.loads(json_text(value, 10**6).data) == value


@given(JSON)
def test_the_limit_is_exact(value: object) -> None:
    size = len(orjson.dumps(value))
    assert len(json_text(value, size).data) == size
    with pytest.raises(UnreadError, match="too-large"):
        json_text(value, size - 1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"\x00\xff", "AP8="),
        (memoryview(b"a"), "YQ=="),
        (2**64, "18446744073709551616"),
        (-(2**63) - 1, "-9223372036854775809"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (Decimal("12.50"), "12.50"),
        (Decimal("0E-10"), "0.0000000000"),
        (Decimal("1E+999999"), "1E+999999"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (
            datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-02T03:04:05.000006+02:00",
        ),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),  # noqa: DTZ001 - Avro's local timestamps
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4, 5), "03:04:05"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ((1, (x for x in "ab")), [1, ["a", "b"]]),
        (Members([("a", Members([]))]), {"a": {}}),
        (
            {1: 1, None: 2, False: 3, (1, 2): 4, b"\0": 5},
            {"1": 1, "null": 2, "false": 3, "[1,2]": 4, "AA==": 5},
        ),
    ],
)
def test_what_json_has_not_becomes_text(value: object, expected: object) -> None:
    assert orjson.loads(json_text(value, LIMIT).data) == expected


def test_keys_that_become_the_same_are_told() -> None:
    text = json_text({1: "a", "1": "b"}, LIMIT)
    assert (text.data, text.flaws) == (b'{"1":"b"}', ("duplicate-keys",))


def test_depth_is_bounded() -> None:
    value: object = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert json_text(value, LIMIT).data == b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH
    with pytest.raises(UnreadError, match="too-deep"):
        json_text([value], LIMIT)
    with pytest.raises(UnreadError, match="too-deep"):
        json_text({"a": {"b": value}}, LIMIT)


def test_what_is_made_while_it_is_written_ends_at_the_limit() -> None:
    made = []

    def endless() -> object:
        while True:
            made.append(1)
            yield "x" * 100

    with pytest.raises(UnreadError, match="too-large"):
        json_text(endless(), LIMIT)
    assert len(made) < LIMIT / 100 + 2
