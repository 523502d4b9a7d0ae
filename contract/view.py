"""Views: what a JSON Schema (2020-12) says about the values at one place, with its combinators worked out.

A schema is a tree of `allOf`, `anyOf`, `oneOf`, `$ref`, `if` and friends around plain keywords. A
`View` is what is left when those are worked out for one place: types, fields, items, and restrictions of
values (`contract/restrictions.py`). What stands below stays unread (`Node`), so that cyclic schemas have
views, too. Also read are the dialects of OpenAPI: `nullable`, `readOnly`, `writeOnly`, `discriminator`.

Total: what is no schema restricts nothing. Where a schema can only be read in part the view allows more
than the schema does, with one exception that practice demands: in `oneOf: [{properties: {a: …}},
{properties: {b: …}}]` the field `a` is what the first branch says, though the second one would let it
be anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from contract import restrictions
from contract.content import json_type

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})

MAX_NESTING = 64
"""Combinators nested deeper than this at one place restrict nothing."""

MAX_READINGS = 20_000
"""Schemas read for one view. Combinators over shared parts can double at each level."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A schema as written, where it is written, and how its references are followed."""

    schema: Any
    pointer: str
    resolve: Resolve

    def below(self, *steps: str) -> Leaf:
        """The schema some steps further down."""
        schema = self.schema
        for step in steps:
            schema = schema[int(step)] if isinstance(schema, list) else schema[step]
        escaped = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
        return Leaf(schema, self.pointer + escaped, self.resolve)


Resolve = Callable[[str], "Leaf | None"]
"""Follows a reference; None where it leads nowhere, which has been told then."""


@dataclass(frozen=True, slots=True)
class Group:
    """Schemas of which all (`every`) or any one must hold."""

    nodes: tuple[Node, ...]
    every: bool


Node = Leaf | Group


def pointer_of(node: Node) -> str:
    """Where a node is written: the place of the first schema in it."""
    if isinstance(node, Leaf):
        return node.pointer
    return next(filter(None, map(pointer_of, node.nodes)), "")


def nowhere(reference: str) -> Leaf | None:
    """The `Resolve` of a schema without references."""
    del reference
    return None


TRUE = Leaf(True, "", nowhere)
"""The schema that restricts nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What may stand at one place.

    `types` holds `integer` wherever it holds `number`; all seven: nothing is known. `others` says what
    fields beyond `fields` may hold; None: anything. `closed`: there may be no others. `items` is what
    an array may hold, None: anything. `hidden` has `readOnly` or `writeOnly` if the place is. `targets`
    are the identities of all reference targets read. `restrictions` say more of values than their types.
    """

    types: frozenset[str] = TYPES
    fields: dict[str, Node]
    required: frozenset[str] = frozenset()
    others: Node | None = None
    closed: bool = False
    items: Node | None = None
    hidden: frozenset[str] = frozenset()
    targets: frozenset[int] = frozenset()
    restrictions: restrictions.Restrictions = restrictions.NONE
    pointer: str = ""

    @property
    def plain_object(self) -> bool:
        """Whether any object may stand here, so that each field may be anything."""
        return not self.fields and not self.closed and self.others is None


