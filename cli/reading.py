"""What `map` and `drift` do first: open the store, read the declared document, build the maps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contract.claim import Claim, ContractMap
    from contract.openapi import DeclaredContract
    from reports.periods import Observed
    from reports.when import Span
    from store.store import Store


def read_map(
    store_url: str,
    *,
    producer: str | None,
    since: int | None,
    until: int | None,
    declared: Mapping[str, Sequence[str]] | None = None,
) -> ContractMap:
    """The contract map of one producer, or of all, keyed by the operations declared of each where some are.

    Raises:
        QuestionError: no such producer.
        DefactoError: the store cannot be read, or nothing was recorded.
    """
    from inference.contract_map import build  # noqa: PLC0415  # commands import their work when they run
    from reports.reading import producers_of  # noqa: PLC0415

    with _opened(store_url) as store:
        producers_of(store, producer)
        return build(store, producer=producer, since=since, until=until, declared=declared)


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
        QuestionError: no such producer.
        click.UsageError: several that the document could be of.
        DefactoError: the store or the document cannot be read, or nothing was recorded.
    """
    whole, (declared,) = read_against_all(
        (document,), store_url, producer=producer, since=since, until=until, allow_remote=allow_remote
    )
    return whole, declared


def read_against_all(
    documents: Sequence[str],
    store_url: str,
    *,
    producer: str | None,
    since: int | None,
    until: int | None,
    allow_remote: bool,
) -> tuple[ContractMap, list[DeclaredContract]]:
    """What documents declare (`[PRODUCER=]FILE`), and the map of their producers, keyed by what they declare.

    What the map says of its window and of what was captured is of all producers where it has several.

    Raises:
        QuestionError: no such producer.
        click.UsageError: several that a document could be of, or two documents of one.
        DefactoError: the store or a document cannot be read, or nothing was recorded.
    """
    from contract.declared import load  # noqa: PLC0415  # commands import their work when they run
    from inference.contract_map import build  # noqa: PLC0415
    from reports.reading import as_called, producers_of  # noqa: PLC0415

    with _opened(store_url) as store:
        found = producers_of(store, producer)
        declared: dict[str, DeclaredContract] = {}
        for document in documents:
            name, path = _whose(document, found)
            loaded = load(path, producer=name, allow_remote=allow_remote)
            for warning in loaded.warnings:
                click.echo(f"warning: {for_terminal(warning)}", err=True)
            whole_of = declared[name].joined(loaded) if name in declared else loaded
            if whole_of is None:
                raise click.UsageError(f"Of {for_terminal(name)} there are two documents.")
            declared[name] = whole_of
        declared = as_called(store, declared)
        keys = {name: [one.key for one in document.operations] for name, document in declared.items()}
        single = next(iter(declared)) if len(declared) == 1 else None
        whole = build(store, producer=single, since=since, until=until, declared=keys)
    theirs = tuple(one for one in whole.producers if one.name in declared)
    return replace(whole, producers=theirs), list(declared.values())


def _whose(document: str, candidates: Sequence[str]) -> tuple[str, str]:
    """The producer of a document, and its path, which may hold `=` as well: only a producer's name counts."""
    name, equals, path = document.partition("=")
    if equals and name in candidates:
        return name, path
    if len(candidates) > 1:
        names = for_terminal(", ".join(candidates))
        raise click.UsageError(
            f"Whose document is it? Name its --producer, or --declared PRODUCER=FILE. There are: {names}."
        )
    return candidates[0], document


def read_periods(
    store_url: str, *, producer: str | None, earlier: Span, later: Span
) -> tuple[Observed, Observed]:
    """What was observed in two periods.

    Raises:
        QuestionError: no such producer.
        DefactoError: the store cannot be read, or nothing was recorded.
    """
    from reports.reading import observed_in  # noqa: PLC0415  # commands import their work when they run

    with _opened(store_url) as store:
        return observed_in(store, producer, earlier), observed_in(store, producer, later)


def claims_of(contract_map: ContractMap) -> list[Claim]:
    """All claims of a map."""
    return [
        claim
        for producer in contract_map.producers
        for operation in producer.operations
        for claim in (*operation.claims, *operation.explained)
    ]


def _opened(store_url: str) -> Store:
    from store.store import Store  # noqa: PLC0415  # as above

    store = Store.open(store_url, create=False)
    _tell_unfolded(store)
    return store


def _tell_unfolded(store: Store) -> None:
    waiting = len(store.unfolded())
    if waiting:
        batches = "1 batch is" if waiting == 1 else f"{waiting:,} batches are"
        click.echo(f"note: {batches} not folded yet, and missing here; run defacto infer.", err=True)
