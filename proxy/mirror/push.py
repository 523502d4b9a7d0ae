"""`POST /v1/observations`: gateways and SDKs hand over what they saw, in batches."""

from __future__ import annotations

import hmac
import pickle
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
import orjson
from aiohttp import web

from proxy.mirror.observation import InvalidObservationError, read

if TYPE_CHECKING:
    from proxy.splice.settings import Lane
    from proxy.splice.tap import Tap

BATCH_BYTES = 16 * 1024 * 1024
"""Of one request, unpacked."""
BATCH_COUNT = 10_000
NAMED = 100
"""How many observations that were refused are named in an answer; all are counted."""
RETRY_AFTER_S = 5

_LINES = {"application/x-ndjson", "application/jsonl", "application/json-lines"}
_JSON = {"application/json", *_LINES}


def make_app(lane: Lane, index: int, tap: Tap, token: str) -> web.Application:
    """The application.

    Args:
        lane: its settings; observations that name no producer are its producer's.
        index: the lane's.
        tap: takes the records.
        token: what clients must show.
    """
    endpoint = _Endpoint(lane, index, tap, token)
    app = web.Application(client_max_size=BATCH_BYTES)
    app.add_routes([web.post("/v1/observations", endpoint.take)])
    return app


class _Endpoint:
    def __init__(self, lane: Lane, index: int, tap: Tap, token: str) -> None:
        self._lane = lane
        self._index = index
        self._tap = tap
        self._token = token.encode()

    async def take(self, request: web.Request) -> web.Response:
        """Take a batch; each observation is taken or refused by itself."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        lines = request.content_type in _LINES
        try:
            data = await request.read()
            items = data.split(b"\n") if lines else msgspec.json.decode(data, type=list[msgspec.Raw])
        except web.RequestPayloadError:
            return _said(HTTPStatus.BAD_REQUEST, {"error": "The body is not what its Content-Encoding says."})
        except (msgspec.DecodeError, RecursionError) as error:
            return _said(HTTPStatus.BAD_REQUEST, {"error": f"The body is no JSON array: {error}"})
        given = [
            item if isinstance(item, msgspec.Raw) else msgspec.Raw(item)
            for item in items
            if bytes(item).strip()
        ]
        if len(given) > BATCH_COUNT:
            return _said(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                {"error": f"At most {BATCH_COUNT} observations at a time."},
            )
        return self._taken(given)

    def _taken(self, given: list[msgspec.Raw]) -> web.Response:
        accepted = refused = 0
        wrong: list[dict[str, object]] = []

        def refuse(index: int, error: str) -> None:
            nonlocal refused
            refused += 1
            if refused <= NAMED:
                wrong.append({"index": index, "error": error})

        for index, raw in enumerate(given):
            try:
                exchange = read(raw, self._lane.producer, self._lane.source)
            except InvalidObservationError as error:
                refuse(index, str(error))
                continue
            if self._tap.busy:  # nothing is lost, and nothing counted: the client sends it again
                said = {"accepted": accepted, "refused": refused, "rejected": wrong, "retry_from": index}
                answer = _said(HTTPStatus.TOO_MANY_REQUESTS, said)
                answer.headers["Retry-After"] = str(RETRY_AFTER_S)
                return answer
            if self._tap.record(self._index, pickle.dumps(exchange, pickle.HIGHEST_PROTOCOL), 1):
                accepted += 1
            else:
                refuse(index, "Recording is paused." if self._tap.paused else "It is too large to be taken.")
        status = HTTPStatus.ACCEPTED if accepted or not refused else HTTPStatus.UNPROCESSABLE_ENTITY
        return _said(status, {"accepted": accepted, "refused": refused, "rejected": wrong})

    def _refusal(self, request: web.Request) -> web.Response | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        shown = token.strip().encode("utf-8", "surrogateescape")  # bytes that are no UTF-8 come as these
        if scheme.lower() != "bearer" or not hmac.compare_digest(shown, self._token):
            answer = _said(
                HTTPStatus.UNAUTHORIZED, {"error": "A bearer token is needed, and it must be ours."}
            )
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        if request.content_type not in _JSON:
            known = ", ".join(sorted(_JSON))
            return _said(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, {"error": f"The body must be one of {known}."})
        return None


def _said(status: HTTPStatus, said: object) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(said), content_type="application/json")
