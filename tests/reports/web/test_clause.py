"""The page of a clause says who depends on it and how that is known, and never more than traffic shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
import requests

from contract.changing.track import Presence, Sighting, Track, Usage
from contract.claim import Claim, Level, Standing
from contract.ledger.reading import parse as parse_ledger
from contract.ledger.ruling import ruled
from contract.ledger.template import template
from reports.web.clause_view import MOST_DEPENDENTS, ClauseView, witnesses
from reports.web.excerpt import MOST_LINES, excerpt
from reports.web.snapshot import Snapshot, Sources
from reports.web.timeline import HEIGHT, HOUR_NS, pictured
from store.store import Store
from tests.reports.browsing import axe
from tests.reports.conftest import (
    ALWAYS,
    EXPOSED,
    MORNING,
    ORDER,
    REQUESTED,
    SOMETIMES,
    STRING,
    USED,
    claim,
    depends,
    drift_of,
)
from tests.reports.web.served import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contract.claim import ContractMap
    from tests.reports.web.conftest import Tab
    from tests.reports.web.served import Served

BILLING, STORE = depends("billing", USED, "sent back", 9), depends("storefront", EXPOSED)


def snapshot_of(contract_map: ContractMap, *claims: Claim) -> Snapshot:
    """A snapshot of a shop whose first operation has just these claims, if there are any."""
    if claims:
        (producer,) = contract_map.producers
        first = replace(producer.operations[0], claims=claims)
        producer = replace(producer, operations=(first, *producer.operations[1:]))
        contract_map = replace(contract_map, producers=(producer,))
    return Snapshot(
        stamp="now",
        whole=contract_map,
        drift=drift_of(contract_map),
        documents=(),
        ledger=parse_ledger(template(""), "contract.yaml"),
        ledger_text=None,
    )


def view(contract_map: ContractMap, one: Claim, *others: Claim) -> ClauseView:
    return ClauseView(snapshot=snapshot_of(contract_map, one, *others), claim=one)


# what it says


def test_the_first_sentences_say_whether_it_is_promised_and_who_relies(shop_map: ContractMap) -> None:
    one = claim(ORDER, "response.200.body.ref", ALWAYS, BILLING, STORE)
    assert view(shop_map, one).gist == "Promised by nobody. billing relies on it; storefront may."
    sent = replace(one, dependence=(STORE,), standing=Standing.DECLARED)
    told = view(shop_map, sent).gist
    assert told == "Declared, and nothing seen speaks against it. storefront was sent it, and may rely on it."
    parted = claim(ORDER, "response.200.body.ref", SOMETIMES, standing=Standing.CONTRADICTED, declared=ALWAYS)
    assert view(shop_map, parted).gist.startswith("Declared otherwise: 200 body ref is always present.")
    doubted = view(shop_map, replace(one, doubt="4 seen, 5 needed"))
    assert doubted.gist.startswith("In doubt: 4 seen, 5 needed.")
    assert "in doubt" in [chip.text for chip in doubted.chips]
    assert doubted.unclaimed == "Not claimed: 4 seen, 5 needed."
    assert view(shop_map, one).unclaimed == view(shop_map, parted).unclaimed == ""


@pytest.mark.parametrize(
    ("place", "level", "says"),
    [
        ("response.200.body.ref", Level.PROVEN, "billing would break: its behaviour changed"),
        ("response.200.body.ref", USED, "billing would most likely break: it sends the value back"),
        ("response.200.body.ref", REQUESTED, "billing would most likely break: it asks for it"),
        ("response.200.body.ref", EXPOSED, "billing may break. It was sent this; whether it reads"),
        ("request.body.ref", REQUESTED, "billing sends it so, and would break where that is refused"),
    ],
)
def test_what_a_change_would_do(shop_map: ContractMap, place: str, level: Level, says: str) -> None:
    (effect,) = view(shop_map, claim(ORDER, place, ALWAYS, depends("billing", level))).effects
    assert effect.level is level
    assert effect.sentence.startswith(says)


def test_no_consumer_is_never_told_as_safe(shop_map: ContractMap) -> None:
    alone = claim(ORDER, "response.200.body.ref", ALWAYS)
    never = claim(ORDER, "response.200.body.ref", ALWAYS, held=0, standing=Standing.UNOBSERVED)
    for one, says in ((alone, "says nothing of who did not come by"), (never, "cannot be said")):
        (effect,) = view(shop_map, one).effects
        assert effect.level is None
        assert says in effect.sentence
        assert "safe" not in effect.sentence


def test_who_answers_for_a_consumer(shop_map: ContractMap) -> None:
    (one,) = view(shop_map, claim(ORDER, "response.200.body.ref", ALWAYS, BILLING)).dependents
    assert one.owner == "finance finance@example.org"
    assert one.traffic.startswith("/exchanges?producer=shop&operation=GET+")
    assert one.traffic.endswith("&consumer=billing")


def test_the_strongest_stand_first(shop_map: ContractMap) -> None:
    shown = view(shop_map, claim(ORDER, "response.200.body.ref", ALWAYS, STORE, BILLING))
    assert [one.link.consumer for one in shown.dependents] == ["billing", "storefront"]
    assert [one.level for one in shown.effects] == [USED, EXPOSED]


def test_what_the_document_says(shop_map: ContractMap) -> None:
    parted = claim(ORDER, "response.200.body.ref", SOMETIMES, standing=Standing.CONTRADICTED, declared=ALWAYS)
    shown = view(shop_map, parted)
    assert shown.stated
    assert (shown.stated.source, shown.stated.statement) == ("openapi.yaml", "200 body ref is always present")
    assert shown.unstated == ""


def test_a_broken_promise_is_told_as_broken(shop_map: ContractMap) -> None:
    parted = claim(
        ORDER, "response.200.body.ref", SOMETIMES, held=80, broken=20,
        standing=Standing.CONTRADICTED, declared=ALWAYS,
    )  # fmt: skip
    first, *_ = view(shop_map, parted).explanation.evidence
    assert first == "20 of 100 observations (20%) broke the promise."


def test_why_the_document_says_nothing(shop_map: ContractMap) -> None:
    def with_pointers(shown: ClauseView) -> ClauseView:
        first, *rest = shown.snapshot.drift.compared
        compared = (replace(first, pointers={"x": "#/x"}), *rest)
        drift = replace(shown.snapshot.drift, compared=compared)
        return replace(shown, snapshot=replace(shown.snapshot, drift=drift))

    one = claim(ORDER, "response.200.body.ref", ALWAYS)
    known = claim(ORDER, "response.200.body.ref", STRING, standing=Standing.DECLARED, declared=STRING)
    assert view(shop_map, one).unstated == "openapi.yaml does not know this operation."
    assert with_pointers(view(shop_map, one)).unstated == "openapi.yaml does not know 200 body ref."
    assert "does not say this of it" in with_pointers(view(shop_map, one, known)).unstated
    bare = view(shop_map, one)
    drift = replace(bare.snapshot.drift, documents={})
    shown = replace(bare, snapshot=replace(bare.snapshot, drift=drift))
    assert shown.unstated == "No document was given for shop."


LEDGER = """\
interface:
  producer: shop
