from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.proxy.importers.samples import entry, har_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Said

    Defacto = Callable[..., Said]

HOSTILE = "\x1b]0;owned\x07 \u202etxt"


@pytest.fixture
def recorded(defacto: Defacto, tmp_path: Path) -> Callable[..., str]:
    """Record entries; the id of the first."""

    def record(*entries: Any) -> str:
        (tmp_path / "a.har").write_bytes(har_of(*entries))
        assert defacto("import", "a.har", "--producer", "orders").code == 0
        line = defacto("exchanges", "--format", "jsonl").out.splitlines()[0]
        identifier: str = json.loads(line)["id"]
        return identifier

    return record


def test_everything_that_is_known_is_shown(defacto: Defacto, recorded: Callable[..., str]) -> None:
    posted = {"mimeType": "application/json", "text": '{"password":"hunter2","big":12345678901234567890.10}'}
    headers = [
        {"name": "User-Agent", "value": "billing/1.2"},
        {"name": "Content-Type", "value": "application/json"},
    ]
    identifier = recorded(entry(request={"method": "POST", "postData": posted, "headers": headers}))
    said = defacto("show", identifier[:6])
    assert said.code == 0
    for shown in (
        "POST https://api.example.com/orders/42?limit=3",
        identifier,
        "2026-03-02T09:00:00.250000Z by import from a.har",
        "POST /orders/{order_id} of orders",
        "billing, by user-agent 'billing' in header user-agent, not verified",
        "complete, request sent after 0.5 ms, first byte after 30 ms, done after 40 ms",
        "redacted   1 value",
        "user-agent    billing/1.2",
        '    "big": 12345678901234567890.10',
        "Response 200 OK",
        '  {\n    "id": 42\n  }\n',
    ):
        assert shown in said.out
    assert "hunter2" not in said.out


def test_what_came_from_traffic_cannot_reach_the_terminal(
    defacto: Defacto, recorded: Callable[..., str]
) -> None:
    identifier = recorded(
        entry(
            request={"method": HOSTILE, "headers": [{"name": HOSTILE, "value": HOSTILE}]},
            response={"content": {"mimeType": "text/plain", "text": f"{HOSTILE}\nsecond\tline [red]"}},
        )
    )
    said = defacto("show", identifier)
    assert said.code == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(said.out)
    assert "\\x1b]0;owned\\x07 \\u202etxt\n  second  line [red]" in said.out


def test_websocket_messages_are_shown(defacto: Defacto, recorded: Callable[..., str]) -> None:
    messages = [
        {"type": "send", "time": 1772442001.5, "data": "hello"},
        {"type": "receive", "time": 1772442002.5, "data": HOSTILE},
    ]
    identifier = recorded(entry(response={"status": 101}, _webSocketMessages=messages))
    said = defacto("show", identifier)
    assert "2 messages\n  → 2026-03-02T09:00:01.500000Z  text  hello\n  ← " in said.out
    assert "\x1b" not in said.out
    shown = json.loads(defacto("show", identifier, "--format", "json").out)
    assert [message["payload"]["text"] for message in shown["messages"]] == ["hello", HOSTILE]


def test_json_has_every_field(defacto: Defacto, recorded: Callable[..., str]) -> None:
    content = {"mimeType": "image/png", "text": "iVBORw==", "encoding": "base64"}
    identifier = recorded(entry(response={"content": content, "headers": []}))
    said = defacto("show", identifier, "--format", "json")
    shown = json.loads(said.out)
    assert said.out.isascii()
    assert (shown["id"], shown["consumer"], shown["operation"]) == (
        identifier,
        "billing",
        "GET /orders/{order_id}",
    )
    assert shown["started_at"] == "2026-03-02T09:00:00.250000Z"
    assert shown["identity"] == {
        "basis": "user-agent",
        "value": "billing",
        "source": "header user-agent",
        "verified": False,
    }
    assert shown["response_body"]["base64"] == "iVBORw=="
    assert shown["request_headers"] == [["user-agent", "billing/1.2"]]
    assert (shown["status"], shown["duration_ns"], shown["outcome"]) == (200, 40_500_000, "complete")


def test_an_exchange_without_response(defacto: Defacto, recorded: Callable[..., str]) -> None:
    said = defacto("show", recorded(entry(response={"status": 0})))
    assert said.code == 0
    assert "Response" not in said.out
    assert "outcome    error" in said.out


def test_an_id_that_is_none(defacto: Defacto, recorded: Callable[..., str]) -> None:
    recorded(entry(), entry(time=1))
    assert defacto("show", "zz-no").code == 3
    assert defacto("show", "").code == 3
