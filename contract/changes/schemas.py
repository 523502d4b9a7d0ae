"""Schemas → places and facts: each place of a schema once, with what its keywords say together.

Types, fields and what is required come from views (`contract/view.py`), in which combinators are worked out,
other keywords from `keywords`. A schema that contains itself is walked once.
"""

from __future__ import annotations

import json
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from contract.changes.facts import Budget, Facts, Place
from contract.changes.imprints import Imprints
from contract.changes.keywords import ASIDE, Keywords, plain
from contract.changes.unions import WORDS
from contract.clause import Direction
from contract.subject import ITEM, VALUE, Subject
from contract.view import TRUE, TYPES, Leaf, Node, Viewer, pointer_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import UnionType

    from contract.view import View

MAX_DEPTH = 24
MAX_WORK = 500_000
"""What may be put together for the places of one schema (`contract/view.py`); the rest is left out, too."""
MAX_UNIONS = 2
"""Unions inside of members of unions that are walked by member."""

_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "multipleOf")
_VERBATIM: dict[str, type | UnionType] = {
    "format": str,
    "default": object,
    "description": str,
    "discriminator": dict | str,
    **dict.fromkeys(_COUNTS, int | float),
}
"""Keywords that are facts as they are written, and what may stand there; anything else says nothing."""

_OTHERS: dict[str, type | UnionType] = {
    "not": object,
    "if": object,
    "then": object,
    "else": object,
    "contains": object,
    "minContains": int | float,
    "maxContains": int | float,
    "propertyNames": object,
    "dependentRequired": dict,
    "dependentSchemas": dict,
    "unevaluatedItems": object,
    "contentSchema": object,
    "patternProperties": dict,
}


