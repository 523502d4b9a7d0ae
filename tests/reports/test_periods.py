"""Two days of a shop whose contract changes overnight, in ways that matter and in ways that do not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from contract.claim import ContractMap
from contract.clause import Relation
from contract.ledger.leaving import marked
from inference.contract_map import build
from inference.counted import counted
from inference.fold import fold
from reports.html import periods_html
from reports.json_form import periods_form, to_json
from reports.markdown import periods_markdown
from reports.period_diff import compare_periods
from reports.period_words import consequences, headline
from reports.periods import Comparison, Observed, State
from reports.text import periods_text
from store.store import Store
from tests.inference.traffic import START, call
from tests.reports.test_formats import printed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reports.periods import Change
    from store.records import Exchange

DAY = 86_400
MIDDAY = START + 43_200 * 10**9
DOCS = Path(__file__).parents[2] / "docs"
ORDER = "GET /orders/{order}"


def compared(folder: Path, traffic: Callable[[int, int], Iterator[Exchange]], turns: int = 120) -> Comparison:
    """The comparison of two days of traffic; `traffic` gives the exchanges of a day's turn."""
    with Store.open(str(folder / "test.db")) as store:
        store.write([one for day in (0, 1) for turn in range(turns) for one in traffic(day, turn)])
        fold(store)

        def observed(name: str, since: int | None, until: int | None) -> Observed:
            return Observed(
                name=name,
                map=build(store, since=since, until=until),
                counted={"shop": counted(store, producer="shop", since=since, until=until)},
            )

        return compare_periods(observed("monday", None, MIDDAY), observed("tuesday", MIDDAY, None))


def order(day: int, turn: int, *, duration_ms: int = 10, **fields: Any) -> Exchange:
    return call(
        day * DAY + turn * 60,
        "GET",
        f"/orders/o{turn:04}",
        got={"id": f"o{turn:04}", **fields},
        duration_ns=duration_ms * 1_000_000 + turn * 10_000,
    )


def moving(day: int, turn: int) -> Iterator[Exchange]:
    """`ref` becomes optional, `old` goes, `courier` comes, a status is added, answers take longer."""
    ref = f"{day}{turn:04x}-a1b2c3d4e5f60718"
    fields: dict[str, Any] = {
        "status": "void" if day and not turn % 4 else ("open", "paid", "sent")[turn % 3],
        "ref": ref,
        **({"courier": {"name": f"c{turn}", "code": turn}} if day else {"old": turn}),
    }
    sends_ref = not day or turn % 3
    if not sends_ref:
        del fields["ref"]
    yield order(day, turn, duration_ms=20 if day else 10, **fields)
    if sends_ref:
        yield call(day * DAY + turn * 60 + 5, "GET", f"/refs/{ref}", got={"made": turn})
    if day and not turn % 10:
        yield call(day * DAY + turn * 60 + 9, "GET", f"/orders/x{turn}", status=404, got={"error": "none"})


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compared(tmp_path_factory.mktemp("moved"), moving)


def the(comparison: Comparison, place: str, kind: str = "") -> Change:
    found = [
        one
        for one in comparison.changes
        if one.place is not None and one.place.text == place and kind in {"", one.lead.clause.kind.name}
    ]
    assert len(found) == 1, found
    return found[0]


def test_what_is_relied_upon_and_loosened_fails(moved: Comparison) -> None:
    ref = the(moved, "response.200.body.ref")
    assert (ref.state, ref.relation) == (State.CHANGED, Relation.WIDER)
    assert [link.consumer for link in ref.harmed] == ["billing"]
    assert moved.harmful == (ref,)
    assert moved.failing
    assert "False in 0 of 120 before, in 40 of 120 after" in ref.why
    assert headline(ref) == "200 body ref may be absent; before, 200 body ref is always present"
    assert moved.of(State.CHANGED)[0] is ref
    assert moved.verdict.startswith("1 consumer relies on 1 thing that no longer holds: 1 gone, ")


