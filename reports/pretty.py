"""Bodies as people read them: JSON indented and not changed, text line by line, the rest in hexadecimal."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.content import MAX_DEPTH
from contract.subject import ITEM
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

INDENT = 2
MAX_INDENT = 80
"""Columns; deeper nesting is not indented any further, so that output grows no faster than the body."""
DUMPED_BYTES = 256
"""As much of a binary body is shown."""

_LEXEME = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)
_EMPTY = {"{": "}", "[": "]"}


def is_json(media_type: str, content: bytes) -> bool:
    """Whether a body is a JSON object or array, or the beginning of one, as far as its own words go."""
    if media_type and not media_type.endswith(("/json", "+json")):
        return False
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


@dataclass(slots=True)
class Line:
    """One line of a JSON text.

    `depth` says in how many containers it lies. `path` is the place of its value as a subject has it (names,
    `[]` for an item), None for a line that only closes a container. A member's text begins with `name`, as
    written; `""` where the line is no member.
    """

    depth: int
    text: str
    path: tuple[str, ...] | None
    name: str = ""


def pretty(content: bytes, media_type: str) -> str:
    """A body as text that is safe on a terminal, lines ending in a line feed."""
    text = readable(content)
    if text is None:
        return dump(content)
    if is_json(media_type, content):
        lines = [f"{margin(line.depth)}{line.text}".rstrip() for line in json_lines(text)]
    else:
        lines = text.expandtabs(4).splitlines()
    return "\n".join(map(for_terminal, lines))


def readable(content: bytes) -> str | None:
    """A body as text, None where it is binary."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def json_lines(text: str) -> Iterator[Line]:
    """JSON with a line for each member. Works on lexemes: no number, escape or repeated name is touched.

    What is cut off or is no JSON at all is shown as far as its brackets make sense.
    """
    around: list[tuple[str, tuple[str, ...] | None]] = []  # the containers that are open, with their places
    line = Line(0, "", ())
    opened = ""
    end = 0
    for match in _LEXEME.finditer(text):
        lexeme = match[0]
        if lexeme in {"}", "]"}:
            del around[-1:]
            if _EMPTY.get(opened) != lexeme:
                yield line
                line = Line(len(around), "", None)
        elif opened:
            yield line
            line = _within(around)
        elif line.text and match.start() > end and lexeme not in {",", ":"} and line.text[-1] != " ":
            line.text += " "  # between two that no comma parts, which is no JSON
        opened = ""
        end = match.end()
        if lexeme == ":":
            _name(line, around)
        line.text += f"{lexeme} " if lexeme == ":" else lexeme
        if lexeme in _EMPTY:
            around.append((lexeme, line.path))
            opened = lexeme
        elif lexeme == ",":
            yield line
            line = _within(around)
    yield line


def margin(depth: int) -> str:
    """The spaces before a line."""
    return " " * min(depth * INDENT, MAX_INDENT)


def _within(around: list[tuple[str, tuple[str, ...] | None]]) -> Line:
    """An empty line within the containers that are open; a member's place is known by its name."""
    if not around:
        return Line(0, "", None)
    bracket, place = around[-1]
    item = None if bracket == "{" or place is None or len(around) > MAX_DEPTH else (*place, ITEM)
    return Line(len(around), "", item)


def _name(line: Line, around: list[tuple[str, tuple[str, ...] | None]]) -> None:
    """Take what stands before a colon for the name of a member."""
    if line.name or not around or around[-1][0] != "{" or around[-1][1] is None or len(around) > MAX_DEPTH:
        return
    try:
        name = json.loads(line.text)
    except ValueError:
        return
    if isinstance(name, str):
        line.name, line.path = line.text, (*around[-1][1], name)


def dump(content: bytes) -> str:
    """The first bytes, sixteen a line, with what is printable beside them."""
    lines = []
    for start in range(0, min(len(content), DUMPED_BYTES), 16):
        row = content[start : start + 16]
        readable = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        lines.append(f"{start:04x}  {row.hex(' '):<47}  {readable}")
    if len(content) > DUMPED_BYTES:
        lines.append(f"… {len(content) - DUMPED_BYTES:,} bytes more")
    return "\n".join(lines)
