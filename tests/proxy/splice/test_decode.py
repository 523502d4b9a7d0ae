"""Frames to exchanges: one connection's trouble stays its own, and everything copied is accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import proxy.splice.decode as decode_module
from proxy.counters import Counter, Counters
from proxy.splice.decode import WorkerFrames
from proxy.splice.frames import Frame, Kind, Opening
from proxy.splice.settings import Address, Lane
from proxy.splice.tap import COUNT

if TYPE_CHECKING:
    from pathlib import Path

    from proxy.raw import RawExchange

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
OPENING = Opening("").packed()
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LANES = [
    Lane(producer=name, source="here", upstream=Address(host="h", port=1), protocol=protocol)
    for name, protocol in (("orders", "http"), ("stock", "http"), ("events", "nats"))
]
EVENTS = 2


class Play:
    """A worker's frames by name, with a recorder that keeps what it is given and fails on `/fail`."""

    def __init__(self, folder: Path) -> None:
        self.counters = Counters.create(folder / "c", workers=1, lanes=3)
        self.raw: list[RawExchange] = []
        self.muted: list[tuple[int, int]] = []
        self.waiting = 0
        self.frames = WorkerFrames(0, LANES, self.counters, self, self, lambda *what: self.muted.append(what))  # type: ignore[arg-type]
        self.clock = 0
        for lane in range(len(LANES)):
            self.frames.handle(Frame(0, 0, 0, lane, Kind.HELLO, 0, b"run"))

    def record(self, raw: RawExchange) -> RawExchange:
        if getattr(raw, "target", "") == "/fail":
            raise RuntimeError("a bug of ours")
        return raw

    def add(self, raw: RawExchange) -> None:
        self.raw.append(raw)

    def __call__(self, connection: int, kind: Kind, payload: bytes = b"", lane: int = 0) -> None:
        self.clock += 1
        requests = payload.count(b" HTTP/1.1\r\n") if kind is Kind.CLIENT_DATA else 0
        self.frames.handle(Frame(connection, self.clock, self.clock, lane, kind, requests, payload))

    def settled(self) -> int:
        self.frames.settle()
        return self.counters.decoder(0, 0)[Counter.SETTLED]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    return Play(tmp_path)


def test_connections_interleave(play: Play) -> None:
    play(1, Kind.OPEN, Opening("10.0.0.1").packed())
    play(2, Kind.OPEN, Opening("10.0.0.2").packed(), lane=1)
    play(1, Kind.CLIENT_DATA, GET)
    play(2, Kind.CLIENT_DATA, GET, lane=1)
    play(2, Kind.SERVER_DATA, OK, lane=1)
    play(1, Kind.SERVER_DATA, OK)
    assert [(one.producer, one.connection, one.peer) for one in play.raw] == [
        ("stock", "run-2", "10.0.0.2"), ("orders", "run-1", "10.0.0.1"),
    ]  # fmt: skip


def test_settled_is_what_is_neither_under_way_nor_waiting(play: Play) -> None:
    play(1, Kind.OPEN, OPENING)
    play(1, Kind.CLIENT_DATA, GET + GET)
    play(1, Kind.SERVER_DATA, OK)
    play.waiting = 1
    assert play.settled() == 0
    play.waiting = 0
    assert play.settled() == 1
    play(1, Kind.SERVER_DATA, OK)
    assert play.settled() == 2


