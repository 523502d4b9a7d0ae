"""Summaries → the actual contract map: what is claimed of each operation, and who depends on it how."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from time import time_ns
from typing import TYPE_CHECKING

from contract.claim import (
    Claim,
    Consumer,
    ContractMap,
    Dependence,
    Durations,
    Evidence,
    Level,
    OperationMap,
    ProducerMap,
)
from contract.clause import Clause, Direction
from contract.subject import parse
from inference.asks import Asks
from inference.flow import Flows
from inference.latencies import Latencies
from inference.names import Names
from inference.observers import OPERATION_OBSERVERS, Observer
from inference.serial import decode
from inference.shapes import Shapes, parameters
from inference.statuses import Statuses
from inference.tally import Tally
from inference.thresholds import MIN_LATENCY, MIN_PRESENCE
from inference.use import Located, Use, uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from contract.subject import Subject
    from inference.flow import Place
    from inference.paths import Operations
    from store.store import Store

View = dict[str, Observer]
"""The observers of one operation and consumer, by family."""


def build(
    store: Store,
    *,
    producer: str | None = None,
    since: int | None = None,
    until: int | None = None,
    declared: Mapping[str, Iterable[str]] | None = None,
) -> ContractMap:
    """The contract map of all that was folded.

    Args:
        store: a store whose batches have been folded (`inference.fold`); what has not been is not in the map.
        producer: only this one.
        since: Unix ns; windows (hours) that begin before are left out.
        until: Unix ns, exclusive.
        declared: operation keys that a declared document gives, by producer; they go before inferred path
        templates.

    Raises:
        StoreError: the store failed.
    """
    names = Names.of(store, declared)
    producers = [producer] if producer else store.producers()
    maps = tuple(_producer_map(store, names, name, since, until) for name in producers)
    times = [
        t for one in maps for consumer in one.consumers for t in (consumer.first_seen, consumer.last_seen)
    ]
    return ContractMap(
        generated_at=time_ns(),
        window=(min(times), max(times)) if times else None,
        capture=store.capture(producer=producer, since=since, until=until),
        producers=maps,
    )


def _producer_map(
    store: Store, names: Names, producer: str, since: int | None, until: int | None
) -> ProducerMap:
    operations = names.operations[producer]
    views: dict[str, dict[str, View]] = defaultdict(lambda: defaultdict(dict))
    flows: dict[str, Flows] = defaultdict(Flows)
    identities: dict[str, set[str]] = defaultdict(set)
    families = {*OPERATION_OBSERVERS, Flows.family}
    for summary in store.summaries(producer=producer, families=families, since=since, until=until):
        consumer = names.consumer_of(summary.consumer)
        identities[consumer].add(summary.consumer)
        if summary.family == Flows.family:
            flows[consumer].merge(Flows.from_state(decode(summary)))
            continue
        observer = OPERATION_OBSERVERS[summary.family].from_state(decode(summary))
        view = views[operations.of_route(summary.route)][consumer]
        if summary.family in view:
            view[summary.family].merge(observer)
        else:
            view[summary.family] = observer
    used = _uses(flows, operations)
    former = _former(store.former_operations(producer))
    return ProducerMap(
        name=producer,
        operations=tuple(
            _operation_map(producer, key, by_consumer, used.get(key, {}), former.get(key, ()))
            for key, by_consumer in sorted(views.items(), key=lambda entry: _path_first(entry[0]))
        ),
        consumers=tuple(_consumer(names, name, keys, views) for name, keys in sorted(identities.items())),
    )


def _path_first(key: str) -> tuple[str, str]:
    method, _, path = key.partition(" ")
    return path, method


def _former(renamed: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Present operation key → the keys that it stands for today."""
    former: dict[str, list[str]] = defaultdict(list)
    for old, present in sorted(renamed.items()):
        former[present].append(old)
    return {present: tuple(old) for present, old in former.items()}


def _uses(flows: Mapping[str, Flows], operations: Operations) -> dict[str, dict[str, list[Use]]]:
    """Uses by the operation of their source, and consumer."""

    def locate(place: Place) -> Located | None:
        route, text = place
        operation = operations.of_route(route)
        subject = parse(text)
        if subject.parts[:2] == ("request", "path"):
            name = parameters(operation).get(subject.parts[2])
            if name is None:
                return None
            subject = subject.parent.within(name)
        return operation, subject

    found: dict[str, dict[str, list[Use]]] = defaultdict(lambda: defaultdict(list))
    for consumer, traces in sorted(flows.items()):
        for use in uses(traces, locate):
            found[use.source[0]][consumer].append(use)
    return found


def _operation_map(
    producer: str,
    key: str,
    by_consumer: Mapping[str, View],
    used: Mapping[str, list[Use]],
    former: tuple[str, ...],
) -> OperationMap:
    whole: View = {}
    for view in by_consumer.values():
        for family, observer in view.items():
            if family not in whole:
                whole[family] = OPERATION_OBSERVERS[family]()
            whole[family].merge(observer)
    shapes = whole.get(Shapes.family)
    if isinstance(shapes, Shapes):
        shapes = whole[Shapes.family] = shapes.of_operation(key, settled=True)
    views = {name: _named(view, key) for name, view in by_consumer.items()}
    claims = tuple(_claims(producer, key, whole, views, used, former))
    return OperationMap(
        key=key,
        protocol="http",
        observations=sum(_observations(view) for view in by_consumer.values()),
        consumers={name: _observations(view) for name, view in sorted(by_consumer.items())},
        claims=claims,
        durations=tuple(_durations(by_consumer)),
        schemas=shapes.schemas() if isinstance(shapes, Shapes) else {},
    )


