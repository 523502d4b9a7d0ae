"""Summaries → the actual contract map: what is claimed of each operation, and who depends on it how."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from time import time_ns
from typing import TYPE_CHECKING, TypeVar

from contract.claim import (
    Claim,
    Consumer,
    ContractMap,
    Dependence,
    Durations,
    Level,
    OperationMap,
    ProducerMap,
)
from contract.clause import Direction, Family
from contract.operation import parse
from contract.subject import Subject
from inference.abroad import Abroad
from inference.aftermath import aftermath
from inference.asks import Asks
from inference.latencies import Latencies
from inference.miners import MINERS, OPERATION_MINERS
from inference.names import Names
from inference.observers import CONSUMER_OBSERVERS, OPERATION_OBSERVERS
from inference.samples import Samples
from inference.scene import OperationScene, Scene, of_view
from inference.serial import decode
from inference.shapes import Shapes
from inference.stated import depends
from inference.statuses import Statuses
from inference.tally import Tally
from inference.use import Use, uses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from inference.observers import ConsumerObserver, Mergeable
    from inference.scene import View
    from inference.stated import Stated
    from store.store import Store

TOLD_EVERY = 100
"""Summaries between two reports of progress."""


def build(
    store: Store,
    *,
    producer: str | None = None,
    since: int | None = None,
    until: int | None = None,
    declared: Mapping[str, Iterable[str]] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ContractMap:
    """The contract map of all that was folded.

    Args:
        store: a store whose batches have been folded (`inference.fold`); what has not been is not in the map.
        producer: only this one.
        since: Unix ns; windows (hours) that begin before are left out.
        until: Unix ns, exclusive.
        declared: operation keys that a declared document gives, by producer; they go before inferred path
        templates.
        progress: called every now and then with what is counted, how many of it are done, and of how many; 0:
        of how many is not known.

    Raises:
        StoreError: the store failed.
    """
    told = progress or (lambda *_: None)
    names = Names.of(store, declared)
    producers = [producer] if producer else store.producers()
    abroad = Abroad.of(store, names, since, until)
    maps = tuple(_producer_map(store, names, abroad, name, since, until, told) for name in producers)
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
    store: Store,
    names: Names,
    abroad: Abroad,
    producer: str,
    since: int | None,
    until: int | None,
    told: Callable[[str, int, int], None],
) -> ProducerMap:
    operations = names.operations[producer]
    views: dict[str, dict[str, View]] = defaultdict(lambda: defaultdict(dict))
    samples: dict[str, list[tuple[str, Samples]]] = defaultdict(list)
    across: dict[str, dict[str, ConsumerObserver]] = defaultdict(dict)
    identities: dict[str, set[str]] = defaultdict(set)
    families = {*OPERATION_OBSERVERS, *CONSUMER_OBSERVERS}
    summaries = store.summaries(producer=producer, families=families, since=since, until=until)
    for number, summary in enumerate(summaries):
        if number % TOLD_EVERY == 0:
            told(f"summaries of {producer} merged", number, 0)
        consumer = names.consumer_of(summary.consumer)
        identities[consumer].add(summary.consumer)
        if summary.family in CONSUMER_OBSERVERS:
            _add(across[consumer], summary.family, CONSUMER_OBSERVERS[summary.family], decode(summary))
        elif summary.family == Samples.family:
            part = Samples.from_state(decode(summary))
            samples[operations.of_route(summary.route)].append((consumer, part))
        else:
            view = views[operations.of_route(summary.route)][consumer]
            _add(view, summary.family, OPERATION_OBSERVERS[summary.family], decode(summary))
    _resolve(store, producer, views)
    scenes = {
        key: _operation_scene(producer, key, by_consumer, Samples.pooled(samples[key]))
        for key, by_consumer in sorted(views.items(), key=lambda entry: _path_first(entry[0]))
    }
    scene = Scene(producer=producer, operations=operations, scenes=scenes, consumers=across)
    used = _uses(scene, abroad)
    stated, explained = _stated(scene, told)
    for one in aftermath(abroad, producer):
        stated[one.clause.operation].append((_watcher(one.clause.subject), one))
    former = _former(store.former_operations(producer))
    return ProducerMap(
        name=producer,
        operations=tuple(
            _operation_map(
                one, stated.get(key, []), explained.get(key, []), used.get(key, {}), former.get(key, ())
            )
            for key, one in scenes.items()
        ),
        consumers=tuple(
            _consumer(names, name, keys, views)
            for name, keys in sorted(identities.items())
            if any(name in by_consumer for by_consumer in views.values())  # not who only acknowledges
        ),
    )


def _resolve(store: Store, producer: str, views: Mapping[str, Mapping[str, View]]) -> None:
    """Find the selections of documents that were asked for by hash: one was sent with it at some time."""
    asks = [of_view(view, Asks) for by_consumer in views.values() for view in by_consumer.values()]
    if any(one.selections for one in asks):
        documents: dict[str, str] = {}
        for summary in store.summaries(producer=producer, families={Asks.family}):
            documents |= Asks.from_state(decode(summary)).documents()
        for one in asks:
            one.resolve(documents)


M = TypeVar("M", bound="Mergeable")


def _add(into: dict[str, M], family: str, kind: type[M], state: object) -> None:
    observer = kind.from_state(state)
    if family in into:
        into[family].merge(observer)
    else:
        into[family] = observer


def _path_first(key: str) -> tuple[str, str]:
    method, _, path = key.partition(" ")
    return path.lstrip("/"), method


def _operation_scene(
    producer: str, key: str, by_consumer: Mapping[str, View], samples: Samples
) -> OperationScene:
    whole: View = {Samples.family: samples}
    for _, view in sorted(by_consumer.items()):
        for family, observer in view.items():
            if family not in whole:
                whole[family] = OPERATION_OBSERVERS[family]()
            whole[family].merge(observer)
    shapes = whole.get(Shapes.family)
    if isinstance(shapes, Shapes):
        whole[Shapes.family] = shapes.of_operation(key, settled=True)
    views = {name: _named(view, key) for name, view in by_consumer.items()}
    return OperationScene(producer=producer, operation=key, whole=whole, views=views)


def _named(view: View, operation: str) -> View:
    shapes = view.get(Shapes.family)
    return (
        {**view, Shapes.family: shapes.of_operation(operation, settled=False)}
        if isinstance(shapes, Shapes)
        else view
    )


def _former(renamed: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Present operation key → the keys that it stands for today."""
    former: dict[str, list[str]] = defaultdict(list)
    for old, present in sorted(renamed.items()):
        former[present].append(old)
    return {present: tuple(old) for present, old in former.items()}


