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

    def of(self, *leaves: Leaf | None) -> str:
        """The imprint of some pieces of a document together: equal ones say the same."""
        queue = [leaf for leaf in leaves if leaf is not None]
        roots = [self._text(leaf).digest for leaf in queue]
        met: dict[tuple[str, str], None] = {}
        for leaf in queue:
            for target in self._text(leaf).targets:
                name = target.pointer, self._text(target).digest
                if name not in met:
                    met[name] = None
                    queue.append(target)
        return _digest((roots, sorted(met)))

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
