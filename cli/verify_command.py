"""`defacto verify`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
from rich.console import Console

from cli.guaranteed import read_guaranteed, source_options
from cli.ledger import find_ledger
from cli.options import (
    allow_remote_option,
    format_option,
    output_option,
    producer_option,
    since_option,
    store_option,
    until_option,
)
from cli.output import deliver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

    from cli.guaranteed import Guaranteed
    from contract.claim import ContractMap
    from reports.verification import Verification
    from reports.verification_replay import Target

QUIET_S = 2.0
"""What takes no longer shows no progress."""


@click.command("verify")
@store_option
@producer_option
@source_options
@allow_remote_option
@since_option
@until_option
@click.option("--target", metavar="URL", help="Replay recorded requests against this build, and judge it.")
@click.option("--unsafe", is_flag=True, help="With --target: also send requests that may change something.")
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="With --target: send this with each request, in place of what was withheld.",
)
@click.option(
    "--per-operation",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="With --target: requests of one operation at most. A p99 takes 300.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    show_default=True,
    help="With --target: requests a second at most.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="With --target: requests at a time.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="With --target: seconds until a request is given up.",
)
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --target: authorities to trust, instead of the system's.",
)
@click.option("--insecure", is_flag=True, help="With --target: trust any certificate.")
@click.option(
    "--fail-on",
    type=click.Choice(["broken", "not-enough"]),
    default="broken",
    show_default=True,
    help="Exit code 1 only for what is broken, or also where too little was seen.",
)
@format_option("text", "json", "junit")
@output_option
def command(
    store_url: str,
    producer: str | None,
    declared: tuple[str, ...],
    clauses: Path | None,
    ledger_path: str,
    operation: str | None,
    since: int | None,
    until: int | None,
    target: str | None,
    headers: tuple[str, ...],
    per_operation: int,
    rate: float,
    concurrency: int,
    timeout: float,
    ca: Path | None,
    fail_on: str,
    output_format: str,
    output: str | None,
    *,
    allow_remote: bool,
    unsafe: bool,
    insecure: bool,
) -> int:
    """Whether what is guaranteed is kept: by what was recorded, or by a live build.

    Guaranteed is what --declared documents, --clauses or the ledger say; with none of them, what consumers
    were seen to use. Without --target, what was recorded is looked at (--since 1d: yesterday's traffic). With
    it, recorded requests are sent to a build: GET, HEAD and OPTIONS only, unless --unsafe is given. Values
    that were withheld from the recording are never sent. Exit code 1: a guarantee is broken, or the answers
    of a build showed nothing of any.

    \b
    Example:
      defacto verify --declared openapi.yaml --since 1d
      defacto verify --since 1d
      defacto verify --target http://127.0.0.1:9000 --declared openapi.yaml
      defacto verify --target https://staging.example.com --header 'Authorization: Bearer …' --rate 5
      defacto verify --clauses map.json --since 2h --format junit -o verify.xml
    """
    ledger = find_ledger(ledger_path)
    if target is None and not declared and clauses is None and since is None and ledger is None:
        raise click.UsageError(
            "Against what: --declared, --clauses, a ledger, or --since WHEN (what was relied upon before)?"
        )
    if target is not None:
        _check(target)
    if unsafe and target is not None and sys.stdin.isatty():
        click.confirm(f"Send requests to {target} that may change something there?", abort=True)
    guaranteed = read_guaranteed(
        store_url,
        producer=producer,
        declared=declared,
        clauses=clauses,
        ledger=ledger,
        operation=operation,
        allow_remote=allow_remote,
        until=since if target is None and not declared else None,
    )
    if target is None:
        whole = since is None and until is None and clauses is None
        found = _recorded(store_url, guaranteed, since, until, guaranteed.map if whole else None)
    else:
        from reports.verification_replay import Target  # noqa: PLC0415  # commands import when they run

        build = Target(
            url=target, rate=rate, concurrency=concurrency, timeout_s=timeout, ca=ca, insecure=insecure
        )
        found = _live(
            store_url, guaranteed, build, _fields(headers), (since, until), per_operation, unsafe=unsafe
        )
    deliver(_render(found, output_format), output)
    return int(found.failing(on_open=fail_on == "not-enough"))


def _check(target: str) -> None:
    """Raises click.UsageError if this is no URL of a build."""
    parts = urlsplit(target)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise click.UsageError("A target is written as http://HOST:PORT or https://HOST.")
    if parts.username or parts.password:
        raise click.UsageError("Give credentials with --header: a URL is shown in reports.")


def _recorded(
    store_url: str,
    guaranteed: Guaranteed,
    since: int | None,
    until: int | None,
    observed: ContractMap | None,
) -> Verification:
    from reports.verification_store import verify_store  # noqa: PLC0415  # as above
    from store.store import Store  # noqa: PLC0415

    with Store.open(store_url, create=False) as store, _progress("observations") as progress:
        return verify_store(
            store,
            guaranteed.guarantees,
            since=since,
            until=until,
            progress=progress,
            observed_map=observed,
        )


def _live(
    store_url: str,
    guaranteed: Guaranteed,
    target: Target,
    headers: dict[str, str],
    period: tuple[int | None, int | None],
    per_operation: int,
    *,
    unsafe: bool,
) -> Verification:
    from inference.names import Names  # noqa: PLC0415  # as above
    from reports.verification_replay import verify_target  # noqa: PLC0415
    from reports.verification_requests import choose  # noqa: PLC0415
    from store.store import Store  # noqa: PLC0415

    operations: dict[str, set[str]] = {}
    for one in guaranteed.guarantees:
        operations.setdefault(one.clause.producer, set()).add(one.clause.operation)
    with Store.open(store_url, create=False) as store, _progress("exchanges read") as progress:
        choice = choose(
            store,
            Names.of(store, operations),
            operations,
            since=period[0],
            until=period[1],
            headers=headers,
            per_operation=per_operation,
            unsafe=unsafe,
            progress=progress,
        )
    with _progress(f"of {len(choice.requests):,} requests") as progress:
        return verify_target(target, guaranteed.guarantees, choice, unsafe=unsafe, progress=progress)


def _fields(headers: tuple[str, ...]) -> dict[str, str]:
    """Header fields by their names in lower case."""
    fields = {}
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise click.UsageError(f"A header is written as 'Name: value', not {name[:40]!r}.")
        fields[name.strip().lower()] = value.strip()
    return fields


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    """Shows how many were looked at, once it takes long, on a terminal."""
    console = Console(stderr=True, highlight=False)
    begun = monotonic()
    with console.status("") as status:
        status.stop()

        def tell(number: int) -> None:
            if monotonic() - begun > QUIET_S:
                status.update(f"{number:,} {what}")
                status.start()

        yield tell


def _render(found: Verification, output_format: str) -> RenderableType | str:
    if output_format == "json":
        from reports.json_form import to_json  # noqa: PLC0415  # as above
        from reports.verification_forms import verification_form  # noqa: PLC0415

        return to_json(verification_form(found))
    if output_format == "junit":
        from reports.verification_forms import junit  # noqa: PLC0415

        return junit(found)
    from reports.verification_text import verification_text  # noqa: PLC0415

    return verification_text(found)
