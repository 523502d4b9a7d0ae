"""What a declared document says at a pointer, in its own words: the lines of its text.

Only the documents that the page was given are read; a path never comes from a request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

from contract.openapi.tree import Lines
from reports.words import clipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.web.snapshot import Sources

MOST_LINES = 14
WIDEST = 180
"""Characters of one line that are shown."""
MOST_BYTES = 4 << 20
"""A document whose lines are looked for; composing a larger one takes too long for a page."""

_SUFFIXES = frozenset({".json", ".yaml", ".yml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Some lines of a document. `first` is the number of the first one, `more` how many were left out."""

    document: str
    first: int
    lines: tuple[str, ...]
    more: int = 0

    @property
    def numbered(self) -> tuple[tuple[int, str], ...]:
        """Each line with its number."""
        return tuple(enumerate(self.lines, start=self.first))


def excerpt(sources: Sources, producers: Sequence[str], producer: str, pointer: str) -> Excerpt | None:
    """The lines that a pointer points to; None where the document is no text at hand, or cannot say.

    Args:
        sources: with the documents that the page was given.
        producers: the names of all.
        producer: whose document it is.
        pointer: a JSON pointer as a fragment (RFC 6901).
    """
    path = _document(sources, producers, producer)
    if path is None or not pointer.startswith("#/"):
        return None
    try:
        state = path.stat()
        if path.suffix.lower() not in _SUFFIXES or state.st_size > MOST_BYTES:
            return None
        text, lines = _read(path, state.st_mtime_ns)
    except (OSError, UnicodeDecodeError):
        return None
    steps = tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[2:].split("/"))
    at = lines.of(steps)
    return None if at is None else _cut(path.name, text.splitlines(), at - 1, steps[-1])


def _document(sources: Sources, producers: Sequence[str], producer: str) -> Path | None:
    for given in sources.declared:
        name, equals, path = given.partition("=")
        if equals and name in producers:
            if name == producer:
                return Path(path)
        elif tuple(producers) == (producer,):
            return Path(given)
    return None


@lru_cache(maxsize=8)
def _read(path: Path, _modified: int) -> tuple[str, Lines]:
    """A text and its lines; read again when it was modified."""
    text = path.read_text("utf-8")
    return text, Lines(text)


def _cut(document: str, lines: list[str], at: int, step: str) -> Excerpt:
    """The key that the value at a line belongs to, and what stands further in than the key."""
    head = at if _names(lines[at], step) else max(0, at - 1)
    end = head + 1
    while end < len(lines) and (not lines[end].strip() or _depth(lines[end]) > _depth(lines[head])):
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    shown = dedent("\n".join(lines[head : min(end, head + MOST_LINES)])).split("\n")
    return Excerpt(
        document=document,
        first=head + 1,
        lines=tuple(clipped(line, WIDEST) for line in shown),
        more=max(0, end - head - MOST_LINES),
    )


def _names(line: str, step: str) -> bool:
    """Whether a value stands on the line of its key, as scalars and `{…}` do, or is an item of a list."""
    item = step.isdigit() and line.lstrip().startswith(("-", "{", "["))
    return item or re.search(rf"(^|[\s{{,])[\"']?{re.escape(step)}[\"']?\s*:", line) is not None


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
