"""Operation keys: what clauses, ledgers and reports call an operation.

`GET /orders/{order_id}` is a method and a path template. `RECEIVE orders.{tenant}.created#order.created` is
what a consumer was delivered of a channel, and of which message type where types are told apart; `SEND …` is
what was published to it. A channel is written as clients write it: `/garage/door` and `garage/door` are two
topics of MQTT. `POST /graphql#OrderById` is a call of a type of its own: the GraphQL operation that one path
serves among many.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

SEND, RECEIVE = "SEND", "RECEIVE"


class Operation(NamedTuple):
    """A key taken apart. `type` is `""` where what has this verb and place is not told apart.

    `style` is how the segments are written: `""` as a path, `.` between dots, `/` between slashes alone.
    """

    verb: str
    segments: tuple[str, ...]
    type: str = ""
    style: str = ""

    @property
    def is_event(self) -> bool:
        """Whether it is about messages, not calls."""
        return self.verb in {SEND, RECEIVE}

    @property
    def place(self) -> str:
        """The path, or the channel."""
        if self.style == ".":
            return ".".join(self.segments)
        if self.style == "/" and len(self.segments) != 1:
            return "/".join(self.segments)
        return f"{self.segments[0]}/" if self.style else f"/{'/'.join(self.segments)}"

    @property
    def text(self) -> str:
        """The key; `parse` reads it back."""
        return f"{self.verb} {self.place}#{self.type}" if self.type else f"{self.verb} {self.place}"


@lru_cache(maxsize=16_384)
def parse(key: str) -> Operation:
    """Take a key apart. Total; a final slash is not kept, but for the only one of a channel."""
    verb, _, rest = key.partition(" ")
    rest, _, type_ = rest.partition("#")
    if verb in {SEND, RECEIVE}:
        return of_channel(verb, rest, type_)
    return Operation(verb, _parts(rest), type_)


def of_channel(verb: str, channel: str, type_: str = "") -> Operation:
    """The operation of a channel, as clients write it. Total."""
    style = style_of(channel)
    return Operation(verb, tuple(channel.split(".")) if style == "." else _parts(channel), type_, style)


def style_of(channel: str) -> str:
    """How a channel is written (`Operation`). Slashes count before dots."""
    if "/" not in channel:
        return "."
    return "" if channel.startswith("/") else "/"


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)