def test_our_own_fault_with_a_record_costs_that_record(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    play(1, Kind.OPEN, OPENING)
    play(1, Kind.CLIENT_DATA, b"GET /fail HTTP/1.1\r\n\r\n")
    play(1, Kind.SERVER_DATA, OK)
    play(1, Kind.CLIENT_DATA, GET)
    play(1, Kind.SERVER_DATA, OK)
    assert len(play.raw) == 1
    assert play.muted == []
    assert play.counters.lost() == {Counter.DECODER_ERROR: 1}
    assert play.settled() == 2
    assert "a bug of ours" in caplog.text


def test_our_own_fault_in_a_decoder_costs_one_connection(
    play: Play, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for connection in (1, 2):
        play(connection, Kind.OPEN, OPENING)
    fail = play.frames._connections[1].decoder
    monkeypatch.setattr(fail, "client_data", lambda *_: 1 / 0)
    play(1, Kind.CLIENT_DATA, GET)
    play(1, Kind.CLIENT_DATA, GET)  # its tap does not know yet
    play(2, Kind.CLIENT_DATA, GET)
    play(2, Kind.SERVER_DATA, OK)
    assert len(play.raw) == 1
    assert play.muted == [(1, Counter.DECODER_ERROR)]
    assert play.counters.lost() == {Counter.DECODER_ERROR: 2}
    assert "ZeroDivisionError" in caplog.text


def test_malformed_and_upgraded_connections_are_muted(play: Play) -> None:
    play(1, Kind.OPEN, OPENING)
    play(1, Kind.CLIENT_DATA, b"\x00\x03\x01")
    play(2, Kind.OPEN, OPENING)
    play(2, Kind.CLIENT_DATA, b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n")
    play(2, Kind.SERVER_DATA, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\n")
    assert play.muted == [(1, Counter.OTHER_PROTOCOL), (2, 0)]
    assert play.counters.lost() == {Counter.OTHER_PROTOCOL: 1}
    assert len(play.raw) == 1
    assert play.settled() == 1


def test_a_gap_gives_up_what_was_under_way(play: Play) -> None:
    play(1, Kind.OPEN, OPENING)
    play(1, Kind.CLIENT_DATA, GET)
    play(1, Kind.GAP, COUNT.pack(4))
    play(1, Kind.CLIENT_DATA, GET)
    play(1, Kind.SERVER_DATA, OK)
    assert [one.fingerprint for one in play.raw] == [("orders", "run-1", 5)]
    assert play.counters.lost() == {}  # the tap has counted it


def test_what_nobody_but_we_cut_is_counted_as_such(play: Play) -> None:
    play(1, Kind.OPEN, OPENING)
    play(1, Kind.CLIENT_DATA, GET)
    play(1, Kind.CLOSE)
    play(2, Kind.OPEN, OPENING)
    play(2, Kind.CLIENT_DATA, GET)
    play.frames.end()
    assert play.raw == []
    assert play.counters.lost() == {Counter.SHUTDOWN: 2}


def test_connections_tracked_are_bounded(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode_module, "CONNECTIONS_LIMIT", 1)
    play(1, Kind.OPEN, OPENING)
    play(2, Kind.OPEN, OPENING)
    play(2, Kind.CLIENT_DATA, GET)
    assert play.muted == [(2, Counter.TOO_MANY)]
    assert play.counters.lost() == {Counter.TOO_MANY: 1}


def test_bytes_under_way_are_bounded_over_all_connections(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode_module, "HELD_LIMIT_BYTES", 1000)
    post = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\n\r\n"
    for connection in (1, 2, 3):
        play(connection, Kind.OPEN, OPENING)
        play(connection, Kind.CLIENT_DATA, post)
    play(1, Kind.CLIENT_DATA, b"x" * 500)
    play(2, Kind.CLIENT_DATA, b"x" * 500)  # one too much
    play(1, Kind.CLIENT_DATA, b"x" * 100)
    play(1, Kind.SERVER_DATA, OK)
    play(3, Kind.CLIENT_DATA, b"x" * 600)  # there is room again
    play(3, Kind.SERVER_DATA, OK)
    assert [one.connection for one in play.raw] == ["run-1", "run-3"]
    assert play.muted == [(2, Counter.TOO_LARGE)]
    assert play.counters.lost() == {Counter.TOO_LARGE: 1}


def test_a_connection_given_up_in_the_middle_of_a_read_loses_all_that_began_in_it(play: Play) -> None:
    play(1, Kind.OPEN, OPENING)
    play(1, Kind.CLIENT_DATA, GET)
    play(1, Kind.SERVER_DATA, OK)
    play(1, Kind.CLIENT_DATA, GET * 1_000)
    play(1, Kind.CLIENT_DATA, GET * 3)  # its tap does not know yet
    assert len(play.raw) == 1
    assert play.counters.lost() == {Counter.TOO_MANY: 1_003}


def test_a_whole_connection_is_settled_when_it_has_ended_and_nothing_waits(play: Play) -> None:
    play.frames.handle(Frame(7, 0, 0, EVENTS, Kind.OPEN, 1, OPENING))
    play(7, Kind.SERVER_DATA, b'INFO {"server_id":"x"}\r\n', lane=EVENTS)
    play(7, Kind.CLIENT_DATA, b"CONNECT {}\r\nPUB a 2\r\nhi\r\n", lane=EVENTS)
    settled = play.counters.decoder(0, EVENTS)
    assert len(play.raw) == 1
    for waiting, ended, expected in ((0, False, 0), (1, True, 0), (0, False, 1)):
        if ended:
            play(7, Kind.CLOSE, lane=EVENTS)
        play.waiting = waiting
        play.frames.settle()
        assert settled[Counter.SETTLED] == expected


def test_a_whole_connection_that_cannot_be_read_is_lost_once(play: Play) -> None:
    play.frames.handle(Frame(7, 0, 0, EVENTS, Kind.OPEN, 1, OPENING))
    play(7, Kind.SERVER_DATA, b"220 mail.example\r\n", lane=EVENTS)
    play(7, Kind.CLIENT_DATA, b"HELO\r\n", lane=EVENTS)
    play.frames.settle()
    row = play.counters.decoder(0, EVENTS)
    assert (row[Counter.OTHER_PROTOCOL], row[Counter.SETTLED]) == (1, 1)
    assert play.muted == [(7, Counter.OTHER_PROTOCOL)]


def test_a_whole_connection_that_was_not_read_to_its_end_is_lost(play: Play) -> None:
    play.frames.handle(Frame(7, 0, 0, EVENTS, Kind.OPEN, 1, OPENING))
    play(7, Kind.SERVER_DATA, b'INFO {"server_id":"x"}\r\n', lane=EVENTS)
    play.frames.end()
    assert play.counters.decoder(0, EVENTS)[Counter.SHUTDOWN] == 1
