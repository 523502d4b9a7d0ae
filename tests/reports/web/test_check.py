"""The check on the page: whom a document or a sentence hits, and that no document reads more than itself."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml

from contract.ledger.model import Accepted
from contract.ledger.reading import parse
from contract.openapi.errors import DeclaredError
from reports.checking import under
from reports.web.check_document import side
from reports.web.check_view import shown
from reports.web.check_work import Base, Job, keys_known, perform
from reports.web.pages.check import MOST_KEPT, Bench
from store.errors import QuestionError, StoreError
from tests.reports.browsing import axe

if TYPE_CHECKING:
    from reports.web.snapshot import Snapshot, Sources
    from tests.reports.web.conftest import Tab
    from tests.reports.web.served import Served

DOCUMENT = Path(__file__).parents[3] / "examples" / "shop" / "openapi.yaml"
TOTAL = "remove GET /orders/{id} 200 body total"
HEAD = "openapi: 3.1.0\ninfo: {title: x, version: '1'}\npaths: {}\n"
SCHEMAS = f"{HEAD}components: {{schemas: {{A: %s}}}}\n"
MIB = 1 << 20


class Visit:
    """A visitor who has loaded the form."""

    def __init__(self, served: Served) -> None:
        self.url = served.url
        self.session = requests.Session()
        found = re.search(
            r'name="csrf" value="([^"]+)"', self.session.get(f"{self.url}/check", timeout=10).text
        )
        assert found is not None
        self.csrf = found[1]

    def post(self, upload: bytes | None = None, **fields: str) -> requests.Response:
        parts: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
        parts["csrf"] = (None, self.csrf)
        if upload is not None:
            parts["file"] = ("new.yaml", upload)
        return self.session.post(f"{self.url}/check", files=parts, timeout=60)


@pytest.fixture
def visit(served: Served) -> Visit:
    return Visit(served)


def without_carriers() -> str:
    tree = yaml.safe_load(DOCUMENT.read_text("utf-8"))
    del tree["paths"]["/carriers"]
    return yaml.safe_dump(tree)


def test_a_sentence_is_an_address(served: Served) -> None:
    answer = requests.get(f"{served.url}/check", params={"change": TOTAL}, timeout=10)
    assert answer.status_code == 200
    assert "billing would break" in answer.text
    assert "may break" in answer.text
    clause = re.search(r'href="/clauses/([a-z2-7]{12})"', answer.text)
    assert clause is not None
    assert clause[1] in served.snapshot.claims
    assert "/consumer?name=billing" in answer.text
    assert "/exchanges?producer=shop&amp;operation=GET" in answer.text


def test_the_forms_for_programs(served: Served) -> None:
    def form(name: str) -> requests.Response:
        query = {"change": TOTAL, "format": name}
        return requests.get(f"{served.url}/check", params=query, timeout=10)

    assert form("json").json()["verdict"] == "breaking"
    assert form("markdown").text.startswith("## Do not ship")
    assert form("sarif").json()["version"] == "2.1.0"
    assert "<html" in form("nonsense").text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"change": "make it better"}, "is no change that is understood"),
        ({"change": "remove GET /x nowhere"}, "is no place"),
        ({"change": TOTAL, "producer": "nobody"}, "There is no producer"),
        ({"change": "latency p99 500 ms"}, "Whose interface is it?"),
        ({"change": "\n".join([TOTAL] * 21)}, "too many for one question"),
    ],
)
def test_what_cannot_be_asked_is_said(served: Served, query: dict[str, str], told: str) -> None:
    answer = requests.get(f"{served.url}/check", params=query, timeout=10)
    assert answer.status_code == 422
    assert told in answer.text


def test_a_document_in_the_place_of_what_is_declared(visit: Visit) -> None:
    answer = visit.post(without_carriers().encode(), producer="shop", base="declared")
    assert answer.status_code == 200
    assert re.search(r"/check/[\w-]{16}$", answer.url)
    assert "warehouse would break" in answer.text
    assert "<dd>new.yaml</dd>" in answer.text
    form = visit.session.get(answer.url, params={"format": "json"}, timeout=10).json()
    assert [one["rule"] for one in form["changes"]] == ["operation-removed"]
    sarif = visit.session.get(answer.url, params={"format": "sarif"}, timeout=10).json()
    located = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert located["artifactLocation"]["uri"] == "new.yaml"


def test_other_sides(visit: Visit) -> None:
    text = DOCUMENT.read_text("utf-8")
    same = visit.post(producer="shop", base="document", document=text, base_document=text)
    assert "Nothing changes." in same.text
    traffic = visit.post(producer="shop", base="traffic", document=text)
    assert "what traffic shows" in traffic.text


def test_what_was_given_is_kept_when_it_is_wrong(visit: Visit) -> None:
    answer = visit.post(producer="shop", document="openapi: 3.1.0\npaths: [<script>\n")
    assert answer.status_code == 422
    assert "is not valid YAML" in answer.text
    assert "openapi: 3.1.0\npaths: [&lt;script&gt;\n" in answer.text
    assert "Paste the new document" in visit.post(producer="shop").text
    assert "not UTF-8" in visit.post(b"\xff\xfe\x00", producer="shop").text


def test_too_large(visit: Visit) -> None:
    assert visit.post(b"#" * (9 * MIB), producer="shop").status_code == 413


def test_nobody_else_checks(served: Served) -> None:
    answer = requests.post(f"{served.url}/check", data={"document": HEAD}, timeout=10)
    assert answer.status_code == 403


def test_an_answer_that_is_gone(served: Served) -> None:
    assert requests.get(f"{served.url}/check/AAAAAAAAAAAAAAAA", timeout=10).status_code == 404


@pytest.mark.parametrize(
    "schema",
    [
        "{$ref: /etc/passwd}",
        "{$ref: '../../../../etc/passwd'}",
        "{$ref: 'file:///etc/passwd'}",
        "{$ref: 'http://127.0.0.1:9/x'}",
        "{$id: 'file:///etc/', $ref: passwd}",
        "{$id: 'file:///etc/passwd'}",
        "{discriminator: {propertyName: x, mapping: {a: ' FILE:/etc/passwd'}}}",
        "{$dynamicRef: 'file:///etc/passwd'}",
        "{allOf: [&a {items: {$ref: 'file://localhost/etc/passwd'}}, *a]}",
    ],
)
def test_nothing_outside_of_a_document_is_read(monkeypatch: pytest.MonkeyPatch, schema: str) -> None:
    def read(*_: object, **__: object) -> None:
        pytest.fail("something was opened")

    monkeypatch.setattr("contract.openapi.library._read", read)
    monkeypatch.setattr("contract.openapi.library.urlopen", read)
    with pytest.raises(DeclaredError, match=r"refers to .*only what is in it"):
        side(SCHEMAS % schema)


@pytest.mark.parametrize(
    "text", ["/etc/passwd", "/etc", "http://127.0.0.1:9/x", "/x.graphql", "/etc/x.desc", ""]
)
def test_a_text_is_never_a_path(text: str) -> None:
    with pytest.raises(DeclaredError, match="the document"):
        side(text)


def job(snapshot: Snapshot, text: str, store: str = "", **more: Any) -> Job:
    mine = tuple(one for one in snapshot.whole.producers if one.name == "shop")
    observed = replace(snapshot.whole, producers=mine)
    given: dict[str, Any] = {"base": Base(), "ledger": snapshot.ledger, "today": date(2026, 11, 21), **more}
    document = next(one for one in snapshot.documents if one.producer == "shop")
    known = keys_known(observed, frozenset(one.key for one in document.operations))
    return Job(text=text, name="new.yaml", observed=observed, known=known, store=store, **given)


@pytest.mark.parametrize(
    "text",
    [
        "[" * (8 * MIB),
        "a: " + "[" * (8 * MIB),
        "? " * (4 * MIB),
        "\0" * MIB,
        "type Q { a: " + "[" * MIB,
        "a: &a x\n"
        + "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}' if n else '*a'] * 9)}]\n" for n in range(30)),
    ],
    ids=["json brackets", "yaml brackets", "keys in keys", "nulls", "types in types", "aliases"],
)
def test_a_document_ends_no_more_than_its_own_process(snapshot: Snapshot, text: str) -> None:
    with pytest.raises((DeclaredError, QuestionError)):
        perform(job(snapshot, text))


def test_what_takes_too_long_is_given_up(snapshot: Snapshot) -> None:
    with pytest.raises(QuestionError, match="longer than"):
        perform(job(snapshot, HEAD), seconds=0.01)


def test_other_keys_need_another_map(snapshot: Snapshot, sources: Sources) -> None:
    """A path that the map is not made by: it is made anew by it, of the store."""
    tree = yaml.safe_load(DOCUMENT.read_text("utf-8"))
    base = Base(text=yaml.safe_dump(tree))
    tree["paths"]["/orders/{order_id}/{anything}"] = {"get": {"responses": {"200": {"description": "x"}}}}
    found = perform(job(snapshot, yaml.safe_dump(tree), sources.store, base=base)).checked
    assert [one.change.rule.name for one in found.judged] == ["operation-added"]
    with pytest.raises(StoreError):
        perform(job(snapshot, yaml.safe_dump(tree), "sqlite:////nowhere/shop.db", base=base))


def test_what_was_accepted_lets_it_pass(snapshot: Snapshot) -> None:
    text, base = without_carriers(), Base(path=str(DOCUMENT))
    before = perform(job(snapshot, text, base=base)).checked
    (change,) = before.judged
    ledger = replace(
        snapshot.ledger,
        accepted={"x": Accepted(
            rule=change.change.rule.name, operation="GET /carriers", consumers=("warehouse",), by="anna"
        )},
    )  # fmt: skip
    after = perform(job(snapshot, text, base=base, ledger=ledger)).checked
    assert (before.verdict.value, after.verdict.value) == ("breaking", "compatible")
    assert after.judged[0].accepted.startswith("accepted by anna")


def test_answers_are_kept_in_bounds(snapshot: Snapshot) -> None:
    bench = Bench()
    answer = perform(job(snapshot, DOCUMENT.read_text("utf-8"), base=Base(path=str(DOCUMENT))))
    ids = [bench.keep(answer) for _ in range(MOST_KEPT + 5)]
    assert list(bench.kept) == ids[5:]


@pytest.mark.browser
def test_the_pages_are_fit_for_all(served: Served, tab: Tab) -> None:
    page, troubles = tab
    page.goto(f"{served.url}/check")
    assert axe(page) == []
    page.fill("#change", f"{TOTAL}\nstatus 409 instead of 400 on POST /orders")
    page.locator("form.sentence button").click()
    page.wait_for_selector("#whom-title")
    assert axe(page) == []
    page.locator("a[href='#change-1']").first.click()
    assert page.evaluate("document.querySelector(':target').id") == "change-1"
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert troubles == []


def test_who_has_left_is_shown_and_counted_among_nobody(snapshot: Snapshot) -> None:
    found = perform(job(snapshot, without_carriers(), base=Base(path=str(DOCUMENT)))).checked
    ruled = parse("policy: {evidence: {stays_days: 0}}", "contract.yaml")
    away = 10**15  # some eleven days
    early = (
        replace(one, last_seen=one.last_seen - away) if one.name == "warehouse" else one
        for one in found.consumers
    )
    view = shown(under(replace(found, consumers=tuple(early)), ruled, date(2026, 11, 21)), snapshot)
    (one,) = (one for one in view.consumers if one.name == "warehouse")
    assert (one.said, one.left) == ("breaks, and has left", True)
    assert {name: number for name, number, _ in view.counts}["consumers would break"] == 0
    assert "left: last seen" in next(hit for hit in view.grave[0].hits if hit.consumer == "warehouse").basis
