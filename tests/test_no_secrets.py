"""End to end: secrets are planted in traffic, and no file, log or report may show a piece of them.

A way for data to leave defacto is a `Way`: a function that is given the store and returns all bytes that it put out.
Add new ones to `WAYS`.
"""

# ruff: noqa: E501  (tables of cases, and lists of words)
from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from proxy.raw import RawExchange
from store.store import Store
from tests.proxy import planted_messages
from tests.proxy.planted import BY_PATTERN, NAMED_VALUE, NAMES, PLACES, left_of, named_places
from tests.proxy.recording import a_recorder

Way = Callable[[Path], bytes]

PUBLIC_NAMES = 12
"""Of the names, as many are planted: all of them in all places are the business of the redactor's own tests."""


def _planted() -> list[RawExchange]:
    """Every secret in every place, each exchange with a fingerprint of its own."""
    raws = [
        place(secret)
        for secret in BY_PATTERN.values()
        for name, place in PLACES.items()
        if "deep" not in name
    ]
    for name in NAMES[:PUBLIC_NAMES]:
        raws += [raw for place, raw in named_places(name, NAMED_VALUE).items() if "deep" not in place]
    return [replace(raw, fingerprint=("planted", number)) for number, raw in enumerate(raws)]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A store into which everything was recorded, still with its WAL, and the log that was written meanwhile."""
    path = tmp_path_factory.mktemp("no_secrets") / "defacto.db"
    handler = _Kept()
    logging.getLogger().addHandler(handler)
    recorder = a_recorder()
    keeper = sqlite3.connect(path)  # an open reader keeps SQLite from folding the WAL into the file
    try:
        with Store.open(str(path)) as store:
            keeper.execute("select count(*) from sqlite_master").fetchone()
            raws = _planted()
            messages = [recorder.event(raw) for raw in planted_messages.events()]
            store.write([recorder.exchange(raw) for raw in raws], messages)
            assert store.count() == len(raws)
            assert len(list(store.messages())) == len(messages)
            files = path.read_bytes() + path.with_name("defacto.db-wal").read_bytes()
    finally:
        logging.getLogger().removeHandler(handler)
        keeper.close()
    return path, files + handler.text.encode()


class _Kept(logging.Handler):
    """Keeps all that is logged, at every level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += self.format(record) + "\n"


def _bodies(path: Path) -> bytes:
    """All bodies as the store gives them back: in the file they are compressed, where a search finds nothing."""
    with Store.open(str(path), create=False) as store:
        return b"\n".join(
            body.content
            for body in (
                *(body for one in store.exchanges() for body in (one.request_body, one.response_body)),
                *(one.payload for one in store.messages()),
            )
            if body is not None
        )


def _columns(path: Path) -> bytes:
    """All other values of all tables, as text."""
    with sqlite3.connect(path) as connection:
        tables = [
            name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
        ]
        rows = [row for table in tables for row in connection.execute(f'select * from "{table}"')]
    connection.close()
    values = (value for row in rows for value in row)
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


def _command(*arguments: str) -> Way:
    """What a command puts out and writes to its log."""

    def run(path: Path) -> bytes:
        from cli.main import cli  # noqa: PLC0415  (the other ways do not need the command line)

        result = CliRunner().invoke(cli, [*arguments, "--store", str(path)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output.encode()

    return run


WAYS: dict[str, Way] = {
    "bodies": _bodies,
    "columns": _columns,
    "defacto exchanges": _command("exchanges", "--format", "jsonl"),
    "defacto messages": _command("messages", "--format", "jsonl"),
}


def _assert_clean(output: bytes) -> None:
    assert output
    for kind, secret in {**BY_PATTERN, "named": NAMED_VALUE}.items():
        assert left_of(secret, output) is None, kind


def test_nothing_is_left_in_the_database_file_its_wal_or_the_log(recorded: tuple[Path, bytes]) -> None:
    path, written = recorded
    assert b"redacted." in written, path
    _assert_clean(written)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_leaves_by(way: str, recorded: tuple[Path, bytes]) -> None:
    path, _ = recorded
    _assert_clean(WAYS[way](path))


def test_the_tokens_did_get_there(recorded: tuple[Path, bytes]) -> None:
    path, _ = recorded
    kinds = set(re.findall(rb"redacted\.([a-z-]+)\.", _bodies(path)))
    assert {b"jwt", b"card", b"private-key", b"github", b"secret"} <= kinds


@pytest.mark.parametrize("protocol", planted_messages.PROTOCOLS)
def test_who_has_shown_a_secret_is_known_all_the_same(protocol: str) -> None:
    """Else nothing was planted: the name that stands beside the secret has been read."""
    events = planted_messages.shown(protocol)
    assert events
    for event in events:
        assert "billing" in {one.value for one in event.client} or event.client[-1].value == "a"


def test_thirty_kinds_of_secrets_are_planted() -> None:
    assert len(BY_PATTERN) >= 30
