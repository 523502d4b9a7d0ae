"""The scripted year: every command works on it, and the review of month twelve tells what happened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from contract.clause import Clause
from contract.kinds import Present
from contract.subject import parse
from examples.year.story import CHANGE, LAST, REF, live, run
from examples.year.traffic import PRODUCER, month

if TYPE_CHECKING:
    from pathlib import Path

_TOKEN = parse("response.200.body.items[].token")
TOKEN = Clause(producer=PRODUCER, operation="GET /orders", subject=_TOKEN, kind=Present(always=True)).id


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("year")
    live(folder)
    return folder


@pytest.fixture
def december(year: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(year)
    run(*LAST, "--format", "json", "-o", "december.json")
    return json.loads((year / "december.json").read_text())


def test_the_same_every_time() -> None:
    assert list(month(3)) == list(month(3))


def test_the_review_of_month_twelve(december: Any) -> None:
    lists = {slug: {one["id"]: one for one in part["items"]} for slug, part in december["lists"].items()}
    assert december["since"] == "2026-12-01"
    assert lists["relied"][TOKEN]["mark"] == "new"
    assert [one["consumer"] for one in lists["relied"][TOKEN]["consumers"] if one["level"] == "used"] == [
        "mobile"
    ]
    assert lists["disputed"][REF]["since"] == "2026-05-12"
    assert lists["due"][REF]["mark"] == "overdue"
    deprecated = lists["changes"][REF]
    assert deprecated["mark"] == "1 still relies on it, 2 are only sent it"
    assert deprecated["why"][0].startswith("reports uses it")
    assert deprecated["why"][1] == "Only sent it: mobile and storefront."
    assert deprecated["why"][2] == "No more seen to depend: billing, warehouse."
    planned = lists["changes"][""]
    assert planned["mark"] == deprecated["mark"]
    assert planned["about"].startswith(CHANGE)
    said = " ".join(planned["why"])
    assert "reports still depends" in said
    assert "billing has migrated" in said
    assert "Never told: mobile." in said
    differ = lists["agreement"][REF]["said"]
    assert "reports uses it; warehouse used it until 2026-08-28" in differ
    assert lists["incidents"] == {}


def test_the_figures_of_the_year(december: Any) -> None:
    trends = {slug: [one["value"] for one in metric["trend"]] for slug, metric in december["metrics"].items()}
    assert trends["incidents"] == [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    march = december["metrics"]["surprises"]["trend"][2]
    assert {one.split(":")[0] for one in march["items"]} == {"billing", "warehouse", "reports"}
    assert sum(value or 0 for value in trends["surprises"]) == march["value"]
    assert trends["disputes"] == [None] * 4 + [1] * 8
    assert all(0 < value < 1 for value in trends["declared"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("map",),
        ("map", "--explain", REF),
        ("drift", "--declared", "openapi.yaml"),
        ("drift", "--from", "2026-02-01..2026-03-01", "--to", "2026-03-01..2026-04-01"),
        ("plan", "--declared", "openapi.yaml"),
        ("verify", "--declared", "openapi.yaml"),
        ("check", "openapi.yaml", "--base", "openapi.yaml"),
        ("change", "status", "--at", "2027-01-01"),
        ("change", "calendar"),
        ("define", "-o", "page.html"),
        ("policy",),
        ("incident", "list"),
        ("exchanges", "--limit", "2"),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_every_command_works_on_it(
    year: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.chdir(year)
    run(*arguments)
    assert capsys.readouterr().out
