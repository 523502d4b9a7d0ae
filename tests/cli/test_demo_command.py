"""The demo from one end to the other, and what it says when it cannot."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.demo_command import CLIENTS, Process, Service
from cli.main import main
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


def test_the_demo_ends_with_a_verdict_and_a_report(tmp_path: Path) -> None:
    done = defacto("demo", "--seconds", "4", "--no-open", "--keep", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "nobody promised" in done.stdout
    assert "billing_ref" in done.stdout
    assert str(tmp_path / "report.html") in done.stderr
    report = (tmp_path / "report.html").read_text("utf-8")
    assert "billing_ref" in report
    assert "https://" not in report.replace("https://shop.example", "")

    form = json.loads(defacto("map", "--store", str(tmp_path / "shop.db"), "--format", "json").stdout)
    consumers = {consumer["name"] for consumer in form["producers"][0]["consumers"]}
    assert consumers == set(CLIENTS)

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
    said = "import time; print('listening on 127.0.0.1:4711 -> x', flush=True); time.sleep(600)"
    service: Any = Service("sidecar", tmp_path, ["-c", said])
    with service:
        assert service.address == "http://127.0.0.1:4711"
