"""Bodies for the page: line by line, each line with what is known of the place it shows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from reports.opened import body_words
from reports.pretty import dump, is_json, json_lines, margin, readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.pretty import Line
    from reports.web.marks import Mark, Marks
    from store.records import Body

MOST_LINES = 2_000
LONGEST = 2_000
"""Characters of a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLine:
    """A line: its margin, the name of the member it shows, what follows, and a mark.

    `first` says that the place is marked here for the first time: only there it is said in words.
    """

    margin: str
    name: str
    text: str
    mark: Mark | None = None
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBody:
    """A body: what it is in words, its lines, and what was left out of them."""

    about: str
    lines: tuple[ShownLine, ...]
    left_out: str = ""

    @property
    def marked(self) -> bool:
        """Whether there is anything to explain in it."""
        return any(line.mark for line in self.lines)


def shown_body(body: Body, root: tuple[str, ...], marks: Marks) -> ShownBody:
    """A body for the page.

    Args:
        body: as it is kept.
        root: the parts of the subject that the body is, as in `response.200.body`.
        marks: of its operation.
    """
    text = readable(body.content)
    lines: Iterable[ShownLine]
    if text is None:
        lines = _plain(dump(body.content).splitlines())
    elif is_json(body.media_type, body.content):
        lines = _marked(json_lines(text), root, marks)
    else:
        lines = _plain(text.expandtabs(4).splitlines())
    kept = tuple(islice(lines, MOST_LINES + 1))
    left_out = f"Only the first {MOST_LINES:,} lines are shown." if len(kept) > MOST_LINES else ""
    return ShownBody(about=body_words(body), lines=kept[:MOST_LINES], left_out=left_out)


def _plain(lines: Iterable[str]) -> Iterator[ShownLine]:
    return (ShownLine(margin="", name="", text=_cut(line)) for line in lines)


def _marked(lines: Iterable[Line], root: tuple[str, ...], marks: Marks) -> Iterator[ShownLine]:
    told: set[str] = set()
    for line in lines:
        mark = marks.at((*root, *line.path)) if line.path is not None else None
        yield ShownLine(
            margin=margin(line.depth),
            name=_cut(line.name),
            text=_cut(line.text[len(line.name) :]),
            mark=mark,
            first=mark is not None and mark.href not in told,
        )
        if mark is not None:
            told.add(mark.href)


def _cut(text: str) -> str:
    more = len(text) - LONGEST
    return text if more <= 0 else f"{text[:LONGEST]} … {more:,} characters more"
