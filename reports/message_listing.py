"""The messages that were observed, a line for each, in the order of the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.listing import clock, same
from reports.untrusted import for_terminal
from reports.words import instant, milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inference.names import Names
    from store.records import Identity, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMessage:
    """A message in a list. `time` is RFC 3339: when it was delivered, or published where nobody got it.

    `publisher` and `consumer` are None where they are not known. `lag_ms` is from publication to delivery.
    """

    id: str
    time: str
    producer: str
    publisher: str | None
    consumer: str | None
    protocol: str
    operation: str
    channel: str
    type: str
    lag_ms: float | None
    acknowledgement: str
    redeliveries: int | None

    @property
    def party(self) -> str:
        """Who it was delivered to, or who published it; `""` where neither is known."""
        return self.consumer or self.publisher or ""

    @property
    def clock(self) -> str:
        """The time for people: `2026-03-02 14:05:09.120`, `""` where none is known."""
        return clock(self.time)


def listed_messages(
    messages: Iterable[Message], names: Names, *, consumer: str = "", operation: str = ""
) -> Iterator[ListedMessage]:
    """The messages that are wanted; in `consumer` (or publisher) and `operation` `*` and `?` match."""
    for message in messages:
        at = message.delivered_at or message.published_at or message.acknowledged_at
        one = ListedMessage(
            id=message.id,
            time=instant(at) if at is not None else "",
            producer=message.producer,
            publisher=_name(message.publisher, names),
            consumer=_name(message.consumer, names),
            protocol=message.protocol,
            operation=names.operation_of(message),
            channel=message.channel,
            type=message.type,
            lag_ms=_lag_ms(message),
            acknowledgement=message.acknowledgement,
            redeliveries=message.redeliveries,
        )
        theirs = not consumer or same(one.party, consumer)
        if theirs and (not operation or same(one.operation, operation)):
            yield one


def as_text(rows: Iterable[ListedMessage]) -> Iterator[str]:
    """Columns for people."""
    for row in rows:
        lag = "" if row.lag_ms is None else milliseconds(row.lag_ms)
        parties = f"{row.publisher or '?'} → {row.consumer or row.producer}"
        again = f"  delivered again ({row.redeliveries})" if row.redeliveries else ""
        words = f"{row.operation}{again}"
        yield for_terminal(
            f"{row.id}  {row.clock}  {lag:>8}  {row.acknowledgement:<8}  {parties:<32}  {words}"
        )


def _name(identity: Identity | None, names: Names) -> str | None:
    return None if identity is None else names.consumer(identity)


def _lag_ms(message: Message) -> float | None:
    if message.delivered_at is None or message.published_at is None:
        return None
    return round((message.delivered_at - message.published_at) / 1e6, 3)
