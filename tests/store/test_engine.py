from __future__ import annotations

import os
import socket
import sqlite3
from multiprocessing import Pipe, get_context
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from store import engine
from store.errors import StoreError
from store.store import Store
from tests.store.strategies import an_exchange

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

as_root = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can become another user"
)


def refusal(url: str, *, create: bool = True) -> tuple[str, str]:
    with pytest.raises(StoreError) as refused:
        Store.open(url, create=create)
    return refused.value.message, refused.value.hint


def test_a_file_name_and_its_url_mean_the_same(tmp_path: Path) -> None:
    path = tmp_path / "odd name?#%.db"
    with Store.open(str(path)) as store:
        store.write([an_exchange(1)])
        assert store.url == str(path)
    plain = tmp_path / "plain.db"
    path.rename(plain)
    with Store.open(f"sqlite:///{plain}", create=False) as store:
        assert store.count() == 1


def test_a_name_that_no_file_can_have() -> None:
    message, hint = refusal("a" * 300)
    assert "too long" in message
    assert "defacto.db" in hint


def test_a_sqlite_store_is_in_wal_mode_and_one_file_when_closed(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "s.db")) as store, store._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
    assert [path.name for path in tmp_path.iterdir()] == ["s.db"]


def test_nothing_recorded_yet(tmp_path: Path) -> None:
    message, hint = refusal(str(tmp_path / "s.db"), create=False)
    assert message == f"Nothing is recorded yet: there is no store {tmp_path / 's.db'}."
    assert "defacto record" in hint
    assert "defacto import" in hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.postgres
def test_nothing_recorded_yet_on_a_server(postgres_url: str) -> None:
    assert "Nothing is recorded yet" in refusal(postgres_url, create=False)[0]


def test_no_folder_for_the_file(tmp_path: Path) -> None:
    assert (
        refusal(str(tmp_path / "no" / "s.db"))[0]
        == f"There is no folder {tmp_path / 'no'} to make the store s.db in."
    )


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    assert refusal(str(tmp_path))[0] == f"{tmp_path} is a folder, not a store."


def test_no_sqlite_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("just some notes, and rather more than a hundred bytes of them, " * 3)
    assert refusal(str(path))[0] == f"{path} is not a defacto store: it is no SQLite file."
    assert "just some notes" in path.read_text()


def test_the_database_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE exchanges (rate REAL)")
    connection.close()
    assert refusal(str(path))[0] == f"{path} is not a defacto store: it is the database of another program."


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://root@localhost/defacto", "defacto cannot keep a store in mysql."),
        ("nonsense://x", "defacto cannot keep a store in nonsense."),
        ("sqlite://", "sqlite:// names no file"),
        ("sqlite:///:memory:", "names no file"),
        (
            "postgresql://user:hunter2@host:port/database",
            "postgresql://***@host:port/database is not a database URL.",
        ),
    ],
)
def test_a_wrong_url(url: str, words: str) -> None:
    message, hint = refusal(url)
    assert words in message
    assert "hunter2" not in message
    assert hint == "Use a file name such as defacto.db, or postgresql://user@host/database."


def test_a_missing_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda _: None)
    message, hint = refusal("postgresql://localhost/defacto")
    assert message == "The PostgreSQL driver is not installed."
    assert "defacto[postgres]" in hint


def test_an_unreachable_server() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: a connection is refused
        url = f"postgresql://someone:hunter2@127.0.0.1:{unused.getsockname()[1]}/defacto"
        message, hint = refusal(url)
    assert message == f"The server of {url.replace('hunter2', '***')} cannot be reached."
    assert "host and port" in hint


@pytest.mark.postgres
def test_a_missing_database(postgres_url: str) -> None:
    message, hint = refusal(postgres_url + "_missing")
    assert message == f"The database of {postgres_url}_missing does not exist."
    assert "createdb" in hint


def test_a_full_disk(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "s.db")) as store:
        store.write([an_exchange(1)])

        @event.listens_for(store._database.engine, "begin")
        def fill(connection: object) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count=1")  # type: ignore[attr-defined]

        with pytest.raises(StoreError, match=r"The disk of the store .* is full") as full:
            store.write([an_exchange(n) for n in range(2, 2000)])
        assert "what was stored before is safe" in full.value.hint
        assert list(store.exchanges()) == [an_exchange(1)]
        assert store.capture().observed == 1


def test_locked_for_longer_than_anyone_waits(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE_S", 1)
    with Store.open(url) as one, Store.open(url) as other:
        one.write([an_exchange(1)])
        with one._database.writing(), pytest.raises(StoreError, match="kept locked by another process"):
            other.write([an_exchange(2)])
        assert list(other.exchanges()) == [an_exchange(1)]
        other.write([an_exchange(2)])
        assert one.count() == 2


def test_a_reader_does_not_wait_for_a_writer(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE_S", 1)
    with Store.open(url) as writer, writer._database.writing(), Store.open(url, create=False) as reader:
        assert reader.count() == 0


def as_nobody(path: Path) -> list[str]:
    """What another user gets who counts a store's exchanges and then writes one.

    Forked, since that user may not be able to start the interpreter.
    """
    ours, theirs = Pipe(duplex=False)
    child = get_context("fork").Process(target=_count_and_write, args=(path, theirs))
    child.start()
    theirs.close()
    try:
        assert ours.poll(30)
        said: list[str] = ours.recv()
    finally:
        ours.close()
        child.join()
        child.close()
    return said


def _count_and_write(path: Path, answer: Connection) -> None:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    said = []
    try:
        with Store.open(str(path)) as store:
            said.append(str(store.count()))
            store.write([an_exchange(2)])
    except StoreError as error:
        said.append(error.message)
    answer.send(said)


@as_root
@pytest.mark.parametrize("folder_mode", [0o755, 0o777])
def test_a_read_only_store_can_be_read(tmp_path: Path, folder_mode: int) -> None:
    folder = shared(tmp_path / "store")
    path = folder / "s.db"
    with Store.open(str(path)) as store:
        store.write([an_exchange(1)])
    path.chmod(0o444)
    folder.chmod(folder_mode)
    assert as_nobody(path) == ["1", f"The store {path} is read-only."]


@as_root
def test_a_store_that_another_user_writes_can_be_read(tmp_path: Path) -> None:
    path = shared(tmp_path / "store") / "s.db"
    with Store.open(str(path)) as store:
        store.write([an_exchange(1)])
        assert as_nobody(path) == ["1", f"The store {path} is read-only."]


@as_root
def test_a_read_only_folder(tmp_path: Path) -> None:
    path = shared(tmp_path / "store") / "s.db"
    assert as_nobody(path) == [f"The store {path} cannot be made: its folder is read-only."]


def shared(folder: Path) -> Path:
    """A folder that other users can reach."""
    folder.mkdir()
    for parent in [folder, *folder.parents][:5]:
        if parent.stat().st_uid == 0 and parent.stat().st_mode & 0o777 == 0o700:
            parent.chmod(0o755)
    return folder
