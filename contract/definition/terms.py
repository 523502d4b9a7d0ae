"""Which clauses are part of the contract, and as what.

A clause is promised if it was decided so, or if the declared document says it and nothing else was decided.
What is promised is what was decided or declared, not what happened to be seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from contract.claim import Claim, Decision, Evidence, Standing
from contract.ledger.leaving import relying
from contract.ledger.model import Entry, Interface, Owners
from contract.ledger.ruling import PROMISED, ruling_of
from contract.operation import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.claim import Consumer, OperationMap, ProducerMap
    from contract.clause import Clause
    from contract.ledger.model import Ledger
    from contract.openapi.declared import DeclaredContract, DeclaredOperation

_NOTHING = Entry()
_NEVER = Evidence(held=0, broken=0)


class Part(StrEnum):
    """Where in the contract a clause stands, in the order in which it is read."""

    STABLE = "stable"
    DEPRECATED = "deprecated"
    MAY_CHANGE = "may-change"
    OUT_OF_CONTRACT = "out-of-contract"
    UNDECIDED = "undecided"


_PARTS = {
    Decision.GUARANTEED: Part.STABLE,
    Decision.DEPRECATED: Part.DEPRECATED,
    Decision.MAY_CHANGE: Part.MAY_CHANGE,
    Decision.OUT_OF_CONTRACT: Part.OUT_OF_CONTRACT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One clause of the contract.

    `clause` is what is promised, where anything is, else what was seen. `declared` says whether the document
    states it, `written` whether a standard field may. `marks` say in words what has changed since it was
    decided.
    """

    clause: Clause
    claim: Claim
    entry: Entry
    declared: bool
    written: bool
    marks: tuple[str, ...] = ()

    @property
    def part(self) -> Part:
        """Where it stands."""
        undecided = Part.STABLE if self.declared else Part.UNDECIDED
        return _PARTS.get(self.entry.decision, undecided)

    @property
    def relying(self) -> tuple[str, ...]:
        """The consumers that were seen to do more than receive it, and have not left, sorted."""
        return tuple(sorted({link.consumer for link in relying(self.claim)}))

    @property
    def contradicted(self) -> bool:
        """Whether traffic breaks what is promised."""
        return self.claim.standing is Standing.CONTRADICTED


@dataclass(frozen=True, kw_only=True)
class DefinedOperation:
    """An operation with its terms, by subject and kind."""

    key: str
    deprecated: bool
    terms: tuple[Term, ...]

    @cached_property
    def written(self) -> tuple[Clause, ...]:
        """The clauses that standard fields may state; half a surrogate pair can stand in no document."""
        return tuple(term.clause for term in self.terms if term.written and _is_text(term.clause))


@dataclass(frozen=True, kw_only=True)
class Definition:
    """The contract of one interface.

    `last_seen` is the instant (Unix ns) of the last observation, None where there was none. `observed` says
    that standard fields hold what was only seen as well.
    """

    producer: str
    interface: Interface
    owners: Owners
    operations: tuple[DefinedOperation, ...]
    consumers: tuple[Consumer, ...]
    last_seen: int | None
    observed: bool

    @property
    def title(self) -> str:
        """What the interface is called."""
        return self.interface.title or self.producer

    @property
    def terms(self) -> Iterator[Term]:
        """All terms."""
        return (term for operation in self.operations for term in operation.terms)

    def of_events(self, events: bool) -> tuple[DefinedOperation, ...]:  # noqa: FBT001  # one of two halves
        """The operations about messages, or those about calls."""
        return tuple(one for one in self.operations if parse(one.key).is_event is events)


