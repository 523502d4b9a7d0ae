from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inference.fold import fold
from store.store import Store
from tests.cli.hook import Hook
from tests.cli.hook import hook as serving
from tests.cli.test_change_command import LEDGER, REMOVE, WHY
from tests.cli.test_map_command import shop
from tests.cli.year import day, recorded, traffic
from tests.inference.traffic import call

if TYPE_CHECKING:
    from tests.cli.conftest import Said
    from tests.cli.test_map_command import Defacto

__all__ = ["shop"]

STATE = Path("defacto-notified.json")


@pytest.fixture
def hook() -> Iterator[Hook]:
    with serving() as one:
        yield one


def notify(shop: Defacto, hook: Hook, at: str = "2027-01-01T00:00", *more: str) -> Said:
    return shop("notify", "--declared", "openapi.yaml", "--post", hook.url, "--at", at, *more)


def test_news_are_posted_once(shop: Defacto, hook: Hook) -> None:
    said = notify(shop, hook)
    assert said.code == 0, said.err
    (event,) = hook.events
    assert (event["type"], event["source"]) == ("defacto.drift.found", "/defacto/producers/shop")
    places = {one["place"] for one in event["data"]["contradictions"]}
    assert "200 body items[].total" in places
    (relied,) = [one for one in event["data"]["dependences"] if one["place"] == "200 body items[].ref"]
    assert relied["consumers"][0]["consumer"] == "billing"
    assert said.out == f"{event['data']['headline']} Posted.\n"
    assert notify(shop, hook, "2027-02-01").out == ""
    assert len(hook.events) == 1


def test_a_second_consumer_is_news(shop: Defacto, hook: Hook, tmp_path: Path) -> None:
    notify(shop, hook)
    with Store.open(str(tmp_path / "defacto.db")) as store:
        more = []
        for turn in range(30):
            ref = f"{turn:04x}-ffffffffffffffff-9"
            got = {"items": [{"id": f"o{turn}", "total": "9.90", "ref": ref}]}
            more.append(call(9000 + turn * 60, "GET", "/orders", consumer="late", got=got))
            more.append(call(9001 + turn * 60, "GET", f"/orders/{ref}", consumer="late", got={"id": "o"}))
        store.write(more)
        fold(store)
    held = notify(shop, hook, "2027-01-01T00:59")
    assert "Held back" in held.out
    assert len(hook.events) == 1
    assert notify(shop, hook, "2027-01-01T01:00").out.endswith("Posted.\n")
    data = hook.events[1]["data"]
    assert not data["contradictions"]
    assert "200 body items[].ref" in {one["place"] for one in data["dependences"]}


def test_what_did_not_arrive_stays_news(shop: Defacto, hook: Hook) -> None:
    hook.status = 400
    said = notify(shop, hook)
    assert (said.code, "answered 400" in said.err, STATE.exists()) == (3, True, False)
    hook.status = 200
    assert notify(shop, hook, "2027-01-01T00:01").code == 0
    assert hook.events[0]["id"] == hook.events[1]["id"]
    assert set(json.loads(STATE.read_text("utf-8"))["producers"]) == {"shop"}


def test_each_producer_has_an_event_of_its_own(shop: Defacto, hook: Hook, tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write([
            replace(one, producer="other", id=f"{one.id}x") for one in store.exchanges(producer="shop")
        ])  # fmt: skip
        fold(store)
    documents = ("--declared", "shop=openapi.yaml", "--declared", "other=openapi.yaml")
    said = shop("notify", *documents, "--post", hook.url)
    assert said.code == 0, said.err
    assert [one["data"]["producer"] for one in hook.events] == ["other", "shop"]


def test_posts_are_signed(shop: Defacto, hook: Hook, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("whsec_YWJj\n", encoding="utf-8")
    assert notify(shop, hook, "2027-01-01", "--secret-file", "key").code == 0
    assert hook.headers[0]["webhook-signature"].startswith("v1,")


def test_without_a_url_nothing_is_remembered(shop: Defacto) -> None:
    said = shop("notify", "--declared", "openapi.yaml")
    assert (said.code, len(json.loads(said.out)["events"]), STATE.exists()) == (0, 1, False)


def test_one_at_a_time(shop: Defacto, hook: Hook) -> None:
    with Path(f"{STATE}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        said = notify(shop, hook)
    assert (said.code, "another defacto notify is at work" in said.err, hook.events) == (3, True, [])


@pytest.mark.parametrize("content", ["", "[]", '{"producers": {"shop": {"keys": 1}}}'])
def test_a_state_that_is_none(shop: Defacto, hook: Hook, content: str) -> None:
    STATE.write_text(content, encoding="utf-8")
    said = notify(shop, hook)
    assert (said.code, "is not what notify remembers by" in said.err, hook.events) == (3, True, [])


def test_notices_of_a_change_are_posted(defacto: Defacto, hook: Hook, tmp_path: Path) -> None:
    recorded(tmp_path, traffic())
    ledger = tmp_path / "contract.yaml"
    ledger.write_text(LEDGER, encoding="utf-8")
    at = ("--at", str(day(100)))
    id_ = defacto("change", "propose", REMOVE, *WHY, *at).out.rpartition("announce ")[2].strip()
    hook.status = 400
    failed = defacto("change", "announce", id_, "--post", hook.url, *at)
    assert (failed.code, "answered 400" in failed.err, "told" in ledger.read_text("utf-8")) == (
        3,
        True,
        False,
    )
    hook.status, hook.events = 202, []
    assert defacto("change", "announce", id_, "--post", hook.url, *at).code == 0
    subjects: list[Any] = [one["subject"] for one in hook.events]
    assert subjects == ["migrates", "reads", "returns", "sleeps", "stays"]
    assert "channel: webhook" in ledger.read_text("utf-8")
