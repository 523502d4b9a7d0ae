from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.changing.model import Planned
from contract.changing.progress import Progress
from contract.claim import Decision, Level
from contract.incidents import Incident
from contract.ledger.model import Entry, Ledger, Position, Role, Then
from contract.ledger.reading import parse
from contract.ledger.template import template
from reports.decisions import decided_drift
from reports.review import Item, Metric, Reading, Review
from reports.review_html import review_html
from reports.review_ledger import by_age
from reports.review_material import Material, day_of
from reports.review_metrics import MOST_WINDOWS, ledger_of, windows
from reports.review_parts import parts
from reports.review_text import review_form, review_markdown, review_text
from reports.review_words import figure, points
from tests.reports.conftest import HOSTILE, MORNING, SECOND
from tests.reports.test_html import CONTRAST, Outline, browser, visit

if TYPE_CHECKING:
    from contract.claim import ContractMap
    from reports.drift import Drift
    from tests.reports.test_html import Visit

__all__ = ["browser", "visit"]

DAY_NS = 86_400 * SECOND
NOW = MORNING + DAY_NS
TODAY = day_of(NOW)


def ledger(**entries: Entry) -> Ledger:
    return replace(parse(template("shop"), "contract.yaml"), entries=entries)


def material(
    drift: Drift, contract_map: ContractMap, known: Ledger, incidents: dict[str, Incident] | None = None
) -> Material:
    told = decided_drift(drift, contract_map, known, TODAY)
    since = MORNING - DAY_NS
    return Material(whole=told, period=told, ledger=known, incidents=incidents or {}, since=since, now=NOW)


def lists(given: Material) -> dict[str, tuple[Item, ...]]:
    return {part.slug: part.items for part in parts(given)}


def page_of(given: Material, metrics: tuple[Metric, ...] = ()) -> Review:
    return Review(
        producers=("shop",),
        documents=given.whole.documents,
        since=given.begin,
        day=given.day,
        generated_at=NOW,
        window=given.whole.window,
        capture=given.whole.capture,
        observed=440,
        parts=parts(given),
        metrics=metrics,
        attended=("anna",),
    )


@pytest.fixture
def relied(shop_drift: Drift) -> str:
    """A clause that storefront or billing relies on, promised by nobody."""
    return next(one.lead.clause.id for one in shop_drift.relied if one.lead.dependence[0].level is Level.USED)


def test_decisions_are_held_against_traffic(shop_drift: Drift, shop_map: ContractMap, relied: str) -> None:
    def outcome(decision: Decision, **fields: object) -> str:
        entry = Entry(decision=decision, at=TODAY, **fields)  # type: ignore[arg-type]
        (item,) = lists(material(shop_drift, shop_map, ledger(**{relied: entry})))["decisions"]
        return item.mark

    assert outcome(Decision.GUARANTEED) == "holds"
    assert outcome(Decision.OUT_OF_CONTRACT) == "does not hold"
    assert outcome(Decision.MAY_CHANGE) == "does not hold"
    (who,) = {
        link.consumer for one in shop_drift.relied if one.lead.clause.id == relied for link in one.reliant
    }
    assert outcome(Decision.MAY_CHANGE, evidence=Then(consumers={who: Level.USED})) == "holds"
    gone = ledger(aaaaaaaaaaaa=Entry(decision=Decision.GUARANTEED, at=TODAY, key="gone"))
    assert [one.mark for one in lists(material(shop_drift, shop_map, gone))["decisions"]] == ["unknown"]


def test_days_that_are_due(shop_drift: Drift, shop_map: ContractMap, relied: str) -> None:
    entry = Entry(
        decision=Decision.DEPRECATED,
        at=date(2026, 1, 1),
        review=date(2026, 3, 20),
        remove=date(2026, 3, 1),
        successor="cents",
        evidence=Then(consumers={"left": Level.USED}),
    )
    found = lists(material(shop_drift, shop_map, ledger(**{relied: entry})))
    assert [(one.mark, one.bad) for one in found["due"]] == [("overdue", True), ("review", False)]
    (change,) = found["changes"]
    assert (change.mark, change.bad) == ("1 still relies on it, 1 is only sent it", True)
    assert change.said == "to be removed by 2026-03-01 in favour of cents"
    assert change.why[-1] == "No more seen to depend: left."
    assert found["decisions"] == ()


def test_a_planned_change_can_be_looked_up(shop_drift: Drift, shop_map: ContractMap) -> None:
    planned = Progress(id="cents", planned=Planned(what="x", effective=TODAY), today=TODAY, standings=())
    whole = replace(material(shop_drift, shop_map, ledger()), planned=(planned,))
    (found,) = lists(whole)["changes"]
    assert (found.change, found.id) == ("cents", "")


