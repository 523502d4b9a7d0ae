"""Keywords: what a schema, what it refers to and the parts that always hold say besides types and fields."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from contract.changes.unions import WORDS, Member, Union
from contract.view import TYPES, Group, Leaf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contract.changes.facts import Facts
    from contract.view import Node, Viewer

MAX_CHAIN = 24
"""References and parts of `allOf` inside each other."""

ASIDE = frozenset({"description", "title", "example", "examples", "externalDocs", "summary", "$comment"})
"""What only people read."""

_BOUNDS = frozenset(
    {
        "format",
        "multipleOf",
        "uniqueItems",
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *(f"{side}{what}" for side in ("min", "max") for what in ("Length", "Items", "Properties")),
    }
)
"""Keywords that speak of values of one type alone."""

_OF_TYPES = _BOUNDS | {"type", "nullable", "x-nullable", "properties", "required", "additionalProperties"}
_PLAIN = _OF_TYPES | ASIDE | {"items", "$ref", "allOf"}
"""What a member of a union may say if its types are to tell it apart."""


class Keywords:
    """Reads keywords, and remembers those of each schema: one for a document.

    Args:
        viewer: makes views of schemas.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._known: dict[int, tuple[Leaf, Facts]] = {}
        self._unions: dict[tuple[int, str], tuple[Leaf, Union | None]] = {}
        self._held: dict[int, tuple[Any, str]] = {}
        self._members: dict[int, tuple[Leaf, Sequence[tuple[str, Leaf]]]] = {}

    def of(self, node: Node, within: int = 0) -> Facts:
        """The keywords of a schema; `oneOf` and `anyOf` as `Union`s."""
        if isinstance(node, Group):
            single = node.every or len(node.nodes) == 1
            parts = [self.of(child, within + 1) for child in node.nodes] if single else []
            return {name: value for part in parts for name, value in part.items()}
        if not isinstance(node.schema, dict) or within > MAX_CHAIN:
            return {}
        me = id(node.schema)
        if me not in self._known:
            self._known[me] = node, {}  # what a circle leads back to says nothing more
            self._known[me] = node, self._read(node, within)
        return self._known[me][1]

    def members(self, node: Node, within: int = 0) -> Sequence[tuple[str, Leaf]]:
        """The members of unions that are not plain, by name, else by their fields, else by type."""
        if isinstance(node, Group) or not isinstance(node.schema, dict) or within > MAX_CHAIN:
            return ()
        me = id(node.schema)
        if me not in self._members:
            self._members[me] = node, ()  # what a circle leads back to has no more of them
            self._members[me] = node, tuple(self._read_members(node, within))
        return self._members[me][1]

    def _read_members(self, node: Leaf, within: int) -> Iterator[tuple[str, Leaf]]:
        for part in _parts(node):
            yield from self.members(part, within + 1)
        for word in WORDS:
            branches = _branches(node, word)
            union = self._union(node, word, within)
            for branch in branches if union and not union.plain and len(branches) > 1 else ():
                label = _name(branch.schema) or self._label(branch)
                if label:
                    yield label, branch

    def whole(self, node: Node | None) -> Member | None:
        """A schema as the member of a union that it may become, or was."""
        if not isinstance(node, Leaf) or not isinstance(node.schema, dict):
            return None
        return Member(_name(node.schema), self._digest(node))

    def _read(self, node: Leaf, within: int) -> Facts:
        found: Facts = {}
        for part in _parts(node):
            found |= self.of(part, within + 1)
        for word in WORDS:
            union = self._union(node, word, within)
            if union is not None and union.plain:
                for branch in _branches(node, word):
                    said = self.of(branch, within + 1)
                    found |= {name: said[name] for name in _BOUNDS & said.keys()}
        own = {name: value for name, value in node.schema.items() if name not in {"$ref", "allOf", *WORDS}}
        return found | own | {word: one for word in WORDS if (one := self._union(node, word, within))}

    def _union(self, leaf: Leaf, word: str, within: int) -> Union | None:
        key = id(leaf.schema), word
        if key not in self._unions:
            branches = _branches(leaf, word)
            self._unions[key] = leaf, None
            if branches:
                members = tuple(sorted(Member(_name(one.schema), self._digest(one)) for one in branches))
                plain = len(branches) > 1 and self._is_plain(branches, within)
                self._unions[key] = leaf, Union(members, plain)
        return self._unions[key][1]

    def _is_plain(self, branches: list[Leaf], within: int) -> bool:
        """Whether each member is of other types, and says nothing that holds for other types as well."""
        seen: set[str] = set()
        said: Facts = {}
        for branch in branches:
            types = self._viewer.view(branch).types - {"null"}
            mine = self.of(branch, within + 1)
            clash = any(mine[name] != said[name] for name in _BOUNDS & mine.keys() & said.keys())
            if types & seen or types >= TYPES - {"null"} or mine.keys() - _PLAIN or clash:
                return False
            seen |= types
            said |= mine
        return True

    def _label(self, branch: Leaf) -> str:
        fields = branch.schema.get("properties") if isinstance(branch.schema, dict) else None
        if isinstance(fields, dict) and fields:
            return ",".join(sorted(fields))
        types = self._viewer.view(branch).types
        return ",".join(sorted(types)) if types != TYPES else ""

    def _digest(self, branch: Leaf) -> str:
        """A short name of what a schema holds, its own reference followed."""
        reference = branch.schema.get("$ref") if isinstance(branch.schema, dict) else None
        target = branch.resolve(reference) if isinstance(reference, str) else branch
        schema = target.schema if target else branch.schema
        if id(schema) not in self._held:
            text = json.dumps(plain(schema), sort_keys=True, default=str)
            self._held[id(schema)] = schema, blake2b(text.encode(), digest_size=8).hexdigest()
        return self._held[id(schema)][1]


def plain(value: Any) -> Any:
    """A piece of a schema without what only people read."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if name not in ASIDE}
    return [plain(one) for one in value] if isinstance(value, list) else value


def _parts(leaf: Leaf) -> Iterator[Leaf]:
    """What holds in any case: what is referred to, all of `allOf`, the only member of a union."""
    reference = leaf.schema.get("$ref")
    target = leaf.resolve(reference) if isinstance(reference, str) else None
    if target is not None:
        yield target
    if isinstance(leaf.schema.get("allOf"), list):
        yield from (leaf.below("allOf", str(index)) for index in range(len(leaf.schema["allOf"])))
    for word in WORDS:
        branches = _branches(leaf, word)
        if len(branches) == 1:  # the other one, if any, is null
            yield branches[0]


def _branches(leaf: Leaf, word: str) -> list[Leaf]:
    """The members of a union, null aside."""
    listed = leaf.schema.get(word)
    known = enumerate(listed) if isinstance(listed, list) else ()
    return [leaf.below(word, str(index)) for index, one in known if one != {"type": "null"}]


def _name(branch: Any) -> str:
    if not isinstance(branch, dict):
        return ""
    reference = branch.get("$ref")
    named = reference.rpartition("/")[2] if isinstance(reference, str) else branch.get("title")
    return named if isinstance(named, str) else ""
