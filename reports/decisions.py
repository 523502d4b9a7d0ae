"""What the ledger says of claims and findings, in words and as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contract.claim import Decision
from contract.ledger.leaving import left_of, relying
from contract.ledger.ruling import (
    PROMISED,
    claims_by_operation,
    left_by_producer,
    owned,
    ruled_operation,
    ruling_of,
    speaks_of,
)
from reports.words import count, listed, verb

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from contract.claim import Claim, ContractMap
    from contract.ledger.model import Ledger
    from contract.ledger.ruling import Ruling
    from reports.drift import Drift
    from reports.finding import Compared, Finding
    from reports.places import Place

SAID = {
    Decision.GUARANTEED: "guaranteed",
    Decision.MAY_CHANGE: "may change",
    Decision.OUT_OF_CONTRACT: "out of contract",
    Decision.DEPRECATED: "deprecated",
    Decision.UNDECIDED: "undecided",
}
MOST = 4
"""Sentences told of one finding; a page of decisions is the ledger's own."""
MOST_LEFT = 3
"""Consumers named of those that have left."""


def decided_drift(drift: Drift, observed: ContractMap, ledger: Ledger, today: date) -> Drift:
    """The drift report with what was decided: what is guaranteed is promised as if it were declared.

    Who has left by the policy counts as relying on nothing.
    """
    left = {one.name: left_by_producer(observed, one.name, ledger) for one in observed.producers}
    compared = tuple(
        kept for one in drift.compared if (kept := _decided(one, observed, ledger, today, left)) is not None
    )
    return replace(drift, compared=compared, consumers=tuple(owned(drift.consumers, ledger)))


def _decided(
    compared: Compared,
    observed: ContractMap,
    ledger: Ledger,
    today: date,
    left: Mapping[str, Mapping[str, str]],
) -> Compared | None:
    if not speaks_of(ledger, compared.producer):
        return compared
    claims = claims_by_operation(observed, compared.producer).get(compared.operation.key, ())
    operation = ruled_operation(compared.operation, claims, ledger, today, left.get(compared.producer, {}))
    if operation is None:
        return None
    promised = compared.promised
    if promised is not None:
        promised |= {claim.clause.subject for claim in operation.claims if claim.decision in PROMISED}
    return replace(compared, operation=operation, promised=promised)


def statements(place: Place) -> tuple[str, ...]:
    """What is said about a place, each with its decision: `always present [guaranteed]`."""
    return tuple(
        f"{said} [{tag(ruling)}]" if (ruling := ruling_of(claim)) else said
        for claim, said in zip(place.claims, place.statements, strict=True)
    )


def tag(ruling: Ruling) -> str:
    """A ruling in a few words."""
    entry = ruling.entry
    parts = [SAID[entry.decision]]
    if entry.remove is not None:
        parts[0] += f" until {entry.remove}"
    parts += ["disputed"] if entry.disputed else []
    parts += ["changed since"] if ruling.marks else []
    return ", ".join(parts)


def decisions(finding: Finding) -> Iterator[str]:
    """Sentences on what was decided of the clauses of a finding, several told once, and on who has left."""
    found = [(claim, ruling) for claim in finding.claims if (ruling := ruling_of(claim)) is not None]
    said: dict[str, None] = {}
    for claim, ruling in found:
        about = f"{claim.clause.kind.name}: " if len(finding.claims) > 1 else ""
        for sentence in sentences(claim, ruling):
            said[f"{about}{sentence}"] = None
            about = ""
    yield from list(said)[:MOST]
    if len(said) > MOST:
        yield f"The ledger says {len(said) - MOST} more things of it."
    yield from _left(finding)


def _left(finding: Finding) -> Iterator[str]:
    for link in finding.left[:MOST_LEFT]:
        before = f"before, {link.basis}" if link.basis else "before"
        yield f"{link.consumer} has left: {left_of(link)}; {before}, {count(link.count, 'time')}."
    if len(finding.left) > MOST_LEFT:
        more = len(finding.left) - MOST_LEFT
        yield f"{count(more, 'more consumer')} {verb(more, 'has', 'have')} left, too."


def sentences(claim: Claim, ruling: Ruling) -> Iterator[str]:
    """What the ledger says of one clause, a sentence each."""
    entry = ruling.entry
    if entry.decision is not Decision.UNDECIDED:
        yield _decision(ruling)
    if entry.disputed:
        yield f"Disputed: {_sides(ruling)}."
    elif entry.positions:
        yield f"{_sides(ruling)}."
    names = sorted(link.consumer for link in relying(claim))
    if entry.decision is Decision.OUT_OF_CONTRACT and names:
        rely = verb(len(names), "relies", "rely")
        yield f"Out of contract, and {listed(names)} {rely} on it all the same."
    yield from ruling.marks


def _decision(ruling: Ruling) -> str:
    entry = ruling.entry
    words = SAID[entry.decision]
    said = f"{words[0].upper()}{words[1:]}"
    said += f" by {entry.by}" if entry.by else ""
    said += f" on {entry.at}" if entry.at else ""
    said += f", to be removed by {entry.remove}" if entry.remove else ""
    said += f", in favour of {entry.successor}" if entry.successor else ""
    said += f" (owner: {ruling.owner.text})" if ruling.owner.text else ""
    return f"{said}: {entry.reason.rstrip('.')}." if entry.reason else f"{said}."


def _sides(ruling: Ruling) -> str:
    entry = ruling.entry
    sides = [
        f"{who} ({one.role.value}) says {SAID[one.position]}{f', {one.reason}' if one.reason else ''}"
        for who, one in entry.positions.items()
    ]
    return "; ".join(side.rstrip(".") for side in sides)


def ruling_form(claim: Claim) -> dict[str, Any] | None:
    """What the ledger says of a claim, as JSON's own types; None: nothing."""
    ruling = ruling_of(claim)
    if ruling is None:
        return None
    entry = ruling.entry
    return {
        "by": entry.by,
        "at": _day(entry.at),
        "reason": entry.reason,
        "review": _day(entry.review),
        "remove": _day(entry.remove),
        "successor": entry.successor,
        "owner": {"name": ruling.owner.name, "contact": ruling.owner.contact},
        "disputed": entry.disputed,
        "positions": [
            {
                "who": who,
                "role": one.role.value,
                "position": one.position.value,
                "at": _day(one.at),
                "reason": one.reason,
            }
            for who, one in entry.positions.items()
        ],
        "marks": list(ruling.marks),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
