"""Clauses → places and facts: of what is declared in no other way, and of what traffic shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.changes.facts import Document, Facts, Place, Side, anonymous, placed
from contract.changes.schemas import texts_of
from contract.clause import Direction
from contract.kinds import Closed, ContentType, Enum, Format, Nullable, Occurs, Present, Type
from contract.kinds.bounded import Bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.claim import OperationMap
    from contract.clause import Clause, Kind
    from contract.openapi.declared import DeclaredContract
    from contract.subject import Subject

BODY = "clauses"
"""Stands for the media type of bodies: clauses do not tell them apart."""

_BOUNDS = {
    "range": ("minimum", "maximum"),
    "length": ("minLength", "maxLength"),
    "size": ("minItems", "maxItems"),
}


def of_declared(contract: DeclaredContract) -> Document:
    """What a compiled document says."""
    sides = []
    for operation in contract.operations:
        said = [*operation.request, *(one for found in operation.responses.values() for one in found)]
        sides.append(
            Side(
                key=operation.key,
                keys=(operation.key,),
                facts={"deprecated": ""} if operation.deprecated else {},
                places=_places(operation.key, said),
                pointer=operation.pointer,
            )
        )
    return Document(
        source=contract.source,
        operations={side.identity: side for side in sides},
        warnings=contract.warnings,
    )


def of_observed(operations: Iterable[OperationMap], source: str) -> Document:
    """What traffic shows. Of values only those that were sent are told: callers may go on sending them."""
    found = {}
    for operation in operations:
        told = [
            (claim.clause, "")
            for claim in operation.claims
            if not claim.candidate or isinstance(claim.clause.kind, Present | Bounded)
        ]
        kept = [(clause, pointer) for clause, pointer in told if _is_shown(clause)]
        side = Side(key=operation.key, keys=(operation.key,), facts={}, places=_places(operation.key, kept))
        found[anonymous(operation.key)] = side
    return Document(source=source, operations=found, observed=True)


def _is_shown(clause: Clause) -> bool:
    """Whether a clause of traffic is more than a habit of the values that happened to pass."""
    if isinstance(clause.kind, Present | Type | Nullable | Occurs | ContentType):
        return True
    return isinstance(clause.kind, Enum | Bounded | Format) and clause.subject.direction is Direction.REQUEST


def _places(key: str, said: Iterable[tuple[Clause, str]]) -> dict[tuple[str, Subject], Place]:
    facts: dict[Subject, Facts] = {}
    pointers: dict[Subject, str] = {}
    for clause, pointer in said:
        for subject, found in facts_of(clause.subject, clause.kind):
            facts.setdefault(subject, {}).update(found)
            pointers.setdefault(subject, pointer)
    listed = [
        (BODY if _is_in_body(subject) else "", Place(subject=subject, facts=found, pointer=pointers[subject]))
        for subject, found in facts.items()
    ]
    return placed(key, listed)


def _is_in_body(subject: Subject) -> bool:
    return subject.section == "body"


def facts_of(subject: Subject, kind: Kind) -> Iterator[tuple[Subject, Facts]]:
    """What a clause says, in facts."""
    match kind:
        case Present():
            yield subject, {"required": kind.always}
        case Type():
            yield subject, {"type": frozenset(kind.types)}
        case Nullable():
            yield subject, {"nullable": kind.value}
        case Closed():
            yield subject, {"open": False}
        case Enum():
            yield subject, {"enum": texts_of(kind.value)}
        case Format():
            yield subject, {"format": kind.form}
        case Occurs():
            yield subject, {"status": True}
        case Bounded() if kind.name in _BOUNDS:
            yield subject, _bounds(kind)


def _bounds(kind: Bounded) -> Facts:
    low, high = _BOUNDS[kind.name]
    strict = kind.name == "range"
    given = {low: kind.least, high: kind.most}
    return {word: (bound, False) if strict else bound for word, bound in given.items() if bound is not None}
