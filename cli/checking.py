"""What `check` does: read the sides and the map, and ask who breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.reading import read_map
from contract.changes.facts import Document
from contract.changes.reading import load
from contract.changes.single import Mode
from reports.checking import Question, of_documents, of_traffic
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contract.changes.reading import Loaded
    from contract.changes.rules import Rule
    from contract.claim import ContractMap
    from reports.check import Checked


def asked(
    new: str | None,
    old: str | None,
    announced: tuple[str, ...],
    *,
    mode: str,
    rules: Mapping[str, Rule],
    allow_remote: bool,
) -> Question:
    """The question, its documents read.

    Raises:
        DefactoError: a document cannot be read.
    """
    by = Mode(mode)
    return Question(
        old=_load(old, by, allow_remote=allow_remote),
        new=_load(new, by, allow_remote=allow_remote),
        announced=announced,
        mode=by,
        rules=rules,
    )


def check(
    question: Question, store_url: str | None, producer: str | None, since: int | None, until: int | None
) -> Checked:
    """The answer; without a store that of the documents alone.

    Raises:
        click.UsageError: no such producer, or several to choose from.
        DefactoError: the store cannot be read, or a change is in no known form.
    """
    if store_url is None:
        return of_documents(question, producer or "")
    return of_traffic(question, _read(store_url, question.keys, producer, since, until))


def _load(given: str | None, mode: Mode, *, allow_remote: bool) -> Loaded | None:
    if given is None:
        return None
    loaded = load(given, allow_remote=allow_remote, mode=mode)
    for warning in loaded.warnings if isinstance(loaded, Document) else ():
        click.echo(f"warning: {for_terminal(warning)}", err=True)
    return loaded


def _read(
    store_url: str, keys: Sequence[str], producer: str | None, since: int | None, until: int | None
) -> ContractMap:
    """The map of one producer, keyed by what the documents declare."""
    from store.store import Store  # noqa: PLC0415  # needs what comparing documents does not

    with Store.open(store_url, create=False) as store:
        name = producer or _only(store.producers())
    return read_map(
        store_url, producer=name, since=since, until=until, declared={name: keys} if name else None
    )


def _only(producers: Sequence[str]) -> str | None:
    """The producer that a document must be of; None where nothing was recorded."""
    if len(producers) > 1:
        names = for_terminal(", ".join(producers))
        raise click.UsageError(f"Whose document is it? Name its --producer. There are: {names}.")
    return next(iter(producers), None)
