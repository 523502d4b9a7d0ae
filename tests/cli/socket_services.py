"""A service whose WebSockets speak GraphQL, STOMP and MQTT, on one port.

GraphQL is executed by graphql-core, both protocols around it are as their documents have them; the STOMP
server is by hand after the specification; MQTT is bridged to a broker, in frames that end anywhere.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web
from graphql import build_schema, graphql, parse, subscribe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BROKER = ("127.0.0.1", 1883)
ORDERS = {"7": {"id": "7", "total": 30, "status": "paid"}}
SCHEMA = build_schema("""
    type Order { id: ID!, total: Int!, status: String!, note: String }
    type Query { order(id: ID!): Order, shrug: String }
    type Subscription { orderPaid(count: Int!): Order! }
""")
_TRANSPORT, _OLDER = "graphql-transport-ws", "graphql-ws"


class _Root:
    """What the schema's operations resolve to."""

    def order(self, _info: Any, id: str) -> Any:  # noqa: A002
        return ORDERS.get(id)

    async def orderPaid(self, _info: Any, count: int) -> AsyncIterator[Any]:  # noqa: N802
        for number in range(count):
            yield {"orderPaid": {"id": str(number), "total": 10 * number, "status": "paid"}}


@asynccontextmanager
async def socket_services() -> AsyncIterator[int]:
    """Serve; the port."""
    app = web.Application()
    app.add_routes([web.get("/graphql", _graphql), web.get("/stomp", _stomp), web.get("/mqtt", _mqtt)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _graphql(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=(_TRANSPORT, _OLDER), compress=True)
    await socket.prepare(request)
    async for message in socket:
        said = json.loads(message.data)
        if said["type"] == "connection_init":
            await socket.send_json({"type": "connection_ack"})
        elif said["type"] in {"subscribe", "start"}:
            await _execute(socket, said["id"], said["payload"])
    return socket


async def _execute(socket: web.WebSocketResponse, identifier: str, asked: dict[str, Any]) -> None:
    word = "next" if socket.ws_protocol == _TRANSPORT else "data"
    query, variables = asked["query"], asked.get("variables")
    if query.lstrip().startswith("subscription"):
        found: Any = subscribe(SCHEMA, parse(query), _Root(), variable_values=variables)
        async for one in await found if isawaitable(found) else found:  # it was one before graphql-core 3.3
            await socket.send_json({"id": identifier, "type": word, "payload": one.formatted})
    else:
        result = await graphql(SCHEMA, query, _Root(), variable_values=variables)
        if result.data is None and result.errors:
            errors: Any = [error.formatted for error in result.errors]
            payload = errors if socket.ws_protocol == _TRANSPORT else errors[0]
            await socket.send_json({"id": identifier, "type": "error", "payload": payload})
            return
        await socket.send_json({"id": identifier, "type": word, "payload": result.formatted})
    await socket.send_json({"id": identifier, "type": "complete"})


async def _stomp(request: web.Request) -> web.WebSocketResponse:
    """Delivers what is sent to a destination to the connection's own subscription to it."""
    socket = web.WebSocketResponse(protocols=("v12.stomp",), compress=True)
    await socket.prepare(request)
    subscriptions: dict[str, str] = {}
    delivered = 0
    async for message in socket:
        for text in filter(str.strip, message.data.split("\0")):
            head, _, body = text.lstrip("\n").partition("\n\n")
            command, *lines = head.split("\n")
            said = dict(line.split(":", 1) for line in lines)
            if command in {"CONNECT", "STOMP"}:
                await socket.send_str("CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0\n")
            elif command == "SUBSCRIBE":
                subscriptions[said["destination"]] = said["id"]
            elif command == "SEND" and said["destination"] in subscriptions:
                to, delivered = said["destination"], delivered + 1
                own = f"subscription:{subscriptions[to]}\nmessage-id:m{delivered}\nack:a{delivered}"
                type_ = said.get("content-type", "text/plain")
                await socket.send_str(
                    f"MESSAGE\n{own}\ndestination:{to}\ncontent-type:{type_}\n"
                    f"content-length:{len(body.encode())}\n\n{body}\0"
                )
            if "receipt" in said:
                await socket.send_str(f"RECEIPT\nreceipt-id:{said['receipt']}\n\n\0")
    return socket


async def _mqtt(request: web.Request) -> web.WebSocketResponse:
    """A bridge to a broker; what comes from there is cut where no packet ends."""
    socket = web.WebSocketResponse(protocols=("mqtt",), compress=False)
    await socket.prepare(request)
    reader, writer = await asyncio.open_connection(*BROKER)

    async def back() -> None:
        with suppress(ConnectionError):
            while data := await reader.read(7):
                await socket.send_bytes(data)
        await socket.close()

    backwards = asyncio.create_task(back())
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            writer.write(message.data)
            await writer.drain()
    writer.close()
    await backwards
    return socket
