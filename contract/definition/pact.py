"""The contract definition as Pact files: of each consumer what it was seen to use.

What may change, or is out of contract, is not asked for. What is made of a message leaves no trace: of one
that is delivered the consumer is taken to use all that the definition writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.claim import Level
from contract.definition.terms import Part
from contract.operation import parse
from contract.pact import writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract.clause import Clause
    from contract.definition.terms import Definition, Term
    from store.records import Exchange

_NOT_PROMISED = frozenset({Part.MAY_CHANGE, Part.OUT_OF_CONTRACT})
_PROMISED = frozenset({Part.STABLE, Part.DEPRECATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What a consumer did once: an exchange of one operation, or a message as an exchange."""

    consumer: str
    operation: str
    exchange: Exchange


def pacts(definition: Definition, examples: Iterable[Example], version: int) -> dict[str, dict[str, Any]]:
    """Pact files by their names.

    Args:
        definition: the contract.
        examples: at most one of each consumer, operation and status.
        version: of the specification.
    """
    terms = {operation.key: operation.terms for operation in definition.operations}
    return writing.pacts((_interaction(one, terms[one.operation]) for one in examples), version)


def _interaction(example: Example, terms: Sequence[Term]) -> writing.Interaction:
    return writing.Interaction(
        consumer=example.consumer,
        operation=example.operation,
        exchange=example.exchange,
        relied=_relied(example, terms),
        known=[term.clause for term in terms],
    )


def _relied(example: Example, terms: Sequence[Term]) -> list[Clause]:
    """What the consumer depends on, and what is promised of the same places."""
    kept = [term for term in terms if term.part not in _NOT_PROMISED]
    event = parse(example.operation).is_event
    own = [term for term in kept if _depends(term, example.consumer) or (event and term.written)]
    places = {term.clause.subject for term in own}
    own += [term for term in kept if term.part in _PROMISED and term.clause.subject in places]
    return [term.clause for term in own]


def _depends(term: Term, consumer: str) -> bool:
    links = term.claim.dependence
    return any(link.consumer == consumer and link.level is not Level.EXPOSED for link in links)
