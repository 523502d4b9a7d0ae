"""The ledger beside a contract map: what was decided of each claim, and what has changed since.

What is `guaranteed`, or `deprecated` and still there, is promised as a declared document promises. A claim
stands to it as to a declaration, so that a guarantee which traffic breaks is contradicted.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from contract.claim import Claim, Decision, Standing
from contract.clause import Clause, Relation
from contract.kinds import kind_from
from contract.ledger.leaving import gone, marked, marked_consumers
from contract.ledger.model import Entry, Ledger, Owner, Then
from contract.ledger.writing import evidence, former_of
from contract.standing import join
from contract.subject import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from contract.claim import Consumer, ContractMap, OperationMap
    from contract.policy import Exclusions

PROMISED = frozenset({Decision.GUARANTEED, Decision.DEPRECATED})
"""Decisions that bind the producer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the ledger says of one claim.

    `owner` answers for the interface. `promised` says that the claim is held against what the ledger promises
    and no document does. `marks` say in words what has changed since it was decided, and which
    of its days have passed.
    """

    entry: Entry
    owner: Owner
    promised: bool = False
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledClaim(Claim):
    """A claim that the ledger speaks of."""

    ruling: Ruling


def ruling_of(claim: Claim) -> Ruling | None:
    """What the ledger says of a claim, None: nothing."""
    return claim.ruling if isinstance(claim, RuledClaim) else None


def ruled(shown: ContractMap, observed: ContractMap, ledger: Ledger, today: date) -> ContractMap:
    """What is shown of a map, with what was decided and who has left, without what the policy excludes.

    Args:
        shown: the claims that are told; of other producers they stay as they are.
        observed: all claims, those that are told only where a promise speaks of them as well.
        ledger: what was decided.
        today: for days that have passed.
    """
    return replace(
        shown,
        producers=tuple(
            replace(
                producer,
                operations=tuple(
                    kept
                    for one in producer.operations
                    if (kept := ruled_operation(one, all_of.get(one.key, ()), ledger, today, left))
                    is not None
                ),
                consumers=tuple(marked_consumers(owned(producer.consumers, ledger), left)),
            )
            if speaks_of(ledger, producer.name)
            else producer
            for producer in shown.producers
            for all_of in (claims_by_operation(observed, producer.name),)
            for left in (left_by_producer(observed, producer.name, ledger),)
        ),
    )


def left_by_producer(observed: ContractMap, producer: str, ledger: Ledger) -> dict[str, str]:
    """Who is a consumer of a producer no more, by name: since when, in words. Nobody, without a ledger."""
    if not ledger.source:
        return {}
    known = (one for each in observed.producers if each.name == producer for one in each.consumers)
    return gone(known, ledger.policy.evidence)


def claims_by_operation(contract_map: ContractMap, producer: str) -> dict[str, tuple[Claim, ...]]:
    """All claims of a producer by operation key."""
    return {
        one.key: (*one.claims, *one.explained)
        for each in contract_map.producers
        if each.name == producer
        for one in each.operations
    }


def speaks_of(ledger: Ledger, producer: str) -> bool:
    """Whether a ledger is of a producer; one that names none is of any."""
    return ledger.interface.producer in {"", producer}


def ruled_operation(
    operation: OperationMap,
    observed: Iterable[Claim],
    ledger: Ledger,
    today: date,
    left: Mapping[str, str],
) -> OperationMap | None:
    """One operation with what was decided of its claims; None where the policy excludes it.

    Args:
        operation: with the claims that are told.
        observed: all that was observed of it.
        ledger: what was decided.
        today: for days that have passed.
        left: since when consumers have left, in words, by name.
    """
    exclude = ledger.policy.exclude
    if exclude.operation(operation.key):
        return None
    promised = _promised(operation, list(observed), ledger)
    elsewhere = {one.clause.id for one in operation.claims if one.standing is not Standing.UNDECLARED}
    kept = {id_: claim for id_, claim in promised.items() if id_ not in elsewhere}
    told = {claim.clause.id for claim in operation.claims}
    claims = [kept.get(claim.clause.id, claim) for claim in operation.claims]
    claims += (claim for id_, claim in kept.items() if id_ not in told)
    return replace(
        operation,
        consumers={name: n for name, n in operation.consumers.items() if not exclude.consumer(name)},
        claims=tuple(
            _ruled(_weighed(claim, exclude, left), ledger, today, promised=claim.clause.id in kept)
            for claim in claims
            if not exclude.place(str(claim.clause.subject))
        ),
    )


def _promised(operation: OperationMap, observed: list[Claim], ledger: Ledger) -> dict[str, Claim]:
    """How what the ledger promises of an operation is kept, by id: as if a document had declared it."""
    seen = {former_of(ledger, claim) or claim.clause.id: claim.clause for claim in observed}
    promises = []
    for id_, entry in ledger.entries.items():
        if entry.decision not in PROMISED:
            continue
        if id_ in seen:
            promises.append(_then(seen[id_], entry.evidence))
        elif entry.operation == operation.key:
            promises += _alone(ledger.interface.producer, id_, entry)
    ids = {clause.id for clause in promises}
    if not ids:
        return {}
    return {claim.clause.id: claim for claim in join(observed, promises) if claim.clause.id in ids}


def _alone(producer: str, id_: str, entry: Entry) -> list[Clause]:
    """The clause of an entry that nothing observed speaks of; none where the entry does not say enough."""
    try:
        kind = kind_from(entry.kind, entry.evidence.value if entry.evidence else None)
        subject = parse(entry.subject)
    except (ValueError, TypeError, LookupError, AttributeError):
        return []
    clause = Clause(producer=producer, operation=entry.operation, subject=subject, kind=kind)
    return [clause] if clause.id == id_ else []


def owned(consumers: Iterable[Consumer], ledger: Ledger) -> Iterator[Consumer]:
    """Consumers that the policy does not exclude, with the owners that the ledger names."""
    for consumer in consumers:
        if ledger.policy.exclude.consumer(consumer.name):
            continue
        owner = ledger.owners.consumers.get(consumer.name, Owner())
        yield replace(consumer, owner=owner.name or consumer.owner, contact=owner.contact or consumer.contact)


def strays(ledger: Ledger, claims: Iterable[Claim]) -> Iterator[str]:
    """What in a ledger finds no claim of its own, in words: gone, never known, or renamed."""
    present: set[str] = set()
    renamed: dict[str, Claim] = {}
    for claim in claims:
        present.add(claim.clause.id)
        renamed.update(dict.fromkeys(claim.former_ids, claim))
    for id_, entry in ledger.entries.items():
        if id_ in present:
            continue
        name = f"clauses.{id_} ({entry.key})" if entry.key else f"clauses.{id_}"
        if id_ in renamed:
            now = renamed[id_].clause
            yield f"{name} is {now.id} today ({now.key}); its next edit renames it"
        elif entry.evidence is not None:
            yield f"{name} is seen no more, nor declared"
        else:
            yield f"{name} is known to nobody: no such clause was seen or declared"


def _weighed(claim: Claim, exclude: Exclusions, left: Mapping[str, str]) -> Claim:
    """A claim without the dependence of who is excluded, that of who has left marked."""
    if not left and not exclude.consumers:
        return claim
    kept = (link for link in claim.dependence if not exclude.consumer(link.consumer))
    return replace(claim, dependence=tuple(marked(kept, left)))


def _ruled(claim: Claim, ledger: Ledger, today: date, *, promised: bool) -> Claim:
    entry = ledger.entries.get(former_of(ledger, claim) or claim.clause.id)
    if entry is None:
        return claim
    ruling = Ruling(
        entry=entry,
        owner=ledger.owners.producer,
        promised=promised,
        marks=tuple(_marks(claim, entry, today)),
    )
    known = {one.name: getattr(claim, one.name) for one in fields(Claim)}
    return RuledClaim(**{**known, "decision": entry.decision}, ruling=ruling)


def _then(now: Clause, then: Then | None) -> Clause:
    """The clause as it was decided; as it is now where the ledger does not say, or in a form of old."""
    if then is None:
        return now
    try:
        return replace(now, kind=kind_from(now.kind.name, then.value))
    except (ValueError, TypeError, LookupError, AttributeError):
        return now


def _marks(claim: Claim, entry: Entry, today: date) -> Iterator[str]:
    if entry.evidence is not None:
        yield from _changed(claim, entry.evidence)
    if entry.review is not None and entry.review < today:
        yield f"It was to be reviewed by {entry.review}."
    if entry.remove is not None and entry.remove <= today and claim.evidence.total:
        yield f"It was to be removed by {entry.remove}, and is still seen."


def _changed(claim: Claim, then: Then) -> Iterator[str]:
    now = evidence(claim)
    if now.get("value") != then.value:
        relation = claim.clause.compare(_then(claim.clause, then))
        if relation is not Relation.SAME:
            yield f"When it was decided: {then.statement}; now: {claim.clause.statement}."
    found = claim.evidence
    if found.broken and not then.broken:
        yield f"It was never broken when it was decided; now {found.broken:,} of {found.total:,} break it."
    elif then.broken and found.total and not found.broken:
        yield f"When it was decided, {then.broken:,} broke it; now none of {found.total:,} does."
    elif not found.total and then.held + then.broken:
        yield "It was seen when it was decided, and is not now."
    came = sorted(now.get("consumers", {}).keys() - then.consumers.keys())
    went = sorted(then.consumers.keys() - now.get("consumers", {}).keys())
    if came:
        yield f"New since it was decided: {', '.join(came)}."
    if went:
        yield f"Seen when it was decided, and not now: {', '.join(went)}."
