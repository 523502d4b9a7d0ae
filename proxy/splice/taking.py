"""What is read off a socket before anything else reads it: so much and no more, what follows stays there."""

from __future__ import annotations

import asyncio
import socket


async def exactly(peer: socket.socket, size: int) -> bytes:
    """So many bytes and not one more.

    Raises:
        EOFError: the stream ends before.
        OSError: the connection broke.
    """
    loop = asyncio.get_running_loop()
    taken = b""
    while len(taken) < size:
        more = await loop.sock_recv(peer, size - len(taken))
        if not more:
            raise EOFError
        taken += more
    return taken


async def line(peer: socket.socket, limit: int) -> bytes:
    """A line with its LF and not one byte more; less where `limit` bytes or the stream are over before.

    Raises:
        OSError: the connection broke.
    """
    taken = b""
    while len(taken) < limit and not taken.endswith(b"\n"):
        seen = await _peek(peer, limit - len(taken))
        if not seen:
            break
        taken += await exactly(peer, seen.find(b"\n") + 1 or len(seen))
    return taken


async def _peek(peer: socket.socket, size: int) -> bytes:
    """What can be read, at most `size` bytes, without taking it; empty at the end of the stream."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            return peer.recv(size, socket.MSG_PEEK)
        except BlockingIOError:
            readable = loop.create_future()
            loop.add_reader(peer, readable.set_result, None)
            try:
                await readable
            finally:
                loop.remove_reader(peer)
