"""`defacto doctor`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from cli.options import format_option, store_option

if TYPE_CHECKING:
    from reports.doctor import Check

_SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failure": ("✗", "bold red")}


@click.command("doctor")
@store_option
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="The defacto.toml to check.",
)
@format_option("text", "json")
def command(store_url: str, config_path: str | None, output_format: str) -> int:
    """Check the set-up, and say how to mend what is wrong.

    Looks at versions, store, migrations, disk, permissions and redaction key, and with --config at every
    lane's port and upstream, at clocks, and at the brokers. Changes nothing. Exit code 1 if something must
    be mended.

    \b
    Example:
      defacto doctor --config defacto.toml
    """
    from reports.doctor import Health, examine  # noqa: PLC0415  # commands import their work when they run

    checks = examine(store_url, config_path)
    if output_format == "json":
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        console = Console(highlight=False)
        for check in checks:
            console.print(_line(check), soft_wrap=True)
    return int(any(check.health is Health.FAILURE for check in checks))


def _line(check: Check) -> Text:
    from reports.untrusted import for_terminal  # noqa: PLC0415  # commands import their work when they run

    sign, style = _SIGNS[check.health]
    line = Text.assemble((sign, style), f" {check.subject}: ", for_terminal(check.found))
    if check.remedy:
        line.append(f"\n    {for_terminal(check.remedy)}", style="dim")
    return line