def test_who_has_left_or_only_publishes_is_not_harmed(moved: Comparison) -> None:
    ref = the(moved, "response.200.body.ref")
    billing = {"billing": "last seen long ago"}
    gone = replace(
        ref,
        before=tuple(replace(one, dependence=tuple(marked(one.dependence, billing))) for one in ref.before),
        after=tuple(replace(one, dependence=tuple(marked(one.dependence, billing))) for one in ref.after),
    )
    assert not gone.harmed
    assert [one.consumer for one in gone.left] == ["billing"]
    assert any("billing has left: last seen long ago; before, sent back" in one for one in consequences(gone))
    assert not replace(ref, operation="SEND orders").harmed


def test_what_went_and_what_came_is_told_once_with_all_inside(moved: Comparison) -> None:
    old, courier = the(moved, "response.200.body.old"), the(moved, "response.200.body.courier")
    assert (old.state, courier.state) == (State.GONE, State.NEW)
    assert "Seen in 120 of 120 before, in none of 120 after" in old.why
    assert {claim.clause.subject.text for claim in courier.after} == {
        "response.200.body.courier",
        "response.200.body.courier.name",
        "response.200.body.courier.code",
    }
    assert headline(courier) == "200 body courier is always present, with 2 places inside"
    assert not courier.before


def test_a_new_status_and_a_new_value(moved: Comparison) -> None:
    assert the(moved, "response.404").state is State.NEW
    status = the(moved, "response.200.body.status")
    assert (status.state, status.relation) == (State.CHANGED, Relation.WIDER)
    assert "`void` came 30 times in 120 after" in status.why
    assert not status.harmed


def test_slower_answers(moved: Comparison) -> None:
    latency = the(moved, "response.200.latency")
    assert latency.state is State.CHANGED
    assert latency.why.startswith("p50 was 11 ms")


def test_the_rest_is_the_same(moved: Comparison) -> None:
    told = {one.place.text for one in moved.changes if one.place is not None}
    assert "response.200.body.id" not in told
    assert moved.same > 20


def random_traffic(seed: int) -> Callable[[int, int], Iterator[Exchange]]:
    random = Random(seed)

    def one(day: int, turn: int) -> Iterator[Exchange]:
        fields = {
            f"f{number}": random.choice(["a", "b", "c", "d", "e", "f"])
            if number % 2
            else random.randint(0, 50)
            for number in range(10)
            if random.random() < 0.97
        }
        yield order(day, turn, duration_ms=round(random.lognormvariate(3, 0.6)) + 1, **fields)

    return one


@pytest.mark.parametrize("seed", range(4))
def test_luck_alone_is_no_change(tmp_path: Path, seed: int) -> None:
    comparison = compared(tmp_path, random_traffic(seed), turns=80)
    certain = [one for one in comparison.changes if one.state in {State.GONE, State.CHANGED, State.NEW}]
    assert [headline(one) for one in certain] == []
    assert comparison.same > 10
    assert not comparison.failing


def test_what_was_not_called_is_unknown_and_not_gone(tmp_path: Path) -> None:
    def traffic(day: int, turn: int) -> Iterator[Exchange]:
        yield order(day, turn)
        yield call(day * DAY + turn * 60 + 2, "GET", "/nightly" if not day else "/weekly", got={"n": turn})

    comparison = compared(tmp_path, traffic, turns=40)
    (nightly,) = comparison.of(State.UNSEEN_AFTER)
    assert (nightly.operation, nightly.place, nightly.harmed) == ("GET /nightly", None, ())
    (weekly,) = comparison.of(State.NEW)
    assert (weekly.operation, headline(weekly)) == ("GET /weekly", "is called now")
    assert not comparison.failing
    assert "it is not unchanged, but unknown" in comparison.verdict


