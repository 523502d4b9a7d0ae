"""`defacto merge`."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from store.errors import DefactoError

_PATH = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("merge")
@click.argument("base", type=_PATH)
@click.argument("ours", type=_PATH)
@click.argument("theirs", type=_PATH)
def command(base: Path, ours: Path, theirs: Path) -> int:
    """Merge two branches of a ledger entry by entry, as git's merge driver. What comes of it is in OURS.

    Exit code 1: both decided the same clause differently, and the lines are marked as git marks them. Without
    the driver git merges by lines, where two new neighbours conflict as well. To set it up, once a clone:

    \b
    Example:
      git config merge.defacto.driver 'defacto merge %O %A %B'
      echo 'contract.yaml merge=defacto' >> .gitattributes
    """
    from contract.ledger.merging import merge  # noqa: PLC0415  # commands import their work when they run
    from contract.ledger.reading import load  # noqa: PLC0415
    from contract.ledger.writing import save  # noqa: PLC0415

    text = load(ours)
    merged = merge(text, load(base), load(theirs), str(ours), _by_lines)
    save(ours, merged.text, text)
    for name in merged.conflicts:
        click.echo(f"conflict: {name}", err=True)
    return int(bool(merged.conflicts))


def _by_lines(ours: str, base: str, theirs: str) -> tuple[str, bool]:
    """What git makes of three texts."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("ours", "base", "theirs")]
        for path, text in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(text.encode())
        labels = [part for name in ("ours", "base", "theirs") for part in ("-L", name)]
        try:
            done = subprocess.run(
                ["git", "merge-file", "-p", *labels, *map(str, paths)], capture_output=True, check=False
            )
        except OSError as error:
            raise DefactoError(f"git cannot be run: {error.strerror}") from error
    return done.stdout.decode(), done.returncode == 0
