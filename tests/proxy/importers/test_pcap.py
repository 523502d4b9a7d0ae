"""Packet captures: real loopback traffic where it may be captured, and made ones with every disorder."""

from __future__ import annotations

import io
import socket
import subprocess
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.decoders.decoder import Instant, Limits, Origin
from proxy.decoders.http import HttpDecoder
from proxy.importers.formats import open_recording
from proxy.importers.recording import Cut, Recorded, Skipped
from proxy.raw import RawExchange, RawMessage
from tests.cli.sidecar import service

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from proxy.importers.recording import Item

pytest.importorskip("scapy", reason="scapy is not installed")

from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap, wrpcapng

ASK = b"POST /orders HTTP/1.1\r\nHost: shop:8080\r\nContent-Length: 3000\r\n\r\n" + b"x" * 3000
ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 2500\r\n\r\n" + b"y" * 2500
CLIENT, SERVER = 0xFFFFFF00, 77_000
"""Sequence numbers to begin with; the client's wraps around."""


def below(side: str, version: int) -> Packet:
    ends = ("10.0.0.1", "10.0.0.2") if version == 4 else ("fd00::1", "fd00::2")
    source, destination = ends if side == "c" else ends[::-1]
    macs = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}  # or scapy asks the network for them
    return Ether(**macs) / (IP if version == 4 else IPv6)(src=source, dst=destination)


def segment(
    side: str, seq: int, data: bytes = b"", flags: str = "A", ack: int = 0, version: int = 4
) -> Packet:
    ports = (40_000, 8080) if side == "c" else (8080, 40_000)
    tcp = TCP(sport=ports[0], dport=ports[1], seq=seq % 2**32, ack=ack % 2**32, flags=flags)
    return below(side, version) / tcp / Raw(data) if data else below(side, version) / tcp


def session(exchanges: int = 2, *, syn: bool = True, fin: bool = True, version: int = 4) -> list[Packet]:
    """A connection in order, in segments of up to 700 bytes."""
    packets, at = [], {"c": CLIENT + 1, "s": SERVER + 1}
    if syn:
        packets += [
            segment("c", CLIENT, flags="S", version=version),
            segment("s", SERVER, flags="SA", version=version),
        ]
    for _ in range(exchanges):
        for side, data in (("c", ASK), ("s", ANSWER)):
            for start in range(0, len(data), 700):
                piece = data[start : start + 700]
                other = at["s" if side == "c" else "c"]
                packets.append(segment(side, at[side], piece, "PA", other, version))
                at[side] += len(piece)
    if fin:
        packets += [
            segment("c", at["c"], flags="FA", version=version),
            segment("s", at["s"], flags="FA", version=version),
        ]
    return packets


def written(packets: Sequence[Packet], folder: Path, write: object = wrpcap) -> bytes:
    for number, packet in enumerate(packets):
        packet.time = 1_700_000_000 + number / 1000
    file = folder / "capture"
    write(str(file), packets)  # type: ignore[operator]
    return file.read_bytes()


def items(data: bytes, producer: str = "orders") -> list[Item]:
    known_as, found = open_recording(io.BytesIO(data), "capture.pcap", producer)
    assert known_as.startswith("a packet capture")
    return list(found)


def exchanges(found: Sequence[Item]) -> list[RawExchange]:
    return [one.exchange for one in found if isinstance(one, Recorded)]


def bare(exchange: RawExchange) -> RawExchange:
    return replace(
        exchange, fingerprint=(), connection="", started_at=0, request_ns=None, wait_ns=None, duration_ns=None
    )


EXPECTED = [(("POST", 201), 3000, 2500)]


def seen(found: Sequence[Item]) -> list[tuple[tuple[str, int | None], int, int]]:
    return [
        (
            (one.method, one.status),
            one.request_body.size if one.request_body else 0,
            one.response_body.size if one.response_body else 0,
        )
        for one in exchanges(found)
    ]


@pytest.mark.parametrize("write", [wrpcap, wrpcapng])
@pytest.mark.parametrize("version", [4, 6])
def test_a_capture_gives_its_exchanges(tmp_path: Path, write: object, version: int) -> None:
    found = items(written(session(version=version), tmp_path, write))
    assert seen(found) == EXPECTED * 2
    assert len(found) == 2
    first = exchanges(found)[0]
    assert first.peer == ("10.0.0.1" if version == 4 else "fd00::1")
    assert first.authority == "shop:8080"
    assert first.started_at == 1_700_000_000_002_000_000
    assert first.duration_ns is not None
    again = items(written(session(version=version), tmp_path, write))
    assert [one.fingerprint for one in exchanges(again)] == [one.fingerprint for one in exchanges(found)]


def test_what_the_decoder_says_of_the_bytes_the_capture_says_of_the_packets(tmp_path: Path) -> None:
    found = exchanges(items(written(session(1), tmp_path)))
    origin = Origin(
        producer="orders", source="capture.pcap", connection="c", peer="10.0.0.1", lane=found[0].lane
    )
    decoder, at = HttpDecoder(origin, Limits()), Instant(0, 0)
    direct = [*decoder.client_data(ASK, at), *decoder.server_data(ANSWER, at)]
    assert [bare(one) for one in found] == [bare(one) for one in direct if isinstance(one, RawExchange)]


