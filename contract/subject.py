"""Subjects: the places in an operation that statements are about.

Written as `request.query.limit`, `request.header.accept`, `request.body.items[].sku`, `response.200.body.id`,
`response.429.header.retry-after`, `response.200.latency`. A part is a field name, `[]` (each item of an
array) or `{}` (each value of a map, an object whose keys are data). Names that are not plain words are
quoted as JSON strings in brackets: `response.200.body["odd name"].x`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from contract.clause import Direction

ITEM = "[]"
"""The part that stands for each item of an array."""
VALUE = "{}"
"""The part that stands for each value of a map."""

TEXTUAL = frozenset({"path", "query", "header", "cookie"})
"""The parts of a message that hold named texts."""

_PLAIN = re.compile(r"[A-Za-z_$@][\w$@/-]*|\d\w*", re.ASCII)
_TOKEN = re.compile(r'\.?(?:(\[\])|(\{\})|\[("(?:[^"\\]|\\.)*")\]|([^.\[\]{}"]+))')


Part = str
"""`ITEM`, `VALUE`, or a name. A field that is named `[]` or `{}` itself is read as the part."""


@dataclass(frozen=True)
class Subject:
    """A place, as the tuple of its parts."""

    parts: tuple[Part, ...]

    @cached_property
    def text(self) -> str:
        """The written form; `parse` reads it back."""
        out = ""
        for part in self.parts:
            if part in {ITEM, VALUE}:
                out += part
            elif _PLAIN.fullmatch(part):
                out += f".{part}" if out else part
            else:
                out += f"[{json.dumps(part)}]"
        return out

    def __str__(self) -> str:
        return self.text

    @property
    def direction(self) -> Direction:
        """Who produces what stands here."""
        return Direction.REQUEST if self.parts[0] == "request" else Direction.RESPONSE

    @property
    def status(self) -> str | None:
        """The status of a response subject (`200`, or declared `4XX`, `default`), None for a request's."""
        return self.parts[1] if self.parts[0] == "response" and len(self.parts) > 1 else None

    @property
    def section(self) -> str:
        """The part of the message that the place is in: `path`, `query`, `header`, `body`…, or `""`."""
        depth = 1 if self.direction is Direction.REQUEST else 2
        return self.parts[depth] if len(self.parts) > depth else ""

    @property
    def textual(self) -> bool:
        """Whether HTTP puts text here (in a path, query, header or cookie), whatever it may stand for."""
        depth = 1 if self.direction is Direction.REQUEST else 2
        return self.section in TEXTUAL and len(self.parts) > depth + 1

    @property
    def parent(self) -> Subject:
        """The place one level up; a subject of one part is its own parent."""
        return Subject(self.parts[:-1]) if len(self.parts) > 1 else self

    @cached_property
    def readable(self) -> str:
        """The form for people: `200 body items[].sku`, `query limit`, `body sku`."""
        head, rest = self.parts[0], self.parts[1:]
        if head == "response" and rest:
            words, path = rest[:2], rest[2:]
        else:
            words, path = rest[:1], rest[1:]
        tail = Subject(path).text if path else ""
        return " ".join([*words, *([tail] if tail else [])]) or head

    def within(self, *parts: Part) -> Subject:
        """The place reached from here by further parts."""
        return Subject(self.parts + parts)

    def under(self, ancestor: Subject) -> bool:
        """Whether this place is the ancestor or lies inside it."""
        return self.parts[: len(ancestor.parts)] == ancestor.parts


@lru_cache(maxsize=65536)
def parse(text: str) -> Subject:
    """Read a written subject.

    Raises:
        ValueError: the text is no subject; the message says from which character on.
    """
    parts: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.end() == position:
            raise ValueError(f"not a subject from character {position + 1} on: {text!r}")
        item, value, quoted, name = match.groups()
        parts.append(item or value or (json.loads(quoted) if quoted else name))
        position = match.end()
    if not parts:
        raise ValueError("a subject must name a place, such as response.200.body.id")
    return Subject(tuple(parts))
