from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from contract.ledger.reading import read
from tests.cli.ledgers import REF, compare
from tests.cli.test_map_command import shop

if TYPE_CHECKING:
    from tests.cli.test_map_command import Defacto

__all__ = ["shop"]

PRODUCER = ("--by", "shop-team", "--role", "producer", "--reason", "we want to drop it")
CONSUMER = ("--by", "billing", "--role", "consumer", "--reason", "we match payments by it")


def test_positions_that_differ_are_shown_beside_each_claim(shop: Defacto) -> None:
    said = shop("dispute", REF, "--position", "may-change", *PRODUCER)
    assert said.code == 0, said.err
    assert "disputed" not in said.out
    said = shop("dispute", REF, "--position", "guaranteed", *CONSUMER)
    compare("dispute.txt", said.out)
    shown = " ".join(shop("drift", "--declared", "openapi.yaml").out.split())
    assert (
        "Disputed: shop-team (producer) says may change, we want to drop it; "
        "billing (consumer) says guaranteed, we match payments by it."
    ) in shown
    shown = shop("map", "--operation", "GET /orders", "--format", "markdown").out
    assert "always present \\[undecided, disputed\\]" in shown
    form = json.loads(shop("map", "--explain", REF, "--format", "json").out)
    assert form["ledger"]["disputed"] is True
    assert [one["who"] for one in form["ledger"]["positions"]] == ["shop-team", "billing"]


def test_a_position_is_taken_back(shop: Defacto, tmp_path: Path) -> None:
    shop("dispute", REF, "--position", "may-change", *PRODUCER)
    shop("dispute", REF, "--position", "guaranteed", *CONSUMER)
    said = shop("dispute", REF, "--position", "undecided", *CONSUMER)
    assert "disputed" not in said.out
    assert not read(tmp_path / "contract.yaml").entries[REF].disputed


def test_what_was_said_has_the_day_on_which_it_was(shop: Defacto, tmp_path: Path) -> None:
    day = ("--at", "2026-05-12")
    assert shop("dispute", REF, "--position", "guaranteed", *CONSUMER, *day).code == 0
    assert shop("decide", REF, "guaranteed", "--by", "anna", "--reason", "x", "--at", "2026-05-20").code == 0
    entry = read(tmp_path / "contract.yaml").entries[REF]
    assert (str(entry.positions["billing"].at), str(entry.at)) == ("2026-05-12", "2026-05-20")
    said = shop("dispute", REF, "--position", "guaranteed", *CONSUMER, "--at", "yesterday")
    assert said.code == 2


def test_a_decision_against_a_position_stays_disputed(shop: Defacto) -> None:
    shop("dispute", REF, "--position", "guaranteed", *CONSUMER)
    shop("decide", REF, "may-change", "--by", "anna", "--reason", "x")
    form = json.loads(shop("map", "--explain", REF, "--format", "json").out)
    assert (form["decision"], form["ledger"]["disputed"]) == ("may-change", True)


def test_used_wrongly(shop: Defacto) -> None:
    assert shop("dispute", REF, "--position", "never", *CONSUMER).code == 2
    assert shop("dispute", REF, "--position", "guaranteed", "--by", "x", "--reason", "y").code == 2
    assert shop("dispute", "zzz", "--position", "guaranteed", *CONSUMER).code == 2
