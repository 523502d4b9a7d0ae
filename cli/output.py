"""Where a report goes: to a file or to stdout, as the text, bytes or terminal rendering that it is."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import click

from store.errors import DefactoError

if TYPE_CHECKING:
    from typing import TextIO

    from rich.console import RenderableType


def deliver(report: RenderableType | str | bytes, output: str | None) -> None:
    """Write a report. Text formats are `str`, binary ones `bytes`, anything else is for rich to lay out.

    Raises:
        click.UsageError: a binary format would be written to a terminal.
        DefactoError: the file cannot be written.
    """
    if output is not None:
        _to_file(report, Path(output))
    elif isinstance(report, bytes):
        if sys.stdout.isatty():
            raise click.UsageError("This format is binary: give -o FILE, or redirect stdout.")
        sys.stdout.buffer.write(report)
    else:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that cannot show it still gets it
        if isinstance(report, str):
            sys.stdout.write(report if report.endswith("\n") else f"{report}\n")
        else:
            _lay_out(report, sys.stdout)


def _to_file(report: RenderableType | str | bytes, path: Path) -> None:
    try:
        if isinstance(report, bytes):
            path.write_bytes(report)
            return
        with path.open("w", encoding="utf-8", newline="\n") as file:
            if isinstance(report, str):
                file.write(report if report.endswith("\n") else f"{report}\n")
            else:
                _lay_out(report, file)
    except OSError as error:
        raise DefactoError(f"cannot write {path}: {error.strerror}", "Give another place with -o.") from error


def _lay_out(report: RenderableType, stream: TextIO) -> None:
    from reports.text import write  # noqa: PLC0415  # rich's tables are not needed for the other formats

    write(report, stream)
