from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.changes import RULES, Compatibility, compare, load
from contract.changes.change import Change
from contract.changes.facts import Document
from contract.changes.usage import ENOUGH, Hit, Judged, Verdict, by_policy, judge, worst
from contract.claim import Claim, Consumer, Dependence, Evidence, Level, OperationMap, ProducerMap
from contract.clause import Clause
from contract.kinds import Enum, Nullable, Occurs, Present, Range, Type
from contract.subject import parse
from tests.contract.changes.cases import CASES, TODAY, Case, api, query, thing

if TYPE_CHECKING:
    from contract.clause import Kind

KEY = "GET /things"
MANY = 10 * ENOUGH


def claim(subject: str, kind: Kind, held: int = MANY, broken: int = 0, key: str = KEY, **links: Any) -> Claim:
    """A claim; `links` are by consumer a level, or a level and a count."""
    return Claim(
        clause=Clause(producer="p", operation=key, subject=parse(subject), kind=kind),
        evidence=Evidence(held=held, broken=broken, examples=("e1",)),
        dependence=tuple(
            Dependence(
                consumer=name,
                level=Level(link[0]),
                basis="sent back",
                count=link[1],
                first_seen=1,
                last_seen=2,
            )
            for name, link in links.items()
        ),
    )


def used(*claims: Claim, calls: dict[str, int] | None = None, key: str = KEY) -> ProducerMap:
    callers = {"web": MANY} if calls is None else calls
    operation = OperationMap(
        key=key, protocol="http", observations=sum(callers.values()), consumers=callers, claims=claims
    )
    return ProducerMap(name="p", operations=(operation,), consumers=tuple(map(known, callers)))


def known(name: str) -> Consumer:
    return Consumer(
        name=name, identities=(), bases=(), observations=1, first_seen=1, last_seen=2, owner=f"team {name}"
    )


def side(text: str) -> Document:
    found = load(text)
    assert isinstance(found, Document)
    return found


def judged(old: str, new: str, producer: ProducerMap) -> tuple[Judged, ...]:
    return judge(compare(side(old), side(new), today=date.fromisoformat(TODAY)), producer, side(new))


def only(old: str, new: str, producer: ProducerMap) -> dict[str, str]:
    (one,) = judged(old, new, producer)
    return {hit.consumer: hit.verdict.value for hit in one.hits}


FIELD = api(answer=thing(required=True)), api(answer=thing(name="b"))
ANSWERED = claim("response.200", Occurs())


@pytest.mark.parametrize(
    ("links", "calls", "verdict"),
    [
        ({"web": ("used", 5)}, MANY, "breaks"),
        ({"web": ("requested", 5)}, MANY, "breaks"),
        ({"web": ("proven", 5)}, MANY, "breaks"),
        ({"web": ("exposed", 5)}, MANY, "may-break"),
        ({}, ENOUGH, "unaffected"),
        ({}, ENOUGH - 1, "unknown"),
    ],
)
def test_a_field_that_goes(links: dict[str, Any], calls: int, verdict: str) -> None:
    claims = [claim("response.200.body.a", Present(always=True), **links)]
    found = judged(*FIELD, used(*claims, calls={"web": calls}))
    (hit,) = next(one for one in found if one.change.rule.name == "response-property-removed").hits
    assert (hit.verdict.value, hit.owner) == (verdict, "team web")


def test_what_is_used_below_is_used() -> None:
    inner = claim("response.200.body.a.b", Present(always=True), web=("used", 3))
    found = judged(*FIELD, used(inner))
    assert found[0].hits[0].verdict is Verdict.BREAKS


@pytest.mark.parametrize(
    ("calls", "held"), [({}, Compatibility.BREAKING), ({"web": 3}, Compatibility.BREAKING)]
)
def test_no_data_never_passes(calls: dict[str, int], held: Compatibility) -> None:
    producer = used(calls=calls)
    if not calls:
        producer = ProducerMap(name="p", operations=(), consumers=(known("web"),))
    found = judged(*FIELD, producer)
    assert worst(found) is held
    assert {hit.verdict for one in found for hit in one.hits} <= {Verdict.UNKNOWN}


