"""The `defacto` command. Commands are imported when they are called, so that `--help` stays quick."""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "demo": "Run a small shop with four clients and report what they rely on.",
    "record": "Run the sidecar in front of a service.",
    "import": "Take in recordings: HAR, mitmproxy flow files.",
    "infer": "Fold what is new into summaries.",
    "exchanges": "List what was observed.",
    "show": "Open one observation.",
    "map": "The actual contract map: who relies on what.",
    "drift": "Where observed and declared contract part.",
    "prune": "Remove old raw observations; what was inferred stays.",
    "doctor": "Check the set-up, and say how to mend what is wrong.",
}
"""Each command `x` lives in `cli/x_command.py` as `command`."""


class LazyGroup(click.Group):
    """A group that knows its commands' names and first lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of work, not of the alphabet."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"cli.{cmd_name}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list from `COMMANDS`, which needs no import."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 105}
)
@click.version_option(package_name="defacto", prog_name="defacto")
def cli() -> None:
    """Infer the contract that consumers actually depend on, from real traffic.

    \b
    Example:
      defacto record --listen 127.0.0.1:8080 --upstream http://127.0.0.1:9000 --producer shop
      defacto infer
      defacto drift --declared openapi.yaml
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process: 0 fine, 1 the finding, 2 used wrongly, 3 could not do its work."""
    try:
        code = cli.main(args=None if arguments is None else list(arguments), standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except DefactoError as error:
        console = Console(stderr=True, soft_wrap=True, highlight=False)
        console.print(Text.assemble(("error: ", "bold red"), error.message))
        if error.hint:
            console.print(Text(f"  {error.hint}"))
        sys.exit(3)
    except SystemExit as ended:  # click's own way out, where whoever read our output has gone (`| head`)
        sys.exit(0 if ended.code == 1 else ended.code)
    except Exception:  # noqa: BLE001  # exit code 1 would say "a finding" to a pipeline
        traceback.print_exc()
        sys.stderr.write("error: this is a bug in defacto; please report it with the lines above\n")
        sys.exit(3)
    sys.exit(code if isinstance(code, int) else 0)