def define(
    observed: ProducerMap,
    declared: DeclaredContract | None,
    ledger: Ledger | None,
    *,
    observed_too: bool,
) -> Definition:
    """The contract of an interface.

    Args:
        observed: what is claimed of it, with what was decided (`contract.ledger.ruling`); where there is a
            document, with the standing of each claim.
        declared: its document.
        ledger: what was decided.
        observed_too: whether what is undecided is written as if it were promised.
    """
    interface = ledger.interface if ledger else Interface()
    if declared is not None:
        declared = declared.observed(observed.operations)
        interface = Interface(
            producer=observed.name,
            title=interface.title or declared.title,
            version=interface.version or declared.version,
            channels=interface.channels,
        )
    documents = {one.key: one for one in declared.operations} if declared else {}
    return Definition(
        producer=observed.name,
        interface=interface,
        owners=ledger.owners if ledger else Owners(),
        operations=tuple(_operations(observed.operations, documents, ledger, observed_too)),
        consumers=observed.consumers,
        last_seen=max((one.last_seen for one in observed.consumers), default=None),
        observed=observed_too,
    )


def _operations(
    observed: Iterable[OperationMap],
    documents: dict[str, DeclaredOperation],
    ledger: Ledger | None,
    observed_too: bool,  # noqa: FBT001  # passed on
) -> Iterator[DefinedOperation]:
    for seen in sorted(observed, key=lambda one: one.key):
        own = documents.get(seen.key)
        terms = {term.clause.id: term for term in _terms(seen, own, ledger, observed_too)}
        ordered = sorted(terms.values(), key=_by_place)
        yield DefinedOperation(
            key=seen.key,
            deprecated=(own is not None and own.deprecated) or _is_deprecated(ordered),
            terms=tuple(ordered),
        )


def _by_place(term: Term) -> tuple[str, str, str]:
    return str(term.clause.subject), term.clause.kind.name, term.clause.id


def _is_text(clause: Clause) -> bool:
    try:
        json.dumps([clause.subject.parts, clause.kind.value], ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_deprecated(terms: Iterable[Term]) -> bool:
    """Whether all successes of an operation go."""
    successes = [
        term.part is Part.DEPRECATED
        for term in terms
        if term.clause.kind.name == "occurs" and (term.clause.subject.status or "").startswith("2")
    ]
    return bool(successes) and all(successes)


def _terms(
    operation: OperationMap,
    document: DeclaredOperation | None,
    ledger: Ledger | None,
    observed_too: bool,  # noqa: FBT001  # passed on
) -> Iterator[Term]:
    stated = _stated(operation, document, ledger)
    for claim in operation.claims:
        ruling = ruling_of(claim)
        entry = ruling.entry if ruling else _NOTHING
        twin = claim.declared if claim.declared and claim.declared.id == claim.clause.id else None
        if entry.decision is Decision.UNDECIDED and twin is None and claim.standing is Standing.DECLARED:
            continue  # a clause of another kind, or of another place, says it already
        declared = stated.pop(claim.clause.id, None) is not None
        promised = entry.decision in PROMISED or (declared and entry.decision is Decision.UNDECIDED)
        yield Term(
            clause=twin if twin is not None and promised else claim.clause,
            claim=claim,
            entry=entry,
            declared=declared,
            written=promised or (observed_too and entry.decision is Decision.UNDECIDED),
            marks=ruling.marks if ruling else (),
        )
    entries = ledger.entries if ledger else {}
    for clause in stated.values():
        entry = entries.get(clause.id, _NOTHING)
        yield Term(
            clause=clause,
            claim=Claim(clause=clause, evidence=_NEVER, standing=Standing.UNOBSERVED, declared=clause),
            entry=entry,
            declared=True,
            written=entry.decision in PROMISED | {Decision.UNDECIDED},
        )


def _stated(
    operation: OperationMap, document: DeclaredOperation | None, ledger: Ledger | None
) -> dict[str, Clause]:
    """What the document states: of each status that was seen, and of all others as it is written."""
    if document is None:
        return {}
    seen = {claim.clause.subject.status or "" for claim in operation.claims} - {""}
    clauses = [*document.clauses_for(()), *document.clauses_for(seen)]
    excluded = ledger.policy.exclude.place if ledger else None
    return {
        clause.id: replace(clause, operation=operation.key)
        for clause in clauses
        if excluded is None or not excluded(str(clause.subject))
    }
