from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.listing import Listed, Wanted, as_csv, as_jsonl, as_text

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

ONE = Listed(
    id="abc",
    time="2026-03-02T09:00:00.250000Z",
    producer="orders",
    consumer="billing",
    basis="user-agent",
    protocol="http/1.1",
    operation="GET /orders/{order_id}",
    method="GET",
    path="/orders/42",
    status=200,
    duration_ms=40.5,
)
any_text = st.text(st.characters(exclude_categories=()))
any_listed: SearchStrategy[Listed] = st.builds(
    lambda producer, consumer, operation: replace(
        ONE, producer=producer, consumer=consumer, operation=operation
    ),
    any_text,
    any_text,
    any_text,
)


@given(any_listed)
def test_jsonl_reads_back(row: Listed) -> None:
    (line,) = as_jsonl([row])
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line) == asdict(row)


@given(any_listed)
def test_csv_keeps_its_columns(row: Listed) -> None:
    heading, *cells = csv.reader(io.StringIO("\n".join(as_csv([row], Listed))))
    assert len(cells) == 1
    assert len(cells[0]) == len(heading) == 11
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells[0])


@given(any_listed)
def test_text_is_one_line_without_controls(row: Listed) -> None:
    (line,) = as_text([row])
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in line)


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        (Wanted(), True),
        (Wanted(consumer="billing", operation="GET /orders/{order_id}", status="200"), True),
        (Wanted(consumer="bill?ng", operation="GET *", status="2xx"), True),
        (Wanted(consumer="Billing"), False),
        (Wanted(operation="GET /orders"), False),
        (Wanted(operation="[G]ET*"), False),
        (Wanted(status="none"), False),
        (Wanted(status="3XX"), False),
    ],
)
def test_wanted(wanted: Wanted, answer: bool) -> None:
    assert (ONE in wanted) is answer