def _uses(scene: Scene, abroad: Abroad) -> dict[str, dict[str, list[Use]]]:
    """Uses by the operation of their source, and consumer: with the same producer, and with others."""
    found: dict[str, dict[str, list[Use]]] = defaultdict(lambda: defaultdict(list))
    for consumer, traces in scene.flows.items():
        for use in (*uses(traces, scene.locate), *abroad.uses(scene.producer, consumer)):
            found[use.source[0]][consumer].append(use)
    return found


_All = dict[str, list[tuple[str, "Stated"]]]
"""All that is stated, by operation, each with the family of the observer that knows who met it."""


def _stated(scene: Scene, told: Callable[[str, int, int], None]) -> tuple[_All, _All]:
    """What is stated, and what only follows from what was asked for, which promises nothing."""
    found: _All = defaultdict(list)
    explained: _All = {}
    for number, (key, one) in enumerate(scene.scenes.items()):
        told(f"operations of {scene.producer} understood", number, len(scene.scenes))
        for family, observer in one.whole.items():
            found[key] += ((family, stated) for stated in observer.claims(scene.producer, key))
        for mine in OPERATION_MINERS:
            found[key] += ((_watcher(stated.clause.subject), stated) for stated in mine(one))
        explains = one.of(Asks).explains
        explained[key] = [(family, stated) for family, stated in found[key] if explains(stated.clause)]
        found[key] = [(family, stated) for family, stated in found[key] if not explains(stated.clause)]
    for mine_all in MINERS:
        for stated in mine_all(scene):
            found[stated.clause.operation].append((_watcher(stated.clause.subject), stated))
    return found, explained


def _watcher(subject: Subject) -> str:
    """The family of the observer that counts how often a subject was met."""
    if subject.parts[-1] == "latency":
        return Latencies.family
    return Statuses.family if len(subject.parts) == 2 and subject.status else Shapes.family


