"""The push lane as gateways use it: batches by a real client, and what comes of them in the store."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING, Any

import aiohttp

from store.records import Lane
from tests.cli.sidecar import Recorder, numbers

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = {"Authorization": "Bearer swordfish"}


def one(number: int) -> dict[str, Any]:
    return {
        "method": "GET",
        "url": f"http://orders/orders/{number}",
        "started_at": f"2026-11-21T10:00:{number % 60:02}Z",
        "status": 200,
        "request_headers": [["user-agent", "billing/1"]],
        "response_headers": [["content-type", "application/json"]],
        "response_body": {"text": json.dumps({"password": "hunter22", "id": number})},
        "id": str(number),
    }


def test_observations_are_pushed(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("swordfish")
    config = tmp_path / "push.toml"
    config.write_text(
        '[[lane]]\nlane = "push"\nproducer = "orders"\nlisten = "127.0.0.1:0"\n'
        f'token_file = "{tmp_path}/token"\n'
    )

    async def post(session: aiohttp.ClientSession, data: bytes, **headers: str) -> tuple[int, Any]:
        for _ in range(50):
            async with session.post("/v1/observations", data=data, headers=headers) as answer:
                if answer.status != 429:
                    return answer.status, await answer.json()
            await asyncio.sleep(0.2)  # the decoder is not there yet, or busy: to be sent again
        raise AssertionError("never taken")

    async def main(running: Recorder) -> None:
        kind = {"Content-Type": "application/json"}
        async with aiohttp.ClientSession(f"http://127.0.0.1:{running.port}") as session:
            batch = json.dumps([one(number) for number in range(50)]).encode()
            assert (await post(session, batch, **kind))[0] == 401
            assert (await post(session, batch, **kind, Authorization="Bearer marlin"))[0] == 401
            assert (await post(session, batch, **TOKEN))[0] == 415
            assert await post(session, batch, **kind, **TOKEN) == (
                202, {"accepted": 50, "refused": 0, "rejected": []},
            )  # fmt: skip
            assert (await post(session, batch, **kind, **TOKEN))[0] == 202  # sent again: nothing new
            mixed = [one(50), {"method": "GET"}, one(51)]
            status, said = await post(session, json.dumps(mixed).encode(), **kind, **TOKEN)
            assert (status, said["accepted"], said["refused"]) == (202, 2, 1)
            assert said["rejected"][0]["index"] == 1
            assert "url" in said["rejected"][0]["error"]
            assert (await post(session, b"[1, 2]", **kind, **TOKEN))[0] == 422
            assert (await post(session, b"{", **kind, **TOKEN))[0] == 400
            lines = "\n".join(json.dumps(one(number)) for number in range(60, 65)).encode()
            packed = {"Content-Encoding": "gzip", "Content-Type": "application/x-ndjson"}
            assert (await post(session, gzip.compress(lines), **packed, **TOKEN))[1]["accepted"] == 5

    running = Recorder("--config", str(config), store=tmp_path / "p.db")
    try:
        asyncio.run(main(running))
        assert numbers(running.end()) == (107, 0)
    finally:
        running.kill()
    stored = running.stored()
    assert len(stored) == 57
    assert {exchange.lane for exchange in stored} == {Lane.MIRROR}
    assert {exchange.identity.key for exchange in stored} == {"user-agent:billing"}
    bodies = [exchange.response_body.content for exchange in stored if exchange.response_body is not None]
    assert not any(b"hunter22" in body for body in bodies)
