"""The capture lane on the loopback interface, with a real service and real clients."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from proxy.mirror.live import program
from store.records import Lane
from tests.cli.sidecar import Recorder, numbers, service
from tests.cli.test_fail_open import Traffic

if TYPE_CHECKING:
    from pathlib import Path


def test_packets_of_an_interface_are_recorded(tmp_path: Path) -> None:
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except (OSError, AttributeError):
        pytest.skip("packets may not be captured here")
    with service() as port, service() as other:
        config = tmp_path / "capture.toml"
        config.write_text(
            f'[[lane]]\nlane = "capture"\nproducer = "orders"\ninterface = "lo"\nports = [{port}]\n'
        )
        running = Recorder("--config", str(config), store=tmp_path / "c.db")
        try:
            assert running.addresses == ["lo"]
            time.sleep(1)
            with Traffic(port) as traffic, Traffic(other) as elsewhere:
                traffic.more(300)
                elsewhere.more(50)
            time.sleep(0.5)
            stored, lost = numbers(running.end())
        finally:
            running.kill()
    assert stored + lost == traffic.count
    assert stored > 250
    exchanges = running.stored()
    assert {one.lane for one in exchanges} == {Lane.MIRROR}
    assert {one.authority for one in exchanges} == {f"127.0.0.1:{port}"}
    assert {one.identity.key for one in exchanges} == {"user-agent:kept-True", "user-agent:kept-False"}


def test_an_interface_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    config = tmp_path / "capture.toml"
    config.write_text('[[lane]]\nlane = "capture"\nproducer = "p"\ninterface = "nope0"\nports = [80]\n')
    running = Recorder("--config", str(config), store=tmp_path / "c.db", lanes=0)
    try:
        running.line("error: (cannot capture on nope0|packets of nope0 may not)")
    finally:
        running.kill()


@pytest.mark.parametrize("count", [1, 60])
def test_the_filter_is_one_that_the_kernel_takes(count: int) -> None:
    assert len(program(range(1000, 1000 + count))) % 8 == 0
    try:
        from proxy.mirror.live import Capture  # noqa: PLC0415

        Capture("lo", range(1000, 1000 + count)).socket.close()
    except Exception as error:
        if "may not be captured" not in str(error) and "needs Linux" not in str(error):
            raise
