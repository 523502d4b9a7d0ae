"""Numbers, times and lists as people read them. English, no markup, nothing about contracts.

A report that must be scanned in seconds writes every quantity in one way; this is the one place that says
which.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LENGTHS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 consumer`, `1,204 observations`. `plural` where adding an s is wrong."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def verb(number: int, singular: str, plural: str) -> str:
    """The form of a verb that fits a number of things."""
    return singular if number == 1 else plural


def percent(rate: float) -> str:
    """A rate of 0 to 1 with two significant digits: `0.24%`, `38%`. Never rounded to none or to all."""
    value = 100 * rate
    if value <= 0 or value >= 100:
        figure = f"{max(0, min(100, value)):.0f}"
    elif value < 0.01:
        figure = "under 0.01"
    elif value > 99:
        figure = f"{min(value, 99.99):.4g}"
    else:
        figure = f"{value:.2g}" if value < 10 else f"{value:.0f}"
    return f"{figure}%"


def upper(rate: float) -> str:
    """An upper bound of a rate of 0 to 1, rounded up where it is tiny: `0.24%`, never below `0.01%`."""
    return percent(max(rate, 1e-4))


def listed(names: Sequence[str], most: int = 3) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b, c and 4 more`."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def clipped(text: str, most: int = 160) -> str:
    """The beginning of a long text, cut after a word."""
    if len(text) <= most:
        return text
    return f"{text[:most].rpartition(' ')[0] or text[:most]} …"


def milliseconds(value: float) -> str:
    """A duration given in ms with two or three significant digits: `0.84 ms`, `41 ms`, `1.2 s`."""
    if value >= 1000:
        return f"{value / 1000:.3g} s"
    return f"{value:.2g} ms" if value < 10 else f"{value:.0f} ms"


def instant(unix_ns: int) -> str:
    """RFC 3339 in UTC with microseconds, for programs."""
    return _utc(unix_ns).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment(unix_ns: int) -> str:
    """`2026-03-02 14:05 UTC`, for people."""
    return _utc(unix_ns).strftime("%Y-%m-%d %H:%M UTC")


def between(first_ns: int, last_ns: int) -> str:
    """A period of two instants, the day written once where it is the same."""
    first, last = _utc(first_ns), _utc(last_ns)
    if first.date() == last.date():
        return f"{first:%Y-%m-%d %H:%M} to {last:%H:%M} UTC"
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"


def length(duration_ns: int) -> str:
    """A length of time in its largest whole unit: `40 minutes`, `3 days`."""
    seconds = duration_ns // 10**9
    for size, unit in _LENGTHS:
        if seconds >= size:
            return count(seconds // size, unit)
    return "less than a second"


def _utc(unix_ns: int) -> datetime:
    """Whole microseconds: a float of seconds would already be wrong in the sixth digit."""
    seconds, rest = divmod(unix_ns, 10**9)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
