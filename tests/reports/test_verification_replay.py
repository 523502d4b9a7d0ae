"""Requests are chosen with care, sent at the rate that was given, and never with what was withheld."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from contract.clause import Clause
from contract.kinds import Present
from contract.subject import parse
from contract.verification.evaluation import Verdict
from contract.verification.guarantees import Guarantee, with_statuses
from inference.fold import fold
from inference.names import Names
from reports.verification_replay import Target, verify_target
from reports.verification_requests import Choice, _is_http, choose
from store.errors import DefactoError
from store.records import Outcome
from store.store import Store
from tests.certificates import Authority
from tests.inference.traffic import call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.verification import Verification
    from store.records import Exchange

ORDER, POST = "GET /orders/{order_id}", "POST /orders"
TOKEN = "redacted.secret.string.mmyjo3evg4imf6b5"


def guarantee(operation: str = ORDER, subject: str = "response.200.body.id") -> Guarantee:
    clause = Clause(producer="shop", operation=operation, subject=parse(subject), kind=Present(always=True))
    return Guarantee(clause=clause, consumers=("billing",))


def chosen(folder: Path, exchanges: list[Exchange], **options: Any) -> Choice:
    with Store.open(str(folder / "defacto.db")) as store:
        store.write([replace(one, id=f"{one.id}{n}") for n, one in enumerate(exchanges)])
        fold(store)
        operations = {"shop": {ORDER, POST}}
        given = {"headers": {}, "per_operation": 6, "unsafe": False, **options}
        return choose(store, Names.of(store, operations), operations, since=None, until=None, **given)


def order(at: int = 1, **more: Any) -> Exchange:
    return call(at, "GET", f"/orders/{at}", got={"id": at}, **more)


def test_each_consumer_and_status_has_its_turn_and_safe_requests_are_repeated(tmp_path: Path) -> None:
    exchanges = [order(at) for at in range(40)] + [order(50, consumer="web"), order(51, status=404)]
    found = chosen(tmp_path, exchanges, per_operation=6).requests
    assert len(found) == 6
    assert {(one.consumer, one.recorded.status) for one in found} == {
        ("billing", 200),
        ("web", 200),
        ("billing", 404),
    }
    assert found[0].recorded.path == "/orders/39" or found[0].recorded.status == 404  # the newest
    (tmp_path / "few").mkdir()
    assert len(chosen(tmp_path / "few", [order(1), order(2)], per_operation=5).requests) == 5


def test_what_may_change_something_is_sent_once_and_only_when_told(tmp_path: Path) -> None:
    writes = [call(at, "POST", "/orders", sent={"n": at % 2}, status=201, got={"id": at}) for at in range(4)]
    found = chosen(tmp_path, writes)
    assert not found.requests
    assert found.left_out == {"POST may change something (--unsafe)": 4}
    (tmp_path / "b").mkdir()
    assert len(chosen(tmp_path / "b", writes, unsafe=True).requests) == 2  # two contents, once each


def test_nothing_recorded_leads_to_another_host_or_method() -> None:
    whole = order()
    assert _is_http(whole, ())
    for path in ("@evil.example/", ".evil.example/", ""):
        assert not _is_http(replace(whole, path=path), ())
    assert not _is_http(replace(whole, method="GET /x"), ())


@pytest.mark.parametrize(
    ("exchange", "reason"),
    [
        (call(1, "GET", f"/orders/{TOKEN}", got={}), "it holds a value that was withheld"),
        (call(1, "GET", f"/orders/1?key={TOKEN}", got={}), "it holds a value that was withheld"),
        (order(request_headers=(("x-session", TOKEN),)), "header x-session was withheld (--header)"),
        (order(request_headers=(("cookie", f"a=1; b={TOKEN}"),)), "header cookie was withheld (--header)"),
        (replace(order(), outcome=Outcome.CLIENT_CLOSED), "not one request with one whole answer"),
        (
            order(request_headers=(("content-type", "application/grpc+proto"),)),
            "calls of gRPC are not replayed",
        ),
        (order(status=101), "not one request with one whole answer"),
        (order(request_headers=(("x", "a\r\nhost: evil"),)), "it is no request that HTTP can carry"),
        (order(request_headers=(("x y", "a"),)), "it is no request that HTTP can carry"),
        (call(1, "GET", "/orders/1?q=\r\nhost: evil", got={}), "it is no request that HTTP can carry"),
    ],
)
def test_what_cannot_be_sent_is_counted(tmp_path: Path, exchange: Exchange, reason: str) -> None:
    found = chosen(tmp_path, [exchange, *(order(at) for at in range(60, 75))])
    assert found.left_out == {reason: 1}
    assert all("redacted." not in f"{one.recorded.path}{one.headers}" for one in found.requests)


def test_credentials_go_in_the_place_of_what_was_withheld(tmp_path: Path) -> None:
    withheld = order(request_headers=(("authorization", f"Bearer {TOKEN}"), ("accept", "*/*"), ("host", "x")))
    found = chosen(tmp_path, [withheld], headers={"authorization": "Bearer mine"})
    assert found.requests[0].headers == (("accept", "*/*"), ("authorization", "Bearer mine"))


def test_what_a_cache_asked_for_is_asked_for_in_full(tmp_path: Path) -> None:
    condition = ("if-none-match", '"v1"')
    full, same = (order(status=status, request_headers=(condition,)) for status in (200, 304))
    (tmp_path / "a").mkdir()
    assert chosen(tmp_path / "a", [full]).requests[0].headers == ()
    assert chosen(tmp_path, [same]).requests[0].headers == (condition,)


@contextmanager
def server(answer: Any, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[tuple[float, Any]]]]:
    """A build that answers by a function of the request; and when it was asked what."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    ports: list[int] = []
    asked: list[tuple[float, Any]] = []

    async def take(request: web.Request) -> web.StreamResponse:
        asked.append((time.monotonic(), request))
        found = answer(request)
        return await found if asyncio.iscoroutine(found) else found

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        ports.append(runner.addresses[0][1])
        ready.set()
        return runner

    def run() -> None:
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{ports[0]}", asked
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def replayed(url: str, choice: Choice, **options: Any) -> Verification:
    target = Target(url=url, **{"rate": 500.0, "concurrency": 4, "timeout_s": 5.0, **options})
    guarantees = with_statuses([guarantee()])
    return verify_target(target, guarantees, choice, unsafe=False, progress=lambda _: None)


