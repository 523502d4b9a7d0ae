"""`python -m examples.year [FOLDER]`: let the year pass there, and show the review of month twelve."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from contextlib import chdir, redirect_stdout
from pathlib import Path
from tempfile import mkdtemp

from examples.year.story import LAST, live, run

parser = ArgumentParser(prog="python -m examples.year", description="Let a scripted year pass.")
parser.add_argument("folder", nargs="?", type=Path, help="where: a new folder; if not given, a temporary one")
given = parser.parse_args().folder
folder = Path(mkdtemp(prefix="defacto-year-")) if given is None else given
if given is not None and given.exists():
    parser.error(f"{given} is there already")
folder.mkdir(parents=True, exist_ok=True)
with redirect_stdout(sys.stderr):
    live(folder)
with chdir(folder):
    run(*LAST, "--format", "html", "-o", "review.html")
    run(*LAST)
print(f"\nAll of it is in {folder}; review.html is the page.")
