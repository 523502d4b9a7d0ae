"""Recorded examples for a contract: of each consumer one of each operation and status.

The first that fits is taken, so that a file made of them stays as it is while traffic goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.definition.pact import Example
from inference.events import exchange_of, is_acknowledgement
from inference.names import Names
from store.records import Outcome
from store.tokens import TOKEN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from contract.definition.terms import Definition
    from store.records import Body, Exchange
    from store.store import Store


def examples(
    store: Store, definition: Definition, declared: Collection[str], consumer: str | None = None
) -> list[Example]:
    """The examples, in the order recorded.

    Args:
        store: what was recorded.
        definition: the contract, whose operations are looked for.
        declared: the operation keys of its document.
        consumer: only this one's.

    Raises:
        StoreError: the store failed.
    """
    names = Names.of(store, {definition.producer: declared})
    operations = {one.key for one in definition.operations}
    found: dict[tuple[str, str, int | None], Example] = {}
    for exchange in _exchanges(store, definition.producer):
        key = names.operation(exchange)
        who = names.consumer(exchange.identity)
        if key in operations and consumer in {None, who}:
            example = Example(consumer=who, operation=key, exchange=exchange)
            found.setdefault((who, key, exchange.status), example)
    return list(found.values())


def _exchanges(store: Store, producer: str) -> Iterator[Exchange]:
    """What can be an example: whole, and without a withheld value where it would be asked for again."""
    calls: Iterable[Exchange] = store.exchanges(producer=producer)
    delivered = (one for one in store.messages(producer=producer) if one.consumer is not None)
    events = (exchange_of(one) for one in delivered if not is_acknowledgement(one))
    yield from (one for one in calls if _is_whole(one) and not TOKEN.search(one.path + one.query))
    yield from filter(_is_whole, events)


def _is_whole(exchange: Exchange) -> bool:
    bodies: tuple[Body | None, ...] = (exchange.request_body, exchange.response_body)
    return (
        exchange.outcome is Outcome.COMPLETE
        and exchange.status is not None
        and exchange.status >= 200
        and not any(body is not None and body.truncated for body in bodies)
    )
