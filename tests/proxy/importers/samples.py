"""Small HARs, made here from dictionaries."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from proxy.importers import har
from proxy.importers.recording import Recorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy.importers.recording import Item
    from proxy.raw import RawExchange

Json = dict[str, Any]
STARTED_AT = 1_772_442_000_250_000_000
"""2026-03-02 09:00:00.250 UTC in ns, when the sample entry begins."""


def entry(request: Json | None = None, response: Json | None = None, **changes: Any) -> Json:
    """An entry as a browser writes it; a change to `...` takes the field away."""
    whole = {
        "startedDateTime": "2026-03-02T09:00:00.250Z",
        "time": 40.5,
        "request": {
            "method": "GET",
            "url": "https://api.example.com/orders/42?limit=3",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": "User-Agent", "value": "billing/1.2"}],
            "queryString": [{"name": "limit", "value": "3"}],
        }
        | (request or {}),
        "response": {
            "status": 200,
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "content": {"size": 9, "mimeType": "application/json", "text": '{"id":42}'},
            "bodySize": 9,
        }
        | (response or {}),
        "timings": {"blocked": 5, "dns": -1, "send": 0.5, "wait": 30, "receive": 10},
    } | changes
    for part in (whole, whole["request"], whole["response"]):
        if isinstance(part, dict):
            for name in [name for name, value in part.items() if value is ...]:
                del part[name]
    return whole


def har_of(*entries: Any) -> bytes:
    """A HAR with these entries."""
    creator = {"name": "test", "version": "1"}
    return json.dumps(
        {"log": {"version": "1.2", "creator": creator, "pages": [], "entries": entries}}
    ).encode()


def read_har(data: bytes, producer: str = "") -> list[Item]:
    """All items of a HAR."""
    return list(har.read(io.BytesIO(data), producer=producer, source="test.har"))


def one(*entries: Any) -> RawExchange:
    """The exchange of the only entry."""
    (item,) = read_har(har_of(*entries))
    assert isinstance(item, Recorded), item
    return item.exchange


def exchanges(items: Sequence[Item]) -> list[RawExchange]:
    """Only the exchanges."""
    return [item.exchange for item in items if isinstance(item, Recorded)]