def test_a_dispute_is_as_old_as_the_difference(shop_drift: Drift, shop_map: ContractMap, relied: str) -> None:
    def says(role: Role, position: Decision, day: int) -> Position:
        return Position(role=role, position=position, at=date(2026, 2, day))

    entry = Entry(
        positions={
            "shop-team": says(Role.PRODUCER, Decision.MAY_CHANGE, 20),
            "billing": says(Role.CONSUMER, Decision.GUARANTEED, 11),
            "web": says(Role.CONSUMER, Decision.GUARANTEED, 25),
        }
    )
    found = lists(material(shop_drift, shop_map, ledger(**{relied: entry})))
    (disputed,) = found["disputed"]
    assert disputed.since == date(2026, 2, 20)
    (differ,) = found["agreement"]
    assert differ.said.startswith(
        "the producer says may change; billing says guaranteed; web says guaranteed"
    )
    alone = Entry(positions={"billing": says(Role.CONSUMER, Decision.GUARANTEED, 11)})
    found = lists(material(shop_drift, shop_map, ledger(**{relied: alone})))
    assert found["disputed"] == found["agreement"] == ()
    assert relied in {one.id for one in found["undecided"]}


def test_who_has_left_depends_no_more(shop_drift: Drift, shop_map: ContractMap, relied: str) -> None:
    """A consumer leaves by its last call of the producer, not when it last used the one thing."""
    known = ledger(**{relied: Entry(decision=Decision.OUT_OF_CONTRACT, at=TODAY)})
    on_it = {one.consumer for one in material(shop_drift, shop_map, known).relying(relied)}
    assert on_it
    (shop,) = shop_map.producers

    def last_called(days: int) -> ContractMap:
        others = tuple(
            replace(one, last_seen=MORNING + (days if one.name in on_it else 91) * DAY_NS)
            for one in shop.consumers
        )
        return replace(shop_map, producers=(replace(shop, consumers=others),))

    assert not material(shop_drift, last_called(0), known).relying(relied)
    whole = last_called(60)
    given = material(replace(shop_drift, consumers=whole.producers[0].consumers), whole, known)
    (link,) = given.relying(relied)
    assert given.still(link)
    assert given.whole.window
    begin, end = given.whole.window[0], MORNING + 60 * DAY_NS
    later = replace(given, whole=replace(given.whole, window=(begin, end)))
    assert not later.still(link)  # it calls on, and does without
    assert not later.asleep(link)
    latest = replace(given, whole=replace(given.whole, window=(begin, end + 15 * DAY_NS)))
    assert latest.asleep(link)


def test_one_that_has_migrated_is_told_with_its_last_day(
    shop_drift: Drift, shop_map: ContractMap, relied: str
) -> None:
    gone = Entry(decision=Decision.OUT_OF_CONTRACT, at=TODAY)
    goes = Entry(decision=Decision.DEPRECATED, at=TODAY, remove=TODAY)
    (shop,) = shop_map.producers
    calling = tuple(replace(one, last_seen=MORNING + 20 * DAY_NS) for one in shop.consumers)
    whole = replace(shop_map, producers=(replace(shop, consumers=calling),))
    for entry, slug, words in (
        (gone, "agreement", f"used it until {day_of(MORNING)}"),
        (goes, "changes", "to be removed"),
    ):
        given = material(replace(shop_drift, consumers=calling), whole, ledger(**{relied: entry}))
        assert given.whole.window
        window = given.whole.window[0], MORNING + 20 * DAY_NS
        (item,) = lists(replace(given, whole=replace(given.whole, window=window)))[slug]
        assert words in item.said
        if slug == "changes":
            assert (item.mark, item.bad) == ("clear", False)
            assert item.why[0].startswith("No more seen to depend: ")


@given(st.integers(10**9, 3 * 10**9), st.integers(1, 800 * 86_400))
def test_windows_follow_each_other_and_end_now(first: int, seconds: int) -> None:
    now = (first + seconds) * SECOND
    found = windows(first * SECOND, now)
    assert 1 <= len(found) <= MOST_WINDOWS
    assert found[-1].until == now
    assert all(one.until == other.since for one, other in pairwise(found))
    assert len({one.name for one in found}) == len(found)
    assert found[0].since <= first * SECOND or len(found) == MOST_WINDOWS


