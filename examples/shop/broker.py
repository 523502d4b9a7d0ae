"""A broker for a machine that has none: MQTT 3.1.1, in memory, by amqtt.

As in `python -m examples.shop.broker --port 1883`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from typing import TYPE_CHECKING

from amqtt.broker import Broker  # type: ignore[import-untyped]  # it has no py.typed

if TYPE_CHECKING:
    from collections.abc import Iterable


async def serve(port: int) -> None:
    """Serve on 127.0.0.1 until a signal to end; print the address once it is listening."""
    broker = Broker({
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    })  # fmt: skip
    await broker.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    ended = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    await ended.wait()
    await broker.shutdown()


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A small MQTT broker.")
    parser.add_argument("--port", type=int, default=1883)
    options = parser.parse_args(None if arguments is None else list(arguments))
    asyncio.run(serve(options.port))


if __name__ == "__main__":
    main()
