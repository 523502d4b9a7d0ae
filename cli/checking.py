"""What `check` does: read the sides and the map, and ask who breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.reading import read_map
from contract.changes.facts import Document
from contract.changes.reading import load
from contract.changes.rules import graded
from contract.clause import Direction
from contract.policy import Compatibility as Policy
from contract.policy import Mode
from reports.checking import Question, of_documents, of_traffic, reading
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contract.changes.reading import Loaded
    from contract.changes.rules import Compatibility
    from contract.claim import ContractMap
    from contract.ledger.model import Ledger
    from reports.check import Checked


def asked(
    new: str | None,
    bases: tuple[str, ...],
    announced: tuple[str, ...],
    *,
    mode: str | None,
    grades: Mapping[str, Compatibility],
    ledger: Ledger | None,
    allow_remote: bool,
) -> Question:
    """The question, its documents read.

    Args:
        new: the new document.
        bases: the older ones; the last is in use.
        announced: changes announced by hand.
        mode: how single schemas are held against each other; None: as the policy says.
        grades: how grave rules are for this question.
        ledger: whose policy says how far back a change is held against what was.
        allow_remote: whether documents may be fetched over HTTP.

    Raises:
        click.UsageError: several older documents, and no policy that looks back.
        DefactoError: a document cannot be read.
    """
    policy = ledger.policy.compatibility if ledger is not None else Policy()
    by = Mode(mode) if mode else policy.schemas
    back = frozenset(one for one in Direction if policy.mode(one).transitive)
    _ensure_looks_back(bases, back, by)
    read = [_load(one, by, allow_remote=allow_remote) for one in (*bases, *([new] if new else []))]
    sides = read if new else [*read, None]
    return Question(
        old=sides[-2] if bases else None,
        new=sides[-1],
        earlier=tuple(read[: max(0, len(bases) - 1)]),
        transitive=back,
        announced=announced,
        mode=by,
        rules=graded(grades),
        by_hand=frozenset(grades),
    )


def _ensure_looks_back(bases: tuple[str, ...], back: frozenset[Direction], by: Mode) -> None:
    if len(bases) > 1 and not back and not by.transitive:
        raise click.UsageError(
            "Several --base are held against where the policy looks back further than the version in use: "
            "set policy.compatibility to a mode that ends with _TRANSITIVE, or give one --base."
        )
    if len(bases) == 1 and (back or by.transitive):
        click.echo(
            "note: the policy holds a change against every version that was, and one is given: "
            "name the earlier ones with --base as well, the oldest first.",
            err=True,
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


def _load(given: str, mode: Mode, *, allow_remote: bool) -> Loaded:
    loaded = load(given, allow_remote=allow_remote, mode=reading(mode))
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
