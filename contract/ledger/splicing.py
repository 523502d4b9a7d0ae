"""Edits of a ledger's text that touch some entries, and not one character of anything else.

The places of entries are found by a parser that knows where in the text everything stands; only the lines of
those entries are written anew, by a round trip that keeps their comments. What was meant is held against what
the new text says before it is given out: an edit is right, or refused.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from textwrap import indent
from typing import TYPE_CHECKING, Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import CollectionNode, MappingNode
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from contract.ledger.errors import LedgerError
from contract.ledger.reading import tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ruamel.yaml.nodes import Node

_WIDE = 1 << 20
"""Columns: a fact stays on its line."""

_ORDER = (
    *("key", "operation", "subject", "kind", "decision", "by", "at", "reason"),
    *("review", "remove", "successor", "positions", "evidence"),
)
"""The fields of an entry as they are written."""

_PLAIN = re.compile(r"(?:\d+ )?[A-Za-z](?:[\w /.()·=+{}-]|\[\])*(?<! )")
_EMPTY = re.compile(r"clauses:[ \t]*(?:\{\}|null|~)?[ \t]*((?:#[^\n]*)?)\n")


@dataclass(frozen=True, slots=True)
class Edit:
    """New fields of one entry, in YAML's types. None takes a field out; a position is added to those there.

    `former` is the id under which the entry stands until now, where that is another one.
    """

    id: str
    fields: Mapping[str, Any]
    former: str = ""


class Span(NamedTuple):
    """Where an entry stands in the text, and by what it is sorted."""

    key: str
    id: str
    start: int
    end: int
    column: int


def put(text: str, source: str, edits: Sequence[Edit]) -> str:
    """The text with some entries changed or added; new ones stand where their key is sorted to.

    Raises:
        LedgerError: the text cannot be edited so.
    """
    meant = _meant(tree(text, source), edits)
    crlf = "\n" in text and text.count("\n") == text.count("\r\n")
    plain = text.replace("\r\n", "\n") if crlf else text
    edited = _edited(plain if plain.endswith("\n") or not plain else f"{plain}\n", source, edits)
    if tree(edited, source) != meant:
        raise LedgerError(
            f"{source} cannot be edited without harm",
            "Write the entries of clauses one below the other, each a mapping without braces.",
        )
    return edited.replace("\n", "\r\n") if crlf else edited


def blocks(text: str, source: str, ids: Iterable[str]) -> str:
    """The lines of some entries as they stand in the text."""
    plain, wanted = text.replace("\r\n", "\n"), set(ids)
    return "".join(plain[span.start : span.end] for span in spans(plain, source) if span.id in wanted)


def spans(text: str, source: str) -> list[Span]:
    """The entries in the order of the text."""
    pair = _clauses(text)
    if pair is None or not isinstance(pair[1], MappingNode) or not pair[1].value:
        return []
    if pair[1].flow_style:
        raise LedgerError(f"{source}: clauses is in braces", "Write its entries one below the other.")
    return [
        Span(
            _key_of(entry),
            name.value,
            text.rfind("\n", 0, name.start_mark.index) + 1,
            _end(text, entry),
            name.start_mark.column,
        )
        for name, entry in pair[1].value
    ]


def heading_end(text: str) -> int:
    """Where the line ends that begins the entries of a text which has some."""
    pair = _clauses(text)
    return 0 if pair is None else text.index("\n", pair[0].end_mark.index) + 1


def _meant(before: Mapping[str, Any], edits: Iterable[Edit]) -> dict[str, Any]:
    clauses = dict(before.get("clauses") or {})
    for edit in edits:
        entry = dict(clauses.pop(edit.former or edit.id, None) or {})
        for name, value in edit.fields.items():
            if value is None:
                entry.pop(name, None)
            elif name == "positions":
                entry[name] = {**(entry.get(name) or {}), **value}
            else:
                entry[name] = value
        clauses[edit.id] = entry
    return {**before, "clauses": clauses}


def _edited(text: str, source: str, edits: Sequence[Edit]) -> str:
    found = spans(text, source)
    if not found:
        text = _begun(text, source)
    by_id = {span.id: span for span in found}
    column = found[0].column if found else 2
    changes: list[tuple[int, str, str, int, str]] = []
    for edit in edits:
        mine = by_id.get(edit.former or edit.id)
        key = str(edit.fields.get("key", ""))
        if mine is not None:
            lines = _rewritten(text[mine.start : mine.end], mine, edit)
            changes.append((mine.start, key, edit.id, mine.end, lines))
        else:
            at = max((span.end for span in found if (span.key, span.id) < (key, edit.id)), default=None)
            at = at or (_above(text, found[0].start) if found else len(text))
            fields = {name: edit.fields[name] for name in _ORDER if edit.fields.get(name) is not None}
            lines = _indented(_dumped(CommentedMap({edit.id: _node(fields)})), column)
            changes.append((at, key, edit.id, at, lines))
    for start, _, _, end, lines in sorted(changes, reverse=True):
        text = text[:start] + lines + text[end:]
    return text


def _above(text: str, start: int) -> int:
    """Where the comments begin that stand right above a line."""
    while text[text.rfind("\n", 0, start - 1) + 1 : start].lstrip().startswith("#"):
        start = text.rfind("\n", 0, start - 1) + 1
    return start


def _clauses(text: str) -> tuple[Node, Node] | None:
    """The name and the value of `clauses`, with their places in the text."""
    root = YAML(typ="safe").compose(text)
    pairs = root.value if isinstance(root, MappingNode) else []
    return next(((name, value) for name, value in pairs if name.value == "clauses"), None)


def _key_of(entry: Node) -> str:
    fields = entry.value if isinstance(entry, MappingNode) else []
    return next((str(value.value) for name, value in fields if name.value == "key"), "")


def _end(text: str, node: Node) -> int:
    """Where the last line of a node ends; comments that follow belong to what comes next."""
    while isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(node, MappingNode) else last
    at: int = node.end_mark.index
    newline = text.find("\n", at - 1)
    return newline + 1 if newline >= 0 else len(text)


def _begun(text: str, source: str) -> str:
    """The text with a `clauses` at its end that waits for the first entry."""
    pair = _clauses(text)
    if pair is None:
        return f"{text}\nclauses:\n" if text.strip() else f"{text}clauses:\n"
    start = pair[0].start_mark.index
    empty = _EMPTY.match(text, start)
    if empty is None or any(line[:1] not in {"", "#"} for line in text[empty.end() :].splitlines()):
        raise LedgerError(f"{source}: clauses is empty, and something follows it", "Move it to the end.")
    comment = f"  {empty[1]}" if empty[1] else ""
    return f"{text[:start]}clauses:{comment}\n{text[empty.end() :]}"


def _rewritten(lines: str, span: Span, edit: Edit) -> str:
    """An entry's lines with its fields set, its comments kept."""
    margin = " " * span.column
    loaded = _yaml().load("".join(line.removeprefix(margin) for line in lines.splitlines(keepends=True)))
    if not isinstance(loaded[span.id], CommentedMap):
        loaded[span.id] = CommentedMap()
    loaded[span.id].fa.set_block_style()
    _set(loaded[span.id], edit.fields)
    dumped = _dumped(loaded)
    return _indented(edit.id + dumped.removeprefix(span.id) if edit.former else dumped, span.column)