def _operation_map(
    scene: OperationScene,
    stated: Iterable[tuple[str, Stated]],
    explained: Iterable[tuple[str, Stated]],
    used: Mapping[str, list[Use]],
    former: tuple[str, ...],
) -> OperationMap:
    return OperationMap(
        key=scene.operation,
        protocol="event" if parse(scene.operation).is_event else "http",
        observations=sum(_observations(view) for view in scene.views.values()),
        consumers={name: _observations(view) for name, view in sorted(scene.views.items())},
        claims=tuple(_claims(scene, stated, used, former)),
        durations=tuple(_durations(scene.views)),
        schemas=scene.shapes.schemas(),
        selections=scene.of(Asks).selections,
        explained=tuple(
            replace(claim, doubt=claim.doubt or "it is there because it was selected")
            for claim in _claims(scene, explained, used, former)
        ),
    )


def _observations(view: View) -> int:
    shapes = of_view(view, Shapes)
    return shapes.places["request.query"].count("object") if shapes.places else 0


def _claims(
    scene: OperationScene,
    stated: Iterable[tuple[str, Stated]],
    used: Mapping[str, list[Use]],
    former: tuple[str, ...],
) -> Iterator[Claim]:
    sources: dict[Subject, dict[str, list[Use]]] = defaultdict(lambda: defaultdict(list))
    for consumer, list_of_uses in used.items():
        for use in list_of_uses:
            sources[scene.shapes.canonical(use.source[1])][consumer].append(use)
    media = {place: frozenset(types) for place, types in scene.of(Statuses).media.items()}
    known: dict[tuple[Subject, str, bool], tuple[Dependence, ...]] = {}  # a place has several clauses
    for family, one in stated:
        subject = one.clause.subject
        if one.dependence is None:
            # sending a value back needs it to be there; it says nothing of its form, its order, its relations
            shape = one.clause.kind.family is Family.SHAPE
            links = known.get((subject, family, shape), ())
            if not links:
                returned = sources.get(subject, {}) if shape else {}
                links = tuple(_dependence(subject, family, scene.views, returned, media))
                known[subject, family, shape] = links
        else:
            links = tuple(link for _, link in sorted(one.dependence.items()))
        yield Claim(
            clause=one.clause,
            evidence=one.evidence,
            dependence=links,
            doubt=one.doubt,
            reasons=one.reasons,
            former_ids=tuple(replace(one.clause, operation=old).id for old in former),
        )


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
            yield depends(consumer, Level.USED, basis, tally)
        elif subject.direction is Direction.REQUEST:
            if met is not None:
                yield depends(consumer, Level.REQUESTED, "sends it", met)
        else:
            place = ".".join(subject.parts[:2])
            asked = _asked(subject, view, media.get(place, frozenset()), met)
            if asked is not None:
                yield depends(consumer, Level.REQUESTED, *asked)
            elif met is not None:
                yield depends(consumer, Level.EXPOSED, "was sent it", met)


def _asked(
    subject: Subject, view: View, media: frozenset[str], met: Tally | None
) -> tuple[str, Tally] | None:
    """How a consumer asked for a place in an answer.

    What it selected it asked for, even if there was nothing yet, or a list was empty.
    """
    asks = of_view(view, Asks)
    selected = asks.selected(subject)
    if selected is not None and of_view(view, Shapes).met(Subject(subject.parts[:3])) is not None:
        return selected
    return asks.request_for(subject, media) if met is not None else None


def _durations(by_consumer: Mapping[str, View]) -> Iterator[Durations]:
    for consumer, view in sorted(by_consumer.items()):
        for status, (buckets, _) in sorted(of_view(view, Latencies).durations.items()):
            p50, p95, p99 = (buckets.quantile(q) / 1e6 for q in (0.5, 0.95, 0.99))
            yield Durations(
                consumer=consumer,
                status=status,
                count=buckets.total,
                p50_ms=p50,
                p95_ms=p95,
                p99_ms=p99,
                steps=tuple((value / 1e6, share) for value, share in buckets.distribution()),
            )


def _consumer(names: Names, name: str, keys: set[str], views: Mapping[str, Mapping[str, View]]) -> Consumer:
    total = Tally()
    for by_consumer in views.values():
        if name in by_consumer:
            shapes = of_view(by_consumer[name], Shapes)
            if shapes.places:
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
