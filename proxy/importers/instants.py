"""Times as recordings give them, as Unix nanoseconds. What is no time, or none that 64 bits hold, is None."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_END = datetime(2262, 1, 1, tzinfo=UTC)
"""Nanoseconds since 1970 in 64 bits end in April of this year."""


def nanoseconds(instant: datetime) -> int | None:
    """A date and time with a time zone."""
    return (instant - _EPOCH) // _MICROSECOND * 1000 if _EPOCH <= instant < _END else None


def from_iso(text: str) -> int | None:
    """An ISO 8601 date and time; without a time zone, UTC is assumed."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return nanoseconds(instant if instant.tzinfo else instant.replace(tzinfo=UTC))


def from_http_date(text: str) -> int | None:
    """A Date field (RFC 9110 section 5.6.7), which knows whole seconds."""
    try:
        return nanoseconds(parsedate_to_datetime(text))
    except (ValueError, TypeError, OverflowError):  # one without a time zone cannot be compared
        return None


def from_seconds(seconds: Any) -> int | None:
    """Unix seconds. Rounded to microseconds: a float of that size knows no more, and HAR writes no more."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return None
    try:
        return nanoseconds(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def length(amount: Any, unit_ns: int) -> int | None:
    """A length of time in ns; negative ones are how tools write "does not apply"."""
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not math.isfinite(amount):
        return None
    return round(amount * unit_ns) if 0 <= amount * unit_ns < 1 << 62 else None
