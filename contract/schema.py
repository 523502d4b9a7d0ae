"""JSON Schema (2020-12) → clauses about every place in a schema: shape, and which values may stand there.

Declared schemas and the ones that inference writes go through the same function, so that the two are
told apart by what they say and by nothing else. What schemas of OpenAPI say in words of their own is
read as well (`contract/view.py`).
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from contract.clause import Clause, Direction
from contract.content import json_type
from contract.formats import strongest
from contract.kinds import (
    Closed,
    Enum,
    Format,
    Length,
    Nullable,
    Pattern,
    Present,
    Range,
    Size,
    Type,
    Unique,
)
from contract.restrictions import NUMBERS
from contract.subject import ITEM, VALUE
from contract.view import TRUE, TYPES, Group, Leaf, Viewer, nowhere, pointer_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.clause import Kind
    from contract.subject import Subject
    from contract.view import Node, Resolve, View

MAX_DEPTH = 32
"""Parts below the root; inference looks no deeper either."""

MAX_TURNS = 4
"""How often one reference is followed on the way to a place: cyclic schemas have no end."""

MAX_PLACES = 5_000
"""Places of one schema, the shallow ones first. Several cycles in one schema multiply."""


def clauses_of(
    schema: Any, *, at: Subject, producer: str, operation: str, resolve: Resolve = nowhere
) -> Iterator[Clause]:
    """The clauses that a schema states, parents before children, fields in the order of the schema.

    In requests what is `readOnly` is left out, in responses what is `writeOnly`. Never fails: what is
    no schema restricts nothing.

    Args:
        schema: a JSON Schema as parsed JSON.
        at: the place that the schema describes.
        producer: whose interface it is.
        operation: key of the operation.
        resolve: follows `$ref`; without it references restrict nothing.
    """
    for clause, _ in traced(
        Leaf(schema, "", resolve), Viewer(), at=at, producer=producer, operation=operation
    ):
        yield clause


def traced(
    node: Node, viewer: Viewer, *, at: Subject, producer: str, operation: str
) -> Iterator[tuple[Clause, str]]:
    """The clauses that a schema states (`clauses_of`), each with the JSON pointer of what states it."""
    for place in _explore(node, viewer, at).all():
        for kind in _kinds(place):
            yield (
                Clause(producer=producer, operation=operation, subject=place.subject, kind=kind),
                place.view.pointer,
            )


@dataclass(slots=True)
class _Place:
    """A place with its view, and where the schema that speaks of it is written.

    `present` says whether a field always is, None for what is no field. `turns` counts how often each
    reference target was read on the way here.
    """

    subject: Subject
    view: View
    pointer: str
    present: bool | None
    turns: dict[int, int]
    below: list[_Place] = field(default_factory=list)

    def all(self) -> Iterator[_Place]:
        """The place itself and all below, depth first."""
        yield self
        for place in self.below:
            yield from place.all()


def _explore(node: Node, viewer: Viewer, at: Subject) -> _Place:
    """The tree of places, found in breadth so that the bound on their number cuts the deepest."""
    hidden = "readOnly" if at.direction is Direction.REQUEST else "writeOnly"
    root = _place(node, viewer, at, present=None, turns={})
    queue, count = deque([root]), 1
    while queue:
        place = queue.popleft()
        if (
            len(place.subject.parts) - len(at.parts) >= MAX_DEPTH
            or max(place.turns.values(), default=0) > MAX_TURNS
        ):
            continue
        for part, child, present in _children(place.view):
            below = _place(child, viewer, place.subject.within(part), present=present, turns=place.turns)
            if present is not None and hidden in below.view.hidden:
                continue
            if count == MAX_PLACES:
                return root
            place.below.append(below)
            queue.append(below)
            count += 1
    return root


def _place(
    node: Node, viewer: Viewer, subject: Subject, *, present: bool | None, turns: dict[int, int]
) -> _Place:
    view = viewer.view(node)
    if view.targets:
        turns = turns | {target: turns.get(target, 0) + 1 for target in view.targets}
    return _Place(subject, view, pointer_of(node), present, turns)


def _children(view: View) -> Iterator[tuple[str, Node, bool | None]]:
    """The places one part further down: fields, values of a map (those of named fields, too), items."""
    if "object" in view.types:
        for name, node in view.fields.items():
            yield name, node, name in view.required
        for name in sorted(view.required - view.fields.keys()):
            yield name, view.others or TRUE, True
        if view.others is not None:
            yield VALUE, Group((view.others, *view.fields.values()), every=False), None
    if "array" in view.types and view.items is not None:
        yield ITEM, view.items, None


def _kinds(place: _Place) -> Iterator[Kind]:
    """What is stated about one place. Text is never null, and what is nothing but null has no type."""
    view = place.view
    if place.present is not None:
        yield Present(place.present)
    types = view.types - {"null"}
    if types and view.types != TYPES:
        yield Type.of(types)
    if view.types and view.types != TYPES and not place.subject.textual:
        yield Nullable("null" in view.types)
    if view.closed and "object" in view.types:
        yield Closed(tuple(sorted(view.fields)))
    yield from value_kinds(view)


def value_kinds(view: View) -> Iterator[Kind]:
    """What a view states of values beyond their types. Of several formats or patterns one is stated."""
    said = view.restrictions
    values = [value for value in said.values or () if json_type(value) in view.types]
    if values:
        yield Enum.of(values)
    if "string" in view.types:
        form = strongest(said.formats)
        if form is not None:
            yield Format(form)
        if said.lengths.said:
            yield Length(said.lengths.least, said.lengths.most)
        yield from islice(_patterns(said.patterns), 1)
    if view.types & NUMBERS and said.numbers.said:
        yield Range(said.numbers.least, said.numbers.most)
    if "array" in view.types:
        if said.sizes.said:
            yield Size(said.sizes.least, said.sizes.most)
        if said.distinct:
            yield Unique(None)


def _patterns(expressions: frozenset[str]) -> Iterator[Pattern]:
    """Those that are expressions."""
    for expression in sorted(expressions):
        with suppress(ValueError):
            yield Pattern.from_value(expression)
