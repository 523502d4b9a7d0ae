"""Blank values: texts that stand where a value would, and say that there is none.

`""`, `"N/A"`, `"null"`: what producers write who have no null. Statements about values neither hold nor
break on them, as on null itself. `NA` is none of them: it is Namibia, North America and sodium.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.tokens import is_token

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject

_BLANK = frozenset(
    {
        "",
        "-",
        "--",
        "---",
        "–",
        "—",
        "#n/a",
        "(none)",
        "(null)",
        "<none>",
        "<null>",
        "n.a.",
        "n/a",
        "n\\a",
        "nan",
        "nil",
        "none",
        "not applicable",
        "not available",
        "null",
        "undefined",
        "unknown",
    }
)
_LONGEST = max(map(len, _BLANK))


def is_blank(value: object) -> bool:
    """Whether a value is null or a text that stands for it, whatever its case and the blanks around it."""
    if value is None:
        return True
    if not isinstance(value, str):
        return False
    if len(value) > _LONGEST:
        value = value.strip()
        return len(value) <= _LONGEST and value.lower() in _BLANK
    return value in _BLANK or value.strip().lower() in _BLANK


def values_at(subject: Subject, places: Places) -> list[Any]:
    """The values at a place that can be looked at: those that are not blank and were not redacted."""
    found = places.find(subject)
    if found is None:
        return []
    return [value for value in found.values if not is_blank(value) and not _is_redacted(value)]


def text_at(subject: Subject, value: object) -> str | None:
    """The text that stands at a subject as this value; None if it is none.

    Where HTTP puts text the digits of a whole number are the text that was sent. Of a fraction they may not
    be (`1.50`), so nothing is known of it.
    """
    if isinstance(value, str):
        return value
    if not subject.textual or not isinstance(value, int):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_redacted(value: object) -> bool:
    return isinstance(value, str) and is_token(value)