clauses:
  {id}:
    decision: guaranteed
    by: anna
    reason: billing needs it
    positions:
      orders:
        role: producer
        position: may-change
"""


def test_what_was_decided_and_disputed(shop_map: ContractMap, tmp_path: Path) -> None:
    one = claim(ORDER, "response.200.body.ref", ALWAYS, BILLING)
    whole = snapshot_of(shop_map, one).whole
    ledger = parse_ledger(LEDGER.format(id=one.clause.id), str(tmp_path / "contract.yaml"))
    decided = ruled(whole, whole, ledger, date(2026, 3, 2))
    snapshot = replace(snapshot_of(shop_map, one), whole=decided, drift=drift_of(decided), ledger=ledger)
    shown = ClauseView(snapshot=snapshot, claim=snapshot.claims[one.clause.id])
    assert [chip.text for chip in shown.chips] == ["declared", "guaranteed", "disputed", "shape: present"]
    assert shown.stated
    assert (shown.stated.by, shown.stated.source) == ("the ledger", "contract.yaml")
    assert "does not know" in shown.unstated  # the document still says nothing of it
    assert shown.explanation.decided[0] == "Guaranteed by anna: billing needs it."


def test_what_stands_beside_it(shop_map: ContractMap) -> None:
    whole = claim(ORDER, "response.200.body.courier", ALWAYS, STORE)
    text = claim(ORDER, "response.200.body.courier", STRING, STORE)
    used = claim(ORDER, "response.200.body.courier.code", ALWAYS, BILLING)
    read = claim(ORDER, "response.200.body.courier.name", ALWAYS, STORE)
    other = claim(ORDER, "response.200.body.couriers", ALWAYS, BILLING)
    shown = view(shop_map, whole, text, used, read, other)
    assert [one.clause for one in shown.alike] == [text.clause]
    assert [str(one.subject) for one in shown.inside] == ["response.200.body.courier.code"]


# the document's own words

DOCUMENT = """\
paths:
  /orders:
    get:
      parameters:
        - {name: limit, in: query}
        - name: cursor
          in: query
      responses:
        "200":
          description: All.

