"""A Kafka broker that asks who comes: TLS and SASL, before librdkafka's mock broker, which has neither."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import struct
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from kio.index import load_response_schema
from kio.serial import entity_reader

from proxy.decoders.kafka_wire import request_of
from proxy.splice.kafka_addresses import AddressRewriter
from tests.proxy.decoders.kafka_playing import API_VERSIONS, framed, reply

if TYPE_CHECKING:
    import ssl
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator, Callable, Generator

    Steps = Generator[bytes, bytes, tuple[bytes, str]]
    """Given the client's tokens (the first answer is nothing), gives the server's, the last with the user."""

SASL_HANDSHAKE, SASL_AUTHENTICATE = 17, 36
ITERATIONS = 4096


class SaslBroker:
    """One broker. `tokens` are all that clients have shown, `users` who they turned out to be."""

    def __init__(self, upstream: int, password: str, bearer: bytes, *, handshake: int) -> None:
        """With the highest version of the handshake that it takes; version 0 has tokens without a head."""
        self.port = 0
        self.tokens: list[bytes] = []
        self.users: list[tuple[str, str]] = []
        self._upstream = upstream
        self._handshake = handshake
        self._mechanisms: dict[str, Callable[[], Steps]] = {
            "PLAIN": lambda: _plain(password),
            "SCRAM-SHA-256": lambda: _scram("sha256", password),
            "SCRAM-SHA-512": lambda: _scram("sha512", password),
            "OAUTHBEARER": lambda: _bearer(bearer),
        }

    @asynccontextmanager
    async def listening(self, tls: ssl.SSLContext) -> AsyncIterator[SaslBroker]:
        served = set[asyncio.Task[None]]()

        async def serve(reader: StreamReader, writer: StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            served.add(task)
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._serve(reader, writer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        yield self
        server.close()
        for task in served:
            task.cancel()
        await asyncio.gather(*served)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        await self._authenticated(reader, writer)
        broker, to_broker = await asyncio.open_connection("127.0.0.1", self._upstream)
        rewriter = AddressRewriter(lambda _node, host, _port: (host, self.port))

        def asked(data: bytes) -> bytes:
            rewriter.client(data)
            return data

        try:
            await asyncio.gather(_pumped(reader, to_broker, asked), _pumped(broker, writer, rewriter.server))
        finally:
            to_broker.close()

    async def _authenticated(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Until the client has shown who it is."""
        mechanism, steps = "", _plain("")
        bare = False
        while True:
            frame = await _frame(reader)
            api, version, correlation = (0, 0, 0) if bare else struct.unpack_from(">hhi", frame)
            if api == API_VERSIONS:
                writer.write(await self._versions(version, correlation, frame))
            elif api == SASL_HANDSHAKE:
                mechanism = request_of(api, version, frame).mechanism
                steps, bare = self._mechanisms[mechanism](), version == 0
                next(steps)
                writer.write(reply(api, version, correlation, mechanisms=[*self._mechanisms])[1])
            else:
                token = frame if bare else request_of(SASL_AUTHENTICATE, version, frame).auth_bytes
                self.tokens.append(token)
                try:
                    answer, user = steps.send(token), ""
                except StopIteration as end:
                    answer, user = end.value
                said = framed(answer) if bare else reply(api, version, correlation, auth_bytes=answer)[1]
                writer.write(said)
                self.tokens.append(answer)
                if user:
                    self.users.append((mechanism, user))
                    return

    async def _versions(self, version: int, correlation: int, frame: bytes) -> bytes:
        """What the mock broker says it can, and SASL."""
        broker, to_broker = await asyncio.open_connection("127.0.0.1", self._upstream)
        to_broker.write(framed(frame))
        answer = await _frame(broker)
        to_broker.close()
        if version > 2:  # it does not know that, and says so; the client asks again
            return framed(answer)
        schema: Any = load_response_schema(API_VERSIONS, version)
        _, size = entity_reader(schema.__header_schema__)(answer, 0)
        body, _ = entity_reader(schema)(answer, size)
        known = [(one.api_key, one.min_version, one.max_version) for one in body.api_keys]
        known += [(SASL_HANDSHAKE, 0, self._handshake), (SASL_AUTHENTICATE, 0, 2)]
        names = ("api_key", "min_version", "max_version")
        keys = [dict(zip(names, one, strict=True)) for one in known]
        return reply(API_VERSIONS, version, correlation, api_keys=keys)[1]


def _plain(password: str) -> Steps:
    """RFC 4616."""
    token = yield b""
    _, user, shown = token.decode().split("\0")
    assert shown == password
    return b"", user


def _bearer(expected: bytes) -> Steps:
    """RFC 7628; the user is whom the token names."""
    token = yield b""
    assert b"auth=Bearer " + expected + b"\1" in token
    return b"", "bearer"


def _scram(name: str, password: str) -> Steps:
    """RFC 5802, with the proof looked at."""
    first = (yield b"").decode()
    bare = first.removeprefix("n,,")
    said = dict(part.split("=", 1) for part in bare.split(","))
    salt, nonce = secrets.token_bytes(16), said["r"] + secrets.token_hex(12)
    asked = f"r={nonce},s={base64.b64encode(salt).decode()},i={ITERATIONS}"
    last = (yield asked.encode()).decode()
    without, _, proof = last.partition(",p=")
    words = f"{bare},{asked},{without}".encode()
    salted = hashlib.pbkdf2_hmac(name, password.encode(), salt, ITERATIONS)
    key = hmac.digest(salted, b"Client Key", name)
    signature = hmac.digest(hashlib.new(name, key).digest(), words, name)
    assert bytes(a ^ b for a, b in zip(key, signature, strict=True)) == base64.b64decode(proof)
    answer = hmac.digest(hmac.digest(salted, b"Server Key", name), words, name)
    return b"v=" + base64.b64encode(answer), said["n"]


async def _frame(reader: StreamReader) -> bytes:
    (size,) = struct.unpack(">i", await reader.readexactly(4))
    return await reader.readexactly(size)


async def _pumped(source: StreamReader, target: StreamWriter, change: Callable[[bytes], bytes]) -> None:
    while data := await source.read(65_536):
        target.write(change(data))
        await target.drain()
    target.close()
