"""TLS that passes through: real handshakes, and garbage that looks like one."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.decoders.decoder import Limits, Origin, Reason
from proxy.decoders.http import HttpDecoder
from store.records import Outcome
from tests.certificates import Authority
from tests.proxy.decoders.playing import in_any_cutting, played

if TYPE_CHECKING:
    from pathlib import Path

    from tests.proxy.decoders.playing import Step

ORIGIN = Origin(producer="orders", source="here", connection="run-1", peer="10.0.0.9")


def make() -> HttpDecoder:
    return HttpDecoder(ORIGIN, Limits())


def hello(name: str | None, *alpn: str) -> bytes:
    """What OpenSSL sends first."""
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    if alpn:
        context.set_alpn_protocols(list(alpn))
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(received, sent, server_hostname=name).do_handshake()
    return sent.read()


def session(authority: Authority) -> list[Step]:
    """A handshake, a request and its answer."""
    ends, steps = {}, []
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends["c"] = authority.client_context().wrap_bio(to_client, to_server, server_hostname="localhost")
    ends["s"] = authority.server_context().wrap_bio(to_server, to_client, server_side=True)
    waiting = {"c", "s"}
    while waiting:
        for side, out in (("c", to_server), ("s", to_client)):
            if side in waiting:
                try:
                    ends[side].do_handshake()
                    waiting.discard(side)
                except ssl.SSLWantReadError:
                    pass
            data = out.read()
            if data:
                steps.append((side, data))
                out.write(data)
    return steps


def test_a_connection_is_one_tunnel(tmp_path: Path) -> None:
    steps = session(Authority(tmp_path))
    seen = in_any_cutting(make, [*steps, "client_eof", "server_eof"])
    (tunnel,) = seen.exchanges
    assert (tunnel.method, tunnel.protocol, tunnel.authority) == ("CONNECT", "tls", "localhost")
    assert (tunnel.outcome, tunnel.status, tunnel.request_body) == (Outcome.OPAQUE, None, None)
    assert tunnel.wait_ns is not None
    assert tunnel.duration_ns is not None
    assert tunnel.duration_ns > tunnel.wait_ns


@pytest.mark.parametrize("name", ["orders.internal", "a" * 60 + ".example", None])
def test_the_name_is_read(name: str | None) -> None:
    seen = in_any_cutting(make, [("c", hello(name, "h2", "http/1.1")), ("s", b"\x16"), "client_reset"])
    (tunnel,) = seen.exchanges
    assert tunnel.authority == (name or "")
    assert tunnel.outcome is Outcome.CLIENT_CLOSED


def test_the_hello_may_be_cut_into_records() -> None:
    data = hello("orders.internal")
    body = data[5:]
    records = b"".join(
        b"\x16\x03\x01" + len(part).to_bytes(2) + part
        for part in (body[at : at + 37] for at in range(0, len(body), 37))
    )
    (tunnel,) = in_any_cutting(make, [("c", records), "server_eof"]).exchanges
    assert tunnel.authority == "orders.internal"
    assert tunnel.wait_ns is None


def test_bytes_are_wanted_until_the_server_has_answered() -> None:
    decoder = make()
    assert decoder.wants_bytes
    played(decoder, [("c", hello("h"))])
    assert decoder.wants_bytes
    played(decoder, [("s", b"\x16")])
    assert not decoder.wants_bytes


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x16\x03\x01\x00\x04\x02\0\0\0", Reason.MALFORMED),
        (b"\x16\x03\x01\x00\x04\x01\xff\xff\xff", Reason.MALFORMED),
        (b"\x16\x03\x01\x00\x08\x01\0\0\x04\x03\x03ab", Reason.MALFORMED),
        (b"\x16\x03\x01\x00\x04\x01\x00\xff\xf0" + b"\x17\x03\x01", Reason.MALFORMED),
    ],
)
def test_what_only_looks_like_tls_is_counted(data: bytes, reason: Reason) -> None:
    seen = played(make(), [("c", data + bytes(10))])
    assert seen.opaque is not None
    assert seen.opaque.reason is reason


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_hello_is_read_or_opaque(noise: bytes, at: int) -> None:
    data = hello("orders.internal")
    decoder = make()
    played(decoder, [("c", data[:at] + noise + data[at + len(noise) :]), "server_eof"])
    assert decoder.held_bytes < 200_000
