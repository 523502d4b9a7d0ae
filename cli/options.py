"""Options that several commands share, defined once."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from time import time_ns
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_Decorated = TypeVar("_Decorated", bound="Callable[..., object]")

_AGO = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_HOUR = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}")


class Span(NamedTuple):
    """A period: from `since` on, before `until` (Unix ns, None: no bound), and as it was written."""

    since: int | None
    until: int | None
    text: str


class Instant(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """An instant as Unix ns, from RFC 3339, a date (its midnight in UTC), or how long ago (`2h`)."""

    name = "when"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read one; without an offset it is UTC."""
        if isinstance(value, int):
            return value
        text = str(value).strip()
        ago = _AGO.fullmatch(text)
        if ago:
            return time_ns() - int(ago[1]) * _UNIT_SECONDS[ago[2]] * 10**9
        try:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            whole = int(moment.replace(microsecond=0).timestamp())
        except (ValueError, OverflowError):
            self.fail(
                f"{text!r} is no instant: write 2026-03-02, 2026-03-02T09:00:00Z, 2h or 7d.", param, ctx
            )
        return whole * 10**9 + moment.microsecond * 1000


class Period(click.ParamType):  # type: ignore[type-arg]  # as above
    """A period as `START..END`, one of which may be left out, or a day or an hour alone (`2026-11-01T09`)."""

    name = "period"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Span:
        """Read one."""
        if isinstance(value, Span):
            return value
        text = str(value).strip()
        start, dots, end = (part.strip() for part in text.partition(".."))
        if not dots:
            return self._alone(text, param, ctx)
        since, until = (Instant().convert(part, param, ctx) if part else None for part in (start, end))
        if since is None and until is None:
            self.fail("'..' is all of the time: give it a start or an end.", param, ctx)
        if since is not None and until is not None and until <= since:
            self.fail(f"{text!r} ends before it begins.", param, ctx)
        return Span(since, until, text)

    def _alone(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> Span:
        unit = "d" if _DAY.fullmatch(text) else "h" if _HOUR.fullmatch(text) else ""
        if not unit:
            self.fail(
                f"{text!r} is no period: write 2026-03-02, 2026-03-02T09, 2026-03-02..2026-03-09 or 7d..1d.",
                param,
                ctx,
            )
        since = Instant().convert(text, param, ctx)
        return Span(since, since + _UNIT_SECONDS[unit] * 10**9, text)


store_option = click.option(
    "--store",
    "store_url",
    envvar="DEFACTO_STORE",
    default="defacto.db",
    show_default=True,
    metavar="URL",
    help="Where observations are kept: a SQLite file, or a postgresql:// URL. [env: DEFACTO_STORE]",
)

producer_option = click.option("--producer", metavar="NAME", help="Only this producer.")


def format_option(*formats: str) -> Callable[[_Decorated], _Decorated]:
    """`--format`, the first one given being the default."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to write it.",
    )


output_option = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    help="Write to a file instead of stdout.",
)

since_option = click.option(
    "--since",
    type=Instant(),
    metavar="WHEN",
    help="Only from here on, in whole hours: 2026-03-02, an RFC 3339 time, 2h, 7d.",
)
until_option = click.option(
    "--until", type=Instant(), metavar="WHEN", help="Only before this; written like --since."
)

allow_remote_option = click.option(
    "--allow-remote", is_flag=True, help="Fetch documents, and what they refer to, over HTTP."
)

from_option = click.option(
    "--from",
    "earlier",
    type=Period(),
    metavar="PERIOD",
    help="The earlier period: 2026-03-02, 2026-03-02T09, 2026-03-02..2026-03-09, 14d..7d; whole hours.",
)
to_option = click.option(
    "--to", "later", type=Period(), metavar="PERIOD", help="The later period; written like --from."
)


class Quantity(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """An age or a size as people write it.

    Args:
        kind: what reads it; its ValueError says what is wrong.
    """

    def __init__(self, kind: type[int]) -> None:
        self.name = kind.__name__.lower()
        self._kind = kind

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read one."""
        if isinstance(value, self._kind):
            return value
        try:
            return self._kind(str(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