@pytest.mark.parametrize(
    ("sent", "calls", "verdict"),
    [(MANY, MANY, "unaffected"), (MANY - 1, MANY, "breaks"), (0, MANY, "breaks"), (3, 3, "unknown")],
)
def test_what_must_be_sent_newly(sent: int, calls: int, verdict: str) -> None:
    links = {"web": ("requested", sent)} if sent else {}
    producer = used(claim("request.query.limit", Present(always=False), **links), calls={"web": calls})
    assert only(api(), api(parameters=[query(required=True)]), producer) == {"web": verdict}


def test_a_parameter_that_goes_breaks_who_sends_it() -> None:
    links = {"web": ("requested", 4)}
    producer = used(
        claim("request.query.limit", Present(always=False), **links), calls={"web": 50, "app": 50}
    )
    assert only(api(parameters=[query()]), api(), producer) == {"app": "unaffected", "web": "breaks"}


NARROWER = (
    api(parameters=[query(schema={"type": "integer", "maximum": 100})]),
    api(parameters=[query(schema={"type": "integer", "maximum": 50})]),
)


@pytest.mark.parametrize(("most", "verdict"), [(50, "unaffected"), (51, "breaks")])
def test_values_are_held_against_those_that_were_sent(most: int, verdict: str) -> None:
    claims = [claim("request.query.limit", Range(1, most), web=("requested", MANY))]
    assert only(*NARROWER, used(*claims)) == {"web": verdict}


def test_of_several_senders_one_is_hit() -> None:
    links = {"web": ("requested", MANY), "app": ("requested", MANY)}
    claims = [claim("request.query.limit", Range(1, 99), **links)]
    found = judged(*NARROWER, used(*claims, calls={"web": MANY, "app": MANY}))
    assert {hit.verdict for hit in found[0].hits} == {Verdict.MAY_BREAK}
    assert worst(found) is Compatibility.BREAKING


def test_an_operation_that_goes_breaks_its_callers() -> None:
    two = '{"openapi":"3.0.0","info":{"title":"x","version":"1"},"paths":{}}'
    assert only(api(), two, used(calls={"web": 1})) == {"web": "breaks"}


@pytest.mark.parametrize(
    ("old", "new", "claims"),
    [
        ({"type": "integer"}, {"type": "number"}, [claim("response.200.body.a", Type(("number",)))]),
        ({"type": "string"}, {"type": ["string", "null"]}, [claim("response.200.body.a", Nullable(True))]),
        ({"enum": ["x"]}, {"enum": ["x", "y"]}, [claim("response.200.body.a", Enum.of(["x", "y"]))]),
    ],
)
def test_what_puts_the_document_right_is_a_fix(old: Any, new: Any, claims: list[Claim]) -> None:
    (one,) = judged(api(answer=thing(old)), api(answer=thing(new)), used(ANSWERED, *claims))
    assert one.fix
    assert one.compatibility is Compatibility.COMPATIBLE


def test_a_field_that_never_came_is_a_fix() -> None:
    found = judged(*FIELD, used(ANSWERED, claim("response.200.body", Type(("object",)))))
    removed = next(one for one in found if one.change.rule.name == "response-property-removed")
    assert removed.fix == f"it was declared as always there, and never came in {MANY} answers"


def test_a_field_of_items_that_never_came_is_no_fix() -> None:
    items = ({"type": "array", "items": thing(name=name, required=True)} for name in "ab")
    found = judged(
        *(api(answer=one) for one in items), used(ANSWERED, claim("response.200.body", Type(("array",))))
    )
    removed = next(one for one in found if one.change.rule.name == "response-property-removed")
    assert not removed.fix


def test_a_field_that_was_missing_already_is_a_fix() -> None:
    old, new = api(answer=thing(required=True)), api(answer=thing())
    half = claim("response.200.body.a", Present(always=False), held=MANY, broken=MANY)
    (one,) = judged(old, new, used(ANSWERED, half))
    assert one.fix


