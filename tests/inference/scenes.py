"""A scene of hand-made exchanges of one producer, for tests of miners."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from inference.fold import Fold
from inference.scene import OperationScene, Scene

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inference.observers import ConsumerObserver
    from inference.stated import Stated
    from store.records import Exchange


def scene(exchanges: Iterable[Exchange]) -> Scene:
    """What the miners would be given of these exchanges; consumers go by their identity's value."""
    fold = Fold({})
    for exchange in exchanges:
        fold.observe(exchange)
    ((producer, model),) = fold.models.items()
    consumers: dict[str, dict[str, ConsumerObserver]] = defaultdict(dict)
    for (_, _, _, identity), observers in fold.consumers.items():
        mine = consumers[identity.rpartition(":")[2]]
        for observer in observers:
            known = mine.setdefault(observer.family, type(observer)())
            known.merge(observer)
    operations = model.operations()
    keys = {operations.of_route(route) for _, _, route, _ in fold.operations}
    return Scene(
        producer=producer,
        operations=operations,
        scenes={key: OperationScene(producer, key, {}, {}) for key in sorted(keys)},
        consumers=consumers,
    )


def said(stated: Iterable[Stated]) -> list[str]:
    """The clauses that are claimed, as operation and sentence."""
    return sorted(f"{one.clause.operation}: {one.clause.statement}" for one in stated if not one.doubt)


def doubted(stated: Iterable[Stated]) -> list[str]:
    """The doubts about those that are not."""
    return sorted(one.doubt for one in stated if one.doubt)
