"""What a subscriber is told when it starts, and its work: delivery after delivery, until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Protocol
from urllib.parse import urlsplit

import aiohttp

from examples.shop.events import EXCHANGE, connected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from examples.shop.events import Delivery


class Subscriber(Protocol):
    """Its text says at the end what it did."""

    name: ClassVar[str]
    channels: ClassVar[tuple[str, ...]]

    def __init__(self, http: aiohttp.ClientSession) -> None: ...

    async def take(self, delivery: Delivery) -> None:
        """Do what is to be done about an event, and acknowledge it. What it raises ends the program."""


def attend(kind: type[Subscriber], job: str) -> None:
    """Read the command line (`--events URL --base URL --exchange NAME`), work until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=job)
    parser.add_argument("--events", required=True, metavar="URL", help="the broker, amqp:// or mqtt://")
    parser.add_argument("--base", required=True, metavar="URL", help="where the shop is")
    parser.add_argument("--exchange", default=EXCHANGE, help="of events over AMQP")
    options = parser.parse_args()
    print(f"{kind.name}: {asyncio.run(_work(kind, options.events, options.base, options.exchange))}")


async def _work(kind: type[Subscriber], events: str, base: str, exchange: str) -> Subscriber:
    """Print the broker's address once nothing more can be missed."""
    agent = {"User-Agent": f"{kind.name}/1.0"}
    async with (
        aiohttp.ClientSession(base, headers=agent, raise_for_status=True) as http,
        connected(events, kind.name, exchange) as broker,
    ):
        subscriber = kind(http)
        deliveries = await broker.subscribe(kind.channels)
        working = asyncio.create_task(_take_all(subscriber, deliveries))
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, working.cancel)
        print(f"listening on {urlsplit(events).netloc}", flush=True)
        with suppress(asyncio.CancelledError):
            await working
    return subscriber


async def _take_all(subscriber: Subscriber, deliveries: AsyncIterator[Delivery]) -> None:
    async for delivery in deliveries:
        await subscriber.take(delivery)