class Viewer:
    """Makes views, and remembers those of whole schemas: one viewer for a document."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Leaf, View]] = {}
        self._whole: dict[int, tuple[Leaf, View]] = {}
        """Views in which nothing was cut: they are the same wherever the schema stands."""
        self._begun: dict[int, tuple[Leaf, View]] = {}
        """Views, of the one that is being made, in which something was: what stands there again is read once."""
        self._readings = 0
        self._cuts = 0

    def view(self, node: Node) -> View:
        """The view of a node."""
        self._readings = 0
        self._begun.clear()
        return self._view(node, frozenset())

    def _view(self, node: Node, within: frozenset[int]) -> View:
        if isinstance(node, Group):
            views = [self._view(child, within) for child in node.nodes]
            return reduce(_both, views) if node.every else _either(views)
        if not isinstance(node.schema, dict):
            return View(fields={}, types=frozenset() if node.schema is False else TYPES, pointer=node.pointer)
        me = id(node.schema)
        if me in within:
            self._cuts += 1
            return View(fields={}, pointer=node.pointer)
        known = self._whole.get(me) or (self._begun if within else self._known).get(me)
        if known is None:
            before = self._cuts
            known = node, self._read(node, within)
            kept = self._whole if self._cuts == before else self._begun if within else self._known
            kept[me] = known
        return known[1]

    def _read(self, leaf: Leaf, within: frozenset[int]) -> View:
        """The view of a schema object, inside the reading of others at the same place."""
        self._readings += 1
        if len(within) > MAX_NESTING or self._readings > MAX_READINGS:
            self._cuts += 1
            return View(fields={}, pointer=leaf.pointer)
        within |= {id(leaf.schema)}
        views = [_own(leaf), *(self._view(node, within) for node in _conjuncts(leaf))]
        target = _target(leaf)
        if target is not None:
            view = self._view(target, within)
            views.append(replace(view, targets=view.targets | {id(target.schema)}))
        whole = replace(reduce(_both, views), pointer=(target or leaf).pointer)
        if leaf.schema.get("nullable") is True or leaf.schema.get("x-nullable") is True:
            whole = replace(whole, types=whole.types | {"null"})
        if leaf.schema.get("unevaluatedProperties") is False and whole.others is None:
            whole = replace(whole, closed=True)
        return whole


def _target(leaf: Leaf) -> Leaf | None:
    reference = leaf.schema.get("$ref", leaf.schema.get("$dynamicRef"))
    return leaf.resolve(reference) if isinstance(reference, str) else None


def _conjuncts(leaf: Leaf) -> list[Node]:
    """What must hold beside a schema's own keywords, its `$ref` aside."""
    nodes: list[Node] = list(_listed(leaf, "allOf"))
    for keyword in ("anyOf", "oneOf"):
        branches = _listed(leaf, keyword)
        if branches:
            nodes.append(Group(branches, every=False))
    if "if" in leaf.schema:
        branches = tuple(leaf.below(word) if word in leaf.schema else TRUE for word in ("then", "else"))
        nodes.append(Group(branches, every=False))
    dependent = leaf.schema.get("dependentSchemas")
    if isinstance(dependent, dict):
        nodes += [Group((leaf.below("dependentSchemas", name), TRUE), every=False) for name in dependent]
    children = _discriminated(leaf)
    if children:
        nodes.append(Group((TRUE, *children), every=False))
    return nodes


def _listed(leaf: Leaf, keyword: str) -> tuple[Leaf, ...]:
    branches = leaf.schema.get(keyword)
    if not isinstance(branches, list):
        return ()
    return tuple(leaf.below(keyword, str(index)) for index in range(len(branches)))


def _discriminated(leaf: Leaf) -> list[Leaf]:
    """The schemas that a base schema's discriminator names: its values may be any of them (OpenAPI 3)."""
    discriminator = leaf.schema.get("discriminator")
    mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
    if not isinstance(mapping, dict) or "oneOf" in leaf.schema or "anyOf" in leaf.schema:
        return []
    references = [value for value in mapping.values() if isinstance(value, str)]
    paths = [name if "/" in name or "#" in name else f"#/components/schemas/{name}" for name in references]
    return [child for path in paths if (child := leaf.resolve(path)) is not None]


def _own(leaf: Leaf) -> View:
    """What a schema's own keywords say."""
    schema = leaf.schema
    properties = schema.get("properties")
    names = properties if isinstance(properties, dict) else ()
    required = schema.get("required")
    patterns = schema.get("patternProperties")
    additional = schema.get("additionalProperties")
    others = (
        [leaf.below("patternProperties", name) for name in patterns] if isinstance(patterns, dict) else []
    )
    if isinstance(additional, dict) and additional:
        others.append(leaf.below("additionalProperties"))
    types = _types(schema)
    return View(
        types=types,
        fields={name: leaf.below("properties", name) for name in names if isinstance(name, str)},
        required=frozenset(_texts(required)),
        others=_any(others),
        closed=additional is False and not others,
        items=_items(leaf),
        hidden=frozenset(word for word in ("readOnly", "writeOnly") if schema.get(word) is True),
        restrictions=restrictions.own(schema, types),
        pointer=leaf.pointer,
    )


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _types(schema: dict[str, Any]) -> frozenset[str]:
    """The types that `type`, `enum` and `const` leave; where `enum` contradicts it, `type` is believed."""
    named = schema.get("type")
    given = TYPES & set([named] if isinstance(named, str) else _texts(named)) or TYPES
    values = schema.get("enum")
    if "const" in schema:
        values = [schema["const"]]
    if "number" in given:
        given |= {"integer"}
    if not isinstance(values, list):
        return given
    return given & {json_type(value) for value in values} or given


