"""Secrets in multipart bodies: each part is a body of its own, with a name (RFC 7578) and a media type."""

from __future__ import annotations

import re
from collections.abc import Callable

RedactPart = Callable[[str, str, bytes, bool], bytes]
"""What to do with a part: its form name, its media type, its content, and whether its end was cut off."""

_NAME = re.compile(
    rb"""(?:^|[;\s])name\*?\s*=\s*(?:utf-8'[^']*')?(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))""", re.IGNORECASE
)
_TYPE = re.compile(rb"^content-type\s*:\s*([^\s;]+)", re.IGNORECASE | re.MULTILINE)
_FIRST_LINE = re.compile(rb"\A(?:\r?\n)*--([^\r\n]{1,200})\r?\n")
_LOOK = re.compile(rb"\A\s*--[^\r\n]{1,200}\r?\ncontent-", re.IGNORECASE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")


def boundary_of(data: bytes, parameter: str) -> bytes:
    """The boundary that the header names, or that the first line shows where it is wrong; empty: neither."""
    named = parameter.encode("latin-1", "replace")
    if named and b"--" + named in data:
        return named
    first = _FIRST_LINE.match(data)
    return first[1].rstrip() if first else b""


def looks_like_multipart(data: bytes) -> bool:
    """Whether a body begins as a multipart body does, whatever its type says."""
    return b"--" in data[:8] and _LOOK.match(data) is not None


def redact_multipart(data: bytes, boundary: bytes, redact_part: RedactPart) -> bytes:
    """The body with each part's content redacted; delimiters and part headers stay."""
    pieces = data.split(b"--" + boundary)
    last = len(pieces) - 1
    for index, piece in enumerate(pieces):
        head_end = _HEAD_END.search(piece) if index > 0 and not piece.startswith(b"--") else None
        if head_end is None:
            pieces[index] = redact_part("", "text/plain", piece, index == last)
            continue
        head, content = piece[: head_end.end()], piece[head_end.end() :]
        tail = content[len(content.rstrip(b"\r\n")) :] if index < last else b""
        content = content[: len(content) - len(tail)]
        name, media_type = _NAME.search(head), _TYPE.search(head)
        text_name = (name[1] or name[2] or b"").decode("utf-8", "replace") if name else ""
        text_type = media_type[1].decode("latin-1").lower() if media_type else ""
        pieces[index] = head + redact_part(text_name, text_type, content, index == last) + tail
    return (b"--" + boundary).join(pieces)
