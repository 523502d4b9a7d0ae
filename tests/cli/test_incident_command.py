from __future__ import annotations

import json
from typing import TYPE_CHECKING

from contract.incidents import read
from tests.cli.test_map_command import record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Said

    Defacto = Callable[..., Said]

ID = "mc6u623nbrsn"


def test_written_listed_and_shown(defacto: Defacto) -> None:
    said = defacto(
        *("incident", "add", "--at", "2026-03-04T09:12", "--what", "total became\na text", "--clause", ID),
        *("--surprised", "billing", "--resolved", "2026-03-04T11:12", "--follow-up", "a check of types"),
    )
    assert said.code == 0, said.err
    assert said.out == "2026-03-04-1 written to contract.incidents.yaml.\n"
    defacto(
        "incident", "add", "--at", "2026-03-09", "--near-miss", "--what", "nearly dropped", "--by", "anna"
    )
    listed = defacto("incident", "list").out
    assert listed.startswith("1 incident, 1 near-miss.")
    assert listed.index("2026-03-09-1") < listed.index("2026-03-04-1")
    shown = defacto("incident", "show", "2026-03-04-1").out
    assert "Surprised: billing." in shown
    assert "Not understood yet." in shown
    assert "Resolved after 2 hours." in shown
    assert "What follows: a check of types." in shown
    form = json.loads(defacto("incident", "list", "--format", "json").out)
    assert [one["what"] for one in form["incidents"]] == ["total became a text", "nearly dropped"]
    assert form["incidents"][0]["seconds_to_resolve"] == 7200
    assert json.loads(defacto("incident", "show", "2026-03-09-1", "--format", "json").out)["by"] == "anna"


def test_used_wrongly(defacto: Defacto) -> None:
    add = ("incident", "add", "--what", "x", "--at", "2026-03-04")
    assert defacto("incident", "add", "--what", "x").code == 2
    assert "What happened? Say it with --what." in defacto("incident", "add", "--what", " ", "--at", "1d").err
    assert "before it happened" in defacto(*add, "--resolved", "2026-03-01").err
    assert defacto("incident", "show", "2026-03-04-1").code == 2


def test_the_beginning_of_an_id_is_enough_where_no_other_begins_so(defacto: Defacto, tmp_path: Path) -> None:
    record(tmp_path)
    add = ("incident", "add", "--what", "x", "--at", "2026-03-04")
    gone = "aaaaaaaaaaaa"
    said = defacto(*add, "--clause", ID[:8], "--clause", gone)
    assert said.code == 0, said.err
    (one,) = read(tmp_path / "contract.incidents.yaml").values()
    assert one.clauses == (ID, gone)
    for id_, told in (
        ("orders", "No clause has an id that begins with 'orders'"),
        ("", "clauses have an id"),
    ):
        said = defacto(*add, "--clause", id_)
        assert said.code == 2
        assert told in said.err


def test_text_that_acts_is_shown(defacto: Defacto) -> None:
    defacto("incident", "add", "--at", "2026-03-04", "--what", "\x1b]0;owned\x07 [bold]x[/]")
    shown = defacto("incident", "list").out + defacto("incident", "show", "2026-03-04-1").out
    assert "\x1b" not in shown
    assert "[bold]x[/]" in shown