def _items(leaf: Leaf) -> Node | None:
    """What any item of an array may be; tuples are taken as one."""
    schema = leaf.schema
    legacy = isinstance(schema.get("items"), list)
    first = _listed(leaf, "items" if legacy else "prefixItems")
    rest = "additionalItems" if legacy else "items"
    if isinstance(schema.get(rest), dict):
        return _any([*first, leaf.below(rest)])
    return _any(first) if schema.get(rest) is False else None


def _any(nodes: Sequence[Node]) -> Node | None:
    return _group(nodes, every=False)


def _all(*nodes: Node | None) -> Node | None:
    return _group([node for node in nodes if node is not None], every=True)


def _group(nodes: Iterable[Node], *, every: bool) -> Node | None:
    """Some nodes as one, each once, and none inside of a group of the same sort: parts may be shared by many."""
    found: dict[tuple[int, str], Node] = {}
    for node in nodes:
        alike = isinstance(node, Group) and node.every is every
        for one in node.nodes if isinstance(node, Group) and alike else (node,):
            key = (id(one.schema), one.pointer) if isinstance(one, Leaf) else (id(one), "")
            found.setdefault(key, one)
    return Group(tuple(found.values()), every) if len(found) > 1 else next(iter(found.values()), None)


def _both(one: View, two: View) -> View:
    """What two views allow together."""
    fields = {}
    for name in {**one.fields, **two.fields}:
        if not (_forbids(one, name) or _forbids(two, name)):
            fields[name] = _all(_field(one, name), _field(two, name)) or TRUE
    return View(
        types=one.types & two.types,
        fields=fields,
        required=one.required | two.required,
        others=_all(one.others, two.others),
        closed=one.closed or two.closed,
        items=_all(one.items, two.items),
        hidden=one.hidden | two.hidden,
        targets=one.targets | two.targets,
        restrictions=restrictions.both(one.restrictions, two.restrictions),
        pointer=one.pointer,
    )


def _forbids(view: View, name: str) -> bool:
    return view.closed and name not in view.fields


def _field(view: View, name: str) -> Node | None:
    return view.fields.get(name, view.others)


def _either(views: list[View]) -> View:
    """What at least one of some views allows. A branch speaks of fields only if it lets objects stand."""
    possible = [view for view in views if view.types]
    if not possible:
        return View(fields={}, types=frozenset(), pointer=views[0].pointer if views else "")
    objects = [view for view in possible if "object" in view.types]
    arrays = [view for view in possible if "array" in view.types]
    names = dict.fromkeys(name for view in objects for name in view.fields)
    others = [view.others for view in objects if view.others is not None]
    items = [view.items for view in arrays if view.items is not None]
    return View(
        types=frozenset().union(*(view.types for view in possible)),
        fields={name: _any([*_said(objects, name)]) or TRUE for name in names},
        required=frozenset.intersection(*(view.required for view in objects)) if objects else frozenset(),
        others=_any(others) if all(view.closed or view.others is not None for view in objects) else None,
        closed=bool(objects) and all(view.closed for view in objects),
        items=_any(items) if len(items) == len(arrays) else None,
        hidden=frozenset.intersection(*(view.hidden for view in possible)),
        targets=frozenset().union(*(view.targets for view in possible)),
        restrictions=restrictions.either((view.types, view.restrictions) for view in possible),
        pointer=possible[0].pointer,
    )


def _said(objects: list[View], name: str) -> list[Node]:
    """What each of some views says about a field, if anything."""
    said = [TRUE if view.plain_object else _field(view, name) for view in objects]
    return [node for node in said if node is not None]
