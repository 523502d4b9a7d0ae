"""Clauses about the places of a body or text → JSON Schema (2020-12): `contract.schema` the other way round.

A schema states no more than the clauses: where only the type of a place is promised, null may stand there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contract.kinds import Closed, Enum, Format, Length, Nullable, Pattern, Present, Range, Size, Type, Unique
from contract.kinds.type import TYPES
from contract.restrictions import own
from contract.subject import ITEM, VALUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from contract.clause import Clause, Kind
    from contract.kinds.bounded import Bounded
    from contract.subject import Subject

Schema = dict[str, Any]


@dataclass(slots=True)
class Sketch:
    """What is said of a place by kind, and of the places below it."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    below: dict[str, Sketch] = field(default_factory=dict)

    @property
    def said(self) -> bool:
        """Whether anything is."""
        return bool(self.kinds or self.below)

    @property
    def required(self) -> bool:
        """Whether it always stands where its parent does."""
        kind = self.kinds.get(Present.name)
        return isinstance(kind, Present) and kind.always

    @property
    def schema(self) -> Schema:
        """The place as a JSON Schema, for values of a body."""
        schema = self._types() | self._values()
        if "enum" in schema and self._null:
            schema["enum"] = [*schema["enum"], None]
        fields = {name: one.schema for name, one in sorted(self.below.items()) if name not in {ITEM, VALUE}}
        closed = self.kinds.get(Closed.name)
        if isinstance(closed, Closed):
            fields |= {name: {} for name in closed.names if name not in fields}
        if fields:
            schema["properties"] = dict(sorted(fields.items()))
            required = sorted(name for name in fields if name in self.below and self.below[name].required)
            schema |= {"required": required} if required else {}
        if isinstance(closed, Closed):
            schema["additionalProperties"] = False
        elif VALUE in self.below:
            schema["additionalProperties"] = self.below[VALUE].schema
        if ITEM in self.below:
            schema["items"] = self.below[ITEM].schema
        return schema

    @property
    def text_schema(self) -> Schema:
        """The place as a JSON Schema, for what is written as text: never null, and nothing below it."""
        kind = self.kinds.get(Type.name)
        types = list(kind.types) if isinstance(kind, Type) else []
        return _type(types) | self._values()

    @property
    def _null(self) -> bool:
        """Whether null may stand here, as far as is promised."""
        kind = self.kinds.get(Nullable.name)
        return not isinstance(kind, Nullable) or kind.value

    def _types(self) -> Schema:
        kind = self.kinds.get(Type.name)
        if isinstance(kind, Type):
            return _type([*kind.types, *(["null"] if self._null else [])])
        return {} if self._null else _type([name for name in TYPES if name != "integer"])

    def _values(self) -> Schema:
        found: Schema = {}
        for _, kind in sorted(self.kinds.items()):
            found |= _keywords(kind)
        return found


def sketched(clauses: Iterable[Clause], at: Subject) -> Sketch:
    """The places at a subject and below it; of two clauses of one kind about one place the first counts."""
    root = Sketch()
    for clause in clauses:
        if clause.subject.under(at):
            place = root
            for part in clause.subject.parts[len(at.parts) :]:
                place = place.below.setdefault(part, Sketch())
            place.kinds.setdefault(clause.kind.name, clause.kind)
    return root


def _type(types: list[str]) -> Schema:
    if not types:
        return {}
    return {"type": types[0] if len(types) == 1 else types}


def _keywords(kind: Kind) -> Schema:
    """What JSON Schema has a word for."""
    words = _WORDS.get(kind.name)
    return words(kind) if words else {}


def _format(form: str) -> Schema:
    """A format that documents have a word for, which is what reading it back shows."""
    word = "byte" if form == "base64" else form
    known = {"format": word}
    return known if form in own(known, frozenset({"string"})).formats else {}


def _bounds(kind: Bounded, least: str, most: str) -> Schema:
    given = {least: kind.least, most: kind.most}
    return {name: bound for name, bound in given.items() if bound is not None}


_WORDS: dict[str, Callable[[Any], Schema]] = {
    Enum.name: lambda kind: {"enum": kind.value},
    Format.name: lambda kind: _format(kind.form),
    Pattern.name: lambda kind: {"pattern": kind.expression},
    Range.name: lambda kind: _bounds(kind, "minimum", "maximum"),
    Length.name: lambda kind: _bounds(kind, "minLength", "maxLength"),
    Size.name: lambda kind: _bounds(kind, "minItems", "maxItems"),
    Unique.name: lambda kind: {} if kind.by else {"uniqueItems": True},
}
