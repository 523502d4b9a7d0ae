from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from store.store import Store
from tests.inference.traffic import message
from tests.proxy.importers.samples import entry, har_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Said

    Defacto = Callable[..., Said]


def at(minute: int, path: str, status: int, agent: str = "billing/1.2") -> dict[str, Any]:
    return entry(
        request={
            "url": f"https://api.example.com{path}",
            "headers": [{"name": "User-Agent", "value": agent}],
        },
        response={"status": status},
        startedDateTime=f"2026-03-02T09:{minute:02}:00.000001Z",
    )


@pytest.fixture
def shop(defacto: Defacto, tmp_path: Path) -> Defacto:
    recorded = har_of(
        at(5, "/orders/42", 200),
        at(1, "/orders/43", 404),
        at(2, "/carts", 503, "storefront/3"),
        at(3, "/orders/44", 0),
    )
    (tmp_path / "a.har").write_bytes(recorded)
    assert defacto("import", "a.har", "--producer", "orders").code == 0
    return defacto


def paths(said: Said) -> list[str]:
    assert said.code == 0, said.err
    return [json.loads(line)["path"] for line in said.out.splitlines()]


def test_jsonl_has_exactly_the_promised_fields(shop: Defacto) -> None:
    first = json.loads(shop("exchanges", "--format", "jsonl").out.splitlines()[0])
    assert len(first.pop("id")) == 16
    assert first == {
        "time": "2026-03-02T09:05:00.000001Z",
        "producer": "orders",
        "consumer": "billing",
        "basis": "user-agent",
        "protocol": "http/1.1",
        "operation": "GET /orders/{order_id}",
        "method": "GET",
        "path": "/orders/42",
        "status": 200,
        "duration_ms": 40.5,
    }


def test_the_order_is_that_of_recording(shop: Defacto) -> None:
    assert paths(shop("exchanges", "--format", "jsonl")) == [
        "/orders/42",
        "/orders/43",
        "/carts",
        "/orders/44",
    ]


def test_no_response_is_null(shop: Defacto) -> None:
    last = json.loads(shop("exchanges", "--format", "jsonl").out.splitlines()[-1])
    assert (last["status"], last["duration_ms"]) == (None, None)


@pytest.mark.parametrize(
    ("options", "listed"),
    [
        (["--status", "404"], ["/orders/43"]),
        (["--status", "5XX"], ["/carts"]),
        (["--status", "2xx"], ["/orders/42"]),
        (["--status", "none"], ["/orders/44"]),
        (["--consumer", "storefront"], ["/carts"]),
        (["--consumer", "store*"], ["/carts"]),
        (["--operation", "GET /orders/{order_id}"], ["/orders/42", "/orders/43", "/orders/44"]),
        (["--operation", "* /carts"], ["/carts"]),
        (["--since", "2026-03-02T09:02:00Z"], ["/orders/42", "/carts", "/orders/44"]),
        (["--until", "2026-03-02T09:02:00Z"], ["/orders/43"]),
        (["--limit", "2"], ["/orders/42", "/orders/43"]),
        (["--limit", "1", "--status", "5XX"], ["/carts"]),
    ],
)
def test_filters(shop: Defacto, options: list[str], listed: list[str]) -> None:
    assert paths(shop("exchanges", "--format", "jsonl", *options)) == listed


@pytest.mark.parametrize("status", ["20", "6000", "XX", "ok"])
def test_a_status_that_is_none(shop: Defacto, status: str) -> None:
    assert shop("exchanges", "--status", status).code == 2


def test_csv_has_no_formulas(defacto: Defacto, tmp_path: Path) -> None:
    (tmp_path / "a.har").write_bytes(har_of(at(1, "/", 200, "=cmd()")))
    defacto("import", "a.har", "--producer", "=1+1")
    heading, row = csv.reader(io.StringIO(defacto("exchanges", "--format", "csv").out))
    assert heading[:4] == ["id", "time", "producer", "consumer"]
    assert row[2] == "'=1+1"
    assert row[9:] == ["200", "40.5"]


def test_text_is_one_safe_line_for_each(defacto: Defacto, tmp_path: Path) -> None:
    (tmp_path / "a.har").write_bytes(har_of(at(1, "/", 200)))
    defacto("import", "a.har", "--producer", "\x1b]0;owned\x07\u202e")
    said = defacto("exchanges")
    assert said.out.count("\n") == 1
    assert "\x1b" not in said.out
    assert "\\x1b]0;owned\\x07\\u202e" in said.out
    assert "2026-03-02 09:01:00.000  200     40 ms  billing → " in said.out


def test_without_a_store_it_says_so(defacto: Defacto) -> None:
    said = defacto("exchanges", "--store", "none.db")
    assert said.code == 3
    assert "none.db" in said.err


def test_a_store_without_exchanges_says_so(defacto: Defacto, tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "defacto.db")):
        pass
    said = defacto("exchanges", "--format", "csv")
    assert (said.code, said.out) == (3, "")
    assert "nothing was recorded in" in said.err
    assert "Use defacto record" in said.err
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write(messages=[message(1, "order.created", {"id": 1})])
    said = defacto("exchanges")
    assert (said.code, said.out) == (3, "")
    assert "no exchanges are kept in" in said.err
    assert "defacto messages" in said.err


def test_a_filter_that_finds_nothing_is_an_answer(shop: Defacto) -> None:
    said = shop("exchanges", "--status", "418")
    assert (said.code, said.out) == (0, "")
    assert shop("exchanges", "--producer", "nobody").code == 2
