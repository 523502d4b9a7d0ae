"""What `map` and `drift` do first: open the store, read the declared document, build the maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reports.untrusted import for_terminal
from store.errors import DefactoError

if TYPE_CHECKING:
    from cli.options import Span
    from contract.claim import ContractMap
    from contract.openapi import DeclaredContract
    from reports.periods import Observed
    from store.store import Store


def read_map(store_url: str, *, producer: str | None, since: int | None, until: int | None) -> ContractMap:
    """The contract map of one producer, or of all.

    Raises:
        click.UsageError: no such producer.
        DefactoError: the store cannot be read, or nothing was recorded.
    """
    from inference.contract_map import build  # noqa: PLC0415  # commands import their work when they run

    with _opened(store_url) as store:
        _producers(store, producer)
        return build(store, producer=producer, since=since, until=until)


def read_against(
    document: str,
    store_url: str,
    *,
    producer: str | None,
    since: int | None,
    until: int | None,
    allow_remote: bool,
) -> tuple[ContractMap, DeclaredContract]:
    """What a document declares, and the map of the producer it is of, keyed by the declared operations.

    Raises:
        click.UsageError: no such producer, or several that the document could be of.
        DefactoError: the store or the document cannot be read, or nothing was recorded.
    """
    from contract.openapi import load  # noqa: PLC0415  # commands import their work when they run
    from inference.contract_map import build  # noqa: PLC0415

    with _opened(store_url) as store:
        found = _producers(store, producer)
        if len(found) > 1:
            names = for_terminal(", ".join(found))
            raise click.UsageError(f"Whose document is it? Name its --producer. There are: {names}.")
        declared = load(document, producer=found[0], allow_remote=allow_remote)
        for warning in declared.warnings:
            click.echo(f"warning: {for_terminal(warning)}", err=True)
        keys = {found[0]: [operation.key for operation in declared.operations]}
        return build(store, producer=found[0], since=since, until=until, declared=keys), declared


def read_periods(
    store_url: str, *, producer: str | None, earlier: Span, later: Span
) -> tuple[Observed, Observed]:
    """What was observed in two periods.

    Raises:
        click.UsageError: no such producer.
        DefactoError: the store cannot be read, or nothing was recorded.
    """
    from inference.contract_map import build  # noqa: PLC0415  # commands import their work when they run
    from inference.counted import counted  # noqa: PLC0415
    from reports.periods import Observed  # noqa: PLC0415

    with _opened(store_url) as store:
        found = _producers(store, producer)

        def observed(span: Span) -> Observed:
            return Observed(
                name=span.text,
                map=build(store, producer=producer, since=span.since, until=span.until),
                counted={
                    name: counted(store, producer=name, since=span.since, until=span.until) for name in found
                },
            )

        return observed(earlier), observed(later)


def _opened(store_url: str) -> Store:
    from store.store import Store  # noqa: PLC0415  # as above

    store = Store.open(store_url, create=False)
    _tell_unfolded(store)
    return store


def _producers(store: Store, named: str | None) -> list[str]:
    """The producers to read: the one that was named, or all."""
    known = store.producers()
    if not known:
        raise DefactoError(
            f"nothing was recorded in {store.url} yet", "Use defacto record, or defacto import."
        )
    if named is not None and named not in known:
        raise click.UsageError(
            f"There is no producer {named!r}. There are: {for_terminal(', '.join(known))}."
        )
    return known if named is None else [named]


def _tell_unfolded(store: Store) -> None:
    waiting = len(store.unfolded())
    if waiting:
        batches = "1 batch is" if waiting == 1 else f"{waiting:,} batches are"
        click.echo(f"note: {batches} not folded yet, and missing here; run defacto infer.", err=True)
