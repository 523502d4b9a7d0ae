"""A scene of hand-made exchanges or messages of one producer, for tests of miners."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from inference.fold import Fold
from inference.scene import OperationScene, Scene

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inference.observers import ConsumerObserver
    from inference.scene import View
    from inference.stated import Stated
    from store.records import Exchange, Message


def scene(records: Iterable[Exchange | Message]) -> Scene:
    """What the miners would be given of these; consumers go by their identity's value."""
    fold = Fold({})
    for record in records:
        fold.observe(record)
    ((producer, model),) = fold.models.items()
    consumers: dict[str, dict[str, ConsumerObserver]] = defaultdict(dict)
    for (_, _, _, identity), observers in fold.consumers.items():
        mine = consumers[identity.rpartition(":")[2]]
        for observer in observers:
            known = mine.setdefault(observer.family, type(observer)())
            known.merge(observer)
    operations = model.operations()
    whole: dict[str, View] = defaultdict(dict)
    views: dict[str, dict[str, View]] = defaultdict(lambda: defaultdict(dict))
    for (_, _, route, identity), seen in fold.operations.items():
        key = operations.of_route(route)
        for one in seen:
            for view in (whole[key], views[key][identity.rpartition(":")[2]]):
                view.setdefault(one.family, type(one)()).merge(one)
    return Scene(
        producer=producer,
        operations=operations,
        scenes={key: OperationScene(producer, key, whole[key], views[key]) for key in sorted(whole)},
        consumers=consumers,
    )


def value(stated: Stated) -> Any:
    """What a clause states, in JSON's own types."""
    return stated.clause.kind.value


def said(stated: Iterable[Stated]) -> list[str]:
    """The clauses that are claimed, as operation and sentence."""
    return sorted(f"{one.clause.operation}: {one.clause.statement}" for one in stated if not one.doubt)


def doubted(stated: Iterable[Stated]) -> list[str]:
    """The doubts about those that are not."""
    return sorted(one.doubt for one in stated if one.doubt)
