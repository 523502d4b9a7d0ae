"""A finding: all that observed and declared contract say differently about one thing, folded into one line.

Clauses are small on purpose; a report of clauses would name one undeclared object a dozen times. So claims of
one standing are folded into the highest place that the other side does not know: an undeclared operation,
status or object is one finding, with everything inside it. A promise that is not kept stands alone: each is
mended by itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from contract.claim import Decision, Level, Standing
from contract.clause import Direction
from contract.ledger.leaving import left_of
from contract.operation import SEND, parse
from contract.subject import VALUE, Subject
from reports.places import strongest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from contract.claim import Claim, Dependence, OperationMap

_CONTAINERS = frozenset({"header", "query", "path", "cookie"})
"""Places that HTTP provides; only what stands in them is declared or not."""


class Scope(StrEnum):
    """How much the other side does not know."""

    OPERATION = "operation"
    """The whole operation."""
    PLACE = "place"
    """A status, a field, a header, with all that is inside."""
    STRENGTH = "strength"
    """Both know the place; one says more about it than the other."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One operation beside its declaration.

    `promised` are the places that the declaration knows, None: the operation is not declared. `pointers` say
    where in the document a clause, by its id, is stated (JSON pointers as fragments, RFC 6901).
    """

    producer: str
    operation: OperationMap
    promised: frozenset[Subject] | None
    pointers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Claims of one standing about one place. `place` is None for a whole operation.

    `operations` is one, or all those that a thing was found in, those first that consumers depend on the
    most. `claims` are never empty and keep
    the order of the map: the first is the place's own, and gives the finding its id. `callers` are the
    consumers that called the operations, with the number of observations.
    """

    producer: str
    operations: tuple[str, ...]
    callers: Mapping[str, int]
    standing: Standing
    scope: Scope
    place: Subject | None
    claims: tuple[Claim, ...]
    pointers: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id of the first clause: the finding's permalink."""
        return self.claims[0].clause.id

    @property
    def operation(self) -> str:
        """Where it was found, in words: a key, or how many operations."""
        return self.operations[0] if len(self.operations) == 1 else f"{len(self.operations):,} operations"

    @property
    def pointer(self) -> str:
        """Where the document states what the finding is about, `""` where it does not."""
        declared = self.lead.declared
        return self.pointers.get(declared.id, "") if declared else ""

    @cached_property
    def lead(self) -> Claim:
        """The strongest statement: most depended on, then highest, then first."""
        return min(self.claims, key=lambda claim: (-_reach(claim), len(claim.clause.subject.parts)))

    @cached_property
    def dependence(self) -> tuple[Dependence, ...]:
        """The strongest dependence of each consumer on anything in here, the strongest first."""
        return strongest(self.claims)

    @property
    def habit(self) -> bool:
        """Whether it only says how consumers use the freedom that the declaration leaves them."""
        direction = self.place.direction if self.place else Direction.RESPONSE
        return (
            self.standing is Standing.UNDECLARED
            and self.scope is Scope.STRENGTH
            and direction is Direction.REQUEST
            and not self.published
        )

    @property
    def deprecated(self) -> bool:
        """Whether it only says that something will go which is still in use."""
        return _goes(self.claims[0])

    @property
    def published(self) -> bool:
        """Whether it is about what publishers do, who depend on nothing by that."""
        return all(parse(key).verb == SEND for key in self.operations)

    @cached_property
    def reliant(self) -> tuple[Dependence, ...]:
        """Consumers that did more than receive it, and have not left; who calls an operation asks for it."""
        return tuple(link for link in self._relying if not left_of(link))

    @cached_property
    def left(self) -> tuple[Dependence, ...]:
        """Consumers that did more than receive it, and have left."""
        return tuple(link for link in self._relying if left_of(link))

    @property
    def _relying(self) -> tuple[Dependence, ...]:
        if self.habit or self.published:
            return ()
        if self.scope is Scope.OPERATION:
            return self.dependence
        return tuple(link for link in self.dependence if link.level is not Level.EXPOSED)

    @property
    def rank(self) -> tuple[object, ...]:
        """Sorts what would hurt most to the front, within one standing.

        Level of dependence, how many consumers, a whole operation before a place before a mere strength, how
        often seen.
        """
        level = self.dependence[0].level.rank if self.dependence and not self.habit else -1
        scope = list(Scope).index(self.scope)
        seen = max(claim.evidence.total for claim in self.claims)
        return (-level, -len(self.reliant), -len(self.dependence), scope, -seen, self.operation, self.id)


