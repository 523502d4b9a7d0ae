"""What is given as a document and is none, or is made to take for ever, is read or refused with a reason."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from contract.declared import load
from contract.graphql import is_named
from contract.openapi import DeclaredError, library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.parametrize("suffix", ["json", "avsc", "proto", "binpb", "graphql"])
def test_what_could_be_waited_for_without_end_is_no_file(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"pipe.{suffix}")
    with pytest.raises(DeclaredError, match="file"):
        load(tmp_path / f"pipe.{suffix}", producer="p")


@pytest.mark.parametrize("given", ["a" * 300, "orders=" + "a" * 300, "a/" * 5000, "\udcff", "a\0b"])
def test_a_name_that_no_file_can_have(given: str) -> None:
    with pytest.raises(DeclaredError) as error:
        load(given, producer="p")
    assert str(error.value)


@pytest.mark.parametrize(
    "text", ['"' * 999 + "\nx", "#" + " " * 99_999 + "\nx", '"""' + 'a"' * 9_999 + "\nx"]
)
def test_whether_a_text_is_sdl_is_seen_at_once(text: str) -> None:
    assert not is_named(text)


def test_comments_and_descriptions_before_sdl() -> None:
    assert is_named('# a\n\n#b\n""" a "quoted" text """\n"more"\n extend\ntype Query { a: Int }')
    assert is_named('""""""\ntype Query { a: Int }')


def test_a_folder_that_leads_into_itself(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "self.json").symlink_to(tmp_path / "self.json")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "a.avsc").write_text('{"type": "record", "name": "A", "fields": []}')
    assert [one.key for one in load(tmp_path, producer="p").observed([]).operations] == [
        "RECEIVE {channel}#A"
    ]


@contextmanager
def saying(answer: bytes, *, trickle: bool = False) -> Iterator[str]:
    """A server that answers one question with these bytes, and where it is."""
    gone = threading.Event()

    def serve(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client, suppress(OSError):
            client.recv(65_536)
            client.sendall(answer)
            while trickle and not gone.wait(0.05):
                client.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api.json"
        gone.set()
        thread.join(10)


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\x01\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nopenapi: 3.1.0\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 500 " + b"no " * 9_000 + b"\r\n\r\n",
    ],
)
def test_a_server_that_speaks_no_http(answer: bytes) -> None:
    with saying(answer) as url, pytest.raises(DeclaredError, match="cannot be fetched") as error:
        load(url, producer="p", allow_remote=True)
    assert len(error.value.message) < 400


def test_a_server_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "TOTAL_S", 0.3)
    with (
        saying(b"HTTP/1.1 200 OK\r\n\r\n", trickle=True) as url,
        pytest.raises(DeclaredError, match="it took longer than"),
    ):
        load(url, producer="p", allow_remote=True)
