"""`defacto define`."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.ledger import find_ledger, ledger_option, tell_strays, today
from cli.options import allow_remote_option, format_option, producer_option, store_option
from cli.output import deliver
from cli.reading import claims_of, read_against, read_map
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from contract.claim import ContractMap
    from contract.definition.terms import Definition
    from contract.ledger.model import Ledger
    from contract.openapi import DeclaredContract

FORMATS = ("openapi", "asyncapi", "overlay", "markdown", "html", "pact", "odcs")
MOST_SHOWN = 40
"""Lines of a difference on the terminal; all of it is in the version control that the file lives in."""


@click.command("define")
@store_option
@producer_option
@ledger_option
@click.option("--declared", metavar="FILE", help="The declared document: what it says is promised.")
@allow_remote_option
@format_option(*FORMATS)
@click.option(
    "--include",
    type=click.Choice(["promised", "observed"]),
    help="What standard fields hold: observed is also what is undecided.  [default: promised; observed where"
    " there is neither ledger nor document]",
)
@click.option("--consumer", metavar="NAME", help="With pact: only this consumer.")
@click.option(
    "--pact-version", type=click.Choice(["3", "4"]), default="4", show_default=True, help="With pact."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to a file and say what changed in it; with pact a folder.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if what is at --output would change.")
def command(
    store_url: str,
    producer: str | None,
    ledger_path: str,
    declared: str | None,
    output_format: str,
    include: str | None,
    consumer: str | None,
    pact_version: str,
    output: Path | None,
    *,
    allow_remote: bool,
    check: bool,
) -> int:
    """Write the contract: what is promised, what may change, and what is still open.

    Promised is what was decided (defacto decide) and what the declared document says. What was only observed
    stands in x-defacto, and in standard fields with --include observed.

    \b
    Example:
      defacto define --declared openapi.yaml -o contract.openapi.yaml
      defacto define --format html -o contract.html
      defacto define --format pact -o pacts
      defacto define --declared openapi.yaml -o contract.openapi.yaml --check
    """
    if check and output is None:
        raise click.UsageError("--check needs the file to look at: --output.")
    if output_format == "overlay" and declared is None:
        raise click.UsageError("An overlay is laid over a document: --declared FILE.")
    told, document, ledger = _read(
        store_url,
        find_ledger(ledger_path),
        producer=producer,
        declared=declared,
        allow_remote=allow_remote,
    )
    definition = _defined(told, document, ledger, include)
    files = _files(
        definition,
        ledger,
        output_format,
        store_url=store_url,
        declared=declared,
        document=document,
        allow_remote=allow_remote,
        consumer=consumer,
        pact_version=int(pact_version),
    )
    if output is None:
        if len(files) > 1:
            names = for_terminal(", ".join(files))
            raise click.UsageError(f"There are {len(files)} files, which want a folder (-o DIR): {names}.")
        deliver(next(iter(files.values())), None)
        return 0
    return _kept(
        {output / name if output_format == "pact" else output: text for name, text in files.items()}, check
    )


def _read(
    store_url: str,
    ledger: Ledger | None,
    *,
    producer: str | None,
    declared: str | None,
    allow_remote: bool,
) -> tuple[ContractMap, DeclaredContract | None, Ledger | None]:
    """The claims of one producer with what was decided, its document, and the ledger if it is its own."""
    from contract.ledger.ruling import ruled, speaks_of  # noqa: PLC0415  # commands import their work when they run
    from reports import selection  # noqa: PLC0415
    from reports.compare import stood  # noqa: PLC0415

    producer = producer or (ledger.interface.producer if ledger else "") or None
    if declared is None:
        whole = read_map(store_url, producer=producer, since=None, until=None)
        told, document = selection.claimed(whole), None
    else:
        whole, document = read_against(
            declared, store_url, producer=producer, since=None, until=None, allow_remote=allow_remote
        )
        told = stood(whole, document)
    if len(told.producers) != 1:
        names = for_terminal(", ".join(one.name for one in told.producers))
        raise click.UsageError(f"Whose contract is it? Name its --producer. There are: {names}.")
    if ledger is not None and speaks_of(ledger, told.producers[0].name):
        tell_strays(ledger, [*claims_of(whole), *claims_of(told)])
        return ruled(told, whole, ledger, today()), document, ledger
    return told, document, None


def _defined(
    told: ContractMap, document: DeclaredContract | None, ledger: Ledger | None, include: str | None
) -> Definition:
    from contract.definition.terms import define  # noqa: PLC0415  # as above

    undecided = ledger is None and document is None
    return define(
        told.producers[0],
        document,
        ledger,
        observed_too=include == "observed" if include else undecided,
    )


def _files(
    definition: Definition,
    ledger: Ledger | None,
    output_format: str,
    *,
    store_url: str,
    declared: str | None,
    document: DeclaredContract | None,
    allow_remote: bool,
    consumer: str | None,
    pact_version: int,
) -> dict[str, str]:
    """What is written, by name."""
    if output_format == "pact":
        keys = [one.key for one in document.operations] if document else []
        return _pacts(definition, store_url, keys, consumer, pact_version)
    if output_format == "overlay":
        from contract.definition.overlay import overlay  # noqa: PLC0415  # as above
        from contract.definition.yaml_text import to_yaml  # noqa: PLC0415
        from contract.openapi.library import Library  # noqa: PLC0415

        library = Library(str(declared), allow_remote=allow_remote)
        return {"overlay": to_yaml(overlay(definition, library, document))}
    return {output_format: _rendered(definition, ledger, output_format).rstrip("\n") + "\n"}


def _rendered(definition: Definition, ledger: Ledger | None, output_format: str) -> str:
    if output_format == "markdown":
        from reports.definition_markdown import definition_markdown  # noqa: PLC0415  # as above

        return definition_markdown(definition, ledger)
    if output_format == "html":
        from reports.definition_html import definition_html  # noqa: PLC0415

        return definition_html(definition, ledger)
    from contract.definition import asyncapi, odcs, openapi  # noqa: PLC0415
    from contract.definition.yaml_text import to_yaml  # noqa: PLC0415

    events = output_format != "openapi"
    if not definition.of_events(events):
        what, other = ("events", "openapi") if events else ("calls", "asyncapi")
        name = for_terminal(definition.producer)
        raise click.UsageError(f"Of {name} no {what} are known; try --format {other}.")
    writer = {"openapi": openapi, "asyncapi": asyncapi, "odcs": odcs}[output_format]
    return to_yaml(writer.document(definition))


def _pacts(
    definition: Definition, store_url: str, keys: list[str], consumer: str | None, version: int
) -> dict[str, str]:
    from contract.definition.pact import pacts  # noqa: PLC0415  # as above
    from reports.definition_examples import examples  # noqa: PLC0415
    from reports.json_form import to_json  # noqa: PLC0415
    from store.store import Store  # noqa: PLC0415

    names = [one.name for one in definition.consumers]
    if consumer is not None and consumer not in names:
        known = for_terminal(", ".join(names))
        raise click.UsageError(f"There is no consumer {consumer!r}. There are: {known}.")
    with Store.open(store_url, create=False) as store:
        found = examples(store, definition, keys, consumer)
    files = {name: to_json(form) + "\n" for name, form in pacts(definition, found, version).items()}
    if not files:
        raise click.UsageError("No recorded example is left to make a pact of.")
    return files


def _kept(files: dict[Path, str], check: bool) -> int:  # noqa: FBT001  # the command's flag
    """Write what changed, unless it is only looked at; 1 if it was only looked at and would change."""
    changed = [(path, before, text) for path, text in files.items() if (before := _before(path)) != text]
    for path, before, text in changed:
        _show(path, before, text, check=check)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            deliver(text, str(path))
    same = len(files) - len(changed)
    if same:
        click.echo(f"{same} of {len(files)} unchanged.")
    return int(check and bool(changed))


def _before(path: Path) -> str | None:
    """What is there, None: nothing that can be read."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _show(path: Path, before: str | None, text: str, *, check: bool) -> None:
    """Say what changes in a file."""
    name = for_terminal(str(path))
    if before is None:
        click.echo(f"{name} {'is missing' if check else 'is new'}: {len(text.splitlines()):,} lines.")
        return
    lines = list(unified_diff(before.splitlines(), text.splitlines(), n=0, lineterm=""))[2:]
    added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    click.echo(
        f"{name} {'would change' if check else 'changed'}: {added:,} lines added, {removed:,} removed."
    )
    for line in lines[:MOST_SHOWN]:
        click.echo(f"  {for_terminal(line)}")
    if len(lines) > MOST_SHOWN:
        click.echo(f"  and {len(lines) - MOST_SHOWN:,} more")
