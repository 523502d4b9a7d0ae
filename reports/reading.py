"""What reports ask a store: whose traffic it has, and what was observed in two periods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.contract_map import build
from inference.counted import counted
from inference.names import Names
from reports.periods import Observed
from store.errors import DefactoError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contract.openapi import DeclaredContract
    from reports.when import Span
    from store.store import Store


def producers_of(store: Store, named: str | None) -> list[str]:
    """The producers to read: the one that was named, or all.

    Raises:
        QuestionError: there is no such producer.
        DefactoError: nothing was recorded.
    """
    known = store.producers()
    if not known:
        raise DefactoError(
            f"nothing was recorded in {store.url} yet", "Use defacto record, or defacto import."
        )
    if named is not None and named not in known:
        raise QuestionError(f"There is no producer {named!r}. There are: {', '.join(known)}.")
    return known if named is None else [named]


def ensure_kept(store: Store, producer: str | None, what: str, kept: Iterable[object]) -> None:
    """Whether there is anything to list, before a list is begun.

    Args:
        store: what was recorded.
        producer: whose, None: of all.
        what: `exchanges` or `messages`, as the commands are called.
        kept: them; the first is enough.

    Raises:
        QuestionError: there is no such producer.
        DefactoError: nothing was recorded, or none of these is kept.
    """
    producers_of(store, producer)
    if next(iter(kept), None) is None:
        other = "messages" if what == "exchanges" else "exchanges"
        raise DefactoError(
            f"no {what} are kept in {store.url}{f' of {producer}' if producer else ''}",
            f"Try defacto {other}; what is kept as summaries alone (--keep summaries, defacto prune) "
            "is told by defacto map.",
        )


def as_called(store: Store, declared: Mapping[str, DeclaredContract]) -> dict[str, DeclaredContract]:
    """What documents declare, by producer, below the base paths that traffic has.

    Raises:
        StoreError: the store cannot be read.
    """
    seen = Names.of(store).operations
    return {name: document.as_called(seen[name].keys()) for name, document in declared.items()}


def observed_in(store: Store, producer: str | None, span: Span) -> Observed:
    """What was observed in a period.

    Raises:
        QuestionError: there is no such producer.
        DefactoError: the store cannot be read, or nothing was recorded.
    """
    return Observed(
        name=span.text,
        map=build(store, producer=producer, since=span.since, until=span.until),
        counted={
            name: counted(store, producer=name, since=span.since, until=span.until)
            for name in producers_of(store, producer)
        },
    )


def ensure_in_order(earlier: Span, later: Span) -> None:
    """Two periods can be compared if the later one begins when the earlier one has ended.

    Raises:
        QuestionError: it does not.
    """
    if earlier.until is None or later.since is None or later.since < earlier.until:
        raise QuestionError("The period --to must not begin before the period --from has ended.")
