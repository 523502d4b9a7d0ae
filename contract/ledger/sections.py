"""Edits of one section of a ledger's text, entry by entry, without touching anything but that section.

The lines of the section are written anew by a round trip that keeps comments and order. What was meant is
held against what the new text says before it is given out: an edit is right, or refused. (`clauses` may be
long, and has a quicker way: `splicing.py`.)
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from contract.ledger.errors import LedgerError
from contract.ledger.reading import tree

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_AFTERWARDS = re.compile(r"^(?:(?:#.*|)\n)*\Z", re.MULTILINE)
_CLAUSES = re.compile(r"^(?:#.*\n)*clauses:", re.MULTILINE)
_WORD = re.compile(r"[a-z][a-z-]*")


def put_in(
    text: str, source: str, section: str, id_: str, fields: Mapping[str, Any], added: Collection[str] = ()
) -> str:
    """The text with some fields of one entry of a section set; a new entry stands last.

    Args:
        text: the whole ledger.
        source: its name, for messages.
        section: `changes`, `accepted`.
        id_: of the entry.
        fields: in YAML's types; None takes a field out.
        added: fields whose entries are added to those there.

    Raises:
        LedgerError: the text cannot be edited so.
    """
    crlf = "\n" in text and text.count("\n") == text.count("\r\n")
    plain = text.replace("\r\n", "\n") if crlf else text
    plain = plain if plain.endswith("\n") or not plain else f"{plain}\n"
    before = tree(plain, source)
    try:
        edited = _edited(plain, section, id_, fields, added)
        right = tree(edited, source) == _meant(before, section, id_, fields, added)
    except YAMLError:
        right = False  # a section of braces over several lines was cut in two
    if not right:
        raise LedgerError(
            f"{source} cannot be edited without harm",
            f"Write the entries of {section} one below the other, without braces.",
        )
    return edited.replace("\n", "\r\n") if crlf else edited


def _edited(text: str, name: str, id_: str, fields: Mapping[str, Any], added: Collection[str]) -> str:
    start, end = _place(text, name)
    section = _yaml().load(text[start:end]) or CommentedMap()
    if not isinstance(section.get(name), CommentedMap):
        section[name] = CommentedMap()
    _set(section[name].setdefault(id_, CommentedMap()), fields, added)
    stream = io.StringIO()
    _yaml().dump(section, stream)
    gap = "\n" if start == end else ""
    return f"{text[:start]}{stream.getvalue()}{gap}{text[end:]}"


def _place(text: str, name: str) -> tuple[int, int]:
    """Where the section begins and ends; without one, where it would stand: before the clauses."""
    found = re.search(rf"^{name}:.*\n(?:(?:[ \t].*|#.*|)\n)*", text, re.MULTILINE)
    if found is None:
        clauses = _CLAUSES.search(text)
        at = clauses.start() if clauses else len(text)
        return at, at
    behind = _AFTERWARDS.search(found[0])
    return found.start(), found.start() + (behind.start() if behind else len(found[0]))


def _meant(
    before: Mapping[str, Any], section: str, id_: str, fields: Mapping[str, Any], added: Collection[str]
) -> dict[str, Any]:
    entries = dict(before.get(section) or {})
    entry = dict(entries.get(id_) or {})
    for name, value in fields.items():
        if value is None:
            entry.pop(name, None)
        elif name in added:
            entry[name] = {**(entry.get(name) or {}), **value}
        else:
            entry[name] = value
    entries[id_] = entry
    return {**before, section: entries}


def _set(entry: CommentedMap, fields: Mapping[str, Any], added: Collection[str]) -> None:
    for name, value in fields.items():
        if value is None:
            entry.pop(name, None)
        elif name in added:
            inside = entry.setdefault(name, CommentedMap())
            for key, one in value.items():
                inside[key] = _node(one)
        else:
            entry[name] = _node(value)


def _node(value: Any) -> Any:
    """A value as it is written: words plain, sentences in quotes: every parser takes them for text."""
    if isinstance(value, dict):
        return CommentedMap((name, _node(one)) for name, one in value.items())
    if isinstance(value, list | tuple):
        return CommentedSeq(_node(one) for one in value)
    if isinstance(value, str):
        plain = str(value)
        return plain if _WORD.fullmatch(plain) and plain not in _TAKEN else DoubleQuotedScalarString(plain)
    return value


_TAKEN = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that one version of YAML or the other takes for something else."""


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 20
    yaml.representer.ignore_aliases = lambda _: True  # a day named twice is no reference
    return yaml