def test_too_few_to_tell(tmp_path: Path) -> None:
    def traffic(day: int, turn: int) -> Iterator[Exchange]:
        if day or turn < 4:
            rare = {"note": "x"} if day and turn % 12 == 0 else {}
            yield order(day, turn, **rare, **({"extra": turn} if day else {}))

    comparison = compared(tmp_path, traffic, turns=60)
    assert the(comparison, "response.200.body.note").state is State.UNSEEN_BEFORE
    assert "in none of 4 before" in the(comparison, "response.200.body.note").why
    assert the(comparison, "response.200.body.extra").state is State.NEW  # 60 of 60 against 0 of 4
    # Four are too few to claim presence, five are needed: it held, and that is not called a change.
    present = [
        one
        for one in comparison.of(State.UNSEEN_BEFORE)
        if one.place is not None and one.place.text == "response.200.body.id"
    ]
    assert "It was true in 4 sampled exchanges before, too" in " ".join(one.why for one in present)


def test_a_statement_that_was_false_before_is_new(tmp_path: Path) -> None:
    def traffic(day: int, turn: int) -> Iterator[Exchange]:
        yield order(day, turn, **({"tax": turn} if day or turn % 2 else {}))

    tax = the(compared(tmp_path, traffic, turns=60), "response.200.body.tax", "present")
    assert (tax.state, tax.relation) == (State.CHANGED, Relation.NARROWER)
    assert not tax.loosens


def test_a_relation_that_no_longer_holds_is_gone(tmp_path: Path) -> None:
    def traffic(day: int, turn: int) -> Iterator[Exchange]:
        apart = day and not turn % 3
        yield order(day, turn, code=f"k{turn * 7:04}", same=f"k{turn * (8 if apart else 7):04}")

    comparison = compared(tmp_path, traffic, turns=60)
    gone = [one for one in comparison.of(State.GONE) if one.lead.clause.kind.name == "equal"]
    assert [headline(one).startswith("no longer true: 200 body") for one in gone] == [True]
    assert "sampled exchanges after" in gone[0].why


def test_nothing_observed_in_one_period(tmp_path: Path) -> None:
    def traffic(day: int, turn: int) -> Iterator[Exchange]:
        if not day:
            yield order(day, turn)

    comparison = compared(tmp_path, traffic, turns=20)
    assert comparison.verdict == "Nothing was observed in tuesday, so nothing can be said about what changed."
    assert not comparison.failing
    assert comparison.same == 0
    assert {one.state for one in comparison.changes} == {State.UNSEEN_AFTER}


def test_forms(moved: Comparison) -> None:
    form = json.loads(to_json(periods_form(moved)))
    schema = json.loads((DOCS / "periods.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(form)
    (ref,) = [one for one in form["changed"] if one["relied_upon"]]
    assert ref["subject"] == "response.200.body.ref"
    assert [claim["value"] for claim in (*ref["before"], *ref["after"])] == ["always", "sometimes"]
    text, markdown, page = printed(periods_text(moved)), periods_markdown(moved), periods_html(moved)
    for report in (" ".join(text.split()), markdown, page):
        assert "no longer true: 200 body old is always present" in report
        assert "billing uses it" in report
    assert moved.verdict in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100


def test_reports_stay_safe_and_hold_for_hostile_text(hostile_map: ContractMap) -> None:
    empty = Observed(name="a\x1b[2J<script>", map=hostile_map, counted={})
    nobody = Observed(name="b", map=_without_producers(hostile_map), counted={})
    comparison = compare_periods(empty, nobody)
    assert {one.state for one in comparison.changes} == {State.UNSEEN_AFTER}
    for report in (
        printed(periods_text(comparison)),
        periods_markdown(comparison),
        periods_html(comparison),
        to_json(periods_form(comparison)),
    ):
        assert "\x1b" not in report
    assert "<script" not in periods_html(comparison)


def _without_producers(contract_map: ContractMap) -> ContractMap:
    return ContractMap(
        generated_at=contract_map.generated_at, window=None, capture=contract_map.capture, producers=()
    )