class Schemas:
    """Reads schemas as places: one for a document.

    Args:
        budget: how many places of a schema are read.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget or Budget()
        self._viewer = Viewer()
        self._keywords = Keywords(self._viewer)
        self._imprints = Imprints()
        self._imprinted: dict[_Key, tuple[Node, str]] = {}
        self._known: dict[int, tuple[Leaf, Facts]] = {}
        self._views: dict[_Key, tuple[Node, View, int]] = {}

    def places(self, node: Node, at: Subject, facts: Facts | None = None) -> Iterator[Place]:
        """The places of a schema, in breadth: the root first, and what is told by member after what is not.

        Args:
            node: the schema.
            at: the place that the schema describes.
            facts: what else is said of the root.
        """
        root = _Step(node, at, dict(facts or {}))
        queue, members = deque([root]), deque[_Step]()
        taken, work = 1, 0
        while queue or members:
            here = (queue or members).popleft()
            view, took = self._view(here.node)
            work += took
            below = list(self._below(here, view))
            inside_itself = bool(view.targets & here.way)
            deep = len(here.subject.parts) - len(at.parts) >= MAX_DEPTH
            full = here is not root and (taken + len(below) > self._budget.places or work > MAX_WORK)
            much = bool(below) and (deep or full) and not inside_itself
            yield self._place(here, view, cut=much or inside_itself, missed=much or view.unread)
            if much or inside_itself:
                continue
            taken += len(below)
            for step in below:
                (members if step.branch else queue).append(step)

    def _below(self, here: _Step, view: View) -> Iterator[_Step]:
        """What stands inside of a place, and what each member of a union says of it."""
        for label, member in self._keywords.members(here.node) if len(here.branch) < MAX_UNIONS else ():
            if label not in here.branch:
                yield here._replace(node=member, facts={}, branch=(*here.branch, label))
        unseen = "readOnly" if here.subject.direction is Direction.REQUEST else "writeOnly"
        if unseen in view.hidden and "required" in here.facts:
            return
        way, above = here.way | view.targets, _written(here, view)
        for part, child, facts in _children(view):
            yield _Step(child, here.subject.within(part), facts, way, here.branch, above)

    def _view(self, node: Node) -> tuple[View, int]:
        """The view of a schema, and what it takes; in dense documents the same ones come again and again.

        What was made before counts as if it were made now, so that no place hangs on what was read before.
        """
        key = _key(node)
        if key not in self._views:
            before = self._viewer.merged
            view = self._viewer.view(node)
            self._views[key] = node, view, self._viewer.merged - before
        return self._views[key][1:]

    def _place(self, here: _Step, view: View, *, cut: bool, missed: bool) -> Place:
        return Place(
            subject=here.subject,
            facts=here.facts | self._facts(here.node, view),
            pointer=_written(here, view),
            branch="/".join(here.branch),
            whole=partial(self._keywords.whole, here.node),
            blank=is_blank(here.node),
            cut=cut,
            missed=self._imprint(here.node) if missed else "",
        )

    def _imprint(self, node: Node) -> str:
        """What tells whether all that is in a node is the same on the other side."""
        key = _key(node)
        if key not in self._imprinted:
            self._imprinted[key] = node, self._imprints.of(*_leaves(node))
        return self._imprinted[key][1]

    def _facts(self, node: Node, view: View) -> Facts:
        if not isinstance(node, Leaf):
            return _facts(view, self._keywords.of(node))
        known = self._known.get(id(node.schema))
        if known is None:
            known = self._known[id(node.schema)] = node, _facts(view, self._keywords.of(node))
        return known[1]


_Key = tuple[bool | None, tuple[Any, ...]]


def _key(node: Node) -> _Key:
    """What makes two nodes the same: the schemas in them, and how they hold together."""
    if isinstance(node, Leaf):
        return None, (id(node.schema),)
    return node.every, tuple(map(_key, node.nodes))


def _leaves(node: Node) -> Iterator[Leaf]:
    """The schemas in a node."""
    if isinstance(node, Leaf):
        yield node
    else:
        yield from (leaf for child in node.nodes for leaf in _leaves(child))


class _Step(NamedTuple):
    """A schema to look at: where it stands, what is said of it from above, and the way to it.

    `way` has the identities of the reference targets above, `branch` the members of unions it is inside of,
    `above` the pointer of what it stands in.
    """

    node: Node
    subject: Subject
    facts: Facts
    way: frozenset[int] = frozenset()
    branch: tuple[str, ...] = ()
    above: str = ""


def _written(here: _Step, view: View) -> str:
    """Where a place is written, else what it stands in."""
    return view.pointer or pointer_of(here.node) or here.above


def _children(view: View) -> Iterator[tuple[str, Node, Facts]]:
    """Fields, values of a map, items of an array; for fields whether they must be there."""
    if "object" in view.types:
        for name, node in view.fields.items():
            yield name, node, {"required": name in view.required}
        for name in sorted(view.required - view.fields.keys()):
            yield name, view.others or TRUE, {"required": True, "undescribed": True}
        if view.others is not None:
            yield VALUE, view.others, {}
    if "array" in view.types and view.items is not None:
        yield ITEM, view.items, {}


def is_blank(node: Node) -> bool:
    """Whether a schema says nothing of values."""
    if not isinstance(node, Leaf):
        return False
    return node.schema is True or (isinstance(node.schema, dict) and node.schema.keys() <= ASIDE)


def _facts(view: View, said: Facts) -> Facts:
    found: Facts = {name: said[name] for name, sort in _VERBATIM.items() if is_sort(said.get(name), sort)}
    if isinstance(found.get("discriminator"), str):  # as Swagger 2.0 has it
        found["discriminator"] = {"propertyName": found["discriminator"]}
    if view.types != TYPES:
        found["nullable"] = "null" in view.types
        found["type"] = view.types - {"null"}
    if "object" in view.types:
        found["open"] = not view.closed
    if said.get("deprecated") is True:
        found["deprecated"] = said.get("x-sunset", "")
    if said.get("uniqueItems") is True:
        found["uniqueItems"] = True
    if view.hidden:
        found["hidden"] = view.hidden
    patterns = frozenset(one for one in view.restrictions.patterns if one not in {".*", "^.*$"})
    if patterns:
        found["pattern"] = patterns
    unions = {word: said[word] for word in WORDS if word in said}
    return found | unions | _values(view, said) | _limits(said) | _rest(said)


def _values(view: View, said: Facts) -> Facts:
    listed = [said["const"]] if "const" in said else said.get("enum")
    if not isinstance(listed, list):
        listed = list(view.restrictions.values) if view.restrictions.values is not None else None
    extensible = said.get("x-extensible-enum")
    found: Facts = {}
    if listed is not None and None not in (listed or [None]):
        found["enum"] = texts_of(listed)
    elif listed:
        found["enum"] = texts_of([one for one in listed if one is not None])
    if isinstance(extensible, list):
        found["x-extensible-enum"] = texts_of(extensible)
    return found


def texts_of(values: list[Any]) -> frozenset[str]:
    """Values as JSON texts; 1.0 is 1."""
    whole = [int(one) if isinstance(one, float) and one.is_integer() else one for one in values]
    return frozenset(json.dumps(one, sort_keys=True) for one in whole)


def _limits(said: Facts) -> Facts:
    """The bounds of numbers as amount and whether it is shut out; the stricter of both ways to write one."""
    found: Facts = {}
    for side, word, choose in (("minimum", "exclusiveMinimum", max), ("maximum", "exclusiveMaximum", min)):
        bound, strict = said.get(side), said.get(word)
        given = []
        if _is_number(bound):
            given.append((bound, strict is True))
        if _is_number(strict):
            given.append((strict, True))
        if given:
            found[side] = choose(given)
    return found


def _is_number(value: object) -> bool:
    return is_sort(value, int | float)


def _rest(said: Facts) -> Facts:
    """Keywords that are compared as they are written, apart from what only people read."""
    written = {name: plain(said[name]) for name, sort in _OTHERS.items() if is_sort(said.get(name), sort)}
    written |= _dependencies(said.get("dependencies"))
    if "dependentRequired" in written:
        written["dependentRequired"] = _demands(written["dependentRequired"])
    first, others = _tuple(said)
    if first:
        written["prefixItems"] = first, others
    if others is False:
        written["items"] = False
    return {"keyword": written} if written else {}


def is_sort(value: Any, sort: type | UnionType) -> bool:
    """Whether a value may stand where this sort is asked for: null says nothing, and true is no number."""
    return value is not None and isinstance(value, sort) and (sort is object or not isinstance(value, bool))


def _demands(given: dict[str, Any]) -> dict[str, list[str]]:
    listed = ((name, names) for name, names in given.items() if isinstance(names, list))
    return {name: [one for one in names if isinstance(one, str)] for name, names in listed}


def _dependencies(given: Any) -> Facts:
    """What `dependencies` of older drafts say, as the two keywords that took its place (2019-09)."""
    listed = given.items() if isinstance(given, dict) else ()
    names = _demands(dict(listed))
    schemas = {name: plain(one) for name, one in listed if not isinstance(one, list)}
    return ({"dependentRequired": names} if names else {}) | (
        {"dependentSchemas": schemas} if schemas else {}
    )


def _tuple(said: Facts) -> tuple[list[Any], Any]:
    """The first items, without those at their end that repeat what is said of all others; and that.

    Older drafts write them as a list in `items`, and the others as `additionalItems`.
    """
    legacy = isinstance(said.get("items"), list)
    given, others = plain(said.get("items" if legacy else "prefixItems")), said.get("items", True)
    others = plain(said.get("additionalItems", True) if legacy else others)
    first = given if isinstance(given, list) else []
    while first and first[-1] == others:
        first = first[:-1]
    return first, others
