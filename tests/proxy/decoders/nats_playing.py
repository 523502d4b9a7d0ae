"""Transcripts of NATS connections, and the operations to write them with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from proxy.decoders.decoder import Limits
from proxy.decoders.nats import NatsDecoder
from store.records import Identity
from tests.proxy.decoders.broker_playing import Player, Sent

if TYPE_CHECKING:
    from proxy.raw import RawEvent

LIMITS = Limits(body_bytes=1000, head_bytes=4096)
INFO: Sent = ("s", b'INFO {"server_id":"x","headers":true} \r\n')
_CREDENTIALS = b'"pass":"hush1","auth_token":"hush2","jwt":"hush3","sig":"hush4","nkey":"hush5"'
CONNECT: Sent = ("c", b'CONNECT {"name":"billing a","user":"u",' + _CREDENTIALS + b"}\r\nPING\r\n")
OPENED: list[Sent] = [INFO, CONNECT, ("s", b"PONG\r\n")]
BASE = (
    Identity(basis="connection-name", value="billing a", source="CONNECT name"),
    Identity(basis="user", value="u", source="CONNECT user"),
)
STORED_AT = 1_700_000_000_123_456_789


_PLAYER = Player(NatsDecoder, LIMITS, lambda limits: 20 * limits.head_bytes, OPENED, tick_ns=10**9)
once, played, session = _PLAYER.once, _PLAYER.played, _PLAYER.session


def pub(subject: str, payload: bytes = b"", reply: str = "") -> Sent:
    return ("c", f"PUB {subject} {reply} {len(payload)}\r\n".encode() + payload + b"\r\n")


def msg(subject: str, payload: bytes = b"", reply: str = "", sid: int = 1) -> Sent:
    return ("s", f"MSG {subject} {sid} {reply} {len(payload)}\r\n".encode() + payload + b"\r\n")


def headed(verb: str, words: str, head: bytes, payload: bytes = b"") -> bytes:
    sizes = f"{len(head)} {len(head) + len(payload)}"
    return f"{verb} {words} {sizes}\r\n".encode() + head + payload + b"\r\n"


def ack_subject(sequence: int, *, delivered: int = 1, order: int = 0, consumer: str = "mail") -> str:
    return f"$JS.ACK.ORDERS.{consumer}.{delivered}.{sequence}.{order or sequence}.{STORED_AT}.0"


def api_answer(name: str, **config: str) -> Sent:
    answer = {"type": "…", "stream_name": "ORDERS", "name": name, "config": config}
    return msg("_INBOX.a.1", json.dumps(answer).encode())


CREATED: Sent = pub("$JS.API.CONSUMER.CREATE.ORDERS", b"{}", "_INBOX.a.1")


def acknowledgements(events: list[RawEvent]) -> list[tuple[int | None, str]]:
    return [(event.sequence, event.acknowledgement) for event in events]
