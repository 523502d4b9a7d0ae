"""What the push lane answers while the decoder is away, behind or paused, and what is counted then."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from proxy.counters import Counter
from proxy.mirror.push import NAMED, make_app
from tests.proxy.splice.splicing import Decoder, run, worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.proxy.splice.splicing import Worker

HEADERS = {"Authorization": "Bearer swordfish", "Content-Type": "application/json"}
ONE = {"method": "GET", "url": "http://orders/orders/1", "started_at": "2026-11-21T10:00:00Z", "status": 200}


@asynccontextmanager
async def pushed() -> AsyncIterator[tuple[TestClient[Any, Any], Worker]]:
    async with worker(1) as splice:
        app = make_app(splice.settings.lanes[0], 0, splice.tap, "swordfish")
        async with TestClient(TestServer(app)) as client:
            yield client, splice


async def push(client: TestClient[Any, Any], *observations: object) -> tuple[int, Any]:
    data = json.dumps(observations)
    async with client.post("/v1/observations", data=data, headers=HEADERS) as answer:
        assert (answer.status == 429) == ("Retry-After" in answer.headers)
        return answer.status, await answer.json()


def test_what_is_to_be_sent_again_is_not_lost() -> None:
    async def main() -> None:
        async with pushed() as (client, splice):
            status, said = await push(client, {}, ONE, ONE)  # no decoder yet
            assert (status, said["accepted"], said["refused"], said["retry_from"]) == (429, 0, 1, 1)
            assert splice.count(Counter.REQUESTS) == splice.count(Counter.DECODER_DOWN) == 0
            decoder = await Decoder.connect(splice)
            assert await push(client, ONE) == (202, {"accepted": 1, "refused": 0, "rejected": []})
            splice.tap.full = True
            assert (await push(client, ONE))[0] == 429
            assert (splice.count(Counter.REQUESTS), splice.count(Counter.QUEUE_FULL)) == (1, 0)
            await decoder.close()

    run(main())


@pytest.mark.parametrize(
    ("data", "more", "status"),
    [
        (b"[" * 1_000_000, {}, 400),
        (b"[]", {"Authorization": "Bearer \udcff"}, 401),
        (b"[]", {"Content-Encoding": "gzip"}, 400),
        (b"[" + b"0," * 20_000 + b"0]", {}, 413),
        (b"\n" * 20_000, {"Content-Type": "application/x-ndjson"}, 202),
    ],
)
def test_a_body_that_is_none_is_refused(data: bytes, more: dict[str, str], status: int) -> None:
    async def main() -> None:
        async with pushed() as (client, _):
            headers = {**HEADERS, **more}
            async with client.post("/v1/observations", data=data, headers=headers) as answer:
                assert answer.status == status
                await answer.json()

    run(main())


@pytest.mark.parametrize(
    ("paused", "extra", "counter", "why"),
    [
        (Counter.PAUSED, {}, Counter.PAUSED, "paused"),
        (0, {"response_body": {"text": "x" * 9}}, Counter.TOO_LARGE, "too large"),
    ],
)
def test_what_cannot_be_taken_is_named_and_counted(
    paused: int, extra: dict[str, Any], counter: Counter, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.splice.tap.PAYLOAD_LIMIT_BYTES", 9)

    async def main() -> None:
        async with pushed() as (client, splice):
            decoder = await Decoder.connect(splice)
            splice.tap.paused = paused
            splice.tap.full = bool(paused)
            status, said = await push(client, *[{**ONE, **extra}] * (NAMED + 1))
            assert (status, said["accepted"], said["refused"]) == (422, 0, NAMED + 1)
            assert len(said["rejected"]) == NAMED
            assert why in said["rejected"][0]["error"]
            assert splice.count(counter) == splice.count(Counter.REQUESTS) == NAMED + 1
            await decoder.close()

    run(main())
