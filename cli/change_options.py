"""Options that the commands of `change` share."""

from __future__ import annotations

from pathlib import Path
from time import time_ns

import click

from cli.options import Instant

DAY = click.DateTime(["%Y-%m-%d"])

change_argument = click.argument("change")

at_option = click.option(
    "--at",
    type=Instant(),
    default=time_ns,
    metavar="WHEN",
    help="As of when; traffic after it does not count. Default: now.",
)

by_option = click.option(
    "--by", required=True, envvar="DEFACTO_BY", metavar="WHO", help="Who does this. [env: DEFACTO_BY]"
)

secret_option = click.option(
    "--secret-file",
    envvar="DEFACTO_WEBHOOK_SECRET_FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What posts are signed with. [env: DEFACTO_WEBHOOK_SECRET_FILE]",
)


def secret_of(path: Path | None) -> bytes | None:
    """The secret in a file, None: posts are not signed.

    Raises:
        DefactoError: it cannot be read, or is none.
    """
    from reports.posting import secret_from  # noqa: PLC0415  # commands import their work when they run
    from store.errors import DefactoError  # noqa: PLC0415

    if path is None:
        return None
    try:
        return secret_from(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DefactoError(f"cannot read the secret {path}: {error}") from error
