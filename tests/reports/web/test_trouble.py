"""What is read goes, breaks or hangs while it is served: the pages go on as before, and say so."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest
import requests

from contract.ledger.template import template
from reports.web import keeper as keeping
from reports.web.keeper import Keeper
from reports.web.reader import Reader, ReaderLostError
from reports.web.snapshot import Snapshot, Sources
from store.errors import DefactoError
from tests.reports.web.conftest import ROOT
from tests.reports.web.served import Served, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(keeping, "REST", 0.1)
    monkeypatch.setattr(keeping, "REST_AFTER_LOSS_SECONDS", 0.1)


@pytest.fixture
def own_sources(sources: Sources, tmp_path: Path) -> Sources:
    shutil.copyfile(sources.store, tmp_path / "shop.db")
    shop = shutil.copyfile(ROOT / "examples" / "shop" / "openapi.yaml", tmp_path / "openapi.yaml")
    return replace(
        sources,
        store=str(tmp_path / "shop.db"),
        declared=(f"shop={shop}", sources.declared[1]),
        ledger=tmp_path / "contract.yaml",
    )


@pytest.fixture
def own(own_sources: Sources) -> Iterator[Served]:
    with serving(own_sources) as running:
        yield running


def until(true: Callable[[], object]) -> None:
    deadline = monotonic() + PATIENCE_S
    while not true():
        assert monotonic() < deadline
        sleep(0.05)


def ledger_broken(sources: Sources) -> None:
    sources.ledger.write_text("clauses: [", "utf-8")


def ledger_unreadable(sources: Sources) -> None:
    sources.ledger.mkdir()


def document_broken(sources: Sources) -> None:
    Path(sources.declared[0].partition("=")[2]).write_text("{{", "utf-8")


def document_gone(sources: Sources) -> None:
    Path(sources.declared[0].partition("=")[2]).unlink()


def store_gone(sources: Sources) -> None:
    for path in Path(sources.store).parent.glob("shop.db*"):
        path.unlink()


def store_replaced(sources: Sources) -> None:
    store_gone(sources)
    Path(sources.store).write_bytes(b"no store " * 1_000)


def store_of_another_release(sources: Sources) -> None:
    with sqlite3.connect(sources.store) as connection:
        connection.execute("UPDATE defacto_version SET version_num = '9999'")
    connection.close()


BREAKS = [
    ledger_broken,
    ledger_unreadable,
    document_broken,
    document_gone,
    store_gone,
    store_replaced,
    store_of_another_release,
]


@pytest.mark.parametrize("broken", BREAKS)
def test_the_former_picture_is_shown_and_said_to_be_old(
    own: Served, own_sources: Sources, broken: Callable[[Sources], None]
) -> None:
    clause = next(id_ for id_, one in own.snapshot.claims.items() if one.evidence.examples)
    before = own.snapshot
    broken(own_sources)
    until(lambda: own.keeper.news.trouble)
    for path in ("/", "/network", "/drift", f"/clauses/{clause}", "/search?q=abcdefgh", "/decide", "/check"):
        assert requests.get(own.url + path, timeout=20).status_code == 200, path
    assert own.snapshot is before
    for path in ("/exchanges", "/api/v1/exchanges", "/observations/abcdefgh"):
        answer = requests.get(own.url + path, timeout=20)
        assert answer.status_code in {200, 404, 503}, path
        assert "bug" not in answer.text, path


def test_it_goes_on_once_all_is_well(own: Served, own_sources: Sources) -> None:
    ledger_broken(own_sources)
    until(lambda: own.keeper.news.trouble)
    own_sources.ledger.unlink()
    until(lambda: not own.keeper.news.trouble)


def test_what_is_wrong_is_said_until_it_is_right(
    own_sources: Sources, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two readings as well; and what takes long to fail is not tried without rest."""
    monkeypatch.setattr(keeping, "REST", 1_000)
    keeper = Keeper(own_sources, snapshot)  # of a stamp that the copy has not
    readings = []

    class Failing:
        async def read(self, sources: Sources, _tell: object) -> Snapshot:
            readings.append(sources)
            await asyncio.sleep(0.01)
            raise DefactoError("the ledger is wrong")

    async def look() -> list[str]:
        task = asyncio.create_task(keeper._look_again_and_again(Failing()))  # type: ignore[arg-type]
        told = []
        with keeper.listening() as news:
            for _ in range(4):
                one = await asyncio.wait_for(news.get(), PATIENCE_S)
                assert one is not None
                told.append(one.trouble)
        task.cancel()
        return told

    assert asyncio.run(look()) == ["the ledger is wrong"] * 4
    assert len(readings) == 1


def test_a_reader_that_is_killed_is_replaced(own_sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    readers: list[Reader] = []

    def made() -> Reader:
        readers.append(Reader())
        return readers[-1]

    monkeypatch.setattr(keeping, "Reader", made)
    with serving(own_sources) as own:
        until(lambda: readers)
        pid = readers[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        own_sources.ledger.write_text(template("shop"), "utf-8")
        until(lambda: "ended from outside" in own.keeper.news.trouble)
        assert requests.get(own.url, timeout=20).status_code == 200
        until(lambda: own.snapshot.ledger_text is not None)
        until(lambda: not own.keeper.news.trouble)
    assert len(readers) == 2


def hanging(sources: Sources) -> None:
    """A ledger that nobody ever writes to: whoever opens it waits."""
    os.mkfifo(sources.ledger)


def test_a_reader_ends_while_it_reads(own_sources: Sources) -> None:
    hanging(own_sources)

    async def run() -> int:
        reader = Reader()
        reading = asyncio.create_task(reader.read(own_sources))
        await asyncio.sleep(0.5)
        pid = reader.pid
        assert pid is not None
        await asyncio.to_thread(reader.end)
        with pytest.raises(ReaderLostError):
            await reading
        return pid

    pid = asyncio.run(asyncio.wait_for(run(), PATIENCE_S))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_server_ends_while_it_reads(own_sources: Sources, snapshot: Snapshot) -> None:
    """It would hang here for ever."""
    with serving(own_sources, first=snapshot) as running:
        hanging(own_sources)
        sleep(1.0)
        assert requests.get(running.url, timeout=20).status_code == 200


def test_a_reader_alone_ends_by_itself(own_sources: Sources) -> None:
    reader = Reader()
    assert asyncio.run(reader.read(own_sources)).stamp
    process, ours = reader._process, reader._ours
    ours.close()  # as the end of the server does
    process.join(PATIENCE_S)
    assert process.exitcode == 0
