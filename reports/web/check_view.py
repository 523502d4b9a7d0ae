"""What a check found, as the page shows it: whom it hits first, then change by change, with ways on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.changes.announced import FORMS
from contract.changes.facts import anonymous
from contract.changes.rules import Compatibility
from contract.changes.usage import GRAVITY, Verdict
from reports.check import ORDER, notes, ordered, why
from reports.web import links
from reports.words import between, count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contract.changes.change import Change
    from contract.changes.usage import Hit, Judged
    from contract.claim import Claim
    from reports.check import Checked
    from reports.web.snapshot import Snapshot

MOST_SHOWN = 200
"""Changes told one by one; the downloads have all."""
MOST_NAMED = 8
"""Changes named beside a consumer."""
SAID = {
    Verdict.BREAKS: "breaks",
    Verdict.MAY_BREAK: "may break",
    Verdict.UNKNOWN: "unknown",
    Verdict.UNAFFECTED: "unaffected",
}
_GRADES = {
    Compatibility.BREAKING: "breaking",
    Compatibility.WARNING: "warning",
    Compatibility.COMPATIBLE: "harmless",
}
ACCEPTED = "accepted"
_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class ChangeShown:
    """One change. `grade` is what is left of the rule's for the known consumers, `ruled` the rule's own.

    `reviewed` says who has accepted it, or why what was accepted of it does not count; `examples` are
    observations of the place, of whichever consumer.
    """

    number: int
    grade: str
    ruled: str
    fix: str
    reviewed: str
    message: str
    operation: str
    operation_link: str
    place: str
    clause_link: str
    rule: str
    meaning: str
    examples: tuple[tuple[str, str], ...]
    hits: tuple[HitShown, ...]

    @property
    def anchor(self) -> str:
        """Where on the page it is."""
        return f"change-{self.number}"


@dataclass(frozen=True, kw_only=True)
class HitShown:
    """One consumer's verdict on one change, which counts no more where it has `left`.

    `traffic` is where its calls of the operation are listed.
    """

    verdict: Verdict
    said: str
    consumer: str
    link: str
    owner: str
    basis: str
    left: bool
    last_seen: int | None
    traffic: str


@dataclass(frozen=True, kw_only=True)
class ConsumerShown:
    """What all changes together do to one consumer: the gravest verdict, and by verdict the changes.

    One that has `left` is counted among nobody.
    """

    name: str
    link: str
    owner: str
    contact: str
    left: bool
    verdict: Verdict
    said: str
    changes: tuple[Because, ...]


@dataclass(frozen=True, kw_only=True)
class Because:
    """The changes with one verdict on a consumer: the first of them, and how many more there are."""

    said: str
    changes: tuple[ChangeShown, ...]
    more: int

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.changes) + self.more


@dataclass(frozen=True, kw_only=True)
class CheckShown:
    """The whole page. `untouched` are consumers that were never seen at anything that changes."""

    checked: Checked
    about: str
    counts: tuple[tuple[str, int, str], ...]
    consumers: tuple[ConsumerShown, ...]
    untouched: tuple[tuple[str, str], ...]
    grave: tuple[ChangeShown, ...]
    harmless: tuple[ChangeShown, ...]
    hidden: int


def shown(checked: Checked, snapshot: Snapshot) -> CheckShown:
    """The view of a check, with links into what is known now."""
    seen = {anonymous(key): key for name, key in snapshot.compared if name == checked.producer}
    every = [
        _change(number, one, checked, snapshot, seen) for number, one in enumerate(checked.judged, start=1)
    ]
    grave = [one for one in every if one.grade != "harmless"]
    harmless = [one for one in every if one.grade == "harmless"]
    consumers = _consumers(every, snapshot)
    named = {one.name for one in consumers}
    mine = next((one for one in snapshot.whole.producers if one.name == checked.producer), None)
    idle = sorted({one.name for one in mine.consumers} - named) if mine else []
    shown_grave = grave[:MOST_SHOWN]
    shown_harmless = harmless[: MOST_SHOWN - len(shown_grave)]
    return CheckShown(
        checked=checked,
        about=_about(checked),
        counts=_counts(every, consumers),
        consumers=tuple(consumers),
        untouched=tuple((name, links.consumer(name)) for name in idle),
        grave=tuple(shown_grave),
        harmless=tuple(shown_harmless),
        hidden=len(every) - len(shown_grave) - len(shown_harmless),
    )


def proposals(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """Announced changes that would be worth a look here, each with its address: the forms by example."""
    found = []
    for finding in snapshot.drift.relied:
        lead = finding.claims[0].clause
        if finding.place is None or "body" not in finding.place.parts:
            continue
        text = f"remove {lead.operation} {finding.place.readable}"
        found.append((text, links.to("/check", producer=lead.producer, change=text)))
    return tuple(found[:_EXAMPLES])


def forms() -> Sequence[str]:
    """The forms in which changes are announced."""
    return FORMS


def _about(checked: Checked) -> str:
    seen = between(*checked.window) if checked.window else "nothing was observed"
    return f"consumers of {checked.producer}, {seen}"


def _counts(
    every: Iterable[ChangeShown], consumers: Iterable[ConsumerShown]
) -> tuple[tuple[str, int, str], ...]:
    """The numbers at the head: what is counted, how many, and the class that colours it."""
    grades = Counter(one.grade for one in every)
    verdicts = Counter(one.verdict for one in consumers if not one.left)
    breaks, may = verdicts[Verdict.BREAKS], verdicts[Verdict.MAY_BREAK]
    return (
        (f"{_noun(breaks, 'consumer')} would break", breaks, "contradicted"),
        (f"{_noun(may, 'consumer')} may break", may, "relied"),
        (_noun(grades["breaking"], "breaking change"), grades["breaking"], "contradicted"),
        (_noun(grades["warning"], "warning"), grades["warning"], "relied"),
        (_noun(grades["harmless"], "harmless change"), grades["harmless"], "declared"),
    )


def _noun(number: int, noun: str) -> str:
    return count(number, noun).partition(" ")[2]


def _change(
    number: int, one: Judged, checked: Checked, snapshot: Snapshot, seen: Mapping[str, str]
) -> ChangeShown:
    change = one.change
    keys = map(anonymous, (*change.keys, change.operation))
    key = next((seen[key] for key in keys if key in seen), "")  # as the pages know the operation
    clause = _clause(change, checked.producer, key, snapshot)
    examples = list(dict.fromkeys(id_ for hit in one.hits for id_ in hit.examples))
    return ChangeShown(
        number=number,
        grade=ACCEPTED if one.accepted else _GRADES[one.compatibility],
        ruled=_GRADES[change.compatibility],
        fix=one.fix,
        reviewed="; ".join(notes(one)),
        message=f"{change.message[:1].upper()}{change.message[1:]}",
        operation=key or change.operation or "the document",
        operation_link=links.operation(checked.producer, key) if key else "",
        place=change.subject.readable if change.subject is not None else "",
        clause_link=links.clause(clause.clause.id) if clause else "",
        rule=change.rule.name,
        meaning=change.rule.meaning,
        examples=tuple((id_, links.observation(id_)) for id_ in examples[:_EXAMPLES]),
        hits=tuple(_hit(hit, checked.producer, key) for hit in ordered(one)),
    )


def _hit(hit: Hit, producer: str, key: str) -> HitShown:
    return HitShown(
        verdict=hit.verdict,
        said=SAID[hit.verdict],
        consumer=hit.consumer,
        link=links.consumer(hit.consumer),
        owner=hit.owner,
        basis=why(hit),
        left=bool(hit.left),
        last_seen=hit.last_seen,
        traffic=links.to("/exchanges", producer=producer, operation=key, consumer=hit.consumer)
        if key and hit.calls
        else "",
    )


def _clause(change: Change, producer: str, key: str, snapshot: Snapshot) -> Claim | None:
    """The claim that says most of a place: the one most depended on."""
    if not key or change.subject is None:
        return None
    claims = snapshot.compared[producer, key].operation.claims
    about = [one for one in claims if one.clause.subject == change.subject]
    return max(about, key=lambda one: len(one.dependence), default=None)


def _consumers(every: Sequence[ChangeShown], snapshot: Snapshot) -> list[ConsumerShown]:
    """Each consumer that a change has a verdict on, those that are hit worst first; not what is accepted."""
    hits: dict[str, dict[Verdict, list[ChangeShown]]] = {}
    for change in (one for one in every if one.grade != ACCEPTED):
        for hit in change.hits:
            hits.setdefault(hit.consumer, {}).setdefault(hit.verdict, []).append(change)
    left = {hit.consumer for change in every for hit in change.hits if hit.left}
    found = [_consumer(name, those, snapshot, left=name in left) for name, those in hits.items()]
    return sorted(
        found, key=lambda one: (one.left, ORDER.index(one.verdict), -one.changes[0].total, one.name)
    )


def _consumer(
    name: str, by_verdict: Mapping[Verdict, Sequence[ChangeShown]], snapshot: Snapshot, *, left: bool
) -> ConsumerShown:
    known = snapshot.consumers.get(name)
    worst = max(by_verdict, key=GRAVITY.index)
    return ConsumerShown(
        name=name,
        link=links.consumer(name),
        owner=known.owner if known else "",
        contact=known.contact if known else "",
        left=left,
        verdict=worst,
        said=f"{SAID[worst]}, and has left" if left else SAID[worst],
        changes=tuple(
            Because(
                said=SAID[verdict],
                changes=tuple(by_verdict[verdict][:MOST_NAMED]),
                more=max(0, len(by_verdict[verdict]) - MOST_NAMED),
            )
            for verdict in ORDER
            if verdict in by_verdict
        ),
    )
