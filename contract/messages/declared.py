"""What schemas declare of messages: of channels at once, of types as soon as they were observed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from contract.asyncapi.compiling import compiled
from contract.asyncapi.written import Channel
from contract.openapi.declared import DeclaredContract
from contract.operation import RECEIVE, parse
from contract.view import Viewer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from contract.asyncapi.written import Message
    from contract.claim import OperationMap
    from contract.messages.placing import Placed
    from contract.openapi.declared import DeclaredOperation

_ANYWHERE = "{channel}"
"""The channel of a type that none was observed of."""

_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, kw_only=True)
class DeclaredMessages(DeclaredContract):
    """Schemas.

    `placed` are all messages of them, `calls` what services declare beside them, `unseen` what is declared of
    types on whatever channel, by its key.
    """

    placed: tuple[Placed, ...]
    unseen: Mapping[str, DeclaredOperation]
    calls: tuple[DeclaredOperation, ...] = ()

    @classmethod
    def of(
        cls,
        producer: str,
        source: str,
        placed: Iterable[Placed],
        *,
        warnings: Iterable[str] = (),
        calls: tuple[DeclaredOperation, ...] = (),
    ) -> Self:
        """What messages declare that were read from a source.

        `warnings` are looked at last: references are followed when clauses are made.
        """
        known = tuple(placed)
        operations = (*calls, *_of_channels([one for one in known if one.channel], producer))
        free = [replace(one, channel=_ANYWHERE) for one in known if not one.channel]
        unseen = {one.key: one for one in _of_channels(free, producer) if one.method == RECEIVE}
        return cls(
            producer=producer,
            title="",
            version="",
            source=source,
            operations=operations,
            warnings=tuple(dict.fromkeys(warnings)),
            placed=known,
            calls=calls,
            unseen=unseen,
        )

    def joined(self, other: DeclaredContract) -> DeclaredContract | None:
        """Schemas of one producer are one contract, from however many files they are."""
        if not isinstance(other, DeclaredMessages):
            return None
        return self.of(
            self.producer,
            f"{self.source}, {other.source}",
            self.placed + other.placed,
            warnings=self.warnings + other.warnings,
            calls=self.calls + other.calls,
        )

    def observed(self, operations: Iterable[OperationMap]) -> DeclaredContract:
        """The contract, with what is declared of types on the channels that they were observed on.

        A type that was not observed is told under `RECEIVE {channel}#…`, unless it is only a part of others.
        """
        operations = tuple(operations)
        known = {one.key for one in self.operations}
        viewer = Viewer()
        types = _Types(one.message for one in self.placed if not one.channel)
        found: list[DeclaredOperation] = []
        seen: set[str] = set()
        for one in operations:
            messages = () if one.key in known else types.called(parse(one.key).type)
            seen |= {message.type for message in messages}
            found += self._named(one.key, messages, viewer)
        seen |= {one.message.type for one in self.placed if one.part}
        found += (one for key, one in self.unseen.items() if parse(key).type not in seen)
        whole = super().observed(operations)
        return replace(whole, operations=(*whole.operations, *found))

    def _named(self, key: str, messages: Sequence[Message], viewer: Viewer) -> Iterator[DeclaredOperation]:
        """What some messages declare of an event operation, which may write their type otherwise."""
        operation = parse(key)
        if not messages or not operation.is_event:
            return
        named = [replace(message, type=operation.type) for message in messages]
        yield from (
            one for one in compiled(_channel(operation.place, named), self.producer, viewer) if one.key == key
        )


class _Types:
    """Messages by the names of their types, and by the last parts of those."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._whole: dict[str, list[Message]] = {}
        self._last: dict[str, list[Message]] = {}
        for one in messages:
            self._whole.setdefault(_letters(one.type), []).append(one)
            self._last.setdefault(_letters(one.type.rpartition(".")[2]), []).append(one)

    def called(self, type_: str) -> Sequence[Message]:
        """Those of a type, as traffic names it: by its name, else by the last part of that."""
        letters = _letters(type_)
        return (self._whole.get(letters) or self._last.get(letters) or ()) if type_ else ()


def _of_channels(placed: Sequence[Placed], producer: str) -> Iterator[DeclaredOperation]:
    viewer = Viewer()
    by_channel: dict[str, list[Message]] = {}
    for one in placed:
        by_channel.setdefault(one.channel, []).append(one.message)
    for channel, messages in by_channel.items():
        yield from compiled(_channel(channel, messages), producer, viewer)


def _channel(address: str, messages: Sequence[Message]) -> Channel:
    return Channel(
        address=address,
        pointer=messages[0].pointer,
        security=(),
        parameters=(),
        messages=tuple(messages),
    )


def _letters(type_: str) -> str:
    """A type without its way of writing: `shop.OrderPlaced` is `shop.order_placed`."""
    return _NOT_WORD.sub("", type_).lower()
