"""Fields that are added to answers, as a client sees them."""

from __future__ import annotations

import json
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from proxy.config import LaneConfig
from proxy.intercept.added import fields_for, read
from proxy.splice.planning import lane_of
from proxy.splice.settings import Added
from store.errors import DefactoError
from tests.proxy.intercept.intercepting import intercepting, run

FIELDS = (
    ("Deprecation", "@1767225600"),
    ("Sunset", "Mon, 01 Jun 2026 00:00:00 GMT"),
    ("Link", '</v2>; rel="successor-version"'),
)
ADDED = (Added("GET", "/orders/{id}", FIELDS),)


def names(method: str, target: str, *there: str) -> list[str]:
    return [name for name, _ in fields_for(ADDED, method, target, there)]


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/orders/7", True),
        ("GET", "/orders/7/?a=/b", True),
        ("POST", "/orders/7", False),
        ("GET", "/orders/7/lines", False),
        ("GET", "/orders", False),
        ("GET", "/orders/", False),
        ("GET", "/x/orders/7", False),
    ],
)
def test_by_method_and_path_template(method: str, target: str, expected: bool) -> None:
    assert bool(names(method, target)) == expected


def test_what_the_service_says_itself_is_left() -> None:
    assert names("GET", "/orders/7", "sunset", "LINK") == ["Deprecation", "Link"]


@given(st.text())
def test_any_path_is_taken(path: str) -> None:
    assert names("GET", f"/orders/{path}") in ([], [name for name, _ in FIELDS])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"headers": [{"method": "GET"}]}',
        '{"headers": [{"method": "GET", "path": "/", "fields": [["a b", "c"]]}]}',
        '{"headers": [{"method": "GET", "path": "/", "fields": [["a", "b\\r\\nc: d"]]}]}',
    ],
)
def test_a_file_that_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "headers.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DefactoError, match="headers_file"):
        read(str(path))


@pytest.mark.parametrize(
    "lane",
    [{"upstream": "http://x", "lane": "splice"}, {"lane": "intercept", "mode": "regular", "producer": "*"}],
)
def test_lanes_that_cannot_add(lane: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="headers_file"):
        LaneConfig(**{"producer": "shop", "listen": "127.0.0.1:0", "headers_file": "x", **lane})  # type: ignore[arg-type]


def test_a_client_gets_them(tmp_path: Path) -> None:
    pytest.importorskip("mitmproxy", reason="mitmproxy is not installed")
    path = tmp_path / "headers.json"
    form = {"headers": [{"change": "a", "method": "GET", "path": "/orders/{id}", "fields": FIELDS}]}
    path.write_text(json.dumps(form), encoding="utf-8")
    config = LaneConfig(
        producer="orders", listen="127.0.0.1:0", upstream="http://127.0.0.1:1", lane="intercept",
        headers_file=str(path), ca_dir=str(tmp_path / "ca"),
    )  # fmt: skip
    added = lane_of(config).added
    assert [one.fields for one in added] == [FIELDS]

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(
            {"path": request.path}, headers={"Link": '</help>; rel="help"', "X-Mine": "1"}
        )

    async def main() -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        upstream = runner.addresses[0][1]
        async with (
            intercepting(tmp_path, upstream, added=added) as lane,
            aiohttp.ClientSession(f"http://127.0.0.1:{lane.port}") as client,
        ):
            async with client.get("/orders/7?full=1") as got:
                assert (await got.json()) == {"path": "/orders/7"}
                assert {name: got.headers.getall(name) for name in ("Deprecation", "Sunset", "X-Mine")} == {
                    "Deprecation": ["@1767225600"],
                    "Sunset": ["Mon, 01 Jun 2026 00:00:00 GMT"],
                    "X-Mine": ["1"],
                }
                assert got.links["successor-version"]["url"].path == "/v2"
                assert got.links["help"]["url"].path == "/help"
            for other in (client.post("/orders/7"), client.get("/orders")):
                async with other as got:
                    assert not {"Deprecation", "Sunset"} & got.headers.keys()
            await lane.seen(3)
            assert [dict(one.response_headers).get("deprecation") for one in lane.exchanges].count(None) == 2
        await runner.cleanup()

    run(main())
