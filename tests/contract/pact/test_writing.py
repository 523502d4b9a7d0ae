"""Pact files: accepted by Pact's own verifier, which holds a provider to what they ask for and to no more."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from contract.clause import Clause, Kind
from contract.kinds import (
    ContentType,
    Enum,
    Format,
    Latency,
    Lifecycle,
    Nullable,
    Occurs,
    Pattern,
    Present,
    Size,
    Type,
)
from contract.pact.writing import Interaction, pacts
from contract.subject import parse
from store.records import Body
from store.tokens import JsonType, make_token
from tests.inference.traffic import call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ID = "3f933587-4429-45fa-aa5d-0b4bdf3c49ba"
BODY = {
    "id": ID,
    "status": "paid",
    "items": [{"quantity": 2, "sku": "x"}, {"quantity": 3}],
    "prices": {"EUR": 1.5, "USD": 2.5},
    "secret": 1,
}
HEADERS = (("content-type", "application/json; charset=utf-8"), ("etag", '"1"'))
ORDER, CREATED = "GET /orders/{id}", "RECEIVE orders.created#OrderCreated"
ALWAYS, NEVER_NULL = Present(always=True), Nullable(value=False)
STAGES = Lifecycle((("placed", "paid"),), ("placed",), ("paid",))


def clause(subject: str, kind: Kind, operation: str = ORDER) -> Clause:
    return Clause(producer="shop", operation=operation, subject=parse(subject), kind=kind)


RELIED = {
    "billing": [
        clause("response.200.body.id", ALWAYS),
        clause("response.200.body.id", NEVER_NULL),
        clause("response.200.body.id", Format("uuid")),
        clause("response.200.body.status", Enum.of(["placed", "paid"])),
    ],
    "warehouse": [
        clause("response.200.body.items", Size(1, 5)),
        clause("response.200.body.items[].quantity", Type(("integer",))),
        clause("response.200.body.items[].quantity", NEVER_NULL),
    ],
    "storefront": [
        clause("response.200.body.prices{}", Type(("number",))),
        clause("response.200.body.prices{}", NEVER_NULL),
        clause("response.200.header.etag", Pattern('^"')),
    ],
}
MESSAGE = [
    clause("response.message.body.order_id", Type(("string",)), CREATED),
    clause("response.message.body.order_id", NEVER_NULL, CREATED),
    clause("response.message.body.currency", Enum.of(["EUR", "GBP"]), CREATED),
]


def order(consumer: str = "billing", got: Any = BODY, relied: list[Clause] | None = None) -> Interaction:
    exchange = call(0, "GET", f"/orders/{ID}?expand=items&expand=fees", got=got, response_headers=HEADERS)
    return Interaction(
        consumer=consumer,
        operation=ORDER,
        exchange=exchange,
        relied=RELIED.get(consumer, []) if relied is None else relied,
        known=[clause("response.200.body.status", STAGES)],
    )


def created(body: Any) -> Interaction:
    exchange = call(0, "RECEIVE.#OrderCreated", "/orders/created", status=290, got=body)
    return Interaction(
        consumer="billing", operation=CREATED, exchange=exchange, relied=MESSAGE, known=MESSAGE
    )


def posted(body: Body, status: int = 201) -> Interaction:
    fields = (("content-type", body.media_type), ("idempotency-key", "k1"), ("user-agent", "billing/2"))
    exchange = replace(call(0, "POST", "/orders", status=status, request_headers=fields), request_body=body)
    return Interaction(consumer="billing", operation="POST /orders", exchange=exchange, relied=[], known=[])


def only(*interactions: Interaction, version: int = 4) -> Any:
    (pact,) = pacts(interactions, version).values()
    return pact["interactions"]


def test_the_request_is_as_it_was_sent() -> None:
    (one,) = only(order(), version=3)
    assert one["request"] == {
        "method": "GET",
        "path": f"/orders/{ID}",
        "query": {"expand": ["items", "fees"]},
    }


@pytest.mark.parametrize(
    ("media_type", "content", "written"),
    [
        ("application/json", '{"n": "%s"}', {"n": 1}),
        ("application/x-www-form-urlencoded", "a=1&b=2", "a=1&b=2"),
    ],
)
def test_a_body_is_sent_in_its_own_form(media_type: str, content: str, written: Any) -> None:
    token = make_token("card", JsonType.INTEGER, "a" * 16)
    raw = (content % token if "%s" in content else content).encode()
    body = Body(content=raw, size=len(raw), wire_size=len(raw), media_type=media_type)
    (one,) = only(posted(body))
    assert one["request"]["body"] == {"content": written, "contentType": media_type, "encoded": False}
    assert one["request"]["headers"] == {"content-type": [media_type], "idempotency-key": ["k1"]}


def test_states_name_what_is_there_its_stage_and_a_failure() -> None:
    nothing = Body(content=b"", size=0, wire_size=0, media_type="")
    placed, failed = only(order(), posted(nothing, status=503))
    params = {"id": ID, "status": "paid"}
    assert placed["providerStates"] == [{"name": f"there is id {ID} and status paid", "params": params}]
    assert failed["providerStates"] == [{"name": "POST /orders answers 503"}]


def test_what_was_redacted_has_a_stand_in() -> None:
    token = make_token("card", JsonType.INTEGER, "a" * 16)
    (one,) = only(order("warehouse", {"items": [{"quantity": token}]}))
    assert one["response"]["body"]["content"] == {"items": [{"quantity": 1}]}


def test_files_have_names_that_files_can_have_and_no_other_file_has() -> None:
    consumers = ["../a b", "../a_b", "x" * 300]
    found = pacts([order(name, relied=[]) for name in consumers], 4)
    assert list(found) == ["_a_b-shop-2.json", "_a_b-shop.json", f"{'x' * 80}.json"]
    assert sorted(one["consumer"]["name"] for one in found.values()) == sorted(consumers)


def test_calls_and_messages_share_a_file_where_the_version_has_one_for_both() -> None:
    both = [order(), created({"order_id": "1"})]
    assert [len(one["interactions"]) for one in pacts(both, 4).values()] == [2]
    assert list(pacts(both, 3)) == ["billing-shop-messages.json", "billing-shop.json"]


def test_a_message_that_nothing_is_relied_on_of_is_not_asked_for() -> None:
    nothing = replace(created({"more": 1}), relied=[clause("response.message", Occurs(), CREATED)])
    assert pacts([nothing], 4) == {}
    assert not nothing.tests(nothing.relied[0])


@pytest.mark.parametrize(
    ("subject", "kind", "tested"),
    [
        ("response.200", Occurs(), True),
        ("response.200.body.id", ALWAYS, True),
        ("response.200.body.gone", ALWAYS, False),
        ("response.404.body.id", ALWAYS, False),
        ("response.200.header.etag", ALWAYS, True),
        ("response.200.header.content-type", ContentType(("application/json",)), True),
        ("response.200.latency", Latency(p50_ms=1.0, p95_ms=2.0, p99_ms=3.0, n=400), False),
        ("response.200.body.status", STAGES, False),
    ],
)
def test_whether_a_provider_is_held_to_a_clause_is_known(subject: str, kind: Kind, tested: bool) -> None:
    assert order().tests(clause(subject, kind)) is tested


@pytest.fixture(autouse=True)
def _untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pact's verifier would tell its makers that it runs."""
    monkeypatch.setenv("PACT_DO_NOT_TRACK", "true")


