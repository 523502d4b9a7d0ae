"""Guarantees held against what was recorded: by each exchange that is kept, by summaries where none is."""

from __future__ import annotations

from collections import defaultdict
from time import time_ns
from typing import TYPE_CHECKING

from contract.place import Places
from contract.verification.comparing import compared
from contract.verification.evaluation import Evaluation, Finding, Verdict
from inference.contract_map import build
from inference.events import exchange_of, is_acknowledgement
from inference.names import Names
from reports.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from contract.claim import Claim, ContractMap
    from contract.verification.guarantees import Guarantee
    from store.records import Exchange
    from store.store import Store


def verify_store(
    store: Store,
    guarantees: Sequence[Guarantee],
    *,
    since: int | None,
    until: int | None,
    progress: Callable[[int], None],
    observed_map: ContractMap | None = None,
) -> Verification:
    """Evaluate guarantees over a period.

    Args:
        store: what was recorded, folded as far as summaries are to count.
        guarantees: of any producers.
        since: Unix ns; summaries are taken by whole hours.
        until: Unix ns, exclusive.
        progress: called with the number of observations looked at, now and then.
        observed_map: the map of just this period and these operations, where it is at hand; else it is made.

    Raises:
        StoreError: the store failed.
    """
    keys: dict[str, set[str]] = defaultdict(set)
    for one in guarantees:
        keys[one.clause.producer].add(one.clause.operation)
    evaluation, observed = Evaluation(guarantees), 0
    names = Names.of(store, keys)
    for producer, theirs in keys.items():
        for exchange in _recorded(store, producer, since, until):
            operation = names.operation(exchange)
            observed += 1
            if observed % 500 == 0:
                progress(observed)
            if operation in theirs:
                evaluation.observe(
                    Places(exchange, operation),
                    consumer=names.consumer(exchange.identity),
                    example=exchange.id,
                )
    seen = {id(one.guarantee): one for one in evaluation.findings()}
    unseen = [one for one in guarantees if _is_open(seen.get(id(one)))]
    maps = [observed_map] if observed_map else _maps(store, unseen, keys, since, until)
    claims = {
        (producer.name, operation.key): operation.claims
        for one in maps
        for producer in one.producers
        for operation in producer.operations
    }
    seen |= {id(one.guarantee): one for one in _by_claims(unseen, claims)}
    return Verification(
        generated_at=time_ns(),
        subject=f"what was recorded in {store.url}",
        observed=observed or sum(bool(one.held or one.broken) for one in seen.values()),
        findings=[seen[id(one)] for one in guarantees],
    )


def _is_open(found: Finding | None) -> bool:
    """Whether no single exchange could tell."""
    return found is None or (found.verdict is Verdict.NOT_ENOUGH and not found.held + found.broken)


def _recorded(store: Store, producer: str, since: int | None, until: int | None) -> Iterator[Exchange]:
    """What was recorded, messages as exchanges; tunnels and mere acknowledgements have no operation."""
    for exchange in store.exchanges(producer=producer, since=since, until=until):
        if exchange.method != "CONNECT":
            yield exchange
    for message in store.messages(producer=producer, since=since, until=until):
        if not is_acknowledgement(message):
            yield exchange_of(message)


def _maps(
    store: Store,
    guarantees: Sequence[Guarantee],
    keys: dict[str, set[str]],
    since: int | None,
    until: int | None,
) -> Iterator[ContractMap]:
    """What the period claims itself, of the producers of some guarantees."""
    for producer in {one.clause.producer for one in guarantees}:
        yield build(store, producer=producer, since=since, until=until, declared=keys)


def _by_claims(
    guarantees: Sequence[Guarantee], claims: Mapping[tuple[str, str], Sequence[Claim]]
) -> Iterator[Finding]:
    """The verdicts of the period's own claims, by producer and operation."""
    grouped: dict[tuple[str, str], list[Guarantee]] = defaultdict(list)
    for one in guarantees:
        grouped[one.clause.producer, one.clause.operation].append(one)
    for operation, theirs in grouped.items():
        yield from compared(theirs, claims.get(operation, ()))
