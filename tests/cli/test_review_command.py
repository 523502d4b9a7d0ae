"""Three months of a shop: what is relied upon is decided, spreads, and is dropped without a word."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from inference.fold import fold
from store.store import Store
from tests.cli.ledgers import REF, compare
from tests.cli.test_map_command import DOCUMENT
from tests.inference.traffic import START, call
from tests.reports.test_json_form import schema, validator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from store.records import Exchange
    from tests.cli.test_map_command import Defacto

NOVEMBER, DECEMBER, JANUARY = "2023-11-01", "2023-12-01", "2024-01-01"
DAY_S = 86_400
DOCUMENTED = ("--declared", "openapi.yaml")
ASKED = ("--format", "json", *DOCUMENTED)


def month(first: str, users: tuple[str, ...], *, ref: bool = True) -> Iterator[Exchange]:
    """Thirty rounds at no steady period: each user goes from an order's undeclared `ref` to the order."""
    began = int(datetime.fromisoformat(first).replace(tzinfo=UTC).timestamp()) - START // 10**9
    for turn in range(30):
        at = began + turn * DAY_S // 2 + turn * turn * 7 % 11 * 3600
        refs = [f"{first[5:7]}{turn:04x}-a1b2c3d4e5f60718-{item}" for item in range(3)]
        items = [
            {"id": f"o{turn}{item}", "total": 990 + turn, **({"ref": one} if ref else {})}
            for item, one in enumerate(refs)
        ]
        for place, user in enumerate(users):
            yield call(at + 60 * place, "GET", "/orders", consumer=user, got={"items": items})
            for item, one in enumerate(refs if ref else ()):
                path = f"/orders/{one}"
                yield call(
                    at + 60 * place + item + 1, "GET", path, consumer=user, got={"id": f"o{turn}{item}"}
                )
        yield call(at + 600, "GET", "/orders", consumer="storefront", got={"items": items})


@pytest.fixture
def story(defacto: Defacto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Defacto:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT, encoding="utf-8")
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write(list(month("2023-11-15", ("billing",))))
        store.write(list(month(DECEMBER, ("billing", "warehouse"))))
        fold(store)

    def on(day: str, *arguments: str) -> Any:
        for module in ("decide", "dispute"):
            monkeypatch.setattr(f"cli.{module}_command.today", lambda: date.fromisoformat(day))
        said = defacto(*arguments)
        assert said.code == 0, said.err

    on("2023-12-05", "decide", REF, "guaranteed", "--by", "anna", "--reason", "billing matches by it")
    on(
        "2024-01-10",
        *("dispute", REF, "--position", "may-change", "--by", "shop-team", "--role", "producer"),
        *("--reason", "it was never meant for this"),
    )
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write(list(month(JANUARY, ("billing", "warehouse"), ref=False)))
        fold(store)
    defacto(
        *("incident", "add", "--at", "2024-01-01T09:00", "--what", "ref was dropped", "--clause", REF),
        *("--surprised", "billing", "--understood", "2024-01-01T12:00"),
    )
    return defacto


def review(story: Defacto, *arguments: str) -> Any:
    said = story("review", *ASKED, *arguments)
    assert said.code == 0, said.err
    form = json.loads(said.out)
    validator("review").validate(form)
    assert form["metrics"].keys() == schema("review")["properties"]["metrics"]["properties"].keys()
    return form


def listed(form: Any, slug: str) -> list[tuple[str, str]]:
    return [(one["id"], one["mark"]) for one in form["lists"][slug]["items"]]


def test_what_is_new_is_told_until_it_is_decided(story: Defacto) -> None:
    first = review(story, "--since", NOVEMBER, "--until", DECEMBER)
    assert listed(first, "relied") == [(REF, "new")]
    assert first["lists"]["relied"]["items"][0]["since"] == "2023-11-15"
    assert first["verdict"] == "Since 2023-11-01: 1 new dependence on what nobody promised."
    assert listed(first, "decisions") == []
    spread = review(story, "--since", DECEMBER, "--until", "2023-12-04")
    assert listed(spread, "relied") == [(REF, "spreads")]
    assert "since the last review by warehouse as well" in spread["lists"]["relied"]["items"][0]["why"][0]
    waits = review(story, "--since", "2023-12-03", "--until", "2023-12-04")
    assert listed(waits, "undecided") == [(REF, "")]
    decided = review(story, "--since", DECEMBER, "--until", JANUARY)
    assert REF not in dict(listed(decided, "relied") + listed(decided, "undecided"))
    assert listed(decided, "decisions") == [(REF, "holds")]
    took = {one["window"]: one["value"] for one in decided["metrics"]["decided"]["trend"]}
    assert took["2023-12-04"] == 20  # by weeks while there are few months


def test_what_was_promised_and_dropped_is_the_story_of_the_month(story: Defacto) -> None:
    form = review(story, "--since", DECEMBER, "--until", "2024-02-01")
    assert REF in dict(listed(form, "broken"))
    assert listed(form, "decisions") == [(REF, "does not hold")]
    assert [one["about"] for one in form["lists"]["incidents"]["items"]] == ["2024-01-01-1"]
    assert listed(form, "disputed") == [(REF, "")]
    assert form["lists"]["disputed"]["items"][0]["since"] == "2024-01-10"
    assert "Open for 22 days." in form["lists"]["disputed"]["items"][0]["why"]
    assert "Of 1 decision taken since, 1 does not hold." in form["verdict"]
    trends = {slug: [one["value"] for one in metric["trend"]] for slug, metric in form["metrics"].items()}
    assert trends["incidents"] == [0, 0, 1]
    assert trends["surprises"][:2] == [None, 0]
    assert trends["surprises"][2] >= 2
    told = form["metrics"]["surprises"]["trend"][2]["items"]
    assert {one.split(":")[0] for one in told} == {"billing", "warehouse"}
    assert trends["disputes"] == [None, 0, 1]


