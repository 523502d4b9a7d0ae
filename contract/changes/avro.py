"""Avro schemas → changes, by the rules of schema resolution (Avro 1.12, "Schema Resolution").

The reader's schema must resolve against the writer's. Which of the two sides reads is what the mode says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.avro import json_schema
from contract.changes.change import Change
from contract.changes.rules import RULES
from contract.changes.single import OPERATION, Mode
from contract.openapi.errors import DeclaredError
from contract.subject import ITEM, VALUE, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contract.changes.reading import AvroSchema
    from contract.changes.rules import Rule

_PROMOTED = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}
"""What a writer's primitive may be read as, besides itself."""

_NAMED = frozenset({"record", "error", "enum", "fixed"})


def compare_avro(
    old: AvroSchema, new: AvroSchema, mode: Mode, rules: Mapping[str, Rule] = RULES
) -> tuple[Change, ...]:
    """What differs between two schemas, the gravest first.

    Args:
        old: the schema in use.
        new: what would take its place.
        mode: BACKWARD: the new one reads what the old one wrote; FORWARD: the other way round; FULL: both.
        rules: how grave each change is.

    Raises:
        DeclaredError: one of them is no Avro schema.
    """
    for side in (old, new):
        try:
            json_schema(side.schema)
        except ValueError as error:
            raise DeclaredError(f"{side.source}: {error}") from None
    found: dict[tuple[str, Subject | None, str], Change] = {}
    for reader, writer, root in _pairs(old, new, mode):
        for name, at, message in Resolution(reader.schema, writer.schema).problems(root):
            change = Change(rule=rules[name], operation=OPERATION, subject=at, message=message)
            found.setdefault((name, at, message), change)
    for name, at, message in _fields(old.schema, new.schema):
        taken = any(change.subject == at for change in found.values())
        if not taken:
            change = Change(rule=rules[name], operation=OPERATION, subject=at, message=message)
            found.setdefault((name, at, message), change)
    return tuple(sorted(found.values(), key=lambda one: -one.compatibility.rank))


def _pairs(old: AvroSchema, new: AvroSchema, mode: Mode) -> Iterator[tuple[AvroSchema, AvroSchema, Subject]]:
    """Reader, writer and the place of the root, for each direction that a mode asks for."""
    for root in mode.roots:
        yield (new, old, root) if root.parts[0] == "request" else (old, new, root)


_Pair = tuple[int, int]
"""Which two schemas, by identity."""

Problem = tuple[str, Subject, str]
"""The name of a rule, where, and in words why."""

MAX_PROBLEMS = 1_000
"""Of two types at one place."""