components:
  schemas:
    Order:
      type: object
      properties:
        note: {type: string}
        long:
"""


@pytest.fixture
def given(tmp_path: Path) -> Sources:
    lines = "".join(f"          field{number}: {{}}\n" for number in range(20))
    path = tmp_path / "openapi.yaml"
    path.write_text(f"{DOCUMENT}{lines}  other: 1\n")
    return Sources(store="unused", declared=(f"shop={path}",))


@pytest.mark.parametrize(
    ("pointer", "first", "lines"),
    [
        ("#/components/schemas/Order/properties/note", 17, ("note: {type: string}",)),
        ("#/paths/~1orders/get/parameters/0", 5, ("- {name: limit, in: query}",)),
        ("#/paths/~1orders/get/parameters/1", 6, ("- name: cursor", "  in: query")),
        ("#/paths/~1orders/get/responses/200", 9, ('"200":', "  description: All.")),
    ],
)
def test_lines_of_a_pointer(given: Sources, pointer: str, first: int, lines: tuple[str, ...]) -> None:
    found = excerpt(given, ["shop"], "shop", pointer)
    assert found
    assert (found.document, found.first, found.lines) == ("openapi.yaml", first, lines)


def test_a_long_excerpt_is_cut_and_says_so(given: Sources) -> None:
    found = excerpt(given, ["shop"], "shop", "#/components/schemas/Order/properties/long")
    assert found
    assert (found.lines[0], len(found.lines), found.more) == ("long:", MOST_LINES, 21 - MOST_LINES)


@pytest.mark.parametrize(
    ("producer", "pointer"),
    [("shop", ""), ("shop", "Query.orders"), ("shop", "/etc/passwd"), ("other", "#/paths")],
)
def test_no_excerpt_of_what_was_not_given(given: Sources, producer: str, pointer: str) -> None:
    assert excerpt(given, ["other", "shop"], producer, pointer) is None


def test_a_document_that_has_gone_costs_no_page(given: Sources, tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").unlink()
    assert excerpt(given, ["shop"], "shop", "#/paths") is None


# over time


def track(level: Level, hours: dict[int, int], met: dict[int, int] | None = None) -> Track:
    def sightings(of: dict[int, int]) -> list[Sighting]:
        return [
            Sighting(MORNING + at * HOUR_NS, MORNING + at * HOUR_NS + 1, times) for at, times in of.items()
        ]

    made = Track(calls=sightings(met or hours))
    made.seen[EXPOSED] = sightings(met or {})
    made.seen[level] = sightings(hours)
    return made


def test_bars_say_when_it_was_met_and_when_it_came_back() -> None:
    silent = Track(calls=[Sighting(MORNING, MORNING, 3)])
    seen = Usage(
        tracks={"reads": track(EXPOSED, {0: 4}), "uses": track(USED, {1: 2}, {0: 4, 1: 8}), "idle": silent},
        presence=(Presence(MORNING, 12, 9, MORNING),),
    )
    told = pictured(seen)
    assert told
    assert told.drawn
    assert [(row.consumer, row.level, row.times, row.most) for row in told.rows] == [
        ("uses", USED, 2, 8),
        ("reads", EXPOSED, 4, 4),
    ]
    uses = told.rows[0]
    assert [bar.height for bar in uses.met] == [HEIGHT / 2, HEIGHT]
    assert [bar.height for bar in uses.used] == [HEIGHT / 4]
    assert uses.used[0].x == uses.met[1].x == 50
    assert [line.cells for line in told.lines] == [(8, 0), (4, 4)]
    assert told.silent == ("idle",)
    assert told.presence == "It stood in 9 of 12 answers that could hold it."


def test_one_hour_is_no_picture_and_a_year_stays_small() -> None:
    short = pictured(Usage(tracks={"one": track(EXPOSED, {0: 4})}))
    assert short
    assert not short.drawn
    year = pictured(Usage(tracks={"one": track(EXPOSED, dict.fromkeys(range(0, 365 * 24, 5), 1))}))
    assert year
    assert (year.unit, year.bars) == ("week", 53)
    assert len(year.lines) == 53
    assert sum(line.cells[0] for line in year.lines) == len(range(0, 365 * 24, 5))
    assert pictured(Usage(tracks={})) is None


# the page


def kept(snapshot: Snapshot, standing: Standing) -> Claim:
    """A claim of the shop that has examples, and somebody who depends on it."""
    found = (one for one in snapshot.claims.values() if one.standing is standing and one.dependence)
    return max(found, key=lambda one: (one.evidence.broken > 0, one.evidence.total, one.clause.id))


@pytest.fixture(scope="module")
def used(snapshot: Snapshot) -> Claim:
    """That the billing reference is always there: the planted dependence of the shop."""
    return next(
        one
        for one in snapshot.claims.values()
        if one.clause.key == "GET /orders/{order_id} · 200 body billing_ref · present"
    )


def test_the_page_tells_who_depends_on_it(served: Served, used: Claim) -> None:
    text = requests.get(f"{served.url}/clauses/{used.clause.id}", timeout=10).text
    for part in (
        "<h1>200 body billing_ref is always present</h1>",
        "sent back as body reference of POST /orders/{order_id}/payments",
        "billing would most likely break",
        "/consumer?name=billing",
        f"/observations/{used.evidence.examples[0]}",
        f"/decide?id={used.clause.id}",
        "MIN_PRESENCE",
        "openapi.yaml does not know 200 body billing_ref.",
    ):
        assert part in text, part


def test_the_page_shows_the_document_and_what_broke_it(
    served: Served, snapshot: Snapshot, sources: Sources
) -> None:
    broken = kept(snapshot, Standing.CONTRADICTED)
    with Store.open(sources.store, create=False) as store:
        told = witnesses(store, broken)
    assert told[0].broke
    text = requests.get(f"{served.url}/clauses/{broken.clause.id}", timeout=10).text
    assert "breaks the promise" in text
    assert "of 0 observations" not in text
    assert f"{broken.evidence.broken:,} of" in text
    assert "openapi.yaml from line" in text
    assert text.index(told[0].id) < min([text.index(one.id) for one in told if not one.broke], default=10**9)


def test_observations_that_are_gone_are_said_to_be(sources: Sources, used: Claim) -> None:
    gone = replace(used, evidence=replace(used.evidence, examples=("aaaaaaaaaaaaaaaa",)))
    with Store.open(sources.store, create=False) as store:
        (one,) = witnesses(store, gone)
    assert (one.says, one.what, one.broke) == ("not kept any more", None, False)


def test_every_standing_and_kind_has_a_page(served: Served, snapshot: Snapshot) -> None:
    kinds = {(one.clause.kind.name, one.standing): id_ for id_, one in snapshot.claims.items()}
    with requests.Session() as session:
        for id_ in kinds.values():
            assert session.get(f"{served.url}/clauses/{id_}", timeout=10).status_code == 200, id_


def test_ids_lead_to_the_present_one(
    served: Served, used: Claim, snapshot: Snapshot, sources: Sources
) -> None:
    def led(base: str, id_: str) -> tuple[int, str]:
        answer = requests.get(f"{base}/clauses/{id_}", timeout=10, allow_redirects=False)
        return answer.status_code, answer.headers.get("Location", "")

    goal = f"/clauses/{used.clause.id}"
    assert led(served.url, used.clause.id[:8]) == (302, goal)
    assert led(served.url, f"{used.clause.id[:8]}/timeline") == (302, f"{goal}/timeline")
    assert led(served.url, used.clause.id[:1])[0] == 404
    for unknown in ("zzzzzzzzzzzz", "<script>", "%00", "a" * 500, "..%2f..%2fetc"):
        assert led(served.url, unknown)[0] == 404
    former = replace(used, former_ids=("formerformer",))
    renamed = replace(snapshot)
    renamed.__dict__["claims"] = {**snapshot.claims, used.clause.id: former}
    with serving(sources, first=renamed) as other:
        assert led(other.url, "formerformer") == (302, goal)


def test_the_timeline_stands_by_itself(served: Served, used: Claim) -> None:
    text = requests.get(f"{served.url}/clauses/{used.clause.id}/timeline", timeout=30).text
    assert 'id="timeline"' in text
    assert "<h1>Who met 200 body billing_ref, and when</h1>" in text
    assert "Called the producer, and never met this: " in text


def test_many_consumers_are_cut_and_counted(shop_map: ContractMap, sources: Sources) -> None:
    many = tuple(depends(f"consumer{number}", EXPOSED) for number in range(MOST_DEPENDENTS + 50))
    one = claim(ORDER, "response.200.body.ref", ALWAYS, *many)
    with serving(sources, first=snapshot_of(shop_map, one)) as running:
        text = requests.get(f"{running.url}/clauses/{one.clause.id}", timeout=10).text
    assert text.count("/consumer?name=") == MOST_DEPENDENTS
    assert "50 more consumers, less strongly or less often." in text


@pytest.fixture
def hostile(hostile_map: ContractMap, sources: Sources) -> Iterator[Served]:
    with serving(sources, first=snapshot_of(hostile_map)) as running:
        yield running


def test_hostile_text_stays_text(hostile: Served) -> None:
    for id_, one in hostile.snapshot.claims.items():
        if "\ud800" in one.clause.key:
            continue  # no address can carry it
        answer = requests.get(f"{hostile.url}/clauses/{id_}", timeout=10)
        assert answer.status_code == 200, one.clause.key
        assert "<script>document" not in answer.text
        assert "<svg/onload" not in answer.text
        assert "\u202e" not in answer.text


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_in_a_browser(
    served: Served, tab: Tab, used: Claim, snapshot: Snapshot, width: int, scheme: str
) -> None:
    page, troubles = tab
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    for one in (used, kept(snapshot, Standing.CONTRADICTED)):
        page.goto(f"{served.url}/clauses/{one.clause.id}")
        page.wait_for_selector("#timeline table")
        assert page.title().startswith("200 body")
        assert "over time" not in page.title()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe(page) == []
    assert troubles == []
