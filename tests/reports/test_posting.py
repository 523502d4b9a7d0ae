from __future__ import annotations

import asyncio
import hashlib
import hmac
from base64 import b64decode
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from aiohttp import web

from reports import posting
from reports.posting import TRIES, post, secret_from
from store.errors import DefactoError
from tests.cli.sidecar import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

EVENT = {"specversion": "1.0", "id": "e1", "source": "/x", "type": "t", "data": {"text": "ä"}}
SECRET = b"a secret"


class Receiver:
    """A webhook that answers as it is told, and remembers what it was sent."""

    def __init__(self, *answers: int, retry_after: str = "") -> None:
        self.answers: Iterator[int] = iter(answers)
        self.retry_after = retry_after
        self.got: list[tuple[dict[str, str], bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.got.append(
            ({name.lower(): value for name, value in request.headers.items()}, await request.read())
        )
        status = next(self.answers)
        headers = {"Location": "/elsewhere"} if status == 302 else {}
        return web.Response(
            status=status, headers=headers | ({"Retry-After": self.retry_after} if self.retry_after else {})
        )

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/hook", self.take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        finally:
            await runner.cleanup()


def posted(receiver: Receiver, *events: dict[str, Any], secret: bytes | None = None) -> dict[str, str]:
    async def main() -> dict[str, str]:
        async with receiver.listening() as url:
            return await post(url, events or (EVENT,), secret, 1_700_000_000, pause_s=0.001)

    return asyncio.run(main())


def test_an_event_arrives_signed() -> None:
    receiver = Receiver(204)
    assert not posted(receiver, secret=SECRET)
    ((headers, body),) = receiver.got
    assert orjson.loads(body) == EVENT
    assert headers["content-type"] == "application/cloudevents+json"
    version, _, signed = headers["webhook-signature"].partition(",")
    content = b".".join([b"e1", b"1700000000", body])
    assert version == "v1"
    assert b64decode(signed) == hmac.new(SECRET, content, hashlib.sha256).digest()
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("e1", "1700000000")


def test_without_a_secret_nothing_is_signed() -> None:
    receiver = Receiver(200)
    assert not posted(receiver)
    assert "webhook-signature" not in receiver.got[0][0]


@pytest.mark.parametrize(
    ("answers", "tries", "reason"),
    [
        ((503, 429, 200), 3, None),
        ((500,) * TRIES, TRIES, f"answered 500, after {TRIES} tries"),
        ((400,), 1, "answered 400"),
        ((302,), 1, "answered 302"),
    ],
)
def test_what_can_help_is_tried_again(answers: tuple[int, ...], tries: int, reason: str | None) -> None:
    receiver = Receiver(*answers, retry_after="0")
    assert posted(receiver).get("e1") == reason
    assert len(receiver.got) == tries
    assert len({body for _, body in receiver.got}) == 1


def test_one_that_fails_holds_up_no_other() -> None:
    assert posted(Receiver(400, 200), EVENT, {**EVENT, "id": "e2"}) == {"e1": "answered 400"}


def test_a_receiver_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "TIMEOUT_S", 0.05)

    class Slow(Receiver):
        async def take(self, request: web.Request) -> web.Response:
            await asyncio.sleep(0.3)
            return await super().take(request)

    assert posted(Slow(*(200,) * TRIES)) == {"e1": f"no answer within 0.05 s, after {TRIES} tries"}


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "nonsense", "ftp://x/"])
def test_where_nobody_listens(url: str) -> None:
    failed = asyncio.run(post(url.format(port=free_port()), [EVENT], None, 0, pause_s=0.001))
    assert failed.keys() == {"e1"}


@pytest.mark.parametrize(
    ("text", "secret"), [("plain\n", b"plain"), ("whsec_YWJj", b"abc"), ("", None), ("whsec_!", None)]
)
def test_secrets(text: str, secret: bytes | None) -> None:
    if secret is None:
        with pytest.raises(DefactoError):
            secret_from(text)
    else:
        assert secret_from(text) == secret
