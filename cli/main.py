"""The `defacto` command. Commands are imported when they are called, so that `--help` stays quick."""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from reports.untrusted import for_terminal
from store.errors import DefactoError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "demo": "Run a small shop with its consumers and report what they rely on.",
    "record": "Run the sidecar in front of a service.",
    "import": "Take in recordings: HAR, mitmproxy, packet captures, Envoy.",
    "infer": "Fold what is new into summaries.",
    "exchanges": "List the calls that were observed.",
    "messages": "List the events that were observed.",
    "show": "Open one observation.",
    "map": "The actual contract map: who relies on what.",
    "drift": "Where observed and declared contract part.",
    "decide": "Decide what is guaranteed, and write it to the ledger.",
    "dispute": "Put a consumer's or the producer's position on record.",
    "policy": "The policy in force, in sentences.",
    "merge": "Merge two branches of a ledger, as git's merge driver.",
    "define": "Write the contract: OpenAPI, AsyncAPI, Overlay, a page to sign, Pact, ODCS.",
    "incident": "Write down what surprised somebody, and what followed.",
    "review": "One page for the monthly meeting, and what became of the last one.",
    "plan": "How each guarantee is checked, where, and what is not covered.",
    "verify": "Whether what is guaranteed is kept, by a build or by what was recorded.",
    "export": "Checks for other runners: pytest, schemathesis, Pact.",
    "check": "Who breaks if a new document is shipped.",
    "change": "Plan a change, tell whom it hits, follow it to its end.",
    "serve": "The web page: who depends on what, live.",
    "notify": "Post what is new to a webhook: broken promises, undeclared dependences.",
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
    except QuestionError as error:
        click.UsageError(" ".join(filter(None, (for_terminal(error.message), error.hint)))).show()
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
