"""What traffic shows of an operation: who called how often, who was sent or sends what, which values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from contract.changes.clauses import facts_of
from contract.changes.facts import Facts, anonymous, numbered
from contract.kinds import Present
from contract.statuses import covers
from contract.subject import VALUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contract.changes.change import Change
    from contract.claim import Claim, Dependence, OperationMap, ProducerMap
    from contract.subject import Subject


@dataclass(frozen=True, slots=False)
class Sight:
    """One operation as it was observed, `None` where it never was."""

    operation: OperationMap | None

    @property
    def callers(self) -> Mapping[str, int]:
        """The consumers that called it, with how often."""
        return self.operation.consumers if self.operation else {}

    @cached_property
    def _claims(self) -> tuple[Claim, ...]:
        return self.operation.claims if self.operation else ()

    def claims(self, place: Subject, *, inside: bool = False) -> list[Claim]:
        """The claims about a place, or also about all that is inside."""
        key = self.operation.key if self.operation else ""
        sought = numbered(key, place)
        found = []
        for claim in self._claims:
            subject = numbered(key, claim.clause.subject)
            deep = (
                len(subject.parts) >= len(sought.parts) if inside else len(subject.parts) == len(sought.parts)
            )
            if deep and _fits(sought, subject):
                found.append(claim)
        return found

    def links(self, place: Subject, *, inside: bool = False) -> dict[str, Dependence]:
        """The strongest dependence of each consumer on a place."""
        found: dict[str, Dependence] = {}
        for claim in self.claims(place, inside=inside):
            for link in claim.dependence:
                known = found.get(link.consumer)
                if known is None or (link.level.rank, link.count) > (known.level.rank, known.count):
                    found[link.consumer] = link
        return found

    def sent(self, place: Subject, consumer: str) -> int:
        """How often a consumer sent something at a place of a request."""
        counts = [
            link.count
            for claim in self.claims(place, inside=True)
            for link in claim.dependence
            if link.consumer == consumer
        ]
        return max(counts, default=0)

    def shown(self, place: Subject) -> Facts:
        """What all that passed at a place has in common."""
        found: Facts = {}
        for claim in self.claims(place):
            if isinstance(claim.clause.kind, Present):
                found["required"] = not claim.evidence.broken and claim.clause.kind.always
            else:
                for _, facts in facts_of(claim.clause.subject, claim.clause.kind):
                    found.update(facts)
        return found

    def examples(self, place: Subject | None) -> tuple[str, ...]:
        """A few exchanges to look at."""
        claims = self.claims(place, inside=True) if place is not None else self._claims
        return next((claim.evidence.examples for claim in claims if claim.evidence.examples), ())

    def answered(self, place: Subject) -> int:
        """How many observations could have shown a place of an answer: those with its status."""
        whole = [claim for claim in self._claims if _fits(place, claim.clause.subject, parts=2)]
        return max((claim.evidence.total for claim in whole), default=0)


def _fits(place: Subject, subject: Subject, parts: int | None = None) -> bool:
    """Whether a subject is at or inside a place: a declared map speaks of each key, `4XX` of each status."""
    pairs = list(zip(place.parts[:parts], subject.parts, strict=False))
    if len(pairs) < len(place.parts[:parts]):
        return False
    for depth, (mine, theirs) in enumerate(pairs):
        status = depth == 1 and place.parts[0] == "response" and covers(mine, theirs)
        if mine not in {theirs, VALUE} and not status:
            return False
    return True


class Sights:
    """All operations of a producer, found by the keys of a change."""

    def __init__(self, producer: ProducerMap) -> None:
        self._operations = {anonymous(one.key): one for one in producer.operations}

    def of(self, change: Change) -> Sight:
        """The operation that a change is about."""
        keys: Iterable[str] = change.keys or (change.operation,)
        found = (self._operations.get(anonymous(key)) for key in keys)
        return Sight(next((one for one in found if one is not None), None))
