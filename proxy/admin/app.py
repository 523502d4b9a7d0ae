"""The admin listener's pages: health, readiness, metrics, status, and the switch for capture."""

from __future__ import annotations

import hmac
import ipaddress
from http import HTTPStatus
from time import time
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web
from prometheus_client.exposition import choose_encoder

from proxy.admin.metrics import registry
from proxy.admin.state import degraded, not_ready
from proxy.counters import Counter, Gauge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from proxy.admin.state import State

BODY_LIMIT_BYTES = 1024
"""Nothing that is asked here has a body."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


def make_app(state: State, *, token: str, version: str, loopback: bool) -> web.Application:
    """The application.

    Args:
        state: the recorder at work.
        token: what may pause and resume capture; `""`: nobody may.
        version: defacto's.
        loopback: it listens on loopback only, so that a request for another host was made by a web page that
            wants to reach it (DNS rebinding), and is refused.
    """
    pages = _Pages(state, token, version)
    app = web.Application(
        client_max_size=BODY_LIMIT_BYTES, middlewares=[_headers, _local_hosts] if loopback else [_headers]
    )
    app.add_routes(
        [
            web.get("/healthz", pages.health),
            web.get("/readyz", pages.ready),
            web.get("/metrics", pages.metrics),
            web.get("/v1/status", pages.status),
            web.post("/v1/capture/pause", pages.pause),
            web.post("/v1/capture/resume", pages.resume),
        ]
    )
    return app


class _Pages:
    def __init__(self, state: State, token: str, version: str) -> None:
        self._state = state
        self._token = token
        self._version = version
        self._metrics = registry(state, version)
        self._since = time()

    async def health(self, request: web.Request) -> web.Response:
        """The process lives."""
        return _answer(request, HTTPStatus.OK, {"status": "ok"})

    async def ready(self, request: web.Request) -> web.Response:
        """Connections are accepted. What capture suffers from is told and does not count."""
        now = self._state.now()
        reasons = not_ready(now[0]) if now is not None else ["it is starting"]
        said: dict[str, Any] = {"status": "not ready" if reasons else "ready"}
        if reasons:
            said["reasons"] = reasons
        if now is not None and (trouble := degraded(now[0])):
            said["degraded"] = trouble
        return _answer(request, HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK, said)

    async def metrics(self, request: web.Request) -> web.Response:
        """For Prometheus, in the format that it asks for."""
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._metrics), headers={"Content-Type": content_type})

    async def status(self, request: web.Request) -> web.Response:
        """What it does, for people and scripts."""
        del request
        said: dict[str, Any] = {"version": self._version, "uptime_s": round(time() - self._since, 3)}
        now = self._state.now()
        if now is not None:
            counters, lanes = now
            said["paused"] = bool(counters.control[Gauge.PAUSED])
            said["lanes"] = [
                {
                    "producer": lane.producer,
                    "listen": lane.listen,
                    "upstream": lane.upstream,
                    "requests": counters.total(Counter.REQUESTS, index),
                    "observed": counters.total(Counter.OBSERVED, index),
                    "messages": counters.total(Counter.MESSAGES, index),
                    "lost": {one.reason: count for one, count in counters.lost(index).items()},
                }
                for index, lane in enumerate(lanes)
            ]
        return _json(HTTPStatus.OK, said)

    async def pause(self, request: web.Request) -> web.Response:
        """Capture nothing until it is resumed; what passes meanwhile is counted as lost, `paused`."""
        return self._switch(request, paused=True)

    async def resume(self, request: web.Request) -> web.Response:
        """Capture again."""
        return self._switch(request, paused=False)

    def _switch(self, request: web.Request, *, paused: bool) -> web.Response:
        if not self._token:
            hint = "No token is configured: set `token_file` in the [admin] table."
            return _json(HTTPStatus.FORBIDDEN, {"error": hint})
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            answer = _json(HTTPStatus.UNAUTHORIZED, {"error": "A bearer token is needed."})
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        shown = given.strip().encode("utf-8", "surrogateescape")  # bytes that are no UTF-8 come as these
        if not hmac.compare_digest(shown, self._token.encode()):
            return _json(HTTPStatus.FORBIDDEN, {"error": "This is not the token."})
        now = self._state.now()
        if now is None:
            return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "It is starting."})
        now[0].control[Gauge.PAUSED] = int(paused)
        return _json(HTTPStatus.OK, {"paused": paused})


@web.middleware
async def _headers(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        answer = await handler(request)
    except web.HTTPException as refusal:
        refusal.headers.update(_HEADERS)
        raise
    answer.headers.update(_HEADERS)
    return answer


@web.middleware
async def _local_hosts(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if not is_local(request.url.host or ""):
        raise web.HTTPForbidden(text="This listener answers requests for localhost only.\n")
    return await handler(request)


def is_local(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _answer(request: web.Request, status: HTTPStatus, said: dict[str, Any]) -> web.Response:
    """JSON where it is asked for, else lines that a person reads."""
    if "json" in request.headers.get("Accept", ""):
        return _json(status, said)
    lines = [
        said["status"],
        *said.get("reasons", ()),
        *(f"degraded: {one}" for one in said.get("degraded", ())),
    ]
    return web.Response(status=status, text="\n".join(lines) + "\n")


def _json(status: HTTPStatus, said: dict[str, Any]) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(said), content_type="application/json")
