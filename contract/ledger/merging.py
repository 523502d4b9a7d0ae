"""Two branches of a ledger made one, entry by entry: they conflict only where both changed the same entry.

Merged by lines, two decisions about neighbouring clauses would conflict, since they stand in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract.ledger.reading import tree
from contract.ledger.splicing import heading_end, spans

Lines = Callable[[str, str, str], tuple[str, bool]]
"""Merges ours, base and theirs by lines: what comes out, and whether it is without conflict."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of it. `conflicts` are the ids of entries that both changed differently, `head`: all else."""

    text: str
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """What stands before the entries, the entries with the comments above them, and what comes after."""

    head: str
    entries: dict[str, str]
    keys: dict[str, str]
    tail: str


def merge(ours: str, base: str, theirs: str, source: str, by_lines: Lines) -> Merged:
    """Merge what two branches made of a base.

    Raises:
        LedgerError: one of them is written so that its entries cannot be told apart.
    """
    mine, was, other = (_parts(text, source) for text in (ours, base, theirs))
    conflicts: list[str] = []

    def one(name: str, texts: tuple[str, str, str]) -> str:
        merged, clean = _three(*texts, by_lines)
        if not clean:
            conflicts.append(name)
        return merged

    head = one("head", (mine.head, was.head, other.head))
    keys = {**was.keys, **other.keys, **mine.keys}
    entries = [
        one(id_, (mine.entries.get(id_, ""), was.entries.get(id_, ""), other.entries.get(id_, "")))
        for id_ in sorted(keys, key=lambda id_: (keys[id_], id_))
    ]
    tail = one("tail", (mine.tail, was.tail, other.tail))
    return Merged("".join((head, *entries, tail)), tuple(conflicts))


def _parts(text: str, source: str) -> _Parts:
    tree(text, source)
    found = spans(text, source)
    if not found:
        return _Parts(text, {}, {}, "")
    entries = {}
    at = start = heading_end(text)
    for span in found:
        entries[span.id] = text[at : span.end]
        at = span.end
    return _Parts(text[:start], entries, {span.id: span.key for span in found}, text[at:])


def _three(ours: str, base: str, theirs: str, by_lines: Lines) -> tuple[str, bool]:
    if theirs in {ours, base}:
        return ours, True
    return (theirs, True) if ours == base else by_lines(ours, base, theirs)
