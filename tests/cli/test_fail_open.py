"""Whatever happens to capture, the traffic goes on: every fault while real clients ask and are answered.

Each test breaks something for a while and holds that no request failed or hung, that what was not observed is
counted by reason and nothing twice, and that capture goes on by itself afterwards.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Self

import psycopg
import pytest

from store.store import Store
from tests.cli.sidecar import PATIENCE_S, ROOT, Recorder, numbers, recorder, service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HANGS_S = 5.0
"""A request that takes so long was held up; on a machine that is not overloaded they take milliseconds."""


class Traffic:
    """Clients that ask all the time: one keeps its connection, one opens a new one for each request."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self.count = 0
        self.slowest_s = 0.0
        self.errors: list[BaseException] = []
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(kept,)) for kept in (True, False)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert self.errors == []
        assert self.slowest_s < HANGS_S

    def more(self, requests: int) -> None:
        """Until so many more were answered."""
        until, end = self.count + requests, time.monotonic() + PATIENCE_S
        while self.count < until and not self.errors:
            assert time.monotonic() < end
            time.sleep(0.01)

    def ask(self, who: str) -> None:
        """One request more."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=HANGS_S * 2)
        connection.request("GET", "/orders/1", headers={"User-Agent": who})
        assert b'"paid"' in connection.getresponse().read()
        connection.close()
        with self._lock:
            self.count += 1

    def _run(self, kept: bool) -> None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=HANGS_S * 2)
            while not self._stop.is_set():
                began = time.monotonic()
                connection.request("GET", f"/orders/{self.count}", headers={"User-Agent": f"kept-{kept}/1"})
                answer = connection.getresponse()
                assert answer.status == 200
                assert b'"paid"' in answer.read()
                with self._lock:
                    self.count += 1
                    self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                if not kept:
                    connection.close()
                time.sleep(0.002)
            connection.close()
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            self.errors.append(error)


def settled(running: Recorder, traffic: Traffic) -> tuple[int, int, str]:
    """End the recorder; stored and lost by its own account, which holds against the store's.

    Where the machine is busy with other tests, sampling leaves some out as well.
    """
    summary = running.end()
    stored, lost = numbers(summary)
    assert stored + lost + left_out(summary) == traffic.count, summary
    with Store.open(str(running.store)) as store:
        ids = [one.id for one in store.exchanges()]
        assert len(ids) == len(set(ids)) == stored
        assert store.capture().observed == stored
        assert sum(store.capture().lost.values()) == lost
    return stored, lost, summary


def left_out(summary: str) -> int:
    """How many sampling left out, by the recorder's account."""
    told = re.search(r"([\d,]+) left out by sampling", summary)
    return int(told[1].replace(",", "")) if told else 0


def until_recorded_again(running: Recorder, traffic: Traffic) -> None:
    """Until something that is asked for from now on is in the store.

    A newcomer asks: under pressure sampling may leave out all of who is known, but never
    the first of who is new.
    """
    newcomer = f"newcomer-{traffic.count}/1"

    def seen() -> bool:
        traffic.ask(newcomer)
        return any(dict(one.request_headers).get("user-agent") == newcomer for one in running.stored())

    wait_until(seen)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_stopped_decoder(tmp_path: Path) -> None:
    with service() as port, recorder(tmp_path, port, "--queue", "1") as running:
        decoder = running.decoder()
        with Traffic(running.port) as traffic:
            traffic.more(100)
            os.kill(decoder, signal.SIGSTOP)
            big = http.client.HTTPConnection("127.0.0.1", running.port)
            for _ in range(40):  # the queue is soon full
                big.request("POST", "/orders", body=b"x" * 70_000)
                assert big.getresponse().read() == b'{"bytes": 70000}'
            big.close()
            traffic.more(300)
            os.kill(decoder, signal.SIGCONT)
            until_recorded_again(running, traffic)
        traffic.count += 40
        _, lost, summary = settled(running, traffic)
    assert "queue-full" in summary
    assert lost > 0