def findings(compared: Compared) -> Iterator[Finding]:
    """Fold the claims of one operation, in the order of its claims."""
    operation = compared.operation
    seen = (claim.clause.subject for claim in operation.claims if claim.standing is not Standing.UNOBSERVED)
    observed = _prefixes(seen) if operation.observations else None
    promised = None if compared.promised is None else _prefixes(compared.promised)
    groups: dict[tuple[Standing, Scope, Subject | None, str], list[Claim]] = {}
    for claim in operation.claims:
        scope, place = _fold(claim, promised, observed)
        alone = claim.clause.id if claim.standing is Standing.CONTRADICTED or _goes(claim) else ""
        groups.setdefault((claim.standing, scope, place, alone), []).append(claim)
    for (standing, scope, place, _), claims in groups.items():
        yield Finding(
            producer=compared.producer,
            operations=(operation.key,),
            callers=operation.consumers,
            standing=standing,
            scope=scope,
            place=place,
            claims=tuple(sorted(claims, key=lambda claim: len(claim.clause.subject.parts))),
            pointers=compared.pointers,
        )


def across(found: Iterable[Finding]) -> Iterator[Finding]:
    """Findings, with what is undeclared in many operations alike told once: a request header, latency."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in found:
        groups.setdefault((finding.producer, *_theme(finding)), []).append(finding)
    for alike in groups.values():
        if len(alike) == 1:
            yield alike[0]
            continue
        callers: Counter[str] = Counter()
        for finding in alike:
            callers.update(finding.callers)
        proven_first = sorted(alike, key=lambda finding: -_reach(finding.lead))
        yield replace(
            alike[0],
            operations=tuple(dict.fromkeys(finding.operations[0] for finding in proven_first)),
            callers=callers,
            claims=tuple(claim for finding in alike for claim in finding.claims),
        )


def _theme(finding: Finding) -> tuple[object, ...]:
    """What findings must share to be told as one; its own id where a finding stands alone."""
    place = finding.place
    if place is not None and finding.standing is Standing.UNDECLARED and finding.scope is Scope.PLACE:
        if place.parts[:2] == ("request", "header"):
            return (place,)
        if place.parts[2:] == ("latency",):
            return ("latency",)
    return (finding.standing, finding.id)


def _fold(
    claim: Claim, promised: frozenset[Subject] | None, observed: frozenset[Subject] | None
) -> tuple[Scope, Subject | None]:
    """How much the other side does not know of what a claim speaks of, and the highest such place."""
    subject = claim.clause.subject
    if claim.standing not in {Standing.UNDECLARED, Standing.UNOBSERVED}:
        return Scope.STRENGTH, subject
    known = promised if claim.standing is Standing.UNDECLARED else observed
    return (Scope.OPERATION, None) if known is None else _highest_unknown(subject, known)


def _highest_unknown(subject: Subject, known: frozenset[Subject]) -> tuple[Scope, Subject]:
    """The first place on the way down to a subject that is not known; if all are, the subject as known.

    A known map knows all its keys: what stands below one stands below each of its values.
    """
    way: tuple[str, ...] = subject.parts[:1]
    for depth in range(1, len(subject.parts)):
        part = subject.parts[depth]
        container = part in _CONTAINERS and depth == (1 if subject.direction is Direction.REQUEST else 2)
        step = next((step for step in ((*way, part), (*way, VALUE)) if Subject(step) in known), None)
        if step is None and not container:
            return Scope.PLACE, Subject((*way, part))
        way = step or (*way, part)
    return Scope.STRENGTH, Subject(way)


def _prefixes(subjects: Iterable[Subject]) -> frozenset[Subject]:
    """The places themselves and all that they lie in."""
    return frozenset(
        Subject(subject.parts[:size]) for subject in subjects for size in range(1, len(subject.parts) + 1)
    )


def _goes(claim: Claim) -> bool:
    return claim.standing is Standing.DECLARED and claim.decision is Decision.DEPRECATED


def _reach(claim: Claim) -> int:
    return max((link.level.rank for link in claim.dependence), default=-1)