def test_the_producer_is_the_host_where_none_is_named(tmp_path: Path) -> None:
    assert {one.producer for one in exchanges(items(written(session(), tmp_path), ""))} == {"shop"}


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_disorder_and_repetition_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    packets = session(1)
    start, rest = packets[:2], packets[2:]
    moves = data.draw(st.lists(st.tuples(st.integers(0, len(rest) - 1), st.integers(0, 3)), max_size=6))
    for place, distance in moves:  # within one direction: what answers what is not turned around
        other = min(place + distance, len(rest) - 1)
        if rest[place][TCP].sport == rest[other][TCP].sport and "F" not in f"{rest[other][TCP].flags}":
            rest[place], rest[other] = rest[other], rest[place]
    for place in data.draw(st.lists(st.integers(0, len(rest) - 1), max_size=4)):
        rest.insert(place + 1, rest[place].copy())
    assert seen(items(written([*start, *rest], tmp_path_factory.mktemp("p")))) == EXPECTED


def test_overlapping_segments_are_read_once(tmp_path: Path) -> None:
    packets = session(1)
    packets[4:4] = [segment("c", CLIENT + 1 + 300, (ASK + ASK)[300:1300], "PA", SERVER + 1)]
    assert seen(items(written(packets, tmp_path))) == EXPECTED


def test_a_lost_packet_is_named_and_other_connections_go_on(tmp_path: Path) -> None:
    packets = session(1)
    del packets[4]
    other = [one.copy() for one in session(1)]
    for one in other:
        one[TCP].sport, one[TCP].dport = (50_000, 8080) if one[TCP].dport == 8080 else (8080, 50_000)
    found = items(written([*packets, *other], tmp_path))
    assert seen(found) == EXPECTED
    (skipped,) = [one for one in found if isinstance(one, Skipped)]
    assert skipped.where == "connection 10.0.0.1:40000-10.0.0.2:8080"
    assert "packets are missing" in skipped.reason


def test_a_capture_that_begins_in_the_middle_joins_at_a_request(tmp_path: Path) -> None:
    packets = session(2, syn=False)
    assert seen(items(written(packets[2:], tmp_path))) == EXPECTED


@pytest.mark.parametrize("link", ["vlan", "raw"])
def test_link_layers(tmp_path: Path, link: str) -> None:
    if link == "vlan":
        packets = [
            Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / Dot1Q(vlan=7) / one.payload
            for one in session(1)
        ]
    else:
        packets = [one.payload for one in session(1)]
    assert seen(items(written(packets, tmp_path))) == EXPECTED


def test_websocket_messages_come_with_their_upgrade(tmp_path: Path) -> None:
    ask = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    agree = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi"
    packets = [
        segment("c", CLIENT, flags="S"),
        segment("c", CLIENT + 1, ask, "PA"),
        segment("s", SERVER, agree, "PA"),
    ]
    found = items(written(packets, tmp_path), "")
    (message,) = [one for one in found if isinstance(one, RawMessage)]
    assert (message.payload.data, message.carrier.producer) == (b"hi", "h")


def test_damage_ends_the_reading_and_loses_nothing_before_it(tmp_path: Path) -> None:
    data = written(session(2), tmp_path)
    for keep in range(24, len(data), 97):
        found = items(data[:keep])
        assert all(isinstance(one, Recorded | Skipped | Cut) for one in found)
    assert len(exchanges(items(data[:-10]))) == 2


@given(st.binary(max_size=200))
def test_any_bytes_are_read_somehow(noise: bytes) -> None:
    items(b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + bytes(8) + b"\xff\xff\x00\x00\x01\x00\x00\x00" + noise)


def test_real_traffic_on_loopback(tmp_path: Path) -> None:
    """What the kernel really sends, captured by a packet socket."""
    try:
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        tap.bind(("lo", 0))
    except (OSError, AttributeError):
        pytest.skip("packets may not be captured here")
    captured: list[bytes] = []
    stop = threading.Event()

    def capture() -> None:
        tap.settimeout(0.2)
        while not stop.is_set():
            try:
                packet, address = tap.recvfrom(1 << 17)
            except TimeoutError:
                continue
            if address[2] != socket.PACKET_OUTGOING:  # on loopback each is seen twice
                captured.append(packet)

    thread = threading.Thread(target=capture)
    thread.start()
    with service() as port:
        for _ in range(3):
            subprocess.run(
                ["curl", "-s", f"http://127.0.0.1:{port}/orders/1", f"http://127.0.0.1:{port}/stream"],
                check=True,
                capture_output=True,
            )
        time.sleep(0.3)
    stop.set()
    thread.join()
    tap.close()
    packets = [Ether(one) for one in captured]
    ours = [one for one in packets if TCP in one and port in {one[TCP].sport, one[TCP].dport}]
    found = exchanges(items(written(ours, tmp_path)))
    assert [(one.target, one.status) for one in found] == [("/orders/1", 200), ("/stream", 200)] * 3