def test_a_decoder_killed_again_and_again(tmp_path: Path) -> None:
    with service() as port, recorder(tmp_path, port) as running:
        with Traffic(running.port) as traffic:
            traffic.more(50)
            for _ in range(3):
                os.kill(running.decoder(), signal.SIGKILL)
                running.line(r"the decoder ended \(signal SIGKILL\)")
                traffic.more(400)
            until_recorded_again(running, traffic)
        running.end()
    # Nothing is half-written, and nothing there twice.
    with Store.open(str(running.store)) as store:
        ids = [one.id for one in store.exchanges()]
        assert len(ids) == len(set(ids)) == store.capture().observed
        # What was copied and stored in the moment of a kill may be counted as lost, too; never the other way.
        assert store.capture().observed <= traffic.count
    with closing(sqlite3.connect(running.store)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_decoder_that_does_not_end(tmp_path: Path) -> None:
    with service() as port, recorder(tmp_path, port, "--drain", "0.5") as running:
        with Traffic(running.port) as traffic:
            until_recorded_again(running, traffic)
            os.kill(running.decoder(), signal.SIGSTOP)
            traffic.more(100)
        running.send(signal.SIGTERM)
        time.sleep(1)
        summary = running.end()  # asked again, it waits for nothing
    recorded, lost = numbers(summary)
    assert lost > 50
    assert recorded + lost + left_out(summary) == traffic.count
    assert len(running.stored()) == recorded


def test_a_locked_store(tmp_path: Path) -> None:
    with service() as port, recorder(tmp_path, port) as running:
        with Traffic(running.port) as traffic:
            traffic.more(50)
            with closing(sqlite3.connect(running.store, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                traffic.more(600)
                other.execute("ROLLBACK")
            traffic.more(100)
        _, lost, _ = settled(running, traffic)
    assert lost == 0


def test_a_store_that_is_gone(tmp_path: Path) -> None:
    with service() as port, recorder(tmp_path, port) as running:
        with Traffic(running.port) as traffic:
            until_recorded_again(running, traffic)
            for file in tmp_path.glob("d.db*"):
                file.unlink()
            running.line("the decoder ended")
            traffic.more(100)
            wait_until(running.store.exists)
            until_recorded_again(running, traffic)
        summary = running.end()
    stored = len(running.stored())
    assert 0 < stored < numbers(summary)[0]  # what was in the old file is gone with it, and this one goes on


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("a small disk needs the right to mount one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, service() as port:
        given = ("--listen", "127.0.0.1:0", "--upstream", f"http://127.0.0.1:{port}", "--producer", "orders")
        running = Recorder(*given, store=disk / "d.db")
        try:
            with Traffic(running.port) as traffic:
                running.line("The disk of the store .* is full")
                traffic.more(200)
                subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
                wait_until(lambda: len(running.stored()) > 100)
                traffic.more(200)
                wait_until(lambda: len(running.stored()) >= traffic.count - 2000)
            _, lost, _ = settled(running, traffic)
        finally:
            running.kill()
    assert lost == 0


class Relay:
    """A way to PostgreSQL that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.cut = False
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.cut:
                client.close()
                continue
            server = socket.create_connection(self._to)
            self._open += [client, server]
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65_536):
                other.sendall(data)
        except OSError:
            pass
        finally:
            for end in (one, other):
                end.close()

    def restart(self, seconds: float) -> None:
        """All connections break, and no new ones are to be had for a while."""
        self.cut = True
        for one in self._open:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        time.sleep(seconds)
        self.cut = False

    def close(self) -> None:
        self._listener.close()


@pytest.mark.postgres
def test_postgresql_restarted(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as known:
        host, port, user, name = known.info.host, known.info.port, known.info.user, known.info.dbname
    relay = Relay(host or "127.0.0.1", port)
    store = f"postgresql://{user}@127.0.0.1:{relay.port}/{name}"
    relay.cut = True  # it does not answer at the start either
    with service() as port:
        given = ("--listen", "127.0.0.1:0", "--upstream", f"http://127.0.0.1:{port}", "--producer", "orders")
        running = Recorder(*given, store=store)
        try:
            with Traffic(running.port) as traffic:
                assert any(
                    "It is tried again; until then nothing is captured" in one for one in running.lines
                )
                traffic.more(50)
                relay.cut = False
                until_recorded_again(running, traffic)
                relay.restart(2)
                traffic.more(200)
                relay.restart(1)
                until_recorded_again(running, traffic)
            _, lost, summary = settled(running, traffic)
        finally:
            running.kill()
            relay.close()
    assert re.search(r"\(decoder-down [\d,]+\)", summary)
    assert lost < traffic.count


def test_a_decoder_with_a_bug_in_every_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from proxy.decoders.http import HttpDecoder\n"
        "def fail(*_):\n    raise RuntimeError('a bug')\n"
        "HttpDecoder.client_data = HttpDecoder.server_data = fail\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with service() as port, recorder(tmp_path, port) as running:
        with Traffic(running.port) as traffic:
            traffic.more(500)
        stored, lost, summary = settled(running, traffic)
    assert (stored, lost) == (0, traffic.count)
    assert f"(decoder-error {lost:,})" in summary


@pytest.mark.parametrize(
    ("option", "reason"), [("--memory-budget", "memory-budget"), ("--disk-budget", "disk-budget")]
)
def test_a_budget_that_is_used_up(tmp_path: Path, option: str, reason: str) -> None:
    with (
        service() as port,
        recorder(tmp_path, port, option, "1MB" if "memory" in option else "1kB") as running,
    ):
        with Traffic(running.port) as traffic:
            traffic.more(300)
            time.sleep(2)
            traffic.more(300)
        _, lost, summary = settled(running, traffic)
    assert lost > 250
    assert f"{reason} " in summary


def test_nothing_raw_is_stored_where_summaries_are_kept(tmp_path: Path) -> None:
    with service() as port, recorder(tmp_path, port, "--keep", "summaries") as running:
        with Traffic(running.port) as traffic:
            traffic.more(400)
        assert running.end().startswith(f"{traffic.count:,} exchanges recorded, 0 lost")
    assert running.stored() == []
    with Store.open(str(running.store)) as store:
        assert store.capture().observed == traffic.count
        families = {summary.family for summary in store.summaries()}
    assert {"shape", "flow", "paths"} <= families


def test_sampling_leaves_out_and_says_so(tmp_path: Path) -> None:
    with service() as port, recorder(tmp_path, port, "--sample", "0.001") as running:
        with Traffic(running.port) as traffic:
            traffic.more(600)
        summary = running.end()
    stored, lost = numbers(summary)
    assert lost == 0
    assert left_out(summary) > 0
    assert stored + left_out(summary) == traffic.count
    assert len({one.identity.key for one in running.stored()}) == 2