class Resolution:
    """Whether a reader's schema resolves against a writer's.

    Args:
        reader: an Avro schema as parsed JSON.
        writer: the same.
    """

    def __init__(self, reader: Any, writer: Any) -> None:
        self._reader, self._writer = reader, writer
        self._readers, self._writers = _definitions(reader), _definitions(writer)
        self._open: set[_Pair] = set()
        self._known: dict[_Pair, list[Problem]] = {}
        """What was found of two named types, from their place on; in the order in which it was found."""

    def problems(self, root: Subject) -> Iterator[Problem]:
        """Why it does not, each with the place; none if it does."""
        for rule, at, words in self._resolve(self._reader, self._writer, root):
            yield rule, at, f"{at.readable} {words}"

    def _resolve(self, reader: Any, writer: Any, at: Subject) -> Iterator[Problem]:
        reader, writer = _defined(reader, self._readers), _defined(writer, self._writers)
        if isinstance(writer, list):
            for branch in writer:
                yield from self._resolve(reader, branch, at)
        elif isinstance(reader, list):
            yield from self._any(reader, writer, at)
        elif _kind(reader) != _kind(writer):
            if _kind(reader) not in _PROMOTED.get(_kind(writer), ()):
                yield "avro-type-changed", at, f"is written as {_kind(writer)} and read as {_kind(reader)}"
        elif (was := _decimal(writer)) and (will_be := _decimal(reader)) and was != will_be:
            written, read = ("{} digits, {} of them decimals".format(*one) for one in (was, will_be))
            yield "avro-decimal-changed", at, f"is written with {written}, and read with {read}"
        else:
            yield from self._alike(reader, writer, at)

    def _any(self, reader: list[Any], writer: Any, at: Subject) -> Iterator[Problem]:
        """The first branch of the reader that the writer's schema resolves to."""
        tries = [list(self._resolve(branch, writer, at)) for branch in reader]
        if not any(not found for found in tries):
            same = [
                found
                for branch, found in zip(reader, tries, strict=True)
                if _name(_defined(branch, self._readers)) == _name(writer)
            ]
            yield from (
                same[0]
                if same
                else [
                    (
                        "avro-branch-unknown",
                        at,
                        f"may be written as {_name(writer)}, which is no branch of what reads it",
                    )
                ]
            )

    def _alike(self, reader: Any, writer: Any, at: Subject) -> Iterator[Problem]:
        kind = _kind(reader)
        if kind == "array":
            yield from self._resolve(reader["items"], writer["items"], at.within(ITEM))
        elif kind == "map":
            yield from self._resolve(reader["values"], writer["values"], at.within(VALUE))
        elif kind in _NAMED:
            yield from self._once(reader, writer, at)

    def _once(self, reader: dict[str, Any], writer: dict[str, Any], at: Subject) -> Iterator[Problem]:
        """Named types, each pair looked at once: inside of itself it is taken to fit, until it does not.

        Then what was found to fit meanwhile may not, and is looked at again.
        """
        pair = (id(reader), id(writer))
        if pair in self._open:
            return
        if pair not in self._known:
            self._open.add(pair)
            before = len(self._known)
            found = list(self._named(reader, writer, at))[:MAX_PROBLEMS]
            self._open.discard(pair)
            if found:
                rested = [one for one in list(self._known)[before:] if not self._known[one]]
                for one in rested:
                    del self._known[one]
            self._known[pair] = [
                (rule, Subject(place.parts[len(at.parts) :]), words) for rule, place, words in found
            ]
        for rule, inside, words in self._known[pair]:
            yield rule, at.within(*inside.parts), words

    def _named(self, reader: dict[str, Any], writer: dict[str, Any], at: Subject) -> Iterator[Problem]:
        known = {_short(name) for name in (_name(reader), *reader.get("aliases", ()))}
        if _short(_name(writer)) not in known:
            yield "avro-name-changed", at, f"is written as {_name(writer)} and read as {_name(reader)}"
        elif reader["type"] == "fixed":
            if reader.get("size") != writer.get("size"):
                words = f"is written in {writer.get('size')} bytes and read in {reader.get('size')}"
                yield "avro-size-changed", at, words
        elif reader["type"] == "enum":
            unknown = [one for one in writer["symbols"] if one not in reader["symbols"]]
            if unknown and "default" not in reader:
                words = f"may be {', '.join(unknown)}, which its reader does not know, and has no default for"
                yield "avro-symbol-unknown", at, words
        else:
            yield from self._record(reader, writer, at)

    def _record(self, reader: dict[str, Any], writer: dict[str, Any], at: Subject) -> Iterator[Problem]:
        written = {field["name"]: field for field in writer["fields"]}
        for field in reader["fields"]:
            names = (field["name"], *field.get("aliases", ()))
            source = next((written[name] for name in names if name in written), None)
            here = at.within(field["name"])
            if source is not None:
                yield from self._resolve(field["type"], source["type"], here)
            elif "default" not in field:
                words = "is not written, and its reader has no default for it"
                yield "avro-field-without-default", here, words


def _decimal(schema: Any) -> tuple[int, int] | None:
    """Precision and scale of a decimal: these must be the same (Avro 1.12, "Decimal")."""
    if not isinstance(schema, dict) or schema.get("logicalType") != "decimal":
        return None
    return schema.get("precision", 0), schema.get("scale", 0)


def _fields(old: Any, new: Any) -> Iterator[Problem]:
    """The fields of the outermost records that only one of two schemas has."""
    if not (_kind(old) == _kind(new) == "record"):
        return
    before, after = ({field["name"] for field in one["fields"]} for one in (old, new))
    root = Subject(("request", "body"))
    for name in sorted(after - before):
        yield "avro-field-added", root.within(name), f"body {name} is new"
    for name in sorted(before - after):
        yield "avro-field-removed", root.within(name), f"body {name} is gone"


def _definitions(schema: Any, namespace: str = "") -> dict[str, Any]:
    """All named types in a schema, by full name and by short name."""
    found: dict[str, Any] = {}
    if isinstance(schema, list):
        for branch in schema:
            found |= _definitions(branch, namespace)
    elif isinstance(schema, dict):
        if schema.get("type") in _NAMED if isinstance(schema.get("type"), str) else False:
            namespace = schema.get("namespace", namespace)
            found[schema["name"]] = found[_short(schema["name"])] = schema
            found[f"{namespace}.{_short(schema['name'])}"] = schema
        inner = [field.get("type") for field in schema.get("fields", ())]
        for one in (*inner, schema.get("items"), schema.get("values"), schema.get("type")):
            if isinstance(one, dict | list):
                found |= _definitions(one, namespace)
    return found


def _defined(schema: Any, known: dict[str, Any]) -> Any:
    """A schema with its name looked up, and without the shell of `{"type": "string"}`."""
    while True:
        if isinstance(schema, str) and schema in known:
            schema = known[schema]
        elif isinstance(schema, dict) and not isinstance(schema.get("type"), str):
            schema = schema.get("type")
        elif isinstance(schema, dict) and schema["type"] in known:
            schema = known[schema["type"]]
        else:
            return schema


def _kind(schema: Any) -> str:
    """The word for a type; errors are records."""
    word = schema.get("type") if isinstance(schema, dict) else schema
    return "record" if word == "error" else str(word)


def _name(schema: Any) -> str:
    return str(schema.get("name", schema.get("type"))) if isinstance(schema, dict) else str(schema)


def _short(name: str) -> str:
    return name.rpartition(".")[2]
