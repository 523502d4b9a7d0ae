"""Operation keys: what clauses, ledgers and reports call an operation.

`GET /orders/{order_id}` is a method and a path template. `RECEIVE orders.{tenant}.created#order.created` is
what a consumer was delivered of a channel, and of which message type where types are told apart; `SEND …` is
what was published to it. A channel with slashes is written as a path is, another one with its dots. `POST
/graphql#OrderById` is a call of a type of its own: the GraphQL operation that one path serves among many.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

SEND, RECEIVE = "SEND", "RECEIVE"


class Operation(NamedTuple):
    """A key taken apart. `type` is `""` where what has this verb and place is not told apart."""

    verb: str
    segments: tuple[str, ...]
    type: str = ""
    dotted: bool = False

    @property
    def is_event(self) -> bool:
        """Whether it is about messages, not calls."""
        return self.verb in {SEND, RECEIVE}

    @property
    def text(self) -> str:
        """The key; `parse` reads it back."""
        place = ".".join(self.segments) if self.dotted else f"/{'/'.join(self.segments)}"
        return f"{self.verb} {place}#{self.type}" if self.type else f"{self.verb} {place}"


@lru_cache(maxsize=16_384)
def parse(key: str) -> Operation:
    """Take a key apart. Total; a final slash is not kept."""
    verb, _, rest = key.partition(" ")
    rest, _, type_ = rest.partition("#")
    if verb in {SEND, RECEIVE} and not rest.startswith("/"):
        return Operation(verb, tuple(rest.split(".")), type_, dotted=True)
    return Operation(verb, tuple(part for part in rest.split("/") if part), type_)
