"""The lists of what was recorded, and one observation opened: what they show, mark, and how far they look."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests

from contract.claim import Level
from contract.subject import parse
from inference.names import Names
from reports.pretty import json_lines
from reports.web import traffic
from reports.web.bodies import LONGEST, MOST_LINES, shown_body
from reports.web.flows import flows_of
from reports.web.marks import Mark, Marks, marks_of
from reports.web.snapshot import Sources, read
from reports.web.timing import timing_of
from reports.web.traffic import Filters, page_of
from store.errors import QuestionError
from store.records import Body, Exchange, Identity, Message, Outcome
from store.store import Store
from tests.reports.browsing import axe
from tests.reports.web.served import serving
from tests.store.strategies import a_message, an_exchange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.web.snapshot import Snapshot
    from tests.reports.web.conftest import Tab
    from tests.reports.web.served import Served

SECOND = 10**9
PAYMENT = "POST /orders/{order_id}/payments"
NO_MARKS = Marks(())


def json_body(text: str) -> Body:
    content = text.encode()
    return Body(content=content, size=len(content), wire_size=len(content), media_type="application/json")


@pytest.fixture
def shop(demo_store: str) -> Iterator[tuple[Store, Names]]:
    with Store.open(demo_store, create=False) as store:
        yield store, Names.of(store)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Store, Names]]:
    with Store.open(str(tmp_path / "small.db")) as store:
        store.write(
            [an_exchange(number, status=500 if number % 10 == 0 else 200) for number in range(30)],
            [a_message(number) for number in range(3)],
        )
        yield store, Names.of(store)


def got(served: Served, path: str, **query: str) -> requests.Response:
    return requests.get(served.url + path, params=query, timeout=20)


def first_of(served: Served, path: str, **query: str) -> str:
    found = re.search(r"/observations/([a-z0-9]+)", got(served, path, **query).text)
    assert found is not None
    return found[1]


# Lists


def test_a_list_goes_on_where_it_ended(small: tuple[Store, Names], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "PAGE", 20)
    store, names = small
    page = page_of(store, names, Exchange, Filters(), None)
    assert [one.id for one in page.rows] == [an_exchange(number).id for number in range(29, 9, -1)]
    assert page.after == an_exchange(10).id
    rest = page_of(store, names, Exchange, Filters(), store.named(page.after)[0])
    assert [one.id for one in rest.rows] == [an_exchange(number).id for number in range(9, -1, -1)]
    assert rest.after == ""


def test_a_filter_looks_no_further_than_it_says(
    small: tuple[Store, Names], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "MOST_LOOKED", 15)
    store, names = small
    wanted = Filters(status="5XX")
    page = page_of(store, names, Exchange, wanted, None)
    assert [one.id for one in page.rows] == [an_exchange(20).id]
    assert page.words == ("1 observation of the 15 that were looked at fits. There may be more further back.")
    further = page_of(store, names, Exchange, wanted, store.named(page.after)[0])
    assert [one.id for one in further.rows] == [an_exchange(10).id, an_exchange(0).id]
    assert further.after == ""


def test_no_more_is_opened_than_allowed(small: tuple[Store, Names], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "MOST_OPENED", 5)
    store, names = small
    page = page_of(store, names, Exchange, Filters(operation="PUT *"), None)
    assert (page.rows, page.looked, page.after) == ([], 5, an_exchange(25).id)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(producer="orders"), 30),
        (Filters(producer="nobody"), 0),
        (Filters(consumer="web"), 30),
        (Filters(consumer="w*"), 30),
        (Filters(consumer="w[e]b"), 0),
        (Filters(operation="GET /orders/{id}"), 0),
        (Filters(operation="GET /*"), 30),
        (Filters(operation="POST /orders"), 0),
        (Filters(status="none"), 0),
        (Filters(since="2023-11-14T22:13:45Z"), 5),
        (Filters(until="2023-11-14T22:13:45Z"), 25),
    ],
)
def test_what_filters_let_through(small: tuple[Store, Names], filters: Filters, found: int) -> None:
    assert len(page_of(*small, Exchange, filters, None).rows) == found


def test_an_operation_is_found_by_its_key(shop: tuple[Store, Names]) -> None:
    calls = page_of(*shop, Exchange, Filters(operation=PAYMENT, consumer="billing"), None)
    assert calls.rows
    assert {one.operation for one in calls.rows} == {PAYMENT}
    events = page_of(*shop, Message, Filters(operation="SEND *"), None)
    assert events.rows
    assert {one.operation.partition(" ")[0] for one in events.rows} == {"SEND"}


@pytest.mark.parametrize("given", [{"status": "many"}, {"since": "soon"}, {"until": "9999999w"}])
def test_a_filter_that_is_none_is_said_so(served: Served, given: dict[str, str]) -> None:
    with pytest.raises(QuestionError):
        Filters.of(given)
    assert got(served, "/exchanges", **given).status_code == 400


def test_lists_lead_to_observations_and_further_back(served: Served) -> None:
    page = got(served, "/exchanges")
    assert page.status_code == 200
    assert page.text.count('href="/observations/') == traffic.PAGE
    older = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert older is not None
    assert got(served, older[1]).status_code == 200
    assert "No call fits" in got(served, "/exchanges", consumer="<nobody>").text
    assert "&lt;nobody&gt;" in got(served, "/exchanges", consumer="<nobody>").text
    assert "screening" in got(served, "/messages", consumer="screening").text
    gone = got(served, "/exchanges", before="gone")
    assert gone.status_code == 404
    assert "not kept any more" in gone.text
    assert got(served, "/messages", before=first_of(served, "/exchanges")).status_code == 404


# Bodies


def test_lines_know_their_places() -> None:
    lines = json_lines('{"a": [{"b\\u0063": 1}, 2], "d": {}}')
    assert [(line.text, line.path) for line in lines] == [
        ("{", ()),
        ('"a": [', ("a",)),
        ("{", ("a", "[]")),
        ('"b\\u0063": 1', ("a", "[]", "bc")),
        ("},", None),
        ("2", ("a", "[]")),
        ("],", None),
        ('"d": {}', ("d",)),
        ("}", None),
    ]


def test_marks_are_found_by_place_and_said_in_words_once() -> None:
    mark = Mark(level=Level.USED, own=True, note="web: sent back", href="/clauses/x")
    marks = Marks([(parse("response.200.body.items[].by{}.id"), mark)])
    text = '{"items": [{"by": {"k": {"id": 1}}}, {"by": {"j": {"id": 2}}}]}'
    lines = [
        line for line in shown_body(json_body(text), ("response", "200", "body"), marks).lines if line.mark
    ]
    assert [(line.name, line.first) for line in lines] == [('"id"', True), ('"id"', False)]
    assert not shown_body(json_body(text), ("response", "404", "body"), marks).marked


def test_a_body_is_cut_and_says_so() -> None:
    many = shown_body(json_body("[" + "1," * (2 * MOST_LINES) + "1]"), ("request", "body"), NO_MARKS)
    assert len(many.lines) == MOST_LINES
    assert "first 2,000 lines" in many.left_out
    long = shown_body(json_body(f'["{"x" * 3 * LONGEST}"]'), ("request", "body"), NO_MARKS)
    assert long.lines[1].text.endswith("characters more")
    binary = Body(content=b"\x00\xff", size=2, wire_size=2, media_type="image/png")
    assert shown_body(binary, ("request", "body"), NO_MARKS).lines[0].text.startswith("0000  00 ff")


# One observation


def test_what_a_consumer_relies_on_is_marked(snapshot: Snapshot) -> None:
    marks = marks_of(snapshot, "shop", "GET /orders/{order_id}", "billing")
    reference = marks.at(("response", "200", "body", "billing_ref"))
    assert reference is not None
    assert (reference.own, reference.level, reference.trouble) == (True, Level.USED, "nobody declared it")
    assert "sent back as body reference" in reference.note
    seen_by_another = marks_of(snapshot, "shop", "GET /orders/{order_id}", "storefront")
    theirs = seen_by_another.at(("response", "200", "body", "billing_ref"))
    assert theirs is not None
    assert (theirs.own, theirs.note) == (False, "billing relies on it")
    assert marks.at(("response", "200", "body", "currency")) is None


def test_what_a_request_takes_from_elsewhere_is_marked(snapshot: Snapshot) -> None:
    marks = marks_of(snapshot, "shop", PAYMENT, "billing")
    reference = marks.at(("request", "body", "reference"))
    assert reference is not None
    assert reference.incoming
    assert reference.note == "billing takes it from 200 body billing_ref of GET /orders/{order_id}"
    assert marks_of(snapshot, "shop", PAYMENT, "storefront").at(("request", "body", "reference")) is None
    by_event = marks_of(snapshot, "shop", "GET /orders", "screening").at(
        ("request", "query", "client_reference")
    )
    assert by_event is not None
    assert by_event.note.endswith("of shop-events")


def test_values_are_followed_from_answer_to_request(small: tuple[Store, Names]) -> None:
    store, names = small
    told = an_exchange(
        100,
        path="/carts",
        status=200,
        duration_ns=SECOND,
        response_body=json_body('{"id": "3F2504E0-4F89-41D3-9A0C-0305E82C3301", "seen": "KNOWN-9921"}'),
    )
    event = a_message(
        100,
        consumer=Identity(basis="header", value="web"),
        delivered_at=told.started_at + 2 * SECOND,
        published_at=None,
        payload=json_body('{"event": "E-55512-Y"}'),
    )
    asks = an_exchange(
        103,
        method="POST",
        path="/carts/3f2504e0-4f89-41d3-9a0c-0305e82c3301/items",
        response_body=None,
        status=204,
        request_body=json_body('{"because": "E-55512-Y", "word": "tomatoes"}'),
    )
    stranger = an_exchange(
        104,
        identity=Identity(basis="header", value="other"),
        path="/carts/3F2504E0-4F89-41D3-9A0C-0305E82C3301/items",
    )
    store.write([told, asks, stranger], [event])
    (glimpse,) = store.named(asks.id)
    found = flows_of(store, names, glimpse, asks)
    assert {(one.value, one.observation) for one in found.incoming} == {
        ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", told.id),
        ("E-55512-Y", event.id),
    }
    (glimpse,) = store.named(told.id)
    sent_on = flows_of(store, names, glimpse, told).outgoing
    assert [(one.value, one.observation, one.doubt) for one in sent_on] == [
        ("3F2504E0-4F89-41D3-9A0C-0305E82C3301", asks.id, "")
    ]


def test_a_value_that_was_known_before_is_doubted(small: tuple[Store, Names]) -> None:
    store, names = small
    before, told, asks = (
        an_exchange(200, path="/find", query="id=3F2504E0-4F89-41D3-9A0C-0305E82C3301", response_body=None),
        an_exchange(
            201, path="/carts", response_body=json_body('{"id": "3F2504E0-4F89-41D3-9A0C-0305E82C3301"}')
        ),
        an_exchange(202, path="/find", query="id=3F2504E0-4F89-41D3-9A0C-0305E82C3301", response_body=None),
    )
    store.write([before, told, asks])
    (glimpse,) = store.named(asks.id)
    assert [one.doubt for one in flows_of(store, names, glimpse, asks).incoming] == [
        "it had the value before"
    ]


def test_times_are_drawn_beside_what_is_usual(snapshot: Snapshot) -> None:
    exchange = an_exchange(1, request_ns=10**6, wait_ns=3 * 10**6, duration_ns=4 * 10**6)
    timing = timing_of(exchange, "GET /x", "web", snapshot)
    assert timing is not None
    assert [(step.start, step.width, step.took) for step in timing.steps] == [
        (0.0, 25.0, "1 ms"),
        (25.0, 50.0, "2 ms"),
        (75.0, 25.0, "1 ms"),
    ]
    assert timing_of(an_exchange(1), "GET /x", "web", snapshot) is None


def test_an_exchange_is_opened_by_the_beginning_of_its_id(served: Served) -> None:
    id_ = first_of(served, "/exchanges", operation="GET /orders/{order_id}", consumer="billing")
    answer = got(served, f"/observations/{id_[:12]}")
    assert answer.url.endswith(f"/observations/{id_}")
    assert answer.status_code == 200
    for said in ("Response 200 OK", "billing_ref", "nobody declared it", "redacted.", f"defacto show {id_}"):
        assert said in answer.text
    missing = got(served, "/observations/none-such")
    assert missing.status_code == 404
    assert "no such observation" in missing.text
    assert got(served, "/observations/none-such/flows").status_code == 404
    assert "give more of it" in got(served, f"/observations/{several(served)}").text


def several(served: Served) -> str:
    """A beginning that several ids have."""
    text = got(served, "/exchanges").text
    firsts = [id_[0] for id_ in re.findall(r"/observations/([a-z0-9]+)", text)]
    return str(max(firsts, key=firsts.count))


def test_what_is_not_as_declared_is_said(served: Served) -> None:
    for id_ in re.findall(
        r"/observations/([a-z0-9]+)", got(served, "/exchanges", operation="GET /orders/{order_id}").text
    ):
        text = got(served, f"/observations/{id_}").text
        if '"notes": null' in text.replace('<span class="member">', "").replace("</span>", "").replace(
            "&#34;", '"'
        ):
            assert "200 body notes is never null" in text
            return
    pytest.fail("no order without notes was recorded")


def test_flows_are_a_page_and_a_piece(served: Served) -> None:
    id_ = first_of(served, "/exchanges", operation=PAYMENT)
    page = got(served, f"/observations/{id_}/flows")
    piece = requests.get(f"{served.url}/observations/{id_}/flows", headers={"HX-Request": "true"}, timeout=20)
    assert "<!doctype html>" in page.text
    assert "<html" not in piece.text
    assert "Came from" in piece.text
    assert piece.headers["Vary"] == "HX-Request"


def test_whatever_was_recorded_can_be_opened(tmp_path: Path) -> None:
    evil = '"><script>alert(1)</script>\u202e'
    records = [
        an_exchange(1, producer="shop", path=f"/{evil}", query=f"{evil}={evil}", method="PUT"),
        an_exchange(2, producer="shop", request_headers=((evil, evil),) * 300, status=None),
        an_exchange(3, producer="shop", response_body=json_body('{"' + "<b>" + '": [[[["]]], "truncated')),
        an_exchange(
            4, producer="shop", response_body=Body(content=b"\x00\x01", size=9, wire_size=9, truncated=True)
        ),
        an_exchange(5, producer="shop", method="CONNECT", path="example.org:443", status=200),
        an_exchange(6, producer="shop", status=101, outcome=Outcome.OPAQUE),
        an_exchange(7, producer="shop", status=799, identity=Identity(basis="header", value=evil)),
    ]
    carried = [
        a_message(number, producer="shop", channel=evil, type=evil, exchange=records[5].id)
        for number in range(120)
    ]
    sources = Sources(store=str(tmp_path / "shop.db"), ledger=tmp_path / "none.yaml")
    with Store.open(sources.store) as store:
        store.write(records, carried)
    with serving(sources, first=read(sources)) as served:
        with Store.open(sources.store) as store:  # a producer that came after the snapshot
            store.write([an_exchange(1, producer="late")], [a_message(1, producer="later")])
            late = [an_exchange(1, producer="late").id, a_message(1, producer="later").id]
        for id_ in [*(one.id for one in records), carried[0].id, *late]:
            for path in (f"/observations/{id_}", f"/observations/{id_}/flows"):
                answer = got(served, path)
                assert answer.status_code == 200, (path, answer.text)
                assert "<script>alert" not in answer.text
                assert "\u202e" not in answer.text
        for path in ("/exchanges", "/messages"):
            assert got(served, path).status_code == 200
        assert "The first 100" in got(served, f"/observations/{records[5].id}").text
        assert "100 more" in got(served, f"/observations/{records[1].id}").text


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lists_and_observations_in_a_browser(served: Served, tab: Tab, scheme: str) -> None:
    page, troubles = tab
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{served.url}/exchanges?operation={PAYMENT}&status=201")
    assert axe(page) == []
    page.click("table.traffic tbody th a")
    page.wait_for_selector("#flows table")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.click("#flows table a[href^='/observations/']")
    page.wait_for_selector("#flows table")
    page.goto(f"{served.url}/messages")
    assert axe(page) == []
    page.click("table.traffic tbody th a")
    page.wait_for_selector("#about-title")
    assert axe(page) == []
    assert troubles == []
