"""Events, listed and opened."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from store.store import Store
from tests.inference.traffic import call, message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Said

    Defacto = Callable[..., Said]


@pytest.fixture
def events(defacto: Defacto, tmp_path: Path) -> Defacto:
    body = {"order_id": "ord_1", "card": "x"}
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write(
            messages=[
                message(1, "order.created", body, consumer=None, publisher="api"),
                message(
                    1.25,
                    "order.created",
                    body,
                    publisher="api",
                    published=1,
                    handled=1.5,
                    acknowledgement="ack",
                    redeliveries=1,
                    key="\x1b[31mred",
                ),
                message(90, "order.paid", body, consumer="mail"),
            ]
        )
    assert defacto("infer").code == 0
    return defacto


def test_both_sides_of_an_event_are_listed(events: Defacto) -> None:
    said = events("messages")
    assert said.code == 0
    lines = [line.split(None, 3) for line in said.out.splitlines()]
    assert len(lines) == 3
    assert "api → events" in said.out
    assert "250 ms  ack" in said.out
    assert "RECEIVE order.created  delivered again (1)" in said.out
    assert "? → mail" in said.out


def test_jsonl_and_csv_have_the_same_fields(events: Defacto) -> None:
    objects = [json.loads(line) for line in events("messages", "--format", "jsonl").out.splitlines()]
    rows = list(csv.DictReader(io.StringIO(events("messages", "--format", "csv").out)))
    assert [list(one) for one in objects] == [list(one) for one in rows]
    assert objects[1]["lag_ms"] == 250.0
    assert objects[1]["consumer"] == "billing"
    assert objects[0]["consumer"] is None


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--consumer", "mail"], 1),
        (["--consumer", "ap*"], 1),
        (["--operation", "RECEIVE *"], 2),
        (["--operation", "SEND order.created"], 1),
        (["--limit", "1"], 1),
        (["--producer", "shop"], 0),
        (["--since", "2023-11-14T22:14:00Z"], 1),
    ],
)
def test_what_is_wanted(events: Defacto, options: list[str], found: int) -> None:
    assert len(events("messages", *options).out.splitlines()) == found


def test_a_message_is_opened_by_its_id(events: Defacto) -> None:
    listed = events("messages", "--consumer", "billing", "--format", "jsonl")
    identifier = json.loads(listed.out)["id"]
    said = events("show", identifier[:8])
    assert said.code == 0
    for words in (
        "amqp order.created",
        "published by  api, by client-id",
        "delivered to  billing, by queue",
        "250 ms later",
        "answered      ack",
        "after 1 earlier delivery",
        '"order_id": "ord_1"',
    ):
        assert words in said.out
    assert "\x1b[31m" not in said.out
    opened = json.loads(events("show", identifier, "--format", "json").out)
    assert opened["operation"] == "RECEIVE order.created"
    assert opened["payload"]["text"].startswith("{")


def test_a_store_without_messages_says_so(defacto: Defacto, tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write([call(1, "GET", "/orders")])
    said = defacto("messages")
    assert (said.code, said.out) == (3, "")
    assert "no messages are kept in" in said.err
    assert "defacto exchanges" in said.err
