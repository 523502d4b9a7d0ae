"""The doctor: what is wrong is found, named, and comes with a remedy."""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli.main import cli
from proxy import schemes
from proxy.decoders import table
from reports.doctor import Check, Health, examine
from store.records import Loss
from store.store import Store
from tests.certificates import Authority
from tests.inference.traffic import call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "redaction.key"
    monkeypatch.setenv("DEFACTO_REDACTION_KEY_FILE", str(path))
    return path


@pytest.fixture
def upstream() -> Iterator[str]:
    with _answering() as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _answering(tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A service whose clock is wrong, and its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

        def date_time_string(self, timestamp: float | None = None) -> str:
            return "Mon, 06 May 2024 10:00:00 GMT"

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def found(checks: list[Check], subject: str) -> Check:
    return next(check for check in checks if check.subject == subject)


def test_nothing_recorded_yet_is_no_failure(tmp_path: Path) -> None:
    checks = examine(str(tmp_path / "none.db"), None)
    assert found(checks, "store").health is Health.WARNING
    assert "defacto record" in found(checks, "store").remedy
    assert not any(check.health is Health.FAILURE for check in checks)
    assert not (tmp_path / "none.db").exists()


def test_a_store_with_loss_and_unfolded_batches(tmp_path: Path) -> None:
    url = str(tmp_path / "defacto.db")
    with Store.open(url) as store:
        lost = Loss(producer="shop", window_start=0, reason="queue-full", count=7)
        store.write([call(0, "GET", "/a", got={})], losses=[lost])
    checks = examine(url, None)
    assert "1 observed" in found(checks, "store").found
    assert found(checks, "inference").remedy == "Run `defacto infer`."
    assert "7 queue-full" in found(checks, "capture").found


def test_a_file_that_is_no_store_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be read as a header of one" * 20)
    check = found(examine(str(path), None), "store")
    assert check.health is Health.FAILURE
    assert check.remedy


def test_observations_from_the_future_mean_a_wrong_clock(tmp_path: Path) -> None:
    url = str(tmp_path / "defacto.db")
    with Store.open(url) as store:
        store.write([call(10**9, "GET", "/a", got={})])
    assert "yet to come" in found(examine(url, None), "clock").found


def test_lanes_brokers_and_clocks(tmp_path: Path, upstream: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = tmp_path / "defacto.toml"
        config.write_text(
            f"""
            [[lane]]
            producer = "shop"
            listen = "127.0.0.1:{port}"
            upstream = "{upstream}"
            [[lane]]
            producer = "gone"
            listen = "127.0.0.1:0"
            upstream = "http://127.0.0.1:1"
            [[broker]]
            name = "events"
            url = "amqp://127.0.0.1:{port}"
            [[broker]]
            name = "lost"
            url = "kafka://127.0.0.1:1"
            [[broker]]
            name = "odd"
            url = "nonsense"
            """
        )
        checks = examine(str(tmp_path / "none.db"), str(config))
    assert found(checks, "lane shop: listen").health is Health.WARNING
    assert found(checks, "lane shop: upstream").health is Health.OK
    assert "s apart" in found(checks, "lane shop: clock").found
    assert found(checks, "lane gone: listen").health is Health.OK
    assert found(checks, "lane gone: upstream").health is Health.FAILURE
    assert found(checks, "broker events").health is Health.OK
    assert found(checks, "broker lost").health is Health.FAILURE
    assert "kafka" in found(checks, "broker odd").remedy


def test_an_upstream_is_asked_with_the_tls_of_its_lane(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*authority.issue("shop"))
    config = tmp_path / "defacto.toml"
    with _answering(tls) as port:
        lane = f"[[lane]]\nproducer = 'shop'\nlisten = '127.0.0.1:0'\nupstream = 'https://127.0.0.1:{port}'\n"
        told = f"[lane.upstream_tls]\nca = '{authority.certificate}'\nserver_name = 'localhost'\n"
        health = {}
        for text in (lane, lane + told):
            config.write_text(text)
            health[text] = found(examine(str(tmp_path / "none.db"), str(config)), "lane shop: upstream")
    assert health[lane].health is Health.FAILURE
    assert "[lane.upstream_tls]" in health[lane].remedy
    assert health[lane + told].health is Health.OK


def test_upstreams_that_are_brokers_are_reached_by_the_port_of_their_scheme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        port = broker.getsockname()[1]
        monkeypatch.setitem(schemes.SCHEMES, "kafkas", schemes.Scheme("kafka", tls=True, port=port))
        monkeypatch.setitem(schemes.SCHEMES, "amqp", schemes.Scheme("amqp", tls=False, port=port))
        config = tmp_path / "defacto.toml"
        config.write_text(
            """
            [[lane]]
            producer = "events"
            listen = "127.0.0.1:0"
            upstream = "amqp://127.0.0.1"
            [[broker]]
            name = "stream"
            url = "kafkas://shop:hunter2@127.0.0.1"
            """
        )
        checks = examine(str(tmp_path / "none.db"), str(config))
    assert found(checks, "configuration").found.endswith(": 1 lane, 0 named consumers")
    assert found(checks, "lane events: upstream").health is Health.OK
    assert found(checks, "broker stream").found == "kafkas://127.0.0.1 answers"


def test_a_lane_whose_parser_is_not_installed_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pamqp", None)
    for name in [one for one in sys.modules if one.startswith("proxy.decoders.amqp")]:
        monkeypatch.delitem(sys.modules, name)
    table.decoder_of.cache_clear()
    config = tmp_path / "defacto.toml"
    config.write_text("[[lane]]\nproducer = 'e'\nlisten = '127.0.0.1:0'\nupstream = 'amqp://127.0.0.1:1'\n")
    check = found(examine(str(tmp_path / "none.db"), str(config)), "lane e: protocol")
    assert check.health is Health.FAILURE
    assert "defacto[events]" in check.remedy


def test_a_key_that_others_can_read_is_a_failure(key_file: Path, tmp_path: Path) -> None:
    key_file.write_bytes(b"x" * 64)
    key_file.chmod(0o644)
    check = found(examine(str(tmp_path / "none.db"), None), "redaction key")
    assert check.health is Health.FAILURE
    assert "chmod 600" in check.remedy


def test_a_broken_configuration_is_named_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    config = tmp_path / "defacto.toml"
    config.write_text("[store]\nurll = 'x'\n")
    checks = examine(str(tmp_path / "none.db"), str(config))
    assert found(checks, "configuration").health is Health.FAILURE
    assert "urll" in found(checks, "configuration").found
    assert found(checks, "versions").health is Health.OK


def test_the_command_ends_with_1_where_something_must_be_mended(tmp_path: Path) -> None:
    config = tmp_path / "defacto.toml"
    config.write_text("[[broker]]\nname = 'b'\nurl = 'nats://127.0.0.1:1'\n")
    arguments = ["doctor", "--store", str(tmp_path / "none.db"), "--config", str(config)]
    text = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert text.return_value == 1
    assert "✗ broker b" in text.output
    as_json = CliRunner().invoke(cli, [*arguments, "--format", "json"], standalone_mode=False)
    assert {check["health"] for check in json.loads(as_json.output)} >= {"ok", "failure"}
