"""Transcripts of Redis connections, and the commands and replies to write them with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from proxy.decoders.decoder import Instant, Limits
from proxy.decoders.redis import RedisDecoder
from store.records import Identity
from tests.proxy.decoders.broker_playing import Player, Sent

if TYPE_CHECKING:
    from proxy.raw import RawEvent

LIMITS = Limits(body_bytes=10_000, head_bytes=4096)
NOW = 1_700_000_000_500 * 1_000_000
ENTRY = b"1700000000123-0"
ADDED_AT = 1_700_000_000_123 * 1_000_000
MEMBER = (
    Identity(basis="group", value="mail", source="XREADGROUP group"),
    Identity(basis="client-id", value="worker-1", source="XREADGROUP consumer"),
)


_PLAYER = Player(
    RedisDecoder,
    LIMITS,
    lambda limits: 10 * limits.body_bytes + 3 * limits.head_bytes,
    start=Instant(NOW, NOW),
    tick_ns=1_000_000,
)
once, played, session = _PLAYER.once, _PLAYER.played, _PLAYER.session


class Push(list[Any]):
    """A push of RESP3."""


def cmd(*words: str | bytes) -> Sent:
    """A command; a text is cut into words where it is the only one."""
    if len(words) == 1:
        words = tuple(words[0].split())
    return ("c", resp([one.encode() if isinstance(one, str) else one for one in words]))


def reply(*values: Any) -> Sent:
    return ("s", b"".join(map(resp, values)))


def resp(value: Any) -> bytes:
    """A value on the wire: texts are simple strings, or errors where they begin with `-`."""
    match value:
        case None:
            return b"$-1\r\n"
        case str():
            return (value if value.startswith("-") else "+" + value).encode() + b"\r\n"
        case bytes():
            return b"$%d\r\n%b\r\n" % (len(value), value)
        case int():
            return b":%d\r\n" % value
        case dict():
            return b"%%%d\r\n" % len(value) + b"".join(resp(one) for pair in value.items() for one in pair)
        case _:
            kind = b">" if isinstance(value, Push) else b"*"
            return kind + b"%d\r\n" % len(value) + b"".join(map(resp, value))


def entry(number: int, *fields: bytes) -> list[Any]:
    return [b"1700000000123-%d" % number, list(fields or (b"n", b"%d" % number))]


def read(*entries: list[Any]) -> list[Sent]:
    """A member of a group is delivered new entries of `orders`."""
    return [
        cmd("XREADGROUP GROUP mail worker-1 COUNT 10 BLOCK 0 STREAMS orders >"),
        reply([[b"orders", list(entries)]]),
    ]


def acknowledgements(events: list[RawEvent]) -> list[tuple[str | None, str]]:
    return [(event.key and event.key.partition("-")[2], event.acknowledgement) for event in events]


PUBLISHED: list[Sent] = [cmd("PUBLISH news hello"), reply(2)]
HELLO_3: list[Sent] = [cmd("HELLO 3"), reply({b"server": b"redis", b"proto": 3})]
