from __future__ import annotations

from datetime import date

import pytest

from contract.changing.model import Planned


@pytest.mark.parametrize(
    ("what", "operation", "place", "told"),
    [
        ("remove GET /orders", "GET /orders", "", "remove GET /orders"),
        ("remove GET /orders/{id}", "GET /orders", "", "remove GET /orders/{id} (GET /orders)"),
        (
            "remove GET /orders 200 body ref",
            "GET /orders",
            "response.200.body.ref",
            "remove GET /orders 200 body ref",
        ),
        ("ref goes", "GET /orders", "response.200.body.ref", "ref goes (GET /orders 200 body ref)"),
        ("all moves", "", "", "all moves (the whole interface)"),
    ],
)
def test_what_a_change_touches_is_said_once(what: str, operation: str, place: str, told: str) -> None:
    planned = Planned(what=what, operation=operation, place=place, effective=date(2026, 12, 1))
    assert planned.words == told
