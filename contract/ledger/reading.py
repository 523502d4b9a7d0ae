"""A ledger's text → what it says. Whatever the text is, it is read or a `LedgerError` says what is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import inspect
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from contract.ledger.errors import LedgerError
from contract.ledger.model import Accepted, Entry, File, Interface, Ledger, Owners
from contract.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 32 * 1024 * 1024
"""About thirty thousand decisions; more is no ledger."""

MAX_DEPTH = 200
"""Mappings and lists within each other; values that traffic showed are the deepest."""

_ID = re.compile(r"[a-z2-7]{12}")

T = TypeVar("T")


def read(path: Path) -> Ledger:
    """Read a file.

    Raises:
        LedgerError: it cannot be read, or is no ledger.
    """
    return parse(load(path), str(path))


def load(path: Path) -> str:
    """The text of a file, its line ends as they are.

    Raises:
        LedgerError: it cannot be read, is too large, or not UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LedgerError(
            f"cannot read the ledger {path}: {error.strerror}", "defacto policy --init writes one."
        ) from error
    if len(content) > MAX_BYTES:
        raise LedgerError(f"the ledger {path} is larger than {MAX_BYTES >> 20} MiB")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise LedgerError(f"the ledger {path} is not UTF-8 (byte {error.start:,})") from error


def parse(text: str, source: str) -> Ledger:
    """Read the text of a file.

    Raises:
        LedgerError: it is no YAML, or not of the form of a ledger; the message says where.
    """
    found = _filled(tree(text, source))
    clauses = _mapping(found.get("clauses", {}), f"{source}: clauses")
    entries = {id_: _as(Entry, entry, f"{source}: clauses.{id_}") for id_, entry in clauses.items()}
    accepted = _mapping(found.get("accepted", {}), f"{source}: accepted")
    return Ledger(
        source=source,
        interface=_as(Interface, found.get("interface", {}), f"{source}: interface"),
        owners=_as(Owners, found.get("owners", {}), f"{source}: owners"),
        policy=_as(Policy, found.get("policy", {}), f"{source}: policy"),
        entries=entries,
        accepted={id_: _as(Accepted, one, f"{source}: accepted.{id_}") for id_, one in accepted.items()},
        notes=(
            *(f"unknown key {place}" for place in _unknown(found, inspect.type_info(File), "")),
            *(f"clauses.{id_} is no id of a clause" for id_ in entries if not _ID.fullmatch(id_)),
        ),
    )


def tree(text: str, source: str) -> dict[str, Any]:
    """The text as plain mappings with text keys, lists and scalars.

    Raises:
        LedgerError: it is no YAML, or no mapping, or has aliases: with them an edit of one place would be one
            of another, and a small file could be a huge one.
    """
    try:
        _ensure_plain(text, source)
        loaded = YAML(typ="safe").load(text)
    except YAMLError as error:
        said = " ".join(str(error).split())
        raise LedgerError(f"{source} is no YAML: {said[:300]}") from error
    except RecursionError as error:
        raise LedgerError(f"{source} is nested too deeply") from error
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, AssertionError) as error:
        # dates that are none, tags on what they do not fit: the library lets the errors of what it calls pass
        raise LedgerError(f"{source} holds a value that cannot be read: {error}") from error
    return _mapping({} if loaded is None else loaded, source)


def _ensure_plain(text: str, source: str) -> None:
    """Neither aliases nor depth: what composes a text goes down in C, to the end of the stack.

    Raises:
        LedgerError: it has them.
    """
    depth = 0
    for event in YAML(typ="safe").parse(text):
        if isinstance(event, AliasEvent):
            raise LedgerError(
                f"{source} has YAML aliases (*name), which a ledger cannot have: write them out"
            )
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise LedgerError(f"{source} is nested too deeply")


def _mapping(found: object, place: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise LedgerError(f"{place} must be a mapping of names to values")
    for key in found:
        if not isinstance(key, str):
            raise LedgerError(f"{place}: the key {key!r} is no text; write it in quotes")
    return found


def _filled(found: dict[str, Any]) -> dict[str, Any]:
    """Without keys that nothing stands behind: a section whose lines are all comments."""
    return {
        key: _filled(value) if isinstance(value, dict) and key != "value" else value
        for key, value in found.items()
        if value is not None
    }


def _as(kind: type[T], found: object, place: str) -> T:
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        raise LedgerError(f"{place}: {error}", _advice(str(error), kind)) from error


def _advice(said: str, kind: type) -> str:
    """What to do about a value that does not fit: which there are, where there are few."""
    if "Expected `str`" in said:
        return "Text that looks like a number or a date needs quotes."
    found = inspect.type_info(kind)
    for name in re.findall(r"\.(\w+)|\[", said.rpartition("$")[2]):
        found = _inside(found, name)
    chosen = _choices(found) if "Invalid enum value" in said else []
    if chosen:
        return f"There are: {', '.join(chosen)}."
    return "docs/contract.schema.json says what may stand there."


def _inside(kind: inspect.Type, name: str) -> inspect.Type:
    """The type of a key of another, or of all of its values."""
    if isinstance(kind, inspect.UnionType):
        kind = next((one for one in kind.types if not isinstance(one, inspect.NoneType)), kind)
    if isinstance(kind, inspect.StructType):
        return next((one.type for one in kind.fields if one.encode_name == name), kind)
    return kind.value_type if isinstance(kind, inspect.DictType) else kind


def _choices(kind: inspect.Type) -> list[str]:
    if isinstance(kind, inspect.EnumType):
        return [str(one.value) for one in kind.cls]
    return [str(one) for one in kind.values] if isinstance(kind, inspect.LiteralType) else []


def _unknown(found: object, kind: inspect.Type, place: str) -> Iterator[str]:
    """The keys that no type knows, as dotted places."""
    if not isinstance(found, dict):
        return
    if isinstance(kind, inspect.UnionType):
        kind = next((one for one in kind.types if isinstance(one, inspect.StructType)), kind)
    if isinstance(kind, inspect.StructType):
        known = {one.encode_name: one.type for one in kind.fields}
        for key, value in found.items():
            if key in known:
                yield from _unknown(value, known[key], f"{place}{key}.")
            else:
                yield f"{place}{key}"
    elif isinstance(kind, inspect.DictType):
        for key, value in found.items():
            yield from _unknown(value, kind.value_type, f"{place}{key}.")
