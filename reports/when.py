"""Instants and periods as people write them: a date, an RFC 3339 time, how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from time import time_ns
from typing import NamedTuple

from store.errors import QuestionError

_AGO = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_FURTHEST = 2**62
"""Unix ns that a store can be asked for, with room to add a period: the year 2116."""
_HOUR = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}")


class Span(NamedTuple):
    """A period: from `since` on, before `until` (Unix ns, None: no bound), and as it was written."""

    since: int | None
    until: int | None
    text: str


def read_instant(text: str) -> int:
    """An instant as Unix ns, from RFC 3339, a date (its midnight), or how long ago (`2h`); UTC if need be.

    Raises:
        QuestionError: it is none.
    """
    found = _unix_ns(text)
    if found is None or abs(found) > _FURTHEST:
        raise QuestionError(f"{text!r} is no instant: write 2026-03-02, 2026-03-02T09:00:00Z, 2h or 7d.")
    return found


def read_period(text: str) -> Span:
    """A period as `START..END`, one of which may be left out, or a day or an hour alone (`2026-11-01T09`).

    Raises:
        QuestionError: it is none.
    """
    start, dots, end = (part.strip() for part in text.partition(".."))
    if not dots:
        return _alone(text)
    since, until = (read_instant(part) if part else None for part in (start, end))
    if since is None and until is None:
        raise QuestionError("'..' is all of the time: give it a start or an end.")
    if since is not None and until is not None and until <= since:
        raise QuestionError(f"{text!r} ends before it begins.")
    return Span(since, until, text)


def _unix_ns(text: str) -> int | None:
    ago = _AGO.fullmatch(text)
    if ago:
        return time_ns() - int(ago[1]) * _UNIT_SECONDS[ago[2]] * 10**9
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        whole = int(moment.replace(microsecond=0).timestamp())
    except (ValueError, OverflowError):
        return None
    return whole * 10**9 + moment.microsecond * 1000


def _alone(text: str) -> Span:
    unit = "d" if _DAY.fullmatch(text) else "h" if _HOUR.fullmatch(text) else ""
    if not unit:
        raise QuestionError(
            f"{text!r} is no period: write 2026-03-02, 2026-03-02T09, 2026-03-02..2026-03-09 or 7d..1d."
        )
    since = read_instant(text)
    return Span(since, since + _UNIT_SECONDS[unit] * 10**9, text)
