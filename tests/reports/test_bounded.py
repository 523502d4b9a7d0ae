"""What a file of a very large contract leaves out, and that it says so."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from reports import bounded, html
from reports.bounded import clipped, in_full
from reports.html import drift_html, map_html
from reports.matrix import matrix, telling

if TYPE_CHECKING:
    from contract.claim import ContractMap, OperationMap
    from reports.drift import Drift


def operations_of(drift: Drift) -> list[OperationMap]:
    return [one.operation for one in drift.compared if one.operation.observations]


def test_all_are_in_full_where_there_is_room(shop_drift: Drift) -> None:
    operations = operations_of(shop_drift)
    assert in_full(operations) == (tuple(operations), ())
    whole = matrix(operations, telling)
    assert clipped(whole) == (whole, 0)


def test_the_most_troubled_stay(shop_drift: Drift, monkeypatch: pytest.MonkeyPatch) -> None:
    calm, *_ = operations = operations_of(shop_drift)
    calm = replace(calm, key="GET /calm", claims=())
    monkeypatch.setattr(bounded, "MOST_LINES", 0)
    assert in_full([calm, *operations[:0]]) == ((calm,), ())
    full, rest = in_full(operations)
    assert (full, rest) == ((), tuple(operations))


def test_a_matrix_keeps_whole_operations(shop_drift: Drift) -> None:
    whole = matrix(operations_of(shop_drift), telling)
    first = len(whole.groups[0].rows)
    kept, left = clipped(whole, first)
    assert kept.groups == whole.groups[:1]
    assert left == sum(len(group.rows) for group in whole.groups[1:]) > 0


@pytest.mark.parametrize("most", [0, 6])
@pytest.mark.parametrize("what", ["drift", "map"])
def test_what_is_left_out_is_said(
    what: str, most: int, shop_drift: Drift, shop_map: ContractMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page() -> str:
        return drift_html(shop_drift) if what == "drift" else map_html(shop_map)

    whole = page()
    assert "The rest in short" not in whole
    assert "of further operations" not in whole
    monkeypatch.setattr(bounded, "MOST_LINES", 3)
    monkeypatch.setattr(html, "clipped", partial(clipped, most=most))
    short = page()
    assert "The rest in short" in short
    assert "of further operations" in short
    assert len(short) < len(whole)
    for operation in operations_of(shop_drift):
        assert operation.key.partition(" ")[2] in short
