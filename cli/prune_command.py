"""`defacto prune`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console

from cli.options import Quantity, store_option
from proxy.quantities import Age, Size

if TYPE_CHECKING:
    from store.retention import Pruned


@click.command("prune")
@store_option
@click.option(
    "--older-than", type=Quantity(Age), metavar="AGE", help="Raw observations go from this age on: 14d, 36h."
)
@click.option(
    "--max-size",
    type=Quantity(Size),
    metavar="SIZE",
    help="The oldest go until the store is no larger: 2GB, 500MiB.",
)
def command(store_url: str, older_than: int | None, max_size: int | None) -> None:
    """Remove old raw observations; what was inferred from them stays.

    Exchanges, messages and their bodies go in the order recorded. Summaries and counts stay, so maps and
    drift reports are as before; only `defacto show` has less to open. What was not folded yet does not go by
    age. By size it goes last, and is counted as lost: run `defacto infer` first. Others may record meanwhile.

    \b
    Example:
      defacto prune --older-than 14d
      defacto prune --older-than 14d --max-size 2GB
    """
    from store.retention import prune  # noqa: PLC0415  # commands import their work when they run
    from store.store import Store  # noqa: PLC0415

    if older_than is None and max_size is None:
        raise click.UsageError("Say what is to go: --older-than AGE, --max-size SIZE, or both.")
    console = Console(stderr=True, highlight=False)
    with Store.open(store_url, create=False) as store, console.status("looking for what is to go") as status:
        done = prune(
            store,
            older_than_ns=older_than,
            max_bytes=max_size,
            progress=lambda done: status.update(
                f"removed {done.exchanges:,} exchanges, {done.bodies:,} bodies"
            ),
        )
    console.print(said(done, max_size), markup=False)


def said(done: Pruned, max_size: int | None) -> str:
    """What was done, for people."""
    in_use = f"in use are {_size(done.used_after)}"
    lines = [f"Nothing is to go; {in_use}."]
    if done.batches:
        gone = f"{done.exchanges:,} exchanges, {done.messages:,} messages and {done.bodies:,} bodies"
        lines = [f"Removed {gone}; {in_use} of {_size(done.used_before)} before."]
    if done.size_after > 1.2 * done.used_after + 2**24:
        lines.append(
            f"On the disk the store takes {_size(done.size_after)}: the room that was freed is used again."
        )
    if done.unfolded:
        lines.append(
            f"{done.unfolded:,} observations had not been folded and are counted as lost (retention): "
            "run `defacto infer` before, or allow more."
        )
    if max_size is not None and done.used_after > max_size:
        lines.append(f"That is still more than {_size(max_size)}: the rest are summaries, which stay.")
    return "\n".join(lines)


def _size(number: int) -> str:
    for unit, power in (("GB", 3), ("MB", 2), ("kB", 1)):
        if number >= 1000**power:
            return f"{number / 1000**power:.1f} {unit}"
    return f"{number} bytes"
