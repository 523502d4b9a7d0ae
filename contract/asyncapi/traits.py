"""Traits: what several messages or operations have in common, merged into each of them.

By JSON Merge Patch (RFC 7396), in the order listed. In version 2 a trait goes before what the object says
itself (2.6, Message Object, "traits"), in version 3 the object goes before its traits (3.0, "Traits Merge
Mechanism").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from contract.openapi.reading import child, followed, items
from contract.view import Leaf

if TYPE_CHECKING:
    from contract.view import Resolve

Fields = dict[str, Leaf]
"""The fields of an object by name, references followed."""


def with_traits(target: Leaf, root: Leaf, *, override: bool) -> Fields:
    """The fields of an object with those of its traits.

    Args:
        target: a message or an operation.
        root: the document.
        override: whether what a trait says goes before what the object says.
    """
    traits = [fields_of(trait) for trait in items(child(target, "traits"))]
    own = fields_of(target)
    first, *patches = [own, *traits] if override else [*traits, own]
    for patch in patches:
        first = _patched(first, patch, root.resolve)
    return first


def fields_of(leaf: Leaf) -> Fields:
    """The fields of an object that lead somewhere; none of what is no object."""
    names = leaf.schema if isinstance(leaf.schema, dict) else ()
    found = {name: followed(leaf.below(name)) for name in names}
    return {name: field for name, field in found.items() if field is not None}


def _patched(target: Fields, patch: Fields, resolve: Resolve) -> Fields:
    """One step of the merge. What only one side says stays where it is written."""
    out = dict(target)
    for name, leaf in patch.items():
        before = out.pop(name, None)
        if before is not None and isinstance(before.schema, dict) and isinstance(leaf.schema, dict):
            out[name] = Leaf(_merged(_rooted(before), _rooted(leaf)), leaf.pointer, resolve)
        elif leaf.schema is not None:
            out[name] = leaf
    return out


def _merged(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    out = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            out.pop(name, None)
        else:
            out[name] = _merged(out.get(name), value)
    return out


def _rooted(leaf: Leaf) -> Any:
    """A value with its references as they read in the root document, so that two files can be merged."""
    return _rebased(leaf.schema, leaf.pointer)


def _rebased(value: Any, base: str) -> Any:
    if isinstance(value, list):
        return [_rebased(item, base) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: urljoin(base, below) if name == "$ref" and isinstance(below, str) else _rebased(below, base)
        for name, below in value.items()
    }
