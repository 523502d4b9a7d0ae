"""A broker of our own for tests, and programs that say when they listen."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
RABBITMQ = "amqp://127.0.0.1:5672"


def started(module: str, *options: str) -> subprocess.Popen[str]:
    """A program that listens, once it does."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", module, *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("listening on "), process.communicate()
    return process


@contextmanager
def own_broker() -> Iterator[str]:
    """The URL of a broker that runs meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    broker = started("examples.shop.broker", "--port", str(port))
    try:
        yield f"mqtt://127.0.0.1:{port}"
    finally:
        broker.terminate()
        broker.communicate(timeout=10)
