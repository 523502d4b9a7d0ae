"""Standing: how what was observed of an operation relates to what is declared of it.

| the observed clause, beside the declared one of the same id | in a response  | in a request   |
| ----------------------------------------------------------- | -------------- | -------------- |
| says the same                                               | `declared`     | `declared`     |
| is narrower: stronger than what anybody promised            | `undeclared`   | `declared` (1) |
| is narrower, and not informative or short of evidence       | `declared`     | `declared`     |
| is wider or incompatible: something else occurs             | `contradicted` | `contradicted` |
| has no declared counterpart, and is informative             | `undeclared`   | `undeclared`   |
| has none, and is not informative or short of evidence       | not told       | not told       |
| is about values, and other declared kinds already say it    | `declared` (4) | `declared` (4) |

| the declared clause without an observed counterpart         | standing                                    |
| ----------------------------------------------------------- | ------------------------------------------- |
| that a field is always there, of an object seen without it  | `contradicted`                              |
| about any other place that was never seen                   | `unobserved`, if no place above it is (2)   |
| the type of a place that was only ever null                 | not told                                    |
| about a place that was seen, informative                    | `unobserved`: nothing confirms or breaks it |
| about a place that was seen, not informative                | not told                                    |
| about a place that observation does not look at             | not told (3)                                |
| that callers may say who they are in some way               | not told (5)                                |
| about values, and an observed one of another kind says it   | not told (4)                                |

(1) Consumers merely use less than they may. (2) An object that never came is one thing that never came,
not one with each of its hundred fields. (3) Cookies, and header fields that concern no operation
(`contract/headers.py`). (4) Of `enum: [paid, placed]` every length and pattern that fits both values follows,
of `format: uuid` the length 36 (`ValueKind.implied_by`). (5) Which scheme a caller uses is its choice. The
field that carries a declared credential is declared by that. How often consumers call is nothing to declare:
`rate` has no standing.

A statement about values contradicts only if it shows that values were seen which break the declared one
(`ValueKind.contradicts`): two regular expressions that differ do not.

That a place is deprecated stands as declared beside whoever depends on it; of one that was never seen it is
not told.

A declared map speaks of each of its keys. A declared `closed` is compared with the names of all fields
seen there; a field of another name breaks it, and is undeclared itself. Patterns of statuses (`4XX`,
`default`) have been spelled out before (`DeclaredOperation.clauses_for`), so a status that one covers
is declared.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract.claim import Claim, Decision, Evidence, Standing
from contract.clause import Clause, Direction, Relation
from contract.headers import is_ignored
from contract.kinds import Auth, Closed, Deprecated, Present, Rate, Type
from contract.kinds.value import ValueKind
from contract.subject import ITEM, VALUE, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NEVER = Evidence(held=0, broken=0)


def join(observed: Iterable[Claim], declared: Iterable[Clause]) -> list[Claim]:
    """The claims of one operation, each with its standing and its declared counterpart.

    Args:
        observed: what inference claims of the operation, candidates included.
        declared: what is declared of it, for the statuses that were observed; empty where nothing is.

    Returns:
        The observed claims in their order, then what is declared and was not observed, in the order declared.
    """
    promised = _Promised(declared)
    claims = list(observed)
    claims += (*promised.closures(claims), *promised.absences(claims), *promised.farewells(claims))
    told: list[Claim] = []
    kept: set[str] = set()
    for claim in claims:
        counterpart = promised.counterpart(claim.clause)
        if counterpart is not None:
            kept.add(counterpart.id)
        source = promised.source(claim.clause)
        standing = _standing(claim, counterpart, implied=source is not None)
        if standing is not None:
            told.append(replace(claim, standing=standing, declared=counterpart or source))
    seen = _prefixes(promised.canonical(claim.clause.subject) for claim in claims)
    kept |= promised.confirmed(claims)
    told += (
        Claim(clause=clause, evidence=_NEVER, standing=Standing.UNOBSERVED, declared=clause)
        for clause in promised.clauses
        if clause.id not in kept and promised.is_missed(clause, seen)
    )
    return told


def _standing(claim: Claim, declared: Clause | None, *, implied: bool) -> Standing | None:
    """Where an observed claim stands; None: it is not told."""
    tellable = claim.clause.kind.informative and not claim.candidate
    if declared is None:
        if not tellable or isinstance(claim.clause.kind, Rate):
            return None
        return Standing.DECLARED if implied else Standing.UNDECLARED
    if _contradicts(claim.clause, declared):
        return Standing.CONTRADICTED
    more = claim.clause.compare(declared) in {Relation.NARROWER, Relation.INCOMPATIBLE} and not implied
    stronger = more and claim.clause.subject.direction is Direction.RESPONSE
    return Standing.UNDECLARED if stronger and tellable else Standing.DECLARED


def _contradicts(observed: Clause, declared: Clause) -> bool:
    if isinstance(observed.kind, ValueKind):
        return observed.kind.contradicts(observed.subject, declared.kind)
    return observed.compare(declared) in {Relation.WIDER, Relation.INCOMPATIBLE}


class _Promised:
    """The declared clauses of an operation, found by the places that they speak of."""

    def __init__(self, declared: Iterable[Clause]) -> None:
        self.clauses = list(declared)
        self._by_id = {clause.id: clause for clause in self.clauses}
        self._by_subject: dict[Subject, list[Clause]] = {}
        for clause in self.clauses:
            self._by_subject.setdefault(clause.subject, []).append(clause)
        self._places = self._by_subject.keys()
        self._known = _prefixes(self._places)

    def counterpart(self, clause: Clause) -> Clause | None:
        """The declared clause that an observed one is to be held against."""
        found = self._by_id.get(clause.id)
        if found is None:
            subject = self.canonical(clause.subject)
            found = (
                self._by_id.get(replace(clause, subject=subject).id) if subject != clause.subject else None
            )
        return found

    def source(self, clause: Clause) -> Clause | None:
        """The declared clause of another kind that already says what an observed one does."""
        kind = clause.kind
        declared = self._by_subject.get(self.canonical(clause.subject), ())
        if isinstance(kind, Present | Type):
            return next((other for other in declared if isinstance(other.kind, Auth)), None)
        if not isinstance(kind, ValueKind):
            return None
        others = (other for other in declared if other.kind.name != kind.name)
        return next((other for other in others if kind.implied_by(clause.subject, other.kind)), None)

    def confirmed(self, claims: Iterable[Claim]) -> set[str]:
        """The ids of the declared clauses that observed ones of other kinds say as well."""
        return {
            clause.id
            for claim in claims
            for clause in self._by_subject.get(self.canonical(claim.clause.subject), ())
            if isinstance(clause.kind, ValueKind)
            and clause.kind.implied_by(clause.subject, claim.clause.kind)
        }

    def canonical(self, subject: Subject) -> Subject:
        """The subject as the declaration writes it: what lies below a declared map is each of its values."""
        way: tuple[str, ...] = ()
        for part in subject.parts:
            step = (*way, part)
            as_value = (*way, VALUE)
            known = Subject(step) in self._known or part == ITEM or Subject(as_value) not in self._known
            way = step if known else as_value
        return Subject(way)

    def is_missed(self, clause: Clause, seen: frozenset[Subject]) -> bool:
        """Whether to tell that a declared clause without an observed counterpart was not observed."""
        subject = clause.subject
        if _is_unwatched(subject) or isinstance(clause.kind, Auth | Deprecated):
            return False
        if subject in seen:
            return clause.kind.informative and not isinstance(clause.kind, Type)
        above = (Subject(subject.parts[:size]) for size in range(1, len(subject.parts)))
        return all(place in seen for place in above if place in self._places)

    def absences(self, claims: list[Claim]) -> Iterator[Claim]:
        """For each field that is declared always present and never was, though its object was."""
        seen = _prefixes(self.canonical(claim.clause.subject) for claim in claims)
        objects = {
            self.canonical(claim.clause.subject): claim
            for claim in claims
            if isinstance(claim.clause.kind, Type) and "object" in claim.clause.kind.types
        }
        for clause in self.clauses:
            whole = objects.get(clause.subject.parent)
            required = isinstance(clause.kind, Present) and clause.kind.always
            if whole is not None and required and clause.subject not in seen:
                never = replace(clause, kind=Present(always=False))
                evidence = replace(whole.evidence, held=0, broken=whole.evidence.held)
                yield replace(whole, clause=never, evidence=evidence, former_ids=())

    def farewells(self, claims: list[Claim]) -> Iterator[Claim]:
        """For each place that is declared deprecated, and was seen, that it is: with who depends on it."""
        seen = {self.canonical(claim.clause.subject): claim for claim in reversed(claims)}
        for clause in self.clauses:
            if isinstance(clause.kind, Deprecated) and clause.subject in seen:
                witness = seen[clause.subject]
                yield replace(witness, clause=clause, decision=Decision.DEPRECATED, doubt="", former_ids=())

    def closures(self, claims: list[Claim]) -> Iterator[Claim]:
        """For each declared `closed` the names of the fields seen there, unless inference gave them."""
        closed = {clause.subject: clause for clause in self.clauses if isinstance(clause.kind, Closed)}
        if not closed:
            return
        given = {claim.clause.subject for claim in claims if isinstance(claim.clause.kind, Closed)}
        fields: dict[Subject, dict[str, Claim]] = {subject: {} for subject in closed}
        for claim in claims:
            place = self.canonical(claim.clause.subject)
            if place.parent in fields and place.parts[-1] not in {ITEM, VALUE}:
                fields[place.parent].setdefault(place.parts[-1], claim)
        types = (claim for claim in claims if isinstance(claim.clause.kind, Type))
        objects = {self.canonical(claim.clause.subject): claim for claim in types}
        for subject, clause in closed.items():
            if subject in objects and subject not in given:
                yield _closure(clause, fields[subject], objects[subject])


def _closure(declared: Clause, fields: dict[str, Claim], whole: Claim) -> Claim:
    """The observed `closed` of an object, with the evidence of an undeclared field if there is one."""
    allowed = declared.kind.names if isinstance(declared.kind, Closed) else ()
    witness = next((claim for name, claim in fields.items() if name not in allowed), whole)
    return replace(witness, clause=replace(declared, kind=Closed(tuple(sorted(fields)))), former_ids=())


def _is_unwatched(subject: Subject) -> bool:
    if subject.section == "header":
        return subject.parts[-1] != "content-type" and is_ignored(subject.parts[-1])
    return subject.section == "cookie"


def _prefixes(subjects: Iterable[Subject]) -> frozenset[Subject]:
    """The places themselves and all that they lie in."""
    return frozenset(
        Subject(subject.parts[:size]) for subject in subjects for size in range(1, len(subject.parts) + 1)
    )
