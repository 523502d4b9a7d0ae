"""Changes × dependence: whom a change would break, and how that is known.

| the consumer                                                              | verdict      |
| ------------------------------------------------------------------------- | ------------ |
| used, asked for or sends what a change takes away or forbids              | `breaks`     |
| was sent it, and whether it needs it leaves no trace                      | `may-break`  |
| called often enough, and was never sent it, or already does what is asked | `unaffected` |
| called too seldom to say                                                  | `unknown`    |

Who never called an operation has no verdict, unless nobody did: then all consumers are `unknown`. No data is
never `unaffected`. What traffic shows to have been so all along is no change but a *fix* of the document.

A policy says for how long a consumer stays one (`by_policy`). The verdict on who has left is told, and blocks
nothing: it leaves a warning, for whoever is away may come back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from contract.changes.closing import closed, ruled_out
from contract.changes.fixes import fix
from contract.changes.requests import RequestJudge
from contract.changes.rules import RULES, Compatibility
from contract.changes.sight import Sight, Sights
from contract.changes.waiting import waits
from contract.claim import Level
from contract.clause import Direction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contract.changes.change import Change
    from contract.changes.facts import Document
    from contract.changes.rules import Rule
    from contract.claim import Consumer, Dependence, ProducerMap
    from contract.subject import Subject

ENOUGH = 20
"""Calls from which on never having been sent something means something: at 95 % at most 15 % have it."""


class Verdict(StrEnum):
    """What a change would do to one consumer."""

    BREAKS = "breaks"
    MAY_BREAK = "may-break"
    UNAFFECTED = "unaffected"
    UNKNOWN = "unknown"


GRAVITY = (Verdict.UNAFFECTED, Verdict.UNKNOWN, Verdict.MAY_BREAK, Verdict.BREAKS)
"""The verdicts, the mildest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One consumer's verdict. `calls` counts its calls of the operation, `count` those that say so.

    `left` says in words since when it is a consumer no more, so that the verdict blocks nothing.
    """

    consumer: str
    owner: str
    verdict: Verdict
    basis: str
    calls: int
    count: int = 0
    first_seen: int | None = None
    last_seen: int | None = None
    examples: tuple[str, ...] = ()
    left: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A change with the verdict of each consumer.

    `fix` says in words why it only puts a document right, `unseen` why it is only a warning that nothing was
    seen of it. `ruled` says why the policy grades it otherwise than its rule, `least` how grave that makes it
    whoever was seen. `accepted` says who expects it and why, `refused` why what was accepted of it does not
    count.
    """

    change: Change
    hits: tuple[Hit, ...] = ()
    fix: str = ""
    unseen: str = ""
    ruled: str = ""
    least: Compatibility = Compatibility.COMPATIBLE
    accepted: str = ""
    refused: str = ""

    @property
    def compatibility(self) -> Compatibility:
        """The rule's grade, made milder by what is known of who is hit, and of who of them has left."""
        if self.fix:
            return Compatibility.COMPATIBLE
        return max(self._spared(), self.least, key=lambda one: one.rank)

    def _spared(self) -> Compatibility:
        grade = self._grade(self.hits)
        here = [hit for hit in self.hits if not hit.left]
        still = self._grade(here) if here else Compatibility.WARNING
        spared = len(here) < len(self.hits) and still is not Compatibility.BREAKING
        return grade.at_most(Compatibility.WARNING) if spared or self.unseen else grade

    def _grade(self, hits: Sequence[Hit]) -> Compatibility:
        """The rule's grade, made milder by what is known of some consumers."""
        declared = self.change.compatibility
        verdicts = {hit.verdict for hit in hits}
        subject = self.change.subject
        certain = {Verdict.BREAKS}
        if subject is not None and subject.direction is Direction.REQUEST:
            certain.add(Verdict.MAY_BREAK)  # one of them did send it, only which one is not kept
        if not hits or certain & verdicts or verdicts == {Verdict.UNKNOWN}:
            return declared
        if verdicts == {Verdict.UNAFFECTED}:
            return Compatibility.COMPATIBLE
        return declared.at_most(Compatibility.WARNING)


def worst(judged: Iterable[Judged]) -> Compatibility:
    """The overall verdict: that of the gravest change that nobody has accepted."""
    grades = (one.compatibility for one in judged if not one.accepted)
    return max(grades, key=lambda one: one.rank, default=Compatibility.COMPATIBLE)


def judge(
    changes: Iterable[Change],
    producer: ProducerMap,
    new: Document | None = None,
    rules: Mapping[str, Rule] = RULES,
) -> tuple[Judged, ...]:
    """Each change with whom it hits.

    Args:
        changes: what differs.
        producer: the map of the producer; its operations keyed as declared.
        new: the newer document, where there is one: undeclared things that it rules out are told, too.
        rules: how grave each change is.
    """
    sights, owners = Sights(producer), {one.name: one for one in producer.consumers}
    found = []
    for change in changes:
        sight = sights.of(change)
        undeclared = ruled_out(change, sight, new)
        if undeclared is None:
            found.append(_judged(change, sight, owners, [change.subject]))
            continue
        fields = [_judged(one, sight, owners, [one.subject]) for one in closed(change, undeclared, rules)]
        found += fields or [_judged(change, sight, owners, undeclared)]
    return tuple(sorted(found, key=lambda one: -one.compatibility.rank))


