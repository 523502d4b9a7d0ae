"""From record batches and commits to events."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from proxy.decoders.broker import link_of
from proxy.decoders.kafka_fetches import AbortedTransactions
from proxy.decoders.kafka_records import batches
from proxy.decoders.kafka_wire import Undecoded
from proxy.raw import RawBody, RawEvent, Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from proxy.decoders.decoder import Limits, Origin
    from proxy.decoders.kafka_records import Batch
    from store.records import Headers

_LAST_MS = (2**63 - 1) // 1_000_000
"""A time beyond it is none: it does not fit in nanoseconds."""


class Events:
    """Makes the events of one connection, in order.

    What could not be read is a flaw of the event that comes next.
    """

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._link = link_of(origin, "kafka")
        self._body_bytes = limits.body_bytes
        self._head_bytes = limits.head_bytes
        self._ordinals = count()
        self._flaws: tuple[str, ...] = ()

    def flaw(self, name: str) -> None:
        """Something was left out."""
        if name not in self._flaws:
            self._flaws = (*self._flaws, name)

    def commit(self, offset: int, flaws: tuple[str, ...], *, at: int, **known: Any) -> RawEvent:
        """The client is done with what is before an offset."""
        return RawEvent(
            link=self._link,
            ordinal=next(self._ordinals),
            sender=Sender.SERVER,
            sequence=offset - 1,
            at=at,
            acknowledged_at=at,
            acknowledgement="commit",
            flaws=self._flaws_of_next(flaws),
            **known,
        )

    def published(
        self, data: bytes, base_offset: int | None, flaws: tuple[str, ...], **known: Any
    ) -> Iterator[RawEvent]:
        """The records that a client sent for one partition, and the offset that the first of them got."""
        make = partial(RawEvent, link=self._link, sender=Sender.CLIENT, **known)
        for batch in self._batches(data):
            shift = None if base_offset is None else base_offset - batch.head.base_offset
            for record in self._records(batch):
                yield self._event(make, record, None if shift is None else record.offset + shift, flaws)

    def delivered(
        self,
        data: bytes,
        first_offset: int,
        aborted: Iterable[Any],
        flaws: tuple[str, ...],
        **known: Any,
    ) -> Iterator[RawEvent]:
        """The records that a client got of one partition, from the offset on that it asked for."""
        make = partial(RawEvent, link=self._link, sender=Sender.SERVER, **known)
        transactions = AbortedTransactions(aborted)
        for batch in self._batches(data):
            flaws_here = (*flaws, "aborted") if transactions.has(batch.head) else flaws
            if batch.head.is_control_batch:
                continue
            for record in self._records(batch):
                if record.offset >= first_offset:
                    yield self._event(make, record, record.offset, flaws_here)

    def _batches(self, data: bytes) -> Iterator[Batch]:
        for batch in batches(data):
            if batch is None:
                self.flaw("records-undecoded")
            else:
                yield batch

    def _records(self, batch: Batch) -> Iterator[Any]:
        try:
            yield from batch.records()
        except Undecoded:
            self.flaw("records-undecoded")

    def _event(
        self, make: Callable[..., RawEvent], record: Any, sequence: int | None, flaws: tuple[str, ...]
    ) -> RawEvent:
        value, time = record.value, record.timestamp
        key = None if record.key is None else _text(record.key)
        headers = _fields(record.headers) if record.headers else ()
        if _size(key, headers) > self._head_bytes:
            key, headers = None, ()
            self.flaw("head-too-large")
        return make(
            ordinal=next(self._ordinals),
            payload=None if value is None else RawBody(data=value[: self._body_bytes], size=len(value)),
            headers=headers,
            key=key,
            sequence=sequence,
            published_at=time * 1_000_000 if 0 <= time <= _LAST_MS else None,
            flaws=self._flaws_of_next(flaws) if self._flaws else flaws,
        )

    def _flaws_of_next(self, own: tuple[str, ...]) -> tuple[str, ...]:
        flaws, self._flaws = self._flaws, ()
        return (*flaws, *own)


def _size(key: str | None, headers: Headers) -> int:
    return len(key or "") + (sum([len(name) + len(value) for name, value in headers]) if headers else 0)


def _fields(headers: Iterable[tuple[str, bytes | None]]) -> Headers:
    return tuple([(name.lower(), _text(value) if value else "") for name, value in headers])


def _text(data: bytes) -> str:
    """What is no text is given in hexadecimal."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.hex()
