"""`defacto import`."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from cli.options import store_option
from reports.untrusted import for_terminal
from store.errors import DefactoError, StoreError

if TYPE_CHECKING:
    from proxy.importers.intake import Intake, Taken

COULD_NOT = 3
_COLUMNS = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--producer", default="", metavar="NAME", help="Whose traffic it is. [default: each request's host]"
)
@click.option(
    "--config", "config_path", type=click.Path(dir_okay=False), metavar="FILE", help="A defacto.toml."
)
@store_option
def command(files: tuple[str, ...], producer: str, config_path: str | None, store_url: str) -> int:
    """Take in recordings: HAR (.har, .har.gz), mitmproxy flow files, packet captures and Envoy's taps.

    What a file is, its content tells; `-` reads standard input. What was imported before is not added again.
    Broken entries are named and left out. Exit code 3 says that nothing could be read of one of the files.

    \b
    Example:
      defacto import session.har flows.mitm --producer orders
      curl -s https://example.com/session.har.gz | defacto import -
    """
    from proxy.config import Config  # noqa: PLC0415  # commands import their work when they run
    from proxy.importers.intake import Intake  # noqa: PLC0415
    from store.store import Store  # noqa: PLC0415

    if files.count("-") > 1:
        raise click.UsageError("Standard input can be read once only.")
    config = Config.load(config_path) if config_path else Config()
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    bar = Progress(*_COLUMNS, console=console, transient=True, disable=not console.is_terminal)
    failed = 0
    with Store.open(store_url) as store, bar as progress:
        if config_path:
            store.name_consumers(config.known_consumers)
        intake = Intake(config, store)
        for file in files:
            failed += not _import_one(file, producer, intake, progress)
    return COULD_NOT if failed else 0


def _import_one(file: str, producer: str, intake: Intake, progress: Progress) -> bool:
    """Import one file and say what came of it; whether anything could be read."""
    name = "standard input" if file == "-" else Path(file).name
    say = progress.console.print
    try:
        with ExitStack() as opened:
            taken = intake.take(_open(file, name, progress, opened), name=name, producer=producer)
    except StoreError:
        raise
    except (OSError, DefactoError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else error.message
        say(Text(f"{for_terminal(file)}: {for_terminal(reason)}", "red"))
        if isinstance(error, DefactoError) and error.hint:
            say(f"  {error.hint}", markup=False)
        return False
    for line in _said(for_terminal(name), taken):
        say(line, markup=False)
    return not taken.unreadable


def _open(file: str, name: str, progress: Progress, opened: ExitStack) -> IO[bytes]:
    """The file, whose reading moves a progress bar."""
    if file == "-":
        return sys.stdin.buffer
    stream = opened.enter_context(Path(file).open("rb"))  # noqa: SIM115  # the caller's stack closes it
    task = progress.add_task(for_terminal(name), total=Path(file).stat().st_size or None)
    opened.callback(progress.refresh)  # after the task is gone, so that its bar goes with it
    opened.callback(progress.remove_task, task)
    return progress.wrap_file(stream, task_id=task)


def _said(name: str, taken: Taken) -> list[str]:
    """What came of a file: one line, one more for each entry named, and one for what is not named."""
    parts = [f"{taken.added:,} added"]
    if taken.messages:
        parts.append(f"{taken.messages:,} WebSocket messages added")
    if taken.duplicates:
        parts.append(f"{taken.duplicates:,} there already")
    skipped = taken.skipped.total()
    if skipped:
        parts.append(f"{skipped:,} left out")
    lines = [f"{name} ({taken.format}): {', '.join(parts)}"]
    lines += [f"  {for_terminal(str(one))}" for one in taken.named]
    if skipped > len(taken.named):
        counts = ", ".join(f"{count:,} × {reason}" for reason, count in taken.skipped.most_common())
        lines.append(f"  … in all: {for_terminal(counts)}")
    if taken.cut:
        lines.append(f"  not read to its end: {for_terminal(taken.cut)}")
    return lines
