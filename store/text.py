"""Text from traffic, made storable: one reversible escape for what a database refuses.

PostgreSQL refuses NUL in text, and a lone surrogate (a byte that was no UTF-8, decoded with
`surrogateescape`) has no UTF-8 form at all. Such a character is written as DLE (U+0010, "data link escape")
and four hexadecimal digits; so is DLE itself, which makes it reversible. All other text is stored as it is,
the same in both databases.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import Text
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Dialect

_REFUSED = re.compile("[\x00\x10\ud800-\udfff]")
_ESCAPED = re.compile("\x10([0-9a-f]{4})")


def is_plain(text: str) -> bool:
    """Whether a text is surely stored as it is. Quick, and true of nearly all; False may be too strict."""
    return text.isascii() and "\x00" not in text and "\x10" not in text


def escape(text: str) -> str:
    """The storable form of any text."""
    return text if is_plain(text) else _REFUSED.sub(lambda match: f"\x10{ord(match[0]):04x}", text)


def unescape(text: str) -> str:
    """The text that `escape` was given."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "\x10" in text else text


def _escape_or_null(text: str | None) -> str | None:
    return None if text is None else escape(text)


def _unescape_or_null(text: str | None) -> str | None:
    return text if text is None or "\x10" not in text else unescape(text)


class AnyText(TypeDecorator[str]):
    """A text column that takes every Python string and gives it back unchanged.

    It overrides the processors and not the usual `process_*` methods, which cost three calls for each value.
    """

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        """Escape on the way in."""
        del dialect
        return _escape_or_null

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], str | None]:
        """Unescape on the way out."""
        del dialect, coltype
        return _unescape_or_null