def _set(entry: CommentedMap, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if value is None:
            entry.pop(name, None)
        elif name == "positions" and isinstance(entry.get(name), CommentedMap):
            for who, position in value.items():
                entry[name][who] = _node(position)
        elif name not in entry:
            entry.insert(_place(entry, name), name, _node(value))
        elif entry[name] != value:
            entry[name] = _node(value)


def _place(entry: CommentedMap, name: str) -> int:
    """Where a new field goes: after those that come before it in `_ORDER`."""
    before = _ORDER[: _ORDER.index(name)]
    return max((at for at, known in enumerate(entry, start=1) if known in before), default=0)


def _node(value: Any, *, stated: bool = False) -> Any:
    """A value as it is written: facts one below the other, what is stated on one line."""
    if isinstance(value, dict):
        node = CommentedMap(
            (_text(name), _node(one, stated=stated or name == "value")) for name, one in value.items()
        )
        if stated:
            node.fa.set_flow_style()
        return node
    if isinstance(value, list | tuple):
        items = CommentedSeq(_node(one, stated=True) for one in value)
        items.fa.set_flow_style()
        return items
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    """A text without quotes where every parser takes it for one; what plain scalars may hold differs."""
    return text if _PLAIN.fullmatch(text) else DoubleQuotedScalarString(text)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDE
    yaml.representer.ignore_aliases = lambda _: True  # a day named twice is no reference
    return yaml


def _dumped(node: object) -> str:
    stream = io.StringIO()
    _yaml().dump(node, stream)
    return stream.getvalue()


def _indented(lines: str, column: int) -> str:
    return indent(lines, " " * column)
