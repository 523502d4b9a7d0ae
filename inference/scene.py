"""What the miners look at when a map is made: all summaries of a producer, merged and by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from contract.operation import parse as parse_key
from contract.subject import Subject, parse
from inference.asks import Asks
from inference.flow import Flows
from inference.intake import Intake
from inference.journal import Journal
from inference.shapes import Shapes, parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.flow import Place
    from inference.observers import ConsumerObserver, Observer
    from inference.paths import Operations

T = TypeVar("T")

_ASKING = ("query", "subscription")
"""What operations of GraphQL that mean to change nothing begin with."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "QUERY"})
"""Methods that mean to change nothing (RFC 9110 section 9.2.1, and the IANA registry)."""

View = dict[str, "Observer"]
"""The observers of one operation (and consumer, or all of them), by family."""

Located = tuple[str, Subject]
"""An operation key and a subject in it."""


@dataclass(frozen=True)
class OperationScene:
    """One operation: `whole` is all consumers together, with its shapes settled, `views` each alone."""

    producer: str
    operation: str
    whole: View
    views: Mapping[str, View]

    def of(self, kind: type[T]) -> T:
        """The observer of a class for all consumers; an empty one if it saw nothing."""
        return of_view(self.whole, kind)

    @cached_property
    def shapes(self) -> Shapes:
        """The settled shapes of all consumers."""
        return self.of(Shapes)


def of_view(view: View, kind: type[T]) -> T:
    """The observer of a class in a view; an empty one if there is none."""
    found = view.get(kind.family)  # type: ignore[attr-defined]  # all observers have a family
    return found if isinstance(found, kind) else kind()


@dataclass(frozen=True)
class Scene:
    """One producer: its operations, and across them the observers of each consumer by family."""

    producer: str
    operations: Operations
    scenes: Mapping[str, OperationScene]
    consumers: Mapping[str, Mapping[str, ConsumerObserver]]

    @cached_property
    def flows(self) -> dict[str, Flows]:
        """The traces of values by consumer."""
        return dict(self._of(Flows))

    @cached_property
    def journals(self) -> dict[str, Journal]:
        """The journals by consumer."""
        return dict(self._of(Journal))

    @cached_property
    def intakes(self) -> dict[str, Intake]:
        """What each consumer was given, by consumer."""
        return dict(self._of(Intake))

    def _of(self, kind: type[T]) -> list[tuple[str, T]]:
        found = (
            (name, by_family.get(kind.family))  # type: ignore[attr-defined]  # all observers have a family
            for name, by_family in sorted(self.consumers.items())
        )
        return [(name, observer) for name, observer in found if isinstance(observer, kind)]

    @cached_property
    def _keys(self) -> dict[str, str]:
        return {}

    @cached_property
    def _safe(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _located(self) -> dict[Place, Located | None]:
        return {}

    def operation(self, route: str) -> str:
        """The operation key of a route; remembered, as every miner asks for every call."""
        key = self._keys.get(route)
        if key is None:
            key = self._keys[route] = self.operations.of_route(route)
        return key

    def is_safe(self, operation: str) -> bool:
        """Whether calls of an operation mean to change nothing: by their method, or as GraphQL says."""
        if operation not in self._safe:
            scene = self.scenes.get(operation)
            selections = scene.of(Asks).selections if scene else ()
            asks = bool(selections) and all(one.startswith(_ASKING) for one in selections)
            self._safe[operation] = asks or parse_key(operation).verb in SAFE
        return self._safe[operation]

    def locate(self, place: Place) -> Located | None:
        """Where a place of a route lies in the current operations.

        None where the operation has a fixed word in the path.
        """
        if place not in self._located:
            self._located[place] = self._locate(place)
        return self._located[place]

    def _locate(self, place: Place) -> Located | None:
        route, text = place
        operation = self.operation(route)
        subject = parse(text)
        if subject.parts[:2] == ("request", "path"):
            name = parameters(operation).get(subject.parts[2])
            if name is None:
                return None
            subject = subject.parent.within(name)
        return operation, subject
