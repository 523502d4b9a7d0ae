"""Options that several commands share, defined once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from reports.when import Span, read_instant, read_period
from store.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable

_Decorated = TypeVar("_Decorated", bound="Callable[..., object]")


class Instant(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """An instant as Unix ns, from RFC 3339, a date (its midnight in UTC), or how long ago (`2h`)."""

    name = "when"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read one; without an offset it is UTC."""
        if isinstance(value, int):
            return value
        try:
            return read_instant(str(value).strip())
        except QuestionError as error:
            self.fail(error.message, param, ctx)


class Period(click.ParamType):  # type: ignore[type-arg]  # as above
    """A period as `START..END`, one of which may be left out, or a day or an hour alone (`2026-11-01T09`)."""

    name = "period"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Span:
        """Read one."""
        if isinstance(value, Span):
            return value
        try:
            return read_period(str(value).strip())
        except QuestionError as error:
            self.fail(error.message, param, ctx)


store_option = click.option(
    "--store",
    "store_url",
    envvar="DEFACTO_STORE",
    default="defacto.db",
    show_default=True,
    metavar="URL",
    help="Where observations are kept: a SQLite file, or a postgresql:// URL. [env: DEFACTO_STORE]",
)

DECLARED_HELP = (
    "The declared document: OpenAPI, AsyncAPI, GraphQL, protobuf, a schema of messages (CHANNEL=FILE), a"
    " folder of schemas, or a registry (registry+https://…); one for each producer, of schemas several."
)
"""What `--declared` takes, where it may be given more than once."""

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
