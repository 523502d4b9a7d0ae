"""`defacto serve`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from cli.ledger import ledger_option
from cli.options import DECLARED_HELP, allow_remote_option, store_option

if TYPE_CHECKING:
    from reports.web.security import Access


@click.command("serve")
@store_option
@click.option(
    "--declared",
    multiple=True,
    metavar="[PRODUCER=]FILE",
    help=DECLARED_HELP,
)
@ledger_option
@allow_remote_option
@click.option(
    "--listen", default="127.0.0.1:8321", show_default=True, metavar="HOST:PORT", help="Where to listen."
)
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Ask visitors for the token in this file. Needed beyond loopback, or --user-header.",
)
@click.option(
    "--user-header",
    default="",
    metavar="NAME",
    help="The header in which a reverse proxy that signs users in names them."
    " Nobody else may reach the page.",
)
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="A name that the page goes by.")
@click.option("--no-infer", is_flag=True, help="Show what was folded; leave folding to defacto infer.")
def command(
    store_url: str,
    declared: tuple[str, ...],
    ledger_path: str,
    listen: str,
    token_file: str | None,
    user_header: str,
    hosts: tuple[str, ...],
    *,
    allow_remote: bool,
    no_infer: bool,
) -> None:
    """The web page: who depends on what, live, and every number a link away from its traffic.

    It keeps itself fresh while traffic is recorded. Decisions made on the page are a patch to download, or
    written to the file that --ledger names. It listens on loopback; beyond it only with a token, or behind a
    reverse proxy that signs users in.

    \b
    Example:
      defacto serve --declared openapi.yaml
      defacto serve --declared shop=openapi.yaml --declared shop-events=asyncapi.yaml --ledger contract.yaml
      defacto serve --listen 0.0.0.0:8321 --token-file /run/secrets/defacto --host defacto.example.org
    """
    from cli.serving import serve  # noqa: PLC0415  # commands import their work when they run
    from reports.web.snapshot import Sources  # noqa: PLC0415

    sources = Sources(
        store=store_url,
        declared=declared,
        ledger=Path(ledger_path),
        allow_remote=allow_remote,
        infer=not no_infer,
    )
    named = click.get_current_context().get_parameter_source("ledger_path") is not ParameterSource.DEFAULT
    serve(sources, listen, _access(token_file, user_header, hosts), writable=named)


def _access(token_file: str | None, user_header: str, hosts: tuple[str, ...]) -> Access:
    from reports.web.security import Access  # noqa: PLC0415  # as above

    for name in hosts:
        if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9a-f:]+", name):
            raise click.UsageError(f"--host {name!r} is no name such as defacto.example.org, without a port.")
    token = _token(Path(token_file)) if token_file else ""
    return Access(
        token=token,
        user_header=user_header.strip(),
        hosts=frozenset(f"[{one}]" if ":" in one else one.lower() for one in hosts),
    )


def _token(path: Path) -> str:
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise click.UsageError(f"{path} cannot be read.") from None
    if len(token) < MIN_TOKEN or not (token.isascii() and token.isprintable() and " " not in token):
        raise click.UsageError(
            f"The token in {path} must be one word of at least {MIN_TOKEN} characters of ASCII: "
            "openssl rand -hex 32 makes one."
        )
    return token


MIN_TOKEN = 16
"""Characters below which a token can be guessed."""
