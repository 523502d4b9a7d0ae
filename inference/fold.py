"""The fold: what is new in the store goes into summaries, each observation exactly once.

A batch of the store is folded wholly or not at all: in one transaction its summaries are written and it is
marked. What was folded is merged with what is stored by then, so folding in many steps, and by several
processes at once, equals folding at once.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Self

from inference import graphql
from inference.events import exchange_of, is_acknowledgement
from inference.intake import Intake
from inference.methods import method_of
from inference.observation import Observation
from inference.observers import CALL_OBSERVERS, CONSUMER_OBSERVERS, EVENT_OBSERVERS, OPERATION_OBSERVERS
from inference.paths import PathModel
from inference.serial import decode, encode
from store.records import Message, Summary, window_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from inference.observers import ConsumerObserver, Mergeable, Observer
    from inference.paths import Operations
    from store.records import Exchange, SummaryKey
    from store.saving import Merge
    from store.store import Store

FLUSH_EXCHANGES = 50_000
"""Exchanges folded between two writes. More saves merging; fewer loses less when the process is stopped."""

FLUSH_PARTS = 2_000
"""Operations × consumers × windows held in memory before they are written."""

PATHS = "paths"
"""The family under which a producer's path model is stored, for all time."""

Part = tuple[str, int, str, str]
"""Producer, window start, route (`""` for what concerns all operations), consumer identity."""


@dataclass(slots=True)
class Folded:
    """What one run did. `renamed` maps former operation keys to those that replaced them, by producer."""

    exchanges: int = 0
    batches: int = 0
    renamed: dict[str, dict[str, str]] = field(default_factory=dict)


def fold(store: Store, *, workers: int = 1, progress: Callable[[], None] | None = None) -> Folded:
    """Fold every batch that is not folded yet.

    Args:
        store: where observations are read and summaries are kept.
        workers: processes that fold; the result is the same for any number.
        progress: called after each batch.

    Raises:
        StoreError: the store failed; what was written before stays, the rest is folded by the next run.
    """
    done = Folded()
    models = load_models(store)
    before = operations_of(models)
    batches = store.unfolded()
    with without_gc():
        if workers > 1:
            from inference.parallel import folded_in_processes  # noqa: PLC0415  # it imports this module

            folds = folded_in_processes(store, batches, models, workers, progress)
        else:
            folds = _folded_here(store, batches, models, progress)
        for part, taken in folds:
            store.save(part.news(), folded=taken)
            done.exchanges += part.exchanges
            done.batches += len(taken)
    done.renamed = note_renamed(store, before, operations_of(models))
    return done


def load_models(store: Store) -> dict[str, PathModel]:
    """The path models that are stored, by producer."""
    return {
        summary.producer: PathModel.from_state(decode(summary))
        for summary in store.summaries(families={PATHS})
    }


def operations_of(models: Mapping[str, PathModel]) -> dict[str, Operations]:
    """The operations as each model shows them now."""
    return {producer: model.operations() for producer, model in models.items()}


def note_renamed(
    store: Store, before: Mapping[str, Operations], now: Mapping[str, Operations]
) -> dict[str, dict[str, str]]:
    """Store which operation keys gave way to others, and say so, by producer.

    Raises:
        StoreError: the store failed.
    """
    found = {producer: now[producer].renamed_since(earlier) for producer, earlier in before.items()}
    for producer, renamed in found.items():
        if renamed:
            span = store.span(producer)
            store.rename_operations(producer, renamed, span[1] if span else 0)
    return {producer: renamed for producer, renamed in found.items() if renamed}