def verdicts(found: Verification) -> dict[str, Verdict]:
    return {one.guarantee.clause.kind.name: one.verdict for one in found.findings}


def fine(request: web.Request) -> web.Response:
    return web.json_response({"id": request.path})


def test_requests_keep_to_the_rate_and_below_a_base_path(tmp_path: Path) -> None:
    choice = chosen(tmp_path, [order(at) for at in range(10)], per_operation=10)
    with server(fine) as (url, asked):
        found = replayed(f"{url}/base", choice, rate=40.0)
    times = [at for at, request in asked if request.method == "GET"]
    assert len(times) == 10
    assert times[-1] - times[0] >= 9 / 40 - 0.05
    assert all(request.path.startswith("/base/orders/") for _, request in asked if request.method == "GET")
    assert verdicts(found) == {"present": Verdict.HOLDS, "occurs": Verdict.HOLDS}


def test_no_answer_in_time_breaks_the_status_and_leaves_the_rest_open(tmp_path: Path) -> None:
    async def late(request: web.Request) -> web.Response:
        if request.method == "GET":
            await asyncio.sleep(5)
        return web.json_response({})

    choice = chosen(tmp_path, [order(at) for at in range(3)], per_operation=3)
    with server(late) as (url, _):
        found = replayed(url, choice, timeout_s=0.2)
    assert verdicts(found) == {"present": Verdict.NOT_ENOUGH, "occurs": Verdict.BROKEN}
    assert found.observed == 0


@pytest.mark.parametrize("status", [401, 403, 429, 502, 503, 504])
def test_who_is_refused_learns_nothing(tmp_path: Path, status: int) -> None:
    choice = chosen(tmp_path, [order(at) for at in range(6)])
    with server(lambda _: web.json_response({}, status=status)) as (url, _):
        found = replayed(url, choice)
    assert set(verdicts(found).values()) == {Verdict.NOT_ENOUGH}
    assert sum(found.left_out.values()) == 6
    assert found.verdict == "No answer could be judged: of 2 guarantees nothing can be said."
    assert found.failing(on_open=False)


def test_a_build_of_which_nothing_was_asked_has_not_passed() -> None:
    choice = Choice(requests=(), left_out={"header authorization was withheld (--header)": 3})
    found = replayed("http://127.0.0.1:1", choice)
    assert found.verdict == "No request could be replayed: of 2 guarantees nothing can be said."
    assert found.failing(on_open=False)


def test_an_answer_that_is_no_json_says_nothing_of_its_fields(tmp_path: Path) -> None:
    choice = chosen(tmp_path, [order(at) for at in range(6)])
    with server(lambda _: web.Response(text="<html>", content_type="text/html")) as (url, _):
        assert verdicts(replayed(url, choice))["present"] is Verdict.NOT_ENOUGH


def test_redirects_are_answers_and_not_followed(tmp_path: Path) -> None:
    choice = chosen(tmp_path, [order(at) for at in range(6)])
    with server(lambda request: web.HTTPFound(location="/elsewhere")) as (url, asked):
        found = replayed(url, choice)
    assert verdicts(found)["occurs"] is Verdict.BROKEN
    assert not [request for _, request in asked if request.path == "/elsewhere"]


def test_tls_is_checked_unless_told_otherwise(tmp_path: Path) -> None:
    choice = chosen(tmp_path, [order(at) for at in range(6)])
    authority = Authority(tmp_path)
    with server(fine, authority.server_context()) as (url, _):
        with pytest.raises(DefactoError, match="nobody answers"):
            replayed(url, choice)
        assert verdicts(replayed(url, choice, insecure=True))["present"] is Verdict.HOLDS
        assert verdicts(replayed(url, choice, ca=authority.certificate))["present"] is Verdict.HOLDS


def test_authorities_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("none")
    with pytest.raises(DefactoError, match="cannot read the authorities"):
        replayed("https://127.0.0.1:1", Choice(requests=(), left_out={}), ca=tmp_path / "ca.pem")