def _named(view: View, operation: str) -> View:
    shapes = view.get(Shapes.family)
    return (
        {**view, Shapes.family: shapes.of_operation(operation, settled=False)}
        if isinstance(shapes, Shapes)
        else view
    )


def _observations(view: View) -> int:
    shapes = view.get(Shapes.family)
    return shapes.places["request.query"].count("object") if isinstance(shapes, Shapes) else 0


def _claims(
    producer: str,
    operation: str,
    whole: View,
    views: Mapping[str, View],
    used: Mapping[str, list[Use]],
    former: tuple[str, ...],
) -> Iterator[Claim]:
    shapes = whole[Shapes.family]
    sources: dict[Subject, dict[str, list[Use]]] = defaultdict(lambda: defaultdict(list))
    for consumer, list_of_uses in used.items():
        for use in list_of_uses:
            subject = shapes.canonical(use.source[1]) if isinstance(shapes, Shapes) else use.source[1]
            sources[subject][consumer].append(use)
    media = _media_types(whole)
    for family, observer in whole.items():
        for clause, evidence in observer.claims(producer, operation):
            yield Claim(
                clause=clause,
                evidence=evidence,
                dependence=tuple(
                    _dependence(clause.subject, family, views, sources.get(clause.subject, {}), media)
                ),
                doubt=_doubt(clause, evidence),
                former_ids=tuple(replace(clause, operation=old).id for old in former),
            )


def _media_types(whole: View) -> dict[str, frozenset[str]]:
    statuses = whole.get(Statuses.family)
    if not isinstance(statuses, Statuses):
        return {}
    return {place: frozenset(media) for place, media in statuses.media.items()}


def _doubt(clause: Clause, evidence: Evidence) -> str:
    if clause.kind.name in {"present", "nullable"} and evidence.total < MIN_PRESENCE:
        return f"{evidence.total} seen, {MIN_PRESENCE} needed"
    if clause.kind.name == "latency" and evidence.total < MIN_LATENCY:
        return f"{evidence.total} answers timed, {MIN_LATENCY} needed"
    return ""


def _dependence(
    subject: Subject,
    family: str,
    views: Mapping[str, View],
    used: Mapping[str, list[Use]],
    media: Mapping[str, frozenset[str]],
) -> Iterator[Dependence]:
    """How each consumer relates to a subject: the strongest level that its traffic shows."""
    for consumer, view in sorted(views.items()):
        met = view[family].met(subject) if family in view else None
        if consumer in used:
            tally = Tally()
            for use in used[consumer]:
                tally.merge(use.tally)
            basis = "; ".join(use.basis for use in used[consumer])
            yield _depends(consumer, Level.USED, basis, tally)
        elif met is None:
            continue
        elif subject.direction is Direction.REQUEST:
            yield _depends(consumer, Level.REQUESTED, "sends it", met)
        else:
            asks = view.get(Asks.family)
            place = ".".join(subject.parts[:2])
            asked = (
                asks.request_for(subject, media.get(place, frozenset())) if isinstance(asks, Asks) else None
            )
            if asked is not None:
                yield _depends(consumer, Level.REQUESTED, *asked)
            else:
                yield _depends(consumer, Level.EXPOSED, "was sent it", met)


def _depends(consumer: str, level: Level, basis: str, tally: Tally) -> Dependence:
    return Dependence(
        consumer=consumer,
        level=level,
        basis=basis,
        count=tally.count,
        first_seen=tally.first,
        last_seen=tally.last,
    )


def _durations(by_consumer: Mapping[str, View]) -> Iterator[Durations]:
    for consumer, view in sorted(by_consumer.items()):
        latencies = view.get(Latencies.family)
        if isinstance(latencies, Latencies):
            for status, (buckets, _) in sorted(latencies.durations.items()):
                p50, p95, p99 = (buckets.quantile(q) / 1e6 for q in (0.5, 0.95, 0.99))
                yield Durations(
                    consumer=consumer, status=status, count=buckets.total, p50_ms=p50, p95_ms=p95, p99_ms=p99
                )


def _consumer(names: Names, name: str, keys: set[str], views: Mapping[str, Mapping[str, View]]) -> Consumer:
    total = Tally()
    for by_consumer in views.values():
        if name in by_consumer:
            shapes = by_consumer[name].get(Shapes.family)
            if isinstance(shapes, Shapes):
                total.merge(shapes.places["request.query"].seen())
    known = names.known_as(min(keys))
    return Consumer(
        name=name,
        identities=tuple(sorted(keys)),
        bases=tuple(sorted({key.partition(":")[0] for key in keys})),
        observations=total.count,
        first_seen=total.first,
        last_seen=total.last,
        owner=known.owner if known else "",
        contact=known.contact if known else "",
    )
