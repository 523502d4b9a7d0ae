"""What is on the wire of protobuf: numbers, and how values are written (protobuf.dev, "Encoding")."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from contract.clause import Relation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contract.changes.facts import Place, PlaceKey


class Beside(NamedTuple):
    """The numbers of the fields beside a field, and of those that cannot be sent together with it."""

    fields: frozenset[int]
    rivals: frozenset[int]


_VARINT = frozenset({"int32", "uint32", "int64", "uint64", "bool", "enum"})
_ALIKE = (_VARINT, frozenset({"fixed32", "sfixed32"}), frozenset({"fixed64", "sfixed64"}))
"""Encodings that are read as each other, of which only some values are the same."""
_WITHIN = {"int32": "int64", "uint32": "uint64", "sint32": "sint64", "string": "bytes"}
"""Encodings whose values are all values of another, written the same way."""


def encoded(old: str, new: str) -> Relation:
    """How the values of two encodings relate; what is alike is told apart (`told`)."""
    if _WITHIN.get(old) == new:
        return Relation.WIDER
    if _WITHIN.get(new) == old:
        return Relation.NARROWER
    return Relation.SAME if _alike(old, new) else Relation.INCOMPATIBLE


def symbols(old: Mapping[str, int], new: Mapping[str, int]) -> Relation:
    """How the values of two enums relate: by number, unless a name has got another one, or none is known."""
    moved = any(new[name] != number for name, number in old.items() if name in new)
    if moved or not old.keys() & new.keys():
        return Relation.INCOMPATIBLE
    before, after = set(old.values()), set(new.values())
    return Relation.of(after <= before, before <= after)


def together(old: Beside, new: Beside) -> Relation:
    """What can be sent together, of fields that both sides have."""
    return Relation.of(not old.rivals & new.fields - new.rivals, not new.rivals & old.fields - old.rivals)


def told(old: Place, new: Place) -> Iterator[tuple[str, str, str]]:
    """The rules, aspects and words for what is written alike and read otherwise."""
    before, after = old.facts, new.facts
    if before["name"] != after["name"]:
        yield "protobuf-field-renamed", "name", f"is called {after['name']} now, and has the same number"
    elif before["json"] != after["json"]:
        yield "protobuf-field-renamed", "json", f"was {before['json']} in JSON and is {after['json']}"
    if before["presence"] != after["presence"]:
        words = "can be told from its default" if after["presence"] else "is the same as its default"
        yield "protobuf-presence-changed", "presence", f"left out {words} now"
    if before.get("fallback") != after.get("fallback"):
        was, will_be = (side.get("fallback", "none") for side in (before, after))
        yield "protobuf-default-changed", "fallback", f"had the default {was} and has {will_be}"
    if (
        before["encoded"] != after["encoded"]
        and encoded(before["encoded"], after["encoded"]) is Relation.SAME
    ):
        words = (
            f"was {before['encoded']} and is {after['encoded']}: other values are read from the same bytes"
        )
        yield "protobuf-values-reread", "encoded", words
    renamed = _renamed(before.get("symbols", {}), after.get("symbols", {}))
    if renamed:
        yield "protobuf-symbols-renamed", "symbols", f"calls the same values otherwise: {renamed}"


def _renamed(old: Mapping[str, int], new: Mapping[str, int]) -> str:
    """Values of an enum that have other names now, in words."""
    names: dict[int, str] = {number: name for name, number in new.items()}
    if not old.keys() & new.keys():  # another enum, which is told as that
        return ""
    gone = {name: number for name, number in old.items() if name not in new and number in names}
    return ", ".join(f"{name} → {names[number]}" for name, number in gone.items())


def renumbered(
    old: Mapping[PlaceKey, Place], new: Mapping[PlaceKey, Place]
) -> list[tuple[PlaceKey, PlaceKey]]:
    """Where either side has the fields whose names both have, and whose numbers are others."""
    before, after = (
        {place.subject: key for key, place in side.items() if "encoded" in place.facts} for side in (old, new)
    )
    pairs = ((key, after.get(subject, key)) for subject, key in before.items())
    return [(mine, theirs) for mine, theirs in pairs if mine[1].parts[-1] != theirs[1].parts[-1]]


def _alike(old: str, new: str) -> bool:
    return any({old, new} <= sort for sort in _ALIKE)
