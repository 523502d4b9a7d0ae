"""`defacto export`."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.guaranteed import read_guaranteed, source_options
from cli.ledger import find_ledger
from cli.options import allow_remote_option, producer_option, store_option
from reports.untrusted import for_terminal
from reports.words import count
from store.errors import DefactoError

if TYPE_CHECKING:
    from cli.guaranteed import Guaranteed
    from reports.export.files import Exported
    from reports.verification_requests import Request
    from store.records import Exchange

MOST_REQUESTS = 10


@click.command("export")
@click.argument("runner", type=click.Choice(["pytest", "schemathesis", "pact"]))
@store_option
@producer_option
@source_options
@allow_remote_option
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="The folder to write to; files of the same names are replaced.",
)
@click.option(
    "--per-operation",
    type=click.IntRange(min=1),
    default=MOST_REQUESTS,
    show_default=True,
    help="Recorded requests of one operation that the tests send.",
)
def command(
    runner: str,
    store_url: str,
    producer: str | None,
    declared: tuple[str, ...],
    clauses: Path | None,
    ledger_path: str,
    operation: str | None,
    folder: Path,
    per_operation: int,
    *,
    allow_remote: bool,
) -> None:
    """Write what is guaranteed as checks for other runners, which need no defacto.

    pytest: a file for each operation, to run with pytest and requests against DEFACTO_TARGET, credentials in
    DEFACTO_HEADERS. schemathesis: the observed OpenAPI document, and hooks. pact: a pact for each consumer,
    in version 4 of the specification, as defacto define --format pact writes it.

    \b
    Example:
      defacto export pytest -o tests/contract
      defacto export pact --declared openapi.yaml -o pacts
    """
    guaranteed = read_guaranteed(
        store_url,
        producer=producer,
        declared=declared,
        clauses=clauses,
        ledger=find_ledger(ledger_path),
        operation=operation,
        allow_remote=allow_remote,
    )
    exported = _export(runner, guaranteed, store_url, per_operation)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in exported.files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise DefactoError(f"cannot write to {folder}: {error.strerror}") from error
    click.echo(
        f"{count(exported.tested, 'guarantee')} in {count(len(exported.files), 'file')} in {folder}.",
        err=True,
    )
    for reason, times in sorted(exported.left_out.items(), key=lambda entry: -entry[1]):
        click.echo(f"  {times:,} left out: {for_terminal(reason)}", err=True)


def _export(runner: str, guaranteed: Guaranteed, store_url: str, per_operation: int) -> Exported:
    if runner == "schemathesis":
        from reports.export.schemathesis_files import schemathesis_files  # noqa: PLC0415  # when they run

        return schemathesis_files(guaranteed.guarantees, guaranteed.map)
    requests, messages = _recorded(guaranteed, store_url, per_operation, unsafe=runner == "pact")
    if runner == "pact":
        from reports.export.pact_files import pact_files  # noqa: PLC0415  # as above

        return pact_files(guaranteed.guarantees, requests, messages)
    from reports.export.pytest_files import pytest_files  # noqa: PLC0415  # as above

    return pytest_files(guaranteed.guarantees, requests)


def _recorded(
    guaranteed: Guaranteed, store_url: str, per_operation: int, *, unsafe: bool
) -> tuple[dict[str, list[Request]], dict[tuple[str, str], Exchange]]:
    """Requests by operation, each once, and of each consumer a delivered message, by operation."""
    from inference.events import exchange_of  # noqa: PLC0415  # as above
    from inference.names import Names  # noqa: PLC0415
    from reports.verification_requests import choose  # noqa: PLC0415
    from store.store import Store  # noqa: PLC0415

    operations: dict[str, set[str]] = defaultdict(set)
    for one in guaranteed.guarantees:
        operations[one.clause.producer].add(one.clause.operation)
    messages: dict[tuple[str, str], Exchange] = {}
    with Store.open(store_url, create=False) as store:
        names = Names.of(store, operations)
        choice = choose(
            store,
            names,
            operations,
            since=None,
            until=None,
            headers={},
            per_operation=per_operation,
            unsafe=unsafe,
            withheld=True,
        )
        for producer in operations:
            for message in store.messages(producer=producer):
                if message.consumer is not None and message.payload is not None:
                    key = (names.operation_of(message), names.consumer(message.consumer))
                    messages.setdefault(key, exchange_of(message))
    requests: dict[str, dict[str, Request]] = defaultdict(dict)
    for request in choice.requests:
        requests[request.operation].setdefault(request.recorded.id, request)
    return {key: list(found.values()) for key, found in requests.items()}, messages