@contextmanager
def provider(answer: Any, etag: str) -> Iterator[str]:
    """A server that gives one answer, without the charset that was recorded."""
    fields = {"content-type": "application/json", "etag": etag}

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            raw = json.dumps(answer).encode()
            self.send_response(200)
            for name, value in {**fields, "content-length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def written(folder: Path, files: dict[str, Any]) -> Path:
    for name, form in files.items():
        (folder / name).write_text(json.dumps(form), encoding="utf-8")
    (name,) = files
    return folder / name


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize(
    ("consumer", "answer", "kept"),
    [
        ("billing", {"id": ID.replace("3", "4"), "status": "placed", "more": 1}, True),
        ("billing", {"id": ID}, False),
        ("billing", {"id": 7, "status": "placed"}, False),
        ("billing", {"id": "no uuid", "status": "placed"}, False),
        ("billing", {"id": ID, "status": "lost"}, False),
        ("warehouse", {"items": [{"quantity": 7}, {"quantity": 8, "sku": "y"}]}, True),
        ("warehouse", {"items": [{"quantity": "7"}]}, False),
        ("warehouse", {"items": [{"quantity": 7}, {}]}, False),
        ("warehouse", {"items": []}, False),
        ("storefront", {"prices": {"GBP": 7.5, "PLN": 8}}, True),
        ("storefront", {"prices": {"GBP": 7.5, "PLN": "8"}}, False),
        ("storefront", {}, False),
    ],
)
def test_the_verifier_holds_a_provider_to_it(
    tmp_path: Path, version: int, consumer: str, answer: Any, kept: bool
) -> None:
    pact = pytest.importorskip("pact")
    file = written(tmp_path, pacts([order(consumer)], version))
    with provider(answer, etag='"2"') as url:
        verifier = pact.Verifier("shop", host="127.0.0.1").add_transport(url=url).add_source(file)
        assert verified(verifier) is kept


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its server leaves a socket
@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"order_id": "2", "currency": "GBP"}, True),
        ({"order_id": 2, "currency": "GBP"}, False),
        ({"order_id": "2", "currency": "YEN"}, False),
    ],
)
def test_the_verifier_holds_messages_to_it(tmp_path: Path, version: int, body: Any, kept: bool) -> None:
    pact = pytest.importorskip("pact")
    seen = created({"order_id": "1", "currency": "EUR", "more": True})
    file = written(tmp_path, pacts([seen], version))
    message = {"contents": json.dumps(body).encode(), "content_type": "application/json", "metadata": {}}
    verifier = pact.Verifier("shop", host="127.0.0.1").message_handler(lambda *_, **__: message)
    assert verified(verifier.add_source(file)) is kept


@pytest.mark.parametrize(("etag", "kept"), [('"2"', True), ("2", False)])
def test_the_verifier_holds_header_fields_to_it(tmp_path: Path, etag: str, kept: bool) -> None:
    pact = pytest.importorskip("pact")
    file = written(tmp_path, pacts([order("storefront")], 4))
    with provider({"prices": {}}, etag) as url:
        verifier = pact.Verifier("shop", host="127.0.0.1").add_transport(url=url).add_source(file)
        assert verified(verifier) is kept


def verified(verifier: Any) -> bool:
    try:
        verifier.verify()
    except RuntimeError:
        return False
    return True
