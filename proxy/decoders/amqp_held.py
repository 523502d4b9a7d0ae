"""AMQP messages that wait for a word on what became of them, by the numbers that words name."""

from __future__ import annotations

from collections import OrderedDict
from itertools import takewhile
from typing import TYPE_CHECKING

from proxy.decoders.held import Held

if TYPE_CHECKING:
    from proxy.decoders.amqp_messages import Line, Message, Place

_NONE: OrderedDict[int, Message] = OrderedDict()


class HeldMessages(Held["Place", "Message"]):
    """All of one connection; a word may be about many of one line."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(limit_bytes)
        self._lines: dict[Line, OrderedDict[int, Message]] = {}
        """By number. A broker counts upwards, so that they are in this order as well."""

    def hold(self, key: Place, item: Message, size: int, until_ns: int | None = None) -> list[Message]:
        """As of all that wait."""
        former = self.take(key)
        line, number = key
        self._lines.setdefault(line, OrderedDict())[number] = item
        gone = super().hold(key, item, size, until_ns)
        return gone if former is None else [former, *gone]

    def answered(self, line: Line, number: int, *, multiple: bool) -> list[Message]:
        """Those that an answer is about: one, with `multiple` also all before, and with 0 all at all."""
        waiting = self._lines.get(line, _NONE)
        if not multiple:
            return [waiting[number]] if number in waiting else []
        if not number:
            return list(waiting.values())
        return list(takewhile(lambda message: message.number <= number, waiting.values()))

    def on(self, line: Line) -> list[Message]:
        """All of a line."""
        return list(self._lines.get(line, _NONE).values())

    def _pop(self, key: Place) -> Message:
        line, number = key
        del self._lines[line][number]
        if not self._lines[line]:
            del self._lines[line]
        return super()._pop(key)