def test_a_ledger_of_the_past() -> None:
    position = Position(role=Role.CONSUMER, position=Decision.GUARANTEED, at=date(2026, 2, 1))
    now = ledger(
        aaaaaaaaaaaa=Entry(
            decision=Decision.MAY_CHANGE, at=date(2026, 3, 1), positions={"billing": position}
        ),
        bbbbbbbbbbbb=Entry(decision=Decision.GUARANTEED, at=date(2026, 3, 1)),
    )
    assert ledger_of(now, date(2026, 3, 1)).entries == now.entries
    (then,) = ledger_of(now, date(2026, 2, 1)).entries.values()
    assert (then.decision, then.disputed) == (Decision.UNDECIDED, False)
    assert not ledger_of(now, date(2026, 1, 1)).entries


def test_figures_in_words() -> None:
    def of(unit: str, *values: float | None) -> Metric:
        readings = tuple(Reading(window=str(place), value=value) for place, value in enumerate(values))
        return Metric(slug="x", title="x", about="", unit=unit, readings=readings)

    shares = of("share", None, 0.5, 1.0)
    assert [figure(shares, one) for one in shares.readings] == ["–", "50%", "100%"]
    assert [figure(of("days", 1), of("days", 1).readings[0])] == ["1 day"]
    assert points(shares) == ((147, 16.0), (161, 3.0))
    assert points(of("number", 0, 0)) == ((147, 29.0), (161, 29.0))


def full(shop_drift: Drift, shop_map: ContractMap, relied: str) -> Review:
    at = datetime.fromtimestamp(MORNING // SECOND, UTC)
    entry = Entry(
        decision=Decision.DEPRECATED,
        at=TODAY,
        by="anna",
        reason="rounding",
        remove=date(2026, 3, 30),
        positions={"billing": Position(role=Role.CONSUMER, position=Decision.GUARANTEED, at=TODAY)},
    )
    incidents = {"2026-03-02-1": Incident(what="total became a text", at=at, surprised=("billing",))}
    values = (None, 3.0, 1.0)
    metric = Metric(
        slug="incidents",
        title="Contract incidents",
        about="As written down.",
        unit="number",
        readings=tuple(Reading(window=f"2026-0{n}", value=one) for n, one in enumerate(values, start=1)),
    )
    return page_of(material(shop_drift, shop_map, ledger(**{relied: entry}), incidents), (metric,))


def test_the_page_is_whole(shop_drift: Drift, shop_map: ContractMap, relied: str) -> None:
    review = full(shop_drift, shop_map, relied)
    outline = Outline(review_html(review))
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)
    assert {part.slug for part in review.parts if part.items} <= set(outline.ids)


def test_hostile_text_is_text(hostile_drift: Drift, hostile_map: ContractMap) -> None:
    entries = {
        one.lead.clause.id: Entry(decision=Decision.MAY_CHANGE, at=TODAY, by=text, reason=text)
        for one, text in zip(hostile_drift.findings, HOSTILE, strict=False)
    }
    at = datetime.fromtimestamp(MORNING // SECOND, UTC)
    incidents = {text: Incident(what=text, at=at, surprised=(text,), follow_ups=(text,)) for text in HOSTILE}
    review = page_of(material(hostile_drift, hostile_map, ledger(**entries), incidents))
    page = review_html(review)
    assert "<script" not in page
    assert "<img" not in page
    assert "\x1b" not in page + review_markdown(review)
    assert Outline(page).open == []
    assert review_text(review)
    assert review_form(review)["lists"]["incidents"]["items"]


def test_the_oldest_first_and_what_has_no_day_last() -> None:
    days = [None, date(2026, 3, 1), date(2026, 1, 1)]
    assert [one.since for one in by_age(Item(about="x", said="y", since=day) for day in days)] == days[::-1]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1920])
def test_on_a_screen(
    shop_drift: Drift, shop_map: ContractMap, relied: str, visit: Visit, scheme: str, width: int
) -> None:
    page = review_html(full(shop_drift, shop_map, relied))
    tab, troubles = visit(page, color_scheme=scheme, viewport={"width": width, "height": 1080})
    folded = tab.evaluate("document.querySelector('#figures').getBoundingClientRect().bottom")
    assert width < 1920 or folded <= 1080, "verdict, numbers and figures are seen at once"
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert troubles == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate(CONTRAST) == []


@pytest.mark.browser
def test_in_print(shop_drift: Drift, shop_map: ContractMap, relied: str, visit: Visit) -> None:
    tab, _ = visit(review_html(full(shop_drift, shop_map, relied)))
    tab.emulate_media(media="print")
    assert tab.locator("#disputed .why").first.is_visible()
    assert tab.pdf(format="A4").startswith(b"%PDF")