@contextmanager
def without_gc() -> Iterator[None]:
    """No garbage collection: summaries hold no cycles, and walking them took a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _folded_here(
    store: Store, batches: list[int], models: dict[str, PathModel], progress: Callable[[], None] | None
) -> Iterator[tuple[Fold, list[int]]]:
    """Stretches of the traffic, each with the batches that it is of."""
    part = Fold(models)
    taken: list[int] = []
    for batch in batches:
        for record in store.batch(batch):
            part.observe(record)
        taken.append(batch)
        if progress is not None:
            progress()
        if part.full:
            yield part, taken
            part, taken = part.successor(), []
    if taken:
        yield part, taken


class Fold:
    """Summaries of one stretch of traffic, in memory.

    Args:
        models: the path models by producer; they are shared with the stretches before and after, and grow.
    """

    def __init__(self, models: dict[str, PathModel]) -> None:
        self.models = models
        self.operations: dict[Part, list[Observer]] = {}
        self.consumers: dict[Part, list[ConsumerObserver]] = {}
        self.exchanges = 0
        self._before: dict[Part, list[ConsumerObserver]] = {}

    def successor(self) -> Fold:
        """An empty fold for what follows; what this one left out of its samples stays out."""
        next_one = Fold(self.models)
        next_one._before = {
            part: [observer.successor() for observer in observers]
            for part, observers in self.consumers.items()
        }
        return next_one

    @property
    def full(self) -> bool:
        """Whether it is time to write, to keep memory bounded."""
        return self.exchanges >= FLUSH_EXCHANGES or len(self.operations) >= FLUSH_PARTS

    def observe(self, record: Exchange | Message) -> None:
        """Fold in one observation.

        A tunnel (CONNECT) has no operation and is left out. An acknowledgement alone has none either: it says
        what its consumer does with what it was given.
        """
        self.exchanges += 1
        message = record if isinstance(record, Message) else None
        exchange = exchange_of(record) if isinstance(record, Message) else record
        if exchange.method == "CONNECT":
            return
        model = self.models.get(exchange.producer)
        if model is None:
            model = self.models[exchange.producer] = PathModel()
        if message is not None and is_acknowledgement(message):
            alone = Observation(exchange, "", message)
            for one in self._across(exchange):
                if isinstance(one, Intake):
                    one.observe(alone)
            return
        request, response = exchange.request_body, exchange.response_body
        asked = graphql.asked(exchange)
        route = model.observe(
            method_of(exchange, asked),
            exchange.path,
            request_body=request.content if request else b"",
            response_body=response.content if response else b"",
            status=exchange.status,
            media_type=response.media_type if response else "",
            id=exchange.id,
        )
        selections, documents = (asked.selections, asked.documents) if asked else ((), ())
        observation = Observation(exchange, route, message, selections, documents)
        window, consumer = window_of(exchange.started_at), exchange.identity.key
        part = (exchange.producer, window, route, consumer)
        observers = self.operations.get(part)
        if observers is None:
            kinds = CALL_OBSERVERS if message is None else EVENT_OBSERVERS
            observers = self.operations[part] = [observer() for observer in kinds]
        for observer in observers:
            observer.observe(observation)
        for one in self._across(exchange):
            one.observe(observation)

    def _across(self, exchange: Exchange) -> list[ConsumerObserver]:
        """The observers of all that the consumer does in the hour."""
        whole = (exchange.producer, window_of(exchange.started_at), "", exchange.identity.key)
        across = self.consumers.get(whole)
        if across is None:
            across = self.consumers[whole] = self._before.pop(whole, []) or [
                observer() for observer in CONSUMER_OBSERVERS.values()
            ]
        return across

    def parts(self) -> Iterator[tuple[Part, Mergeable]]:
        """All summaries, those of operations and those across them."""
        for part, observers in self.operations.items():
            for observer in observers:
                yield part, observer
        for part, across in self.consumers.items():
            for one in across:
                yield part, one

    def summaries(self) -> Iterator[Summary]:
        """All that was folded, as it is stored and sent between processes."""
        for (producer, window, route, consumer), observer in self.parts():
            yield Summary(
                producer=producer,
                window_start=window,
                route=route,
                consumer=consumer,
                family=observer.family,
                state=encode(observer.state()),
            )
        for producer, model in self.models.items():
            yield Summary(
                producer=producer,
                window_start=0,
                route="",
                consumer="",
                family=PATHS,
                state=encode(model.state()),
            )

    def news(self) -> dict[SummaryKey, Merge]:
        """All that was folded, as the store merges it with what it has. Ask once, and fold nothing after."""
        found: dict[SummaryKey, _Foldable] = {
            (*part, observer.family): observer for part, observer in self.parts()
        }
        for producer, model in self.models.items():
            paths = model.take_news()
            if paths is not None:
                found[producer, 0, "", "", PATHS] = paths
        return {key: partial(_merged, key, observer) for key, observer in found.items()}

    def merge(self, summaries: Iterable[Summary]) -> None:
        """Fold in what others have folded."""
        parts = {(*part, observer.family): observer for part, observer in self.parts()}
        for summary in summaries:
            if summary.family == PATHS:
                self.models.setdefault(summary.producer, PathModel()).merge(
                    PathModel.from_state(decode(summary))
                )
                continue
            observer = parts.get(summary.key)
            if observer is not None:
                observer.merge(type(observer).from_state(decode(summary)))
            else:
                self._take(summary.key[:4], summary)

    def _take(self, part: Part, summary: Summary) -> None:
        """The summary of a part that nothing was known of."""
        if summary.family in CONSUMER_OBSERVERS:
            across = self.consumers.setdefault(part, [])
            across.append(CONSUMER_OBSERVERS[summary.family].from_state(decode(summary)))
        else:
            observers = self.operations.setdefault(part, [])
            observers.append(OPERATION_OBSERVERS[summary.family].from_state(decode(summary)))


class _Foldable(Protocol):
    """What observers and path models have in common."""

    def merge(self, other: Self) -> None:
        """Fold in what another has folded."""

    def state(self) -> object:
        """The serial form."""

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""


def _merged(key: SummaryKey, observer: _Foldable, stored: bytes | None) -> bytes:
    """The state of what is stored and of an observer together; the observer stays as it is."""
    if stored is None:
        return encode(observer.state())
    producer, window, route, consumer, family = key
    known = Summary(
        producer=producer, window_start=window, route=route, consumer=consumer, family=family, state=stored
    )
    whole = type(observer).from_state(decode(known))
    whole.merge(observer)
    return encode(whole.state())