def test_what_agrees_with_the_old_side_is_no_fix() -> None:
    claims = [claim("response.200.body.a", Type(("integer",)), web=("exposed", 4))]
    old, new = api(answer=thing({"type": "integer"})), api(answer=thing({"type": "number"}))
    (one,) = judged(old, new, used(ANSWERED, *claims))
    assert not one.fix


def test_closing_an_object_hits_what_was_never_declared() -> None:
    ref = claim("response.200.body.ref", Present(always=True), web=("used", 9))
    closed = api(answer=thing(additionalProperties=False))
    found = judged(api(answer=thing()), closed, used(ANSWERED, ref))
    assert [(one.change.rule.name, str(one.change.subject)) for one in found] == [
        ("undeclared-property-closed", "response.200.body.ref"),
    ]
    assert worst(found) is Compatibility.BREAKING


def test_closing_an_object_in_which_all_is_declared_hits_nobody() -> None:
    there = claim("response.200.body.a", Present(always=True), web=("used", 9))
    closed = api(answer=thing(additionalProperties=False))
    assert worst(judged(api(answer=thing()), closed, used(ANSWERED, there))) is Compatibility.COMPATIBLE


def everything(case: Case, level: Level, calls: int) -> ProducerMap:
    """A map in which every place of both sides relates to each consumer in one way, and no value is known."""
    places: dict[str, set[str]] = {}
    for document in (side(case.old), side(case.new)):
        for identity, operation in document.operations.items():
            found = places.setdefault(identity, set())
            found.update(str(place.subject) for place in operation.places.values())
            found.update(
                f"{place.subject}.undeclared" for place in operation.places.values() if "open" in place.facts
            )
    operations = [
        OperationMap(
            key=key,
            protocol="http",
            observations=calls,
            consumers={"web": calls},
            claims=tuple(
                claim(subject, Present(always=False), key=key, web=(level.value, 1))
                for subject in sorted(subjects)
            ),
        )
        for key, subjects in places.items()
    ]
    return ProducerMap(name="p", operations=tuple(operations), consumers=(known("web"),))


NOISY = [
    case
    for case in CASES
    if case.rule not in {"response-property-became-optional", "response-additional-properties-narrowed"}
]
"""Cases of which such a map says nothing more: fields may be missing in it, and undeclared ones are used."""


@given(case=st.sampled_from(NOISY), level=st.sampled_from([Level.REQUESTED, Level.USED, Level.PROVEN]))
@settings(max_examples=300)
def test_with_everything_in_use_the_gate_is_as_strict_as_the_diff(case: Case, level: Level) -> None:
    plain = compare(side(case.old), side(case.new), today=date.fromisoformat(TODAY))
    found = judge(plain, everything(case, level, MANY), side(case.new))
    assert worst(found) is worst(Judged(change=change) for change in plain)


@given(case=st.sampled_from(CASES), levels=st.tuples(st.sampled_from(Level), st.sampled_from(Level)))
@settings(max_examples=300)
def test_more_usage_is_never_milder(case: Case, levels: tuple[Level, Level]) -> None:
    plain = compare(side(case.old), side(case.new), today=date.fromisoformat(TODAY))
    ordered = sorted(levels, key=lambda level: level.rank)
    less, more = (worst(judge(plain, everything(case, level, MANY))) for level in ordered)
    assert less.rank <= more.rank


@given(case=st.sampled_from(CASES))
def test_without_any_traffic_the_verdict_is_that_of_the_diff(case: Case) -> None:
    plain = compare(side(case.old), side(case.new), today=date.fromisoformat(TODAY))
    found = judge(plain, ProducerMap(name="p", operations=(), consumers=(known("web"),)))
    assert worst(found) is worst(Judged(change=change) for change in plain)
    assert all(hit.verdict is Verdict.UNKNOWN for one in found for hit in one.hits)


def removed_field(calls: int) -> tuple[Judged, ...]:
    return judged(*FIELD, used(ANSWERED, calls={"web": calls, "app": calls}))


