"""Imprints: whether two operations say the same, by their text and that of all that they refer to.

Most operations of a new version are those of the old one: what is known to be the same is not read further.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.view import Leaf

_DATA = frozenset({"example", "examples", "default", "enum", "const"})
"""What stands there is data: nothing in it is a reference."""


class _Text(NamedTuple):
    """The digest of a piece of a document, and what it refers to."""

    digest: str
    targets: tuple[Leaf, ...]


class Imprints:
    """Reads imprints: one for a document."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Leaf, _Text]] = {}
        self._reached: dict[int, str] = {}
        """What all that can be reached from a piece says, the piece itself with it."""

    def of(self, *leaves: Leaf | None) -> str:
        """The imprint of some pieces of a document together: equal ones say the same."""
        texts = [self._text(leaf) for leaf in leaves if leaf is not None]
        targets = {id(target.schema): target for text in texts for target in text.targets}
        return _digest(([text.digest for text in texts], sorted(map(self._reach, targets.values()))))

    def _reach(self, root: Leaf) -> str:
        """Pieces that lead to each other reach the same, and are taken together (R. Tarjan, 1972)."""
        if id(root.schema) in self._reached:
            return self._reached[id(root.schema)]
        met = {id(root.schema): 0}
        lowest, unfinished = dict(met), [root]
        way = [(root, iter(self._text(root).targets))]
        while way:
            leaf, targets = way[-1]
            me = id(leaf.schema)
            further = self._further(targets, me, met, lowest)
            if further is not None:
                met[id(further.schema)] = lowest[id(further.schema)] = len(met)
                unfinished.append(further)
                way.append((further, iter(self._text(further).targets)))
                continue
            way.pop()
            if way:
                above = id(way[-1][0].schema)
                lowest[above] = min(lowest[above], lowest[me])
            if lowest[me] == met[me]:
                first = next(index for index, one in enumerate(unfinished) if one.schema is leaf.schema)
                self._finish(unfinished[first:])
                del unfinished[first:]
        return self._reached[id(root.schema)]

    def _further(
        self, targets: Iterator[Leaf], me: int, met: dict[int, int], lowest: dict[int, int]
    ) -> Leaf | None:
        """The next piece that was not met; of those that were met the first one is noted."""
        for target in targets:
            if id(target.schema) not in met and id(target.schema) not in self._reached:
                return target
            if id(target.schema) not in self._reached:
                lowest[me] = min(lowest[me], met[id(target.schema)])
        return None

    def _finish(self, circle: list[Leaf]) -> None:
        """Note what is reached from pieces that lead to each other."""
        mine = {id(leaf.schema) for leaf in circle}
        texts = [(leaf.pointer, self._text(leaf)) for leaf in circle]
        below = {
            self._reached[id(target.schema)]
            for _, text in texts
            for target in text.targets
            if id(target.schema) not in mine
        }
        found = _digest((sorted((pointer, text.digest) for pointer, text in texts), sorted(below)))
        self._reached |= dict.fromkeys(mine, found)

    def _text(self, leaf: Leaf) -> _Text:
        known = self._known.get(id(leaf.schema))
        if known is None:
            found = (leaf.resolve(reference) for reference in dict.fromkeys(_references(leaf.schema)))
            text = _Text(_digest(leaf.schema), tuple(one for one in found if one is not None))
            known = self._known[id(leaf.schema)] = leaf, text
        return known[1]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in {"$ref", "$dynamicRef"} and isinstance(one, str):
                yield one
            elif name == "discriminator" and isinstance(one, dict) and isinstance(one.get("mapping"), dict):
                yield from _mapped(one["mapping"])
            elif name not in _DATA:
                yield from _references(one)


def _mapped(mapping: dict[Any, Any]) -> Iterator[str]:
    """The schemas that a discriminator names, by name or by reference (OpenAPI 3.1, section 4.8.25)."""
    for one in mapping.values():
        if isinstance(one, str):
            yield one if "/" in one or "#" in one else f"#/components/schemas/{one}"


def _digest(value: Any) -> str:
    return blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
