"""WebSocket connections, between wsproto's own ends, with and without compression."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Message,
    Ping,
    Request,
    TextMessage,
)
from wsproto.extensions import PerMessageDeflate

from proxy.decoders.decoder import Limits, Origin, Reason
from proxy.decoders.http import HttpDecoder
from proxy.raw import Sender
from store.records import Outcome
from tests.proxy.decoders.playing import bytewise, in_any_cutting, played, untimed

if TYPE_CHECKING:
    from tests.proxy.decoders.playing import Seen, Step

ORIGIN = Origin(producer="orders", source="here", connection="run-1", peer="10.0.0.9")
ASK = (
    b"GET /feed?x=1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
AGREE = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n"


def make() -> HttpDecoder:
    return HttpDecoder(ORIGIN, Limits(body_bytes=1000))


class Ends:
    """A client and a server of wsproto's; what they send are the steps."""

    def __init__(self, *, deflate: bool, **options: bool | int) -> None:
        self.client = WSConnection(ConnectionType.CLIENT)
        self.server = WSConnection(ConnectionType.SERVER)
        self.steps: list[Step] = []
        offers = [PerMessageDeflate(**options)] if deflate else []  # type: ignore[arg-type]
        self.send("c", Request(host="h", target="/feed", extensions=offers))  # type: ignore[arg-type]
        self.send("s", AcceptConnection(extensions=[PerMessageDeflate()] if deflate else []))

    def send(self, side: str, event: object) -> None:
        ours, theirs = (self.client, self.server) if side == "c" else (self.server, self.client)
        data = ours.send(event)  # type: ignore[arg-type]
        self.steps.append((side, data))
        theirs.receive_data(data)
        list(theirs.events())


def said(seen: Seen) -> list[tuple[Sender, str, bytes]]:
    return [(one.sender, one.type, one.payload.data) for one in seen.messages]


MESSAGES = st.lists(
    st.tuples(
        st.sampled_from("cs"), st.text(max_size=200) | st.binary(max_size=300), st.booleans(), st.booleans()
    ),
    max_size=8,
)


@given(
    MESSAGES,
    st.fixed_dictionaries(
        {"deflate": st.booleans()},
        optional={
            "client_no_context_takeover": st.booleans(),
            "server_no_context_takeover": st.booleans(),
            "client_max_window_bits": st.integers(9, 15),
            "server_max_window_bits": st.integers(9, 15),
        },
    ),
    st.integers(1, 50),
)
def test_what_wsproto_sends_is_read(
    messages: list[tuple[str, str | bytes, bool, bool]], options: dict[str, bool | int], size: int
) -> None:
    ends = Ends(**options)  # type: ignore[arg-type]
    expected = []
    for side, content, fragmented, pinged in messages:
        kind: type[Message] = TextMessage if isinstance(content, str) else BytesMessage
        half = len(content) // 2
        if fragmented:
            ends.send(side, kind(data=content[:half], message_finished=False))  # type: ignore[arg-type]
            if pinged:
                ends.send(side, Ping(payload=b"there?"))
        ends.send(side, kind(data=content[half:] if fragmented else content))  # type: ignore[arg-type]
        data = content.encode() if isinstance(content, str) else content
        sender = Sender.CLIENT if side == "c" else Sender.SERVER
        expected.append((sender, "text" if isinstance(content, str) else "binary", data))
    ends.send("c", CloseConnection(code=1000))
    seen = played(make(), ends.steps)
    assert seen.opaque is None
    assert said(seen) == expected
    assert [one.ordinal for one in seen.messages] == list(range(len(expected)))
    assert untimed(played(make(), bytewise(ends.steps, size))) == untimed(seen)
    (upgrade,) = seen.exchanges
    assert (upgrade.status, upgrade.outcome) == (101, Outcome.COMPLETE)
    assert {one.carrier.fingerprint for one in seen.messages} <= {upgrade.fingerprint}


def test_bytes_that_come_with_the_answer_are_not_lost() -> None:
    seen = in_any_cutting(make, [("c", ASK), ("s", AGREE + b"\r\n\x81\x02hi")])
    assert said(seen) == [(Sender.SERVER, "text", b"hi")]


def test_long_messages_are_cut_and_say_so() -> None:
    ends = Ends(deflate=False)
    ends.send("s", TextMessage(data="é" * 5000))
    (message,) = played(make(), ends.steps).messages
    assert (len(message.payload.data), message.payload.size) == (1000, 10_000)


def test_a_bomb_is_not_unpacked() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b"\0" * 40_000_000) + packer.flush(zlib.Z_SYNC_FLUSH)
    frame = b"\xc2\x7e" + len(bomb).to_bytes(2) + bomb
    agree = AGREE + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    seen = played(make(), [("c", ASK), ("s", agree), ("s", frame)])
    assert seen.opaque is not None
    assert seen.opaque.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("agreed", "reason"),
    [
        (b"x-other", None),
        (b"permessage-deflate, x-other", None),
        (b"permessage-deflate; server_max_window_bits=99", Reason.MALFORMED),
        (b"permessage-deflate; server_max_window_bits", Reason.MALFORMED),
    ],
)
def test_extensions_that_are_not_known_end_the_reading(agreed: bytes, reason: Reason | None) -> None:
    agree = AGREE + b"Sec-WebSocket-Extensions: " + agreed + b"\r\n\r\n"
    seen = in_any_cutting(make, [("c", ASK), ("s", agree + b"\x81\x02hi")])
    assert seen.opaque is not None
    assert seen.opaque.reason is reason
    assert len(seen.exchanges) == 1


@given(st.lists(st.tuples(st.sampled_from("cs"), st.binary(max_size=60)), max_size=6), st.booleans())
def test_any_bytes_end_in_messages_or_opaque(pieces: list[tuple[str, bytes]], deflate: bool) -> None:
    extensions = b"Sec-WebSocket-Extensions: permessage-deflate\r\n" if deflate else b""
    played(make(), [("c", ASK), ("s", AGREE + extensions + b"\r\n"), *pieces, "server_eof"])
