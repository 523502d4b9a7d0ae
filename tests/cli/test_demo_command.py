"""The demo from one end to the other, and what it says when it cannot."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli import demo_command
from cli.demo_command import CLIENTS, RABBITMQ, SUBSCRIBERS, Process, Service
from cli.main import main
from examples.shop.events import takes_guests
from store.errors import DefactoError

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

ROOT = Path(__file__).parents[2]


def defacto(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=110,
    )


@pytest.mark.parametrize("protocol", ["amqp", "mqtt"])
def test_the_demo_ends_with_a_verdict_and_a_report(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path, protocol: str
) -> None:
    if protocol == "mqtt":
        monkeypatch.setattr(demo_command, "RABBITMQ", "amqp://127.0.0.1:9")
    elif not asyncio.run(takes_guests(RABBITMQ)):
        pytest.skip("no RabbitMQ on this machine")
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--seconds", "4", "--no-open", "--keep", str(tmp_path)])
    told, said = capfd.readouterr()
    assert not ended.value.code, said
    assert "nobody promised" in told
    assert "billing_ref" in told
    assert "client_reference" in told
    assert "shop-events against asyncapi.yaml" in told
    assert ("the RabbitMQ of this machine" in said) == (protocol == "amqp")
    assert "an MQTT broker of the demo's own" in said or protocol == "amqp"
    assert str(tmp_path / "report.html") in said
    report = (tmp_path / "report.html").read_text("utf-8")
    assert "billing_ref" in report
    assert "client_reference" in report
    assert "https://" not in report.replace("https://shop.example", "")

    form = json.loads(defacto("map", "--store", str(tmp_path / "shop.db"), "--format", "json").stdout)
    consumers = {one["name"]: {who["name"] for who in one["consumers"]} for one in form["producers"]}
    assert consumers == {
        "shop": {*CLIENTS, "screening", "loyalty"},
        "shop-events": {*SUBSCRIBERS, "shop"},
    }

    for log in tmp_path.glob("*.log"):
        assert "Traceback" not in log.read_text("utf-8"), log


def test_a_missing_extra_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    find = importlib.util.find_spec

    def without_httpx(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "httpx" else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without_httpx)
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--keep", str(tmp_path / "demo")])
    assert ended.value.code == 3
    said = capsys.readouterr().err
    assert "the demo needs httpx" in said
    assert "pip install 'defacto[demo]'" in said
    assert not (tmp_path / "demo").exists()


def test_a_service_that_does_not_start_is_said(tmp_path: Path) -> None:
    service = Service("shop", tmp_path, ["-c", "raise SystemExit('no room on this port')"])
    with pytest.raises(DefactoError, match="the shop did not start: no room on this port"), service:
        pytest.fail("it started")


def test_a_process_is_stopped_when_the_block_ends(tmp_path: Path) -> None:
    with Process("sleeper", tmp_path, ["-c", "import time; time.sleep(600)"]) as sleeper:
        assert sleeper.process.poll() is None
    assert sleeper.process.poll() is not None


def test_a_service_says_where_it_listens(tmp_path: Path) -> None:
    said = (
        "import time; print('listening on 127.0.0.1:4711 -> x', flush=True); time.sleep(0.2);"
        "print('listening on http://127.0.0.1:4712', flush=True); time.sleep(600)"
    )
    with Service("sidecar", tmp_path, ["-c", said], listens=2) as sidecar:
        assert sidecar.addresses == ["127.0.0.1:4711", "127.0.0.1:4712"]


def test_a_subscriber_that_gave_up_is_said(tmp_path: Path) -> None:
    said = "print('listening on 127.0.0.1:4711', flush=True); raise SystemExit('paid before it was created')"
    with Service("ledger", tmp_path, ["-c", said]) as ledger:
        ledger.process.wait()
        with pytest.raises(DefactoError, match="the consumer ledger failed: paid before it was created"):
            demo_command.expect([ledger], None)
