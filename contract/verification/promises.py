"""What the ledger guarantees, as it was decided: also where nothing of it is seen any more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract.claim import Decision, Level
from contract.clause import Clause
from contract.kinds import Latency, kind_from
from contract.ledger.ruling import PROMISED, speaks_of
from contract.subject import parse
from contract.verification.guarantees import PROMISED_TAIL, Guarantee

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.claim import Claim
    from contract.ledger.model import Entry, Ledger

TAKEN_BACK = frozenset({Decision.MAY_CHANGE, Decision.OUT_OF_CONTRACT})
"""Decisions by which nothing else that speaks of a clause guarantees it."""


def of_ledger(ledger: Ledger, producer: str, claims: Iterable[Claim]) -> list[Guarantee]:
    """What is guaranteed, or deprecated and still to be there, of one producer.

    Args:
        ledger: what was decided.
        producer: whose.
        claims: what is known of it; it tells who relies on a clause today.
    """
    if not speaks_of(ledger, producer):
        return []
    known: dict[str, Claim] = {}
    for claim in claims:
        known |= dict.fromkeys((*claim.former_ids, claim.clause.id), claim)
    found = []
    for id_, entry in ledger.entries.items():
        seen = known.get(id_)
        clause = _decided(id_, entry, producer, seen) if entry.decision in PROMISED else None
        if clause is not None:
            found.append(
                Guarantee(
                    clause=clause,
                    consumers=tuple(sorted(_reliant(entry, seen))),
                    owner=ledger.owners.producer.text,
                    source=f"{entry.decision} in {ledger.source}",
                    tolerated=PROMISED_TAIL if isinstance(clause.kind, Latency) else 0.0,
                )
            )
    return found


def decided(guarantees: Iterable[Guarantee], ledger: Ledger) -> list[Guarantee]:
    """The guarantees of whatever source without those that the ledger takes back, with its owner."""
    owner = ledger.owners.producer.text
    found = []
    for one in guarantees:
        entry = ledger.entries.get(one.clause.id)
        if not speaks_of(ledger, one.clause.producer):
            found.append(one)
        elif entry is None or entry.decision not in TAKEN_BACK:
            found.append(replace(one, owner=one.owner or owner))
    return found


def _decided(id_: str, entry: Entry, producer: str, seen: Claim | None) -> Clause | None:
    """The clause with the value that was decided; None where the entry does not say enough."""
    try:
        if seen is not None:
            if entry.evidence is None:
                return seen.clause
            kind = kind_from(seen.clause.kind.name, entry.evidence.value)
            return replace(seen.clause, kind=kind)
        kind = kind_from(entry.kind, entry.evidence.value if entry.evidence else None)
        clause = Clause(producer=producer, operation=entry.operation, subject=parse(entry.subject), kind=kind)
    except (ValueError, TypeError, LookupError, AttributeError):  # a value of an old form
        return seen.clause if seen is not None else None
    return clause if clause.id == id_ else None


def _reliant(entry: Entry, seen: Claim | None) -> set[str]:
    """Who relies on it today, or did when it was decided."""
    then = entry.evidence.consumers if entry.evidence else {}
    now = {link.consumer: link.level for link in seen.dependence} if seen else {}
    return {who for who, level in (*then.items(), *now.items()) if level is not Level.EXPOSED}
