"""Text that came from traffic, made safe to show. HTML is escaped by Jinja2's autoescape, the rest here.

What would act instead of being read is replaced by something visible, so that nothing disappears from a
report.
"""

from __future__ import annotations

import re

_ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e01ef]"
)
"""Controls of C0 and C1 (with one begins every escape sequence, ECMA-48), marks that reorder (UAX 9) or that
nobody sees (Default_Ignorable_Code_Point, without letters and the forms of emoji), lone surrogates, tags."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters that make spreadsheet programs evaluate a cell (OWASP, CSV Injection)."""


def for_terminal(text: str) -> str:
    r"""One line without control or direction characters; each is shown as `\x1b` or `\u202e`."""
    return _ACTING.sub(_escape, text)


def for_csv(cell: str) -> str:
    """A cell that no spreadsheet program takes for a formula: an apostrophe goes before what could be one."""
    clean = for_terminal(cell)
    return f"'{clean}" if cell.startswith(_FORMULA) or clean.lstrip().startswith(_FORMULA) else clean


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
