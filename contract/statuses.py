"""Statuses as subjects name them: exact (`404`), a class (`4XX`), or `default` for the others.

What was delivered through a broker has no status. It is told as `message`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

DEFAULT = "default"

MESSAGE = 290
"""Stands for `message` where an exchange has a status: a success, and none that is registered."""

_MESSAGE_WORD = "message"


def word_of(status: int) -> str:
    """The status as subjects name it."""
    return _MESSAGE_WORD if status == MESSAGE else str(status)


def covers(pattern: str, status: str) -> bool:
    """Whether a pattern, standing alone, speaks of a status."""
    return pattern in ways(status)


def ways(status: str) -> tuple[str, ...]:
    """The patterns that speak of a status, the most specific first (OpenAPI 3.1, Responses Object)."""
    return (status,) if status == _MESSAGE_WORD else (status, f"{status[:1]}XX", DEFAULT)


def pattern_for(status: str, declared: Container[str]) -> str | None:
    """The declared pattern that speaks of a status, None if none does."""
    return next((pattern for pattern in ways(status) if pattern in declared), None)