def test_what_was_announced_is_no_surprise(story: Defacto) -> None:
    planned = ("--operation", "GET /orders", "--place", "200 body items[].ref", "--effective", "2024-01-01")
    said = story(
        *("change", "propose", "ref goes", *planned, "--by", "anna", "--reason", "x", "--at", "2023-12-10")
    )
    assert said.code == 0, said.err
    form = review(story, "--since", DECEMBER, "--until", "2024-02-01")
    (change,) = form["lists"]["changes"]["items"]
    id_ = change["about"].split(" ")[0]
    assert (change["said"], change["since"], change["bad"]) == (
        "ref goes (GET /orders 200 body items[].ref)",
        "2024-01-01",
        True,
    )
    assert form["metrics"]["surprises"]["trend"][-1]["value"] > 0
    said = story("change", "announce", id_, "--channel", "mail", "--at", "2023-12-12")
    assert said.code == 0, said.err
    form = review(story, "--since", DECEMBER, "--until", "2024-02-01")
    assert form["metrics"]["surprises"]["trend"][-1]["value"] == 0
    assert review(story, "--since", NOVEMBER, "--until", "2023-12-05")["lists"]["changes"]["items"] == []


def test_a_clause_knows_its_incidents(story: Defacto) -> None:
    shown = story("map", "--explain", REF).out
    assert "2024-01-01-1  incident: ref was dropped" in shown
    form = json.loads(story("map", "--explain", REF, "--format", "json").out)
    assert [one["id"] for one in form["incidents"]] == ["2024-01-01-1"]


def test_a_saved_review_is_where_the_next_one_begins(story: Defacto, tmp_path: Path) -> None:
    assert story("review", *DOCUMENTED).code == 2
    said = story(
        *("review", "--since", NOVEMBER, "--until", DECEMBER, *DOCUMENTED),
        *("--save", "--attended", "anna", "--attended", "billing"),
    )
    assert said.code == 0, said.err
    saved = tmp_path / "contract.reviews" / "2023-12-01.json"
    assert json.loads(saved.read_text())["attended"] == ["anna", "billing"]
    following = review(story, "--until", JANUARY)
    assert following["since"] == "2023-12-01"
    assert "Of 1 open point of the last review none is still open." in following["verdict"]
    assert review(story, "--since", str(saved), "--until", JANUARY) | {"generated_at": 0} == following | {
        "generated_at": 0
    }


def test_a_review_begins_where_one_of_an_earlier_day_ended(story: Defacto, tmp_path: Path) -> None:
    for since, until in ((NOVEMBER, DECEMBER), (DECEMBER, JANUARY)):
        asked = ("review", "--since", since, "--until", until, *DOCUMENTED, "--save", "--format", "json")
        assert story(*asked).code == 0
    (tmp_path / "contract.reviews" / "notes.json").write_text("{")
    assert review(story, "--until", JANUARY)["since"] == DECEMBER  # made anew, it begins where it did
    assert review(story, "--until", "2024-02-01")["since"] == JANUARY
    said = story("review", "--since", JANUARY, "--until", DECEMBER, *DOCUMENTED)
    assert said.code == 2
    assert "must end after it begins, on 2024-01-01" in said.err


def test_a_review_that_cannot_be_kept_is_said(story: Defacto, tmp_path: Path) -> None:
    (tmp_path / "contract.reviews").write_text("not a folder")
    said = story("review", "--since", NOVEMBER, "--until", DECEMBER, *DOCUMENTED, "--save")
    assert said.code == 3
    assert "cannot make the folder" in said.err


def test_the_formats_say_the_same(story: Defacto) -> None:
    asked = ("review", *DOCUMENTED, "--since", DECEMBER, "--until", "2024-02-01")
    compare("review.txt", story(*asked).out)
    compare("review.md", story(*asked, "--format", "markdown").out)
    page = story(*asked, "--format", "html").out
    assert "1 does not hold." in page
    assert page.count('<details class="figure">') == 6


def test_without_documents_only_the_ledger_promises(story: Defacto) -> None:
    said = story("review", "--since", DECEMBER, "--until", "2024-02-01", "--format", "json")
    assert said.code == 0, said.err
    form = json.loads(said.out)
    assert form["documents"] == {}
    assert REF in dict(listed(form, "broken"))


def test_a_period_without_traffic_says_so(story: Defacto) -> None:
    form = review(story, "--since", "2024-03-01", "--until", "2024-03-05")
    assert form["verdict"].startswith("Nothing was observed since 2024-03-01")


def test_used_wrongly(story: Defacto, tmp_path: Path) -> None:
    assert "end after it begins" in story("review", "--since", JANUARY, "--until", DECEMBER).err
    assert story("review", "--since", "yesterday").code == 2
    (tmp_path / "other.json").write_text("{}")
    said = story("review", "--since", "other.json")
    assert (said.code, "is no saved review" in said.err) == (3, True)


def test_before_anything_was_observed_there_is_nothing_to_review(story: Defacto, tmp_path: Path) -> None:
    for documents in ((), DOCUMENTED):
        said = story("review", "--since", "2020-01-01", "--until", "2020-02-01", *documents)
        assert (said.code, said.out) == (3, "")
        assert "nothing was observed until 2020-02-01, so there is nothing to review" in said.err
    (tmp_path / "contract.yaml").unlink()
    assert story("review", "--since", "2020-01-01", "--until", "2020-02-01").code == 3