@given(calls=st.integers(min_value=1, max_value=200))
def test_nobody_breaks_of_what_nobody_uses_and_the_evidence_is_told(calls: int) -> None:
    one = next(one for one in removed_field(calls) if one.change.rule.name == "response-property-removed")
    assert Verdict.BREAKS not in {hit.verdict for hit in one.hits}
    assert all(str(calls) in hit.basis or one.fix == hit.basis for hit in one.hits)


B, M, N, U = Verdict.BREAKS, Verdict.MAY_BREAK, Verdict.UNKNOWN, Verdict.UNAFFECTED
LEFT = {"old": "last seen 2025-01-02", "older": "last seen 2024-01-02"}


def of_hits(place: str = "response.200.body.a", calls: int = 40, **verdicts: Verdict) -> Judged:
    change = Change(
        rule=RULES["response-property-removed"], operation=KEY, subject=parse(place), message="gone"
    )
    hits = (
        Hit(consumer=name, owner="", verdict=verdict, basis="uses it", calls=calls)
        for name, verdict in verdicts.items()
    )
    return Judged(change=change, hits=tuple(hits))


def parted(one: Judged, no_data: str = "unknown") -> Judged:
    (found,) = by_policy([one], LEFT, no_data)  # type: ignore[arg-type]  # one of two words
    return found


@pytest.mark.parametrize(
    ("verdicts", "held"),
    [
        ({"old": B}, Compatibility.WARNING),
        ({"old": B, "older": N}, Compatibility.WARNING),
        ({"old": N}, Compatibility.WARNING),
        ({"old": B, "web": U}, Compatibility.WARNING),
        ({"old": B, "web": M}, Compatibility.WARNING),
        ({"old": B, "web": B}, Compatibility.BREAKING),
        ({"old": B, "web": N}, Compatibility.BREAKING),  # of those still there too little was seen
        ({"old": M, "web": N}, Compatibility.WARNING),
        ({"old": U}, Compatibility.COMPATIBLE),
        ({"old": U, "web": N}, Compatibility.WARNING),
    ],
)
def test_who_has_left_blocks_nothing_and_leaves_a_warning(
    verdicts: dict[str, Verdict], held: Compatibility
) -> None:
    found = parted(of_hits(**verdicts))
    assert found.compatibility is held
    assert {hit.consumer: hit.verdict for hit in found.hits} == verdicts  # told as it was


@given(
    verdicts=st.dictionaries(st.sampled_from(["old", "older", "web", "app"]), st.sampled_from(Verdict)),
    place=st.sampled_from(["response.200.body.a", "request.body.a"]),
    no_data=st.sampled_from(["unknown", "warn"]),
)
def test_a_policy_makes_nothing_graver_and_nothing_harmless(
    verdicts: dict[str, Verdict], place: str, no_data: str
) -> None:
    plain = of_hits(place, **verdicts)
    found = parted(plain, no_data)
    assert found.compatibility.rank <= plain.compatibility.rank
    was_harmless = plain.compatibility is Compatibility.COMPATIBLE
    assert (found.compatibility is Compatibility.COMPATIBLE) is was_harmless


def test_who_never_called_it_has_not_left_it() -> None:
    found = parted(of_hits(calls=0, old=N))
    assert (found.compatibility, found.hits[0].left) == (Compatibility.BREAKING, "")


def test_what_nothing_was_seen_of_is_a_warning_where_the_policy_says_so() -> None:
    unseen = of_hits(calls=0, old=N, web=N)
    assert parted(unseen).unseen == ""
    found = parted(unseen, "warn")
    assert (found.compatibility, bool(found.unseen)) == (Compatibility.WARNING, True)
    seldom = parted(of_hits(calls=1, web=N), "warn")
    assert (seldom.compatibility, seldom.unseen) == (Compatibility.BREAKING, "")


def test_what_blocks_stands_first_again() -> None:
    spared, blocking = of_hits(old=B), of_hits(web=B)
    assert [one.hits[0].consumer for one in by_policy([spared, blocking], LEFT, "unknown")] == ["web", "old"]
