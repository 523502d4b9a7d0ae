"""How connections come in: all that wait at once, and whatever accept(2) may say."""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import uvloop

from proxy.splice import entrance
from proxy.splice.entrance import Entrance
from proxy.splice.settings import Address, Lane

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from proxy.splice.proxy_protocol import Origin


class Accepted:
    """What came in."""

    def __init__(self) -> None:
        self.origins: list[Origin | None] = []
        self.malformed = 0
        self.one_more = asyncio.Event()

    def accept(self, origin: Origin | None) -> asyncio.Protocol:
        self.origins.append(origin)
        self.one_more.set()
        return asyncio.Protocol()

    def refuse(self) -> None:
        self.malformed += 1

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.origins) < count:
                self.one_more.clear()
                await self.one_more.wait()


class Listener(socket.socket):
    """One whose `accept` fails first."""

    failures: list[int]

    def accept(self) -> tuple[socket.socket, object]:
        if self.failures:
            raise OSError(self.failures.pop(0), "made up")
        return super().accept()


def listening(*failures: int) -> Listener:
    listener = Listener(socket.AF_INET)
    listener.failures = list(failures)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    return listener


def running(
    use: Callable[[Entrance, Accepted, Listener], Awaitable[None]],
    *failures: int,
    accept_proxy_protocol: bool = False,
) -> Accepted:
    async def main() -> Accepted:
        accepted, listener = Accepted(), listening(*failures)
        lane = Lane(
            producer="orders", source="x", upstream=Address(), accept_proxy_protocol=accept_proxy_protocol
        )
        made = Entrance(lane, accepted.accept, accepted.refuse)
        try:
            await use(made, accepted, listener)
        finally:
            arriving = made.close()
            if arriving:
                await asyncio.wait(arriving)
        assert listener.fileno() < 0
        return accepted

    return uvloop.run(main())


def test_all_that_wait_come_in_within_a_few_turns() -> None:
    async def use(made: Entrance, accepted: Accepted, listener: Listener) -> None:
        with ExitStack() as clients:
            for _ in range(30):
                clients.enter_context(socket.create_connection(listener.getsockname()))
            made.open(listener)
            for _ in range(6):  # the first finds the listener ready; libuv would take thirty
                await asyncio.sleep(0)
            assert len(accepted.origins) == 30

    running(use)


def test_others_have_their_turn_before_more_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrance, "AT_ONCE", 2)

    async def use(made: Entrance, accepted: Accepted, listener: Listener) -> None:
        with ExitStack() as clients:
            for _ in range(30):
                clients.enter_context(socket.create_connection(listener.getsockname()))
            made.open(listener)
            for _ in range(6):
                await asyncio.sleep(0)
            assert 0 < len(accepted.origins) < 30
            await accepted.until(30)

    running(use)


def test_a_connection_that_is_gone_already_is_passed_over() -> None:
    async def use(made: Entrance, accepted: Accepted, listener: Listener) -> None:
        with socket.create_connection(listener.getsockname()):
            made.open(listener)
            await accepted.until(1)
        assert not listener.failures

    running(use, errno.ECONNABORTED, errno.ECONNABORTED)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS])
def test_without_files_connections_wait_and_come_in_later(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "NO_FILES_PAUSE_S", 0.01)

    async def use(made: Entrance, accepted: Accepted, listener: Listener) -> None:
        with socket.create_connection(listener.getsockname()):
            made.open(listener)
            await accepted.until(1)

    running(use, number, number)


def test_closed_while_it_waits_for_files_it_stays_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrance, "NO_FILES_PAUSE_S", 0.01)

    async def use(made: Entrance, accepted: Accepted, listener: Listener) -> None:
        with socket.create_connection(listener.getsockname()):
            made.open(listener)
            while listener.failures:  # noqa: ASYNC110 - the loop's turns are what is waited for
                await asyncio.sleep(0)
            made.close()
            await asyncio.sleep(0.02)
            assert not accepted.origins

    running(use, errno.EMFILE)


def test_what_is_still_arriving_when_it_closes_comes_in() -> None:
    async def use(made: Entrance, accepted: Accepted, listener: Listener) -> None:
        with socket.create_connection(listener.getsockname()) as client:
            made.open(listener)
            while not made._arriving:  # noqa: ASYNC110 - the loop's turns are what is waited for
                await asyncio.sleep(0)
            (task,) = made.close()
            client.sendall(b"PROXY TCP4 10.0.0.1 10.0.0.2 40000 80\r\n")
            await task
            assert [origin and origin.source.host for origin in accepted.origins] == ["10.0.0.1"]

    running(use, accept_proxy_protocol=True)
