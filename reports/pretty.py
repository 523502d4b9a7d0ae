"""Bodies as people read them: JSON indented and not changed, text line by line, the rest in hexadecimal."""

from __future__ import annotations

import re

from reports.untrusted import for_terminal

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


def pretty(content: bytes, media_type: str) -> str:
    """A body as text that is safe on a terminal, lines ending in a line feed."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _dump(content)
    if "\0" in text:
        return _dump(content)
    lines = _indented(text) if is_json(media_type, content) else text.expandtabs(4).splitlines()
    return "\n".join(map(for_terminal, lines))


def _indented(text: str) -> list[str]:
    """JSON with a line for each member. Works on lexemes: no number, escape or repeated name is touched.

    What is cut off or is no JSON at all is shown as far as its brackets make sense.
    """
    lines = [""]
    depth = 0
    opened = ""
    end = 0
    for match in _LEXEME.finditer(text):
        lexeme = match[0]
        if lexeme in {"}", "]"}:
            depth = max(0, depth - 1)
            if _EMPTY.get(opened) != lexeme:
                lines.append(_margin(depth))
        elif opened:
            lines.append(_margin(depth))
        elif match.start() > end and lexeme not in {",", ":"} and not lines[-1].endswith(" "):
            lines[-1] += " "  # between two that no comma parts, which is no JSON
        opened = ""
        end = match.end()
        lines[-1] += f"{lexeme} " if lexeme == ":" else lexeme
        if lexeme in _EMPTY:
            depth += 1
            opened = lexeme
        elif lexeme == ",":
            lines.append(_margin(depth))
    return [line.rstrip() for line in lines]


def _margin(depth: int) -> str:
    return " " * min(depth * INDENT, MAX_INDENT)


def _dump(content: bytes) -> str:
    """The first bytes, sixteen a line, with what is printable beside them."""
    lines = []
    for start in range(0, min(len(content), DUMPED_BYTES), 16):
        row = content[start : start + 16]
        readable = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        lines.append(f"{start:04x}  {row.hex(' '):<47}  {readable}")
    if len(content) > DUMPED_BYTES:
        lines.append(f"… {len(content) - DUMPED_BYTES:,} bytes more")
    return "\n".join(lines)
