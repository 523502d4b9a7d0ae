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
from typing import Any, NamedTuple

from contract import restrictions
from contract.content import json_type

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})

MAX_NESTING = 64
"""Combinators nested deeper than this at one place restrict nothing."""

MAX_WORK = 20_000
"""What may be put together for one view: schemas, and what they say of their fields (some 0.02 s)."""


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
    `unread`: more holds together here than is read.
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
    unread: bool = False

    @property
    def plain_object(self) -> bool:
        """Whether any object may stand here, so that each field may be anything."""
        return not self.fields and not self.closed and self.others is None


class _Known(NamedTuple):
    """A view, what it took, and the schema that it is of: kept, so that no other gets its identity."""

    view: View
    work: int
    leaf: Leaf


class Viewer:
    """Makes views, and remembers those of whole schemas: one viewer for a document.

    What is too much for one view is left out. What was remembered counts as if it were read, so that what is
    left out does not depend on what was read before.
    """

    def __init__(self) -> None:
        self.merged = 0
        """What was put together for groups of schemas so far; that of single schemas is bounded for each."""
        self._tops: dict[int, _Known] = {}
        """Views of schemas by themselves."""
        self._exact: dict[int, _Known] = {}
        """Views in which no circle was cut: they are the same wherever the schema stands."""
        self._begun: dict[int, _Known] = {}
        """Views of what stands in a circle, while one view is made: each is read once for it."""
        self._targets: dict[int, tuple[Leaf, Leaf | None]] = {}
        self._work = 0
        self._cuts = 0

    def view(self, node: Node) -> View:
        """The view of a node."""
        return self._view(node, frozenset())

    def _view(self, node: Node, within: frozenset[int]) -> View:
        if isinstance(node, Group):
            return self._merged(node, within)
        if not isinstance(node.schema, dict):
            return View(fields={}, types=frozenset() if node.schema is False else TYPES, pointer=node.pointer)
        if node.schema.keys() == _ONLY_REFERS:
            return self._referred(node, within)
        me = id(node.schema)
        if me in within:
            self._cuts += 1
            return View(fields={}, pointer=node.pointer)
        known = self._exact.get(me) or (self._begun if within else self._tops).get(me)
        return self._made(node, within).view if known is None else self._again(known, within)

    def _merged(self, group: Group, within: frozenset[int]) -> View:
        views = []
        for child in group.nodes:
            views.append(self._view(child, within))
            weight = 1 + _weight(views[-1])
            self.merged, self._work = self.merged + weight, self._work + weight
            if within and self._work > MAX_WORK:
                return self._left_out(group)
        return reduce(_both, views) if group.every else _either(views)

    def _again(self, known: _Known, within: frozenset[int]) -> View:
        if not within:
            return known.view
        self._work += known.work
        self._cuts += id(known.leaf.schema) in self._begun
        return known.view if self._work <= MAX_WORK else self._left_out(known.leaf)

    def _referred(self, leaf: Leaf, within: frozenset[int]) -> View:
        """What a schema says that only refers to one: it has nothing of its own to read."""
        targets: dict[int, Leaf] = {}
        first = target = self._target(leaf)
        while target is not None and id(target.schema) not in targets:
            targets[id(target.schema)] = target
            only = isinstance(target.schema, dict) and target.schema.keys() == _ONLY_REFERS
            target = self._target(target) if only else None
        if first is None or target is not None:  # it leads nowhere, or back
            return View(fields={}, pointer=leaf.pointer, targets=frozenset(targets))
        view = self._view(list(targets.values())[-1], within)
        return replace(view, targets=view.targets | targets.keys(), pointer=first.pointer)

    def _made(self, leaf: Leaf, within: frozenset[int]) -> _Known:
        if not within:
            self._work = 0
            self._begun.clear()
        work, cuts = self._work, self._cuts
        view = self._read(leaf, within)
        kept = self._exact if self._cuts == cuts else self._begun if within else self._tops
        known = kept[id(leaf.schema)] = _Known(view, self._work - work, leaf)
        return known

    def _left_out(self, node: Node) -> View:
        """What is known of what is too much to read."""
        self._cuts += 1
        return View(fields={}, pointer=pointer_of(node), unread=True)

    def _read(self, leaf: Leaf, within: frozenset[int]) -> View:
        """The view of a schema object, inside the reading of others at the same place."""
        self._work += 1
        if len(within) > MAX_NESTING or self._work > MAX_WORK:
            return self._left_out(leaf)
        within |= {id(leaf.schema)}
        views = [_own(leaf), *(self._view(node, within) for node in _conjuncts(leaf))]
        target = self._target(leaf)
        if target is not None:
            view = self._view(target, within)
            views.append(replace(view, targets=view.targets | {id(target.schema)}))
        self._work += sum(map(_weight, views)) if len(views) > 1 else 0
        if self._work > MAX_WORK:
            return self._left_out(leaf)
        whole = replace(reduce(_both, views), pointer=(target or leaf).pointer)
        if leaf.schema.get("nullable") is True or leaf.schema.get("x-nullable") is True:
            whole = replace(whole, types=whole.types | {"null"})
        if leaf.schema.get("unevaluatedProperties") is False and whole.others is None:
            whole = replace(whole, closed=True)
        return whole

    def _target(self, leaf: Leaf) -> Leaf | None:
        """What a schema refers to; followed once."""
        known = self._targets.get(id(leaf.schema))
        if known is None:
            reference = leaf.schema.get("$ref", leaf.schema.get("$dynamicRef"))
            target = leaf.resolve(reference) if isinstance(reference, str) else None
            known = self._targets[id(leaf.schema)] = leaf, target
        return known[1]


_ONLY_REFERS = {"$ref"}


def _weight(view: View) -> int:
    """How much a view says of its fields."""
    return sum(len(node.nodes) if isinstance(node, Group) else 1 for node in view.fields.values())


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
    """Some nodes as one, each once, and none inside of a group of the same sort."""
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
        unread=one.unread or two.unread,
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
        unread=any(view.unread for view in possible),
    )


def _said(objects: list[View], name: str) -> list[Node]:
    """What each of some views says about a field, if anything."""
    said = [TRUE if view.plain_object else _field(view, name) for view in objects]
    return [node for node in said if node is not None]
