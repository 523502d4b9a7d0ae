"""`defacto notify`."""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import click

from cli.change_options import at_option, secret_of, secret_option
from cli.ledger import find_ledger, ledger_option, today
from cli.options import allow_remote_option, producer_option, store_option
from cli.reading import read_against_all
from reports.untrusted import for_terminal
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.drift import Drift
    from reports.news import Memory, News

_MINUTE_NS = 60 * 10**9


@click.command("notify")
@click.option(
    "--declared",
    multiple=True,
    required=True,
    metavar="[PRODUCER=]FILE",
    help="What is promised, as for defacto drift; one for each producer.",
)
@click.option(
    "--post", "url", metavar="URL", help="Where to; without it news are printed, and not remembered."
)
@click.option(
    "--state",
    "state_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default="defacto-notified.json",
    show_default=True,
    metavar="FILE",
    help="What was told already.",
)
@click.option(
    "--every",
    "minutes",
    type=click.IntRange(0),
    default=60,
    show_default=True,
    metavar="MINUTES",
    help="Of one producer not more often; what is held back comes with the next.",
)
@secret_option
@ledger_option
@store_option
@producer_option
@allow_remote_option
@at_option
def command(
    declared: tuple[str, ...],
    url: str | None,
    state_path: Path,
    minutes: int,
    secret_file: Path | None,
    ledger_path: str,
    store_url: str,
    producer: str | None,
    at: int,
    *,
    allow_remote: bool,
) -> None:
    """Post new contradictions and new undeclared dependences to a webhook, each once.

    One CloudEvent for each producer that has news. To be run by cron or a timer: it reads the store, and
    costs the sidecar nothing.

    \b
    Example:
      defacto notify --declared openapi.yaml
      defacto notify --declared openapi.yaml --post https://hooks.example.org/drift --secret-file hook.key
      defacto notify --declared openapi.yaml --post https://hooks.example.org/drift --every 1440
    """
    from reports.news import news, news_event  # noqa: PLC0415  # commands import their work when they run

    secret = secret_of(secret_file)
    with _alone(state_path):
        memory = _remembered(state_path)
        drift = _drift(declared, store_url, producer, ledger_path, at, allow_remote=allow_remote)
        found = news(drift, memory)
        if url is None:
            _print([news_event(one, at) for one in found])
            return
        waiting = [one for one in found if not _may_tell(memory, one, at, minutes)]
        failed = _tell([one for one in found if one not in waiting], memory, state_path, url, secret, at)
    for one in waiting:
        click.echo(f"{for_terminal(one.headline)} Held back: told of it less than {minutes} minutes ago.")
    if failed:
        raise DefactoError(f"not all news arrived: {for_terminal('; '.join(failed))}", "They stay news.")


def _drift(
    declared: Sequence[str],
    store_url: str,
    producer: str | None,
    ledger_path: str,
    at: int,
    *,
    allow_remote: bool,
) -> Drift:
    from reports.compare import drift_between  # noqa: PLC0415  # as above
    from reports.decisions import decided_drift  # noqa: PLC0415

    observed, documents = read_against_all(
        declared, store_url, producer=producer, since=None, until=at, allow_remote=allow_remote
    )
    drift, ledger = drift_between(observed, *documents), find_ledger(ledger_path)
    return drift if ledger is None else decided_drift(drift, observed, ledger, today())


def _may_tell(memory: Memory, one: News, at: int, minutes: int) -> bool:
    told = memory.producers.get(one.producer)
    return told is None or at - told.at >= minutes * _MINUTE_NS


def _tell(
    found: Sequence[News], memory: Memory, state_path: Path, url: str, secret: bytes | None, at: int
) -> list[str]:
    """Post, and remember what arrived after each; what did not arrive, and why."""
    from reports.news import Told, memory_bytes, news_event  # noqa: PLC0415  # as above
    from reports.posting import post  # noqa: PLC0415

    failed = []
    for one in found:
        reasons = asyncio.run(post(url, [news_event(one, at)], secret, at // 10**9))
        if reasons:
            failed += [f"{one.producer}: {reason}" for reason in reasons.values()]
            continue
        told = memory.producers.setdefault(one.producer, Told())
        told.at, told.keys = at, told.keys | one.keys
        _save(state_path, memory_bytes(memory))
        click.echo(f"{for_terminal(one.headline)} Posted.")
    return failed


def _print(events: Sequence[dict[str, Any]]) -> None:
    from reports.json_form import to_json  # noqa: PLC0415  # as above

    click.echo(to_json({"events": list(events)}))


@contextmanager
def _alone(state_path: Path) -> Iterator[None]:
    """One at a time: two that ran at once would tell everything twice.

    Raises:
        DefactoError: another one is at work, or the folder cannot be written.
    """
    path = state_path.with_name(f"{state_path.name}.lock")
    try:
        file = path.open("w")
    except OSError as error:
        raise DefactoError(f"cannot write {path}: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DefactoError(f"another defacto notify is at work with {state_path}") from None
        yield


def _remembered(path: Path) -> Memory:
    from reports.news import Memory, memory_from  # noqa: PLC0415  # as above

    return memory_from(path.read_bytes(), str(path)) if path.exists() else Memory()


def _save(path: Path, content: bytes) -> None:
    """Put it in the place of what was there at once: a crash leaves the one or the other."""
    with NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
