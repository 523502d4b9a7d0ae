"""`defacto serve`: what it refuses, what it says, and that it ends when it is told to."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from store.store import Store
from tests.cli.sidecar import DEFACTO, ROOT
from tests.inference.traffic import call
from tests.reports.web.served import wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Said

LONG = "openapi: 3.0.3\n" + "".join(f"x-{n}: [a, {{b: c}}]\n" for n in range(200_000))
TOKEN = "correct-horse-battery-staple"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store in which nothing is yet."""
    path = tmp_path / "d.db"
    Store.open(str(path)).close()
    return path


@contextmanager
def serve(store: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running `defacto serve`, and its address."""
    process = subprocess.Popen(
        [*DEFACTO, "serve", "--store", str(store), "--listen", "127.0.0.1:0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+:\d+", process.stdout.readline())
        assert found is not None, process.communicate(timeout=30)[1]
        wait_until_ready(found[0].replace("0.0.0.0", "127.0.0.1"))
        yield found[0], process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "10.0.0.1:80", "example.org:80", ":::0"])
def test_others_need_something_that_keeps_them_out(
    defacto: Callable[..., Said], store: Path, listen: str
) -> None:
    said = defacto("serve", "--store", str(store), "--listen", listen)
    assert said.code == 2
    assert "can be reached by others" in said.err


@pytest.mark.parametrize("listen", ["", "localhost", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999"])
def test_an_address_is_a_host_and_a_port(defacto: Callable[..., Said], store: Path, listen: str) -> None:
    said = defacto("serve", "--store", str(store), "--listen", listen)
    assert said.code == 2
    assert "HOST:PORT" in said.err


@pytest.mark.parametrize("token", ["", "short", "two words that are long", "caf\u00e9" * 4])
def test_a_token_that_can_be_guessed_or_not_be_sent_is_refused(
    defacto: Callable[..., Said], store: Path, tmp_path: Path, token: str
) -> None:
    (tmp_path / "token").write_text(token, "utf-8")
    said = defacto("serve", "--store", str(store), "--token-file", str(tmp_path / "token"))
    assert said.code == 2
    assert "at least 16 characters" in said.err
    assert token in {"", "short"} or token not in said.err


@pytest.mark.parametrize("name", ["https://defacto.example.org", "defacto.example.org:80", "", "a b"])
def test_a_name_is_a_name(defacto: Callable[..., Said], store: Path, name: str) -> None:
    assert defacto("serve", "--store", str(store), "--host", name).code == 2


def test_what_cannot_be_read_ends_it_in_words(store: Path, tmp_path: Path) -> None:
    for code, *options in (
        (3, "--store", str(tmp_path / "none.db")),
        (2, "--store", str(store), "--declared", f"a={ROOT}/examples/shop/openapi.yaml"),
    ):
        command = [*DEFACTO, "serve", "--listen", "127.0.0.1:0", *options]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
        assert said.returncode == code, said.stderr
        assert "Traceback" not in said.stderr


def test_it_serves_says_who_may_come_in_and_ends_when_told(store: Path, tmp_path: Path) -> None:
    with serve(store) as (url, process):
        assert requests.get(url, timeout=20).status_code == 200
        with requests.get(f"{url}/live", stream=True, timeout=20):  # a page that waits for news
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Open to anybody on this machine; decisions are patches to download." in err
    assert str(tmp_path) not in err


def test_it_ends_while_it_reads_and_checks(store: Path, tmp_path: Path) -> None:
    """A file that whoever opens waits for, and one that is long to read, hold up its processes alone."""
    ledger = tmp_path / "contract.yaml"
    with Store.open(str(store)) as opened:
        opened.write([call(0, "GET", "/a")])
    with serve(store, "--ledger", str(ledger)) as (url, process):
        with requests.Session() as session:
            found = re.search(r'name="csrf" content="(\w+)"', session.get(url, timeout=20).text)
            assert found is not None
            os.mkfifo(ledger)
            form = {"csrf": found[1], "document": LONG}
            with pytest.raises(requests.ReadTimeout):
                session.post(f"{url}/check", form, timeout=5)
        began = monotonic()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert monotonic() - began < 15  # a check alone may take 30
    assert "Traceback" not in err


def test_what_is_no_http_fills_no_log(store: Path) -> None:
    with serve(store) as (url, process):
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=10) as line:
                line.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
                assert b"400" in line.recv(4_096)
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert len(err.splitlines()) == 1


def test_beyond_loopback_the_token_is_asked_for(store: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    with serve(store, "--token-file", str(tmp_path / "token"), "--listen", "0.0.0.0:0") as (url, process):
        here = url.replace("0.0.0.0", "127.0.0.1")
        assert requests.get(here, timeout=20).status_code == 401
        right = {"Authorization": f"Bearer {TOKEN}"}
        assert requests.get(here, headers=right, timeout=20).status_code == 200
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert "whoever knows the token" in err
    assert TOKEN not in err