def by_policy(
    judged: Iterable[Judged], left: Mapping[str, str], no_data: Literal["unknown", "warn"]
) -> tuple[Judged, ...]:
    """The changes, as a policy has it.

    Args:
        judged: joined with what was seen.
        left: since when consumers have left, in words, by name.
        no_data: what it means that nothing was seen of what a change touches.
    """
    ruled = (
        replace(
            one,
            hits=tuple(_parted(hit, left) for hit in one.hits),
            unseen=_UNSEEN if no_data == "warn" and _is_unseen(one) else "",
        )
        for one in judged
    )
    return tuple(sorted(ruled, key=lambda one: -one.compatibility.rank))


_UNSEEN = "nothing was seen of it, and by the policy that is a warning"


def _parted(hit: Hit, left: Mapping[str, str]) -> Hit:
    """A hit, marked where its consumer has left. Who is unaffected, or never called it, is hit by nothing."""
    counts = hit.verdict is not Verdict.UNAFFECTED and hit.calls
    return replace(hit, left=left.get(hit.consumer, "") if counts else "")


def _is_unseen(one: Judged) -> bool:
    graver = one.change.compatibility is Compatibility.BREAKING and not one.fix
    graver = graver and one.least is not Compatibility.BREAKING
    return graver and bool(one.change.operation) and not any(hit.calls for hit in one.hits)


def _judged(
    change: Change, sight: Sight, owners: Mapping[str, Consumer], about: Sequence[Subject | None]
) -> Judged:
    """A change with the verdict of each consumer: of the gravest of the places that it is about."""
    if change.compatibility is Compatibility.COMPATIBLE or not change.operation:
        return Judged(change=change)
    reason = fix(change, sight, ENOUGH)
    hits = [
        _gravest(change, sight, consumer, calls, reason, about)
        for consumer, calls in sorted(sight.callers.items())
    ]
    if not hits:
        never = "the operation was never seen in use"
        hits = [
            Hit(consumer=name, owner="", verdict=Verdict.UNKNOWN, basis=never, calls=0)
            for name in sorted(owners)
        ]
    return Judged(change=change, hits=tuple(_owned(hit, owners) for hit in hits), fix=reason)


def _owned(hit: Hit, owners: Mapping[str, Consumer]) -> Hit:
    known = owners.get(hit.consumer)
    return replace(hit, owner=known.owner) if known and known.owner else hit


def _gravest(
    change: Change, sight: Sight, consumer: str, calls: int, reason: str, about: Sequence[Subject | None]
) -> Hit:
    """The gravest verdict over some places; where nothing undeclared passed, that of silence."""
    if not about:
        enough = calls >= ENOUGH
        basis = f"nothing undeclared was there in {'' if enough else 'only '}{_counted(calls)}"
        verdict = Verdict.UNAFFECTED if enough else Verdict.UNKNOWN
        return Hit(consumer=consumer, owner="", verdict=verdict, basis=basis, calls=calls)
    hits = [_hit(replace(change, subject=one), sight, consumer, calls, reason) for one in about]
    return max(hits, key=lambda hit: GRAVITY.index(hit.verdict))


def _hit(change: Change, sight: Sight, consumer: str, calls: int, reason: str) -> Hit:
    subject = change.subject
    if reason:
        verdict, basis, link = Verdict.UNAFFECTED, reason, None
    elif subject is None:
        verdict, basis, link = Verdict.BREAKS, f"called it, {_times(calls)}", None
    elif change.rule.kind == "latency":
        word, basis, link = waits(change.new, sight, consumer, ENOUGH)
        verdict = Verdict(word)
    elif subject.direction is Direction.REQUEST:
        word, basis, link = RequestJudge(change, sight, ENOUGH).verdict(consumer, calls)
        verdict = Verdict(word)
    else:
        verdict, basis, link = _answered(sight.links(subject, inside=_takes_all(change)).get(consumer), calls)
    return Hit(
        consumer=consumer,
        owner="",
        verdict=verdict,
        basis=basis,
        calls=calls,
        count=link.count if link else calls if subject is None else 0,
        first_seen=link.first_seen if link else None,
        last_seen=link.last_seen if link else None,
        examples=sight.examples(subject)[:3] if verdict is not Verdict.UNAFFECTED else (),
    )


def _takes_all(change: Change) -> bool:
    """Whether a change takes away a place with all that is inside, or something that all of it rests on."""
    return change.rule.kind not in {"enum", "symbols", "format", "pattern", "default"}


def _answered(link: Dependence | None, calls: int) -> tuple[Verdict, str, Dependence | None]:
    """The verdict on something that is answered."""
    if link is None:
        if calls >= ENOUGH:
            return Verdict.UNAFFECTED, f"was never sent it in {calls:,} calls", None
        return Verdict.UNKNOWN, f"was never sent it, in only {_counted(calls)}", None
    if link.level is Level.EXPOSED:
        return (
            Verdict.MAY_BREAK,
            f"was sent it, {_times(link.count)}; whether it needs it cannot be seen",
            link,
        )
    words = {Level.REQUESTED: "", Level.USED: "uses it: ", Level.PROVEN: "was proven to need it: "}
    return Verdict.BREAKS, f"{words[link.level]}{link.basis}, {_times(link.count)}", link


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def _counted(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls:,} calls"
