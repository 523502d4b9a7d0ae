"""Shape: a counting trie of JSON values.

For each place: the types seen and how often, and for objects which fields in how many of them. It keeps
counts and merges counts; schemas are written out last (`inference/schema.py`), never merged. Merging two
tries equals folding their inputs.

Memory does not grow with the number of values. An object with more than `MAX_FIELDS` different names is
taken for a map (an object whose keys are data): its fields become one. Below `MAX_DEPTH` nothing is looked
at. What happens at these bounds is the same in whatever order the values come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.content import TYPE_NAMES
from inference.observation import WithheldInteger, WithheldNumber, WithheldText
from inference.scalars import Scalars
from inference.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FIELDS = 400
"""Real objects of documented APIs stay below this; machine-keyed maps pass it within a few answers."""

_TYPES = TYPE_NAMES | {WithheldText: "string", WithheldInteger: "integer", WithheldNumber: "number"}

MAX_DEPTH = 32
"""Deeper structure is data (syntax trees, comment threads), not an interface; each place is rare."""


class Node:
    """What was seen at one place.

    `types` counts by JSON type. `fields` are the places below an object by name, `items` the place of an
    array's items, `values` that of a map's values (then `fields` is empty). `missed` says when, and in
    which exchange, a parent object was first seen without it. `scalars` are the values themselves.
    """

    __slots__ = ("fields", "items", "missed", "scalars", "types", "values")

    def __init__(self) -> None:
        self.types: dict[str, Tally] = {}
        self.fields: dict[str, Node] = {}
        self.items: Node | None = None
        self.values: Node | None = None
        self.missed: tuple[int, str] | None = None
        self.scalars: Scalars | None = None

    def count(self, name: str) -> int:
        """How many values of a JSON type were seen."""
        tally = self.types.get(name)
        return tally.count if tally else 0

    def seen(self) -> Tally:
        """All values together."""
        total = Tally()
        for tally in self.types.values():
            total.merge(tally)
        return total

    def miss(self, at: int, example: str) -> None:
        """Note an object that could have had this field and has not."""
        if self.missed is None or (at, example) < self.missed:
            self.missed = (at, example)

    def observe(self, value: Any, at: int, example: str, depth: int = 0) -> None:
        """Fold in one parsed JSON value, seen at an instant (Unix ns) in an exchange."""
        kind = _TYPES[type(value)]
        tally = self.types.get(kind)
        if tally is None:
            tally = self.types[kind] = Tally()
        if depth < MAX_DEPTH:
            if kind == "object":
                self._observe_fields(value, tally, at, example, depth + 1)
            elif kind == "array":
                if value:
                    self._observe_items(value, at, example, depth + 1)
            elif value is not None:
                self._observe_scalar(value, at, example)
        if (
            at > tally.last and tally.count
        ):  # `Tally.add` for traffic in order: this line runs for every value
            tally.last = at
            tally.count += 1
        else:
            tally.add(at, example)

    def _observe_scalar(self, value: Any, at: int, example: str) -> None:
        """Count a value, unless it only stands for one that was withheld (`Withheld`)."""
        scalars = self.scalars
        if scalars is None:
            scalars = self.scalars = Scalars()
        kind = type(value)
        if kind is str:
            scalars.text(value, at, example)
        elif kind is int or kind is float:
            scalars.number(value, at, example)
        elif kind is bool:
            scalars.flag(value, at, example)

    def _observe_items(self, value: list[Any], at: int, example: str, depth: int) -> None:
        items = self.items
        if items is None:
            items = self.items = Node()
        for item in value:
            items.observe(item, at, example, depth)

    def _observe_fields(
        self, value: dict[str, Any], objects: Tally, at: int, example: str, depth: int
    ) -> None:
        if self.values is not None:
            for child in value.values():
                self.values.observe(child, at, example, depth)
            return
        fields = self.fields
        for name, child in value.items():
            node = fields.get(name)
            if node is None:
                node = fields[name] = Node()
                if objects.count:
                    node.miss(objects.first, objects.example)
            node.observe(child, at, example, depth)
        if len(value) < len(fields):
            for name in fields.keys() - value.keys():
                fields[name].miss(at, example)
        if len(fields) > MAX_FIELDS:
            self.become_map()

    def become_map(self) -> None:
        """Take the fields for one: the keys are data."""
        fields, self.fields = self.fields, {}
        self._merge_values(fields.values())

    def _merge_values(self, nodes: Iterable[Node]) -> None:
        if self.values is None:
            self.values = Node()
        for node in nodes:
            self.values.merge(node)
        self.values.missed = None  # no key of a map is ever missing

    def merge(self, other: Node) -> None:
        """Fold in all that another trie has folded."""
        if self.values is None and other.values is None:
            self._merge_fields(other)
        else:
            self.become_map()
            self._merge_values(other.fields.values() if other.values is None else (other.values,))
        for kind, tally in other.types.items():
            mine = self.types.get(kind)
            if mine is None:
                self.types[kind] = tally.copy()
            else:
                mine.merge(tally)
        if other.items is not None:
            if self.items is None:
                self.items = Node()
            self.items.merge(other.items)
        if other.missed is not None:
            self.miss(*other.missed)
        if other.scalars is not None:
            if self.scalars is None:
                self.scalars = Scalars()
            self.scalars.merge(other.scalars)
        if len(self.fields) > MAX_FIELDS:
            self.become_map()

    def _merge_fields(self, other: Node) -> None:
        """Merge the fields.

        Objects of the one side have all missed the fields that only the other side knows.
        """
        mine, theirs = self.types.get("object"), other.types.get("object")
        for name in self.fields.keys() - other.fields.keys():
            if theirs:
                self.fields[name].miss(theirs.first, theirs.example)
        for name, node in other.fields.items():
            known = self.fields.get(name)
            if known is None:
                known = self.fields[name] = Node()
                if mine:
                    known.miss(mine.first, mine.example)
            known.merge(node)

    def copy(self) -> Node:
        """An independent equal."""
        node = Node()
        node.merge(self)
        return node

    def state(self) -> list[Any]:
        """The serial form: types, fields, items, values, missed, scalars."""
        return [
            {kind: tally.state() for kind, tally in sorted(self.types.items())},
            {name: node.state() for name, node in sorted(self.fields.items())},
            self.items.state() if self.items else None,
            self.values.state() if self.values else None,
            self.missed,
            self.scalars.state() if self.scalars else None,
        ]

    @classmethod
    def from_state(cls, state: list[Any]) -> Node:
        """Read the serial form."""
        node = cls()
        types, fields, items, values, missed, scalars = state
        node.types = {kind: Tally.from_state(tally) for kind, tally in types.items()}
        node.fields = {name: cls.from_state(child) for name, child in fields.items()}
        node.items = cls.from_state(items) if items else None
        node.values = cls.from_state(values) if values else None
        node.missed = (missed[0], missed[1]) if missed else None
        node.scalars = Scalars.from_state(scalars) if scalars else None
        return node
