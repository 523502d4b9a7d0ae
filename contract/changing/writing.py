"""Changes in a ledger's text: read, and written one at a time without touching anything but `changes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from contract.changing.model import Planned
from contract.ledger.errors import LedgerError
from contract.ledger.reading import tree
from contract.ledger.sections import put_in
from contract.ledger.writing import clean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from contract.changing.model import Dependent, Told


def parse(text: str, source: str) -> dict[str, Planned]:
    """The changes of a ledger's text, by id.

    Raises:
        LedgerError: it is no YAML, or an entry not of the form of a change; the message says where.
    """
    found = tree(text, source).get("changes") or {}
    if not isinstance(found, dict):
        raise LedgerError(f"{source}: changes must be a mapping of ids to changes")
    return {str(id_): _read(entry, f"{source}: changes.{id_}") for id_, entry in found.items()}


def put(text: str, source: str, id_: str, fields: Mapping[str, Any]) -> str:
    """The text with some fields of one change set, in YAML's types; a new change stands last.

    Raises:
        LedgerError: the text cannot be edited so.
    """
    return put_in(text, source, "changes", id_, fields, added=("told",))


def written(planned: Planned) -> dict[str, Any]:
    """A new change as fields, without what it leaves open."""
    fields: dict[str, Any] = {}
    for name, value in msgspec.structs.asdict(planned).items():
        if name == "consumers":
            value = {one_line(who): dependent_fields(one) for who, one in sorted(planned.consumers.items())}  # noqa: PLW2901
        elif isinstance(value, str):
            value = one_line(value)  # noqa: PLW2901
        if value not in (None, "", {}):  # a mapping has no hash
            fields[name] = value
    return fields


def dependent_fields(one: Dependent) -> dict[str, Any]:
    """What was seen of one consumer, as it is written."""
    fields = {
        "level": one.level.value,
        "basis": one_line(one.basis),
        "count": one.count,
        "last_seen": one.last_seen,
    }
    return {name: value for name, value in fields.items() if value not in {None, ""}}


def told_fields(known: Told | None, at: date, channel: str) -> dict[str, Any]:
    """That a consumer was told; what it has answered before stays, and so does the first day."""
    fields: dict[str, Any] = {"at": known.at if known and known.at else at, "channel": one_line(channel)}
    if known and known.acknowledged:
        fields |= answer_fields(known.acknowledged, known.by, known.answer)
    return {name: value for name, value in fields.items() if value}


def answer_fields(at: date, by: str, answer: str) -> dict[str, Any]:
    """What a consumer has answered."""
    fields = {"acknowledged": at, "by": one_line(by), "answer": one_line(answer)}
    return {name: value for name, value in fields.items() if value}


def one_line(text: str) -> str:
    """A text on one line, of characters that YAML and UTF-8 have."""
    shown: str = clean("".join(char if char.isprintable() else " " for char in text))
    return " ".join(shown.split())


def _read(entry: object, place: str) -> Planned:
    if isinstance(entry, dict):
        entry = {name: value for name, value in entry.items() if value is not None}
    try:
        return msgspec.convert(entry, Planned)
    except msgspec.ValidationError as error:
        raise LedgerError(
            f"{place}: {error}", "Text that looks like a number or a date needs quotes."
        ) from error
