"""What `verify`, `plan` and `export` do first: open the store, and gather what is guaranteed."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from cli.ledger import ledger_option, tell_strays
from cli.reading import claims_of, read_against_all, read_map
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from contract.claim import ContractMap
    from contract.ledger.model import Ledger
    from contract.verification.guarantees import Guarantee

_Decorated = TypeVar("_Decorated", bound="Callable[..., object]")


@dataclass(frozen=True, slots=True)
class Guaranteed:
    """What is guaranteed, and the map of what was seen. `declared` names the producers with a document."""

    guarantees: tuple[Guarantee, ...]
    map: ContractMap
    declared: frozenset[str]


def source_options(command: _Decorated) -> _Decorated:
    """`--declared`, `--clauses`, `--ledger` and `--operation`: which clauses are guaranteed."""
    for option in (
        ledger_option,
        click.option("--operation", metavar="GLOB", help="Only operations such as 'GET /orders*'."),
        click.option(
            "--clauses",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Guaranteed is what this file lists: the JSON of defacto map.",
        ),
        click.option(
            "--declared",
            multiple=True,
            metavar="[PRODUCER=]FILE",
            help="Guaranteed is what this document says, of any kind that drift takes; one a producer.",
        ),
    ):
        command = option(command)
    return command


def read_guaranteed(
    store_url: str,
    *,
    producer: str | None,
    declared: Sequence[str],
    clauses: Path | None,
    ledger: Ledger | None,
    operation: str | None,
    allow_remote: bool,
    until: int | None = None,
) -> Guaranteed:
    """What is guaranteed: by documents, a file of clauses and a ledger, else what consumers rely on.

    Args:
        store_url: what was recorded.
        producer: only this one.
        declared: documents, as `[PRODUCER=]FILE`.
        clauses: the JSON of `defacto map`.
        ledger: what was decided; what it takes back is guaranteed by nothing.
        operation: only operations that fit this pattern with `*` and `?`.
        allow_remote: whether documents may be fetched.
        until: Unix ns: what consumers rely on is taken from what was seen before.

    Raises:
        click.UsageError: no such producer, or nothing is guaranteed.
        DefactoError: the store, a document or the file cannot be read.
    """
    from contract.verification import guarantees as sources  # noqa: PLC0415  # when they run
    from contract.verification import promises  # noqa: PLC0415

    if declared:
        observed, documents = read_against_all(
            declared, store_url, producer=producer, since=None, until=until, allow_remote=allow_remote
        )
        maps = {one.name: one for one in observed.producers}
        found = [one for own in documents for one in sources.of_document(own, maps.get(own.producer))]
    else:
        observed = read_map(store_url, producer=producer, since=None, until=until)
        documents, found = [], []
    if clauses is not None:
        found += sources.of_file(_text(clauses), str(clauses))
    if ledger is not None:
        tell_strays(ledger, claims_of(observed))
        found += _promised(observed, ledger)
    if not found:
        found = [one for own in observed.producers for one in sources.of_map(own)]
    if ledger is not None:
        found = promises.decided(found, ledger)
    chosen = {one.clause.id: one for one in found if _is_wanted(one, producer, operation)}
    if not chosen:
        raise click.UsageError(
            "Nothing is guaranteed: no --declared document, --clauses file or ledger does so, and nobody "
            "was seen to rely on anything (with --since: before then)."
        )
    return Guaranteed(
        tuple(sources.with_statuses(chosen.values())), observed, frozenset(one.producer for one in documents)
    )


def _promised(observed: ContractMap, ledger: Ledger) -> Iterator[Guarantee]:
    from contract.verification.promises import of_ledger  # noqa: PLC0415  # as above

    for producer in observed.producers:
        claims = [claim for one in producer.operations for claim in (*one.claims, *one.explained)]
        yield from of_ledger(ledger, producer.name, claims)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DefactoError(f"cannot read {path}: {error}") from error


def _is_wanted(guarantee: Guarantee, producer: str | None, operation: str | None) -> bool:
    clause = guarantee.clause
    pattern = (operation or "*").replace("[", "[[]")
    return producer in {None, clause.producer} and fnmatchcase(clause.operation, pattern)
