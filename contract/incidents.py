"""Contract incidents and near-misses: when an interface surprised somebody, and what followed.

They stand in a file beside the ledger (`contract.yaml` has `contract.incidents.yaml`). One is added below the
others without touching a character of them; what becomes known later is edited by hand, and kept.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, time
from textwrap import indent
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from contract.ledger.errors import LedgerError
from contract.ledger.reading import load, tree
from contract.ledger.writing import clean, save

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CLAUSE = re.compile(r"[a-z2-7]{12}")
_TIMES = ("at", "understood", "resolved")
_WIDE = 1 << 20
"""Columns: a sentence stays on its line."""

_HEAD = """\
# Contract incidents and near-misses of this interface. `defacto incident add` writes below; what becomes
# known later (understood, resolved, follow_ups) is yours to edit. Times without an offset are UTC.

incidents:
"""


class Incident(Struct, frozen=True, kw_only=True):
    """`incidents.ID`: one of them.

    `clauses` are ids of the clauses that it was about, `surprised` names who relied on something else.
    `understood` is when its cause was known, `resolved` when nobody was hurt any more. A near-miss was found
    before it hurt anybody.
    """

    what: str
    at: datetime
    kind: Literal["incident", "near-miss"] = "incident"
    by: str = ""
    clauses: tuple[str, ...] = ()
    surprised: tuple[str, ...] = ()
    understood: datetime | None = None
    resolved: datetime | None = None
    follow_ups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: the order of its times, or an id that is none.
        """
        for name in _TIMES[1:]:
            later = getattr(self, name)
            if later is not None and later < self.at:
                raise ValueError(f"it was {name} before it happened")
        for id_ in self.clauses:
            if not is_whole(id_):
                raise ValueError(f"{id_!r} is no id of a clause: give all twelve characters")


def is_whole(id_: str) -> bool:
    """Whether it may be the id of a clause, not only its beginning."""
    return bool(_CLAUSE.fullmatch(id_))


def path_beside(ledger: Path) -> Path:
    """Where the incidents of a ledger stand: `contract.incidents.yaml` beside `contract.yaml`."""
    return ledger.with_name(f"{ledger.stem}.incidents{ledger.suffix}")


def read(path: Path) -> dict[str, Incident]:
    """The incidents of a file by id, the earliest first; none where there is no file.

    Raises:
        LedgerError: it cannot be read, or says something that cannot be meant.
    """
    return parse(load(path), str(path)) if path.exists() else {}


def parse(text: str, source: str) -> dict[str, Incident]:
    """The incidents of a text by id, the earliest first.

    Raises:
        LedgerError: it is no YAML, or not of the form of such a file; the message says where.
    """
    found = tree(text, source)
    unknown = sorted(found.keys() - {"incidents"})
    if unknown:
        raise LedgerError(f"{source}: unknown key {unknown[0]}")
    entries = found.get("incidents") or {}
    if not isinstance(entries, dict):
        raise LedgerError(f"{source}: incidents must be a mapping of ids to incidents")
    known = {str(id_): _incident(entry, f"{source}: incidents.{id_}") for id_, entry in entries.items()}
    return dict(sorted(known.items(), key=lambda one: (one[1].at, one[0])))


def of_clause(incidents: Mapping[str, Incident], *ids: str) -> dict[str, Incident]:
    """Those that a clause was part of, by its present and former ids."""
    return {name: one for name, one in incidents.items() if not {*ids}.isdisjoint(one.clauses)}


def add(path: Path, incident: Incident) -> str:
    """Write one below the others, and give its id: its day, and a number.

    Raises:
        LedgerError: the file cannot be read or written, or is written so that nothing can be added.
    """
    before = load(path) if path.exists() else None
    text, id_ = appended(before if before is not None else _HEAD, str(path), incident)
    save(path, text, before)
    return id_


def appended(text: str, source: str, incident: Incident) -> tuple[str, str]:
    """The text with one more at its end, and its id.

    Raises:
        LedgerError: nothing can be added to such a text without harm.
    """
    known = parse(text, source)
    day = incident.at.astimezone(UTC).date().isoformat()
    id_ = next(name for n in range(1, len(known) + 2) if (name := f"{day}-{n}") not in known)
    fields = {
        name: _quoted(value)
        for name in ("kind", "at", "what", "by", "clauses", "surprised", *_TIMES[1:], "follow_ups")
        if (value := getattr(incident, name)) or name == "what"
    }
    headed = text if "incidents" in tree(text, source) else f"{text.rstrip()}\n\nincidents:\n".lstrip()
    block = indent(_dumped({id_: fields}), "  ")
    whole = headed + ("" if headed.endswith("\n") else "\n") + block
    try:
        right = parse(whole, source) == dict(
            sorted({**known, id_: incident}.items(), key=lambda one: (one[1].at, one[0]))
        )
    except LedgerError:
        right = False
    if not right:
        raise LedgerError(
            f"{source} cannot be added to without harm",
            "Write its incidents one below the other, each indented by two, without braces.",
        )
    return whole, id_


def _incident(entry: object, place: str) -> Incident:
    if not isinstance(entry, dict):
        raise LedgerError(f"{place} must be a mapping of names to values")
    filled = {name: value for name, value in entry.items() if value is not None}
    unknown = sorted(map(str, filled.keys() - set(Incident.__struct_fields__)))
    if unknown:
        raise LedgerError(f"{place}: unknown key {unknown[0]}")
    try:
        return msgspec.convert({**filled, **_instants(filled)}, Incident)
    except msgspec.ValidationError as error:
        raise LedgerError(f"{place}: {error}") from error


def _instants(entry: Mapping[str, Any]) -> dict[str, datetime]:
    """The times of an entry with their offset: a day is its midnight, and what has none is UTC."""
    found = {}
    for name in _TIMES:
        value = entry.get(name)
        if isinstance(value, date):
            moment = value if isinstance(value, datetime) else datetime.combine(value, time())
            found[name] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return found


def _quoted(value: object) -> object:
    """Texts in quotes, so that every parser takes them for texts, and of characters that can be written."""
    if isinstance(value, tuple):
        return [_quoted(one) for one in value]
    return DoubleQuotedScalarString(clean(value)) if isinstance(value, str) else value


def _dumped(node: Mapping[str, Any]) -> str:
    yaml = YAML()
    yaml.width = _WIDE
    stream = io.StringIO()
    yaml.dump(node, stream)
    return stream.getvalue()
