"""The API keeps what its document promises: held to it by a schema, by generated requests, and by defacto."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
import requests
from openapi_spec_validator import validate

from contract.claim import Standing
from contract.declared import load as load_declared
from inference.contract_map import build
from inference.fold import fold
from reports.compare import drift_between
from reports.json_form import drift_form, to_json
from reports.reasons import headline
from reports.web import making
from reports.web.api.answering import _start
from reports.web.api.document import SOURCE, document
from reports.web.making import Decided, make_review
from reports.web.pages.api import ANSWERS
from reports.web.security import Access
from reports.web.workshop import Piece
from store.store import Store
from tests.cli.sidecar import Recorder, numbers
from tests.reports.web.served import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.review import Review
    from reports.web.snapshot import Snapshot, Sources
    from tests.reports.web.served import Served

DOCS = Path(__file__).parents[3] / "docs"
TOKEN = "a token that nobody guesses"
LISTS = ("/producers", "/operations", "/consumers", "/clauses", "/findings", "/exchanges", "/messages")


def ask(served: Served, path: str, status: int = 200, **query: str | int) -> Any:
    answer = requests.get(f"{served.url}/api/v1{path}", params=query, timeout=30)
    assert answer.status_code == status, answer.text
    return answer.json()


def all_of(served: Served, path: str, **query: str | int) -> Iterator[Any]:
    """The items of a list, page by page as the pages lead on."""
    following = f"/api/v1{path}?{requests.models.RequestEncodingMixin._encode_params(query)}"
    while following:
        answer = requests.get(f"{served.url}{following}", timeout=30)
        form = answer.json()
        assert answer.links.get("next", {}).get("url") == form["next"]
        yield from form["items"]
        following = form["next"]


def check(path: str, form: Any) -> None:
    """Hold an answer to the schema that the document gives it."""
    content = document()["paths"][path]["get"]["responses"]["200"]["content"]
    schema = {**content["application/json"]["schema"], "components": document()["components"]}
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(form)


# The document


def test_the_document_is_one_and_speaks_of_every_path() -> None:
    validate(document())
    assert list(document()["paths"]) == list(ANSWERS)


def test_the_document_is_served(served: Served) -> None:
    assert ask(served, "/openapi.json") == document()


@pytest.mark.parametrize("name", ["window", "capture", "clause", "evidence", "dependence", "ledger"])
def test_what_the_command_line_prints_has_the_same_schema(name: str) -> None:
    printed = json.loads((DOCS / "drift.schema.json").read_text("utf-8"))["$defs"][name]
    ours = json.dumps(document()["components"]["schemas"][name.capitalize()])
    for other in ("window", "capture", "clause", "evidence", "dependence", "ledger"):
        ours = ours.replace(f"#/components/schemas/{other.capitalize()}", f"#/$defs/{other}")
    assert json.loads(ours) == printed


# Answers


@pytest.mark.parametrize("path", LISTS)
def test_lists_are_as_documented(served: Served, path: str) -> None:
    form = ask(served, path)
    assert form["items"]
    check(path, form)


def test_the_state_is_as_documented(served: Served, snapshot: Snapshot) -> None:
    form = ask(served, "/status")
    check("/status", form)
    assert (form["stamp"], form["verdict"]) == (snapshot.stamp, snapshot.verdict)


def test_each_thing_of_a_list_can_be_opened(served: Served) -> None:
    for one in ask(served, "/operations", limit=4)["items"]:
        check("/operations/one", ask(served, "/operations/one", producer=one["producer"], key=one["key"]))
    for one in ask(served, "/consumers")["items"]:
        check("/consumers/one", ask(served, "/consumers/one", name=one["name"]))
    for one in ask(served, "/clauses", limit=5)["items"]:
        form = ask(served, f"/clauses/{one['id']}")
        check("/clauses/{id}", form)
        assert form == one
    for path in ("/exchanges", "/messages"):
        for one in ask(served, path, limit=5)["items"]:
            form = ask(served, f"/observations/{one['id']}")
            check("/observations/{id}", form)
            assert form["operation"] == one["operation"]


def test_links_lead_to_pages_and_findings_to_clauses(served: Served) -> None:
    finding = ask(served, "/findings", limit=1)["items"][0]
    assert finding["page"] == f"/clauses/{finding['id']}"
    assert ask(served, f"/clauses/{finding['id']}")["id"] == finding["id"]


def test_the_api_says_what_the_command_line_prints(served: Served, snapshot: Snapshot) -> None:
    printed = json.loads(to_json(drift_form(snapshot.drift)))
    told = {one["id"]: one for one in all_of(served, "/clauses", limit=200)}
    for standing in Standing:
        for clause in printed[standing.value]:
            ours = told[clause["id"]]
            assert {name: clause[name] for name in clause.keys() & ours.keys()} == {
                name: ours[name] for name in clause.keys() & ours.keys()
            }
    assert [one["headline"] for one in all_of(served, "/findings")] == [
        headline(finding) for finding in snapshot.drift.findings
    ]


def test_an_operation_has_what_was_nearly_claimed(served: Served) -> None:
    near = [
        one
        for head in ask(served, "/operations")["items"]
        for one in ask(served, "/operations/one", producer=head["producer"], key=head["key"])["candidates"]
    ]
    assert near
    assert all(one["doubt"] for one in near)


# Pages of lists


@pytest.mark.parametrize("path", ["/operations", "/findings", "/exchanges", "/messages"])
def test_pages_make_the_whole_list(served: Served, path: str) -> None:
    names = [json.dumps(one, sort_keys=True) for one in all_of(served, path, limit=17)]
    assert len(set(names)) == len(names)
    assert names == [json.dumps(one, sort_keys=True) for one in all_of(served, path, limit=50)]
    if path == "/exchanges":
        with Store.open(served.keeper.sources.store) as store:
            assert len(names) == store.count()


def test_a_list_that_moves_is_read_on_behind_the_last_item() -> None:
    assert _start(None, ["a", "b", "c"], str) == 0
    assert _start("2-b", ["a", "b", "c"], str) == 2
    assert _start("2-b", ["new", "a", "b", "c"], str) == 3
    assert _start("2-gone", ["a", "b", "c"], str) == 2
    assert _start("900-gone", ["a", "b", "c"], str) == 3


def test_a_cursor_behind_all_that_is_kept_gives_an_empty_page(served: Served) -> None:
    form = ask(served, "/exchanges", cursor="0")
    assert (form["items"], form["next"]) == ([], None)


def test_filters_narrow(served: Served) -> None:
    contradicted = ask(served, "/clauses", standing="contradicted", limit=200)
    assert contradicted["total"] == len(contradicted["items"]) > 0
    assert {one["standing"] for one in contradicted["items"]} == {"contradicted"}
    assert {one["family"] for one in ask(served, "/clauses", family="timing")["items"]} == {"timing"}
    relied = ask(served, "/findings", relied_upon="true", consumer="billing")["items"]
    assert relied
    for one in relied:
        levels = {link["consumer"]: link["level"] for link in one["dependence"]}
        assert one["scope"] == "operation" or levels["billing"] != "exposed"
    assert {one["key"] for one in ask(served, "/operations", q="get /PRODUCTS")["items"]} >= {"GET /products"}
    of_billing = ask(served, "/exchanges", consumer="billing", operation="GET *")["items"]
    assert {(one["consumer"], one["method"]) for one in of_billing} == {("billing", "GET")}
    assert ask(served, "/exchanges", until="2016-12-31T23:59:60Z")["items"] == []
    assert ask(served, "/clauses", producer="nobody")["items"] == []
    assert {one["name"] for one in ask(served, "/consumers", producer="shop-events")["items"]} < {
        one["name"] for one in ask(served, "/consumers")["items"]
    }


# Refusals


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/status?x=1", "There is no parameter 'x' here"),
        ("/clauses?limits=1", "Known are producer"),
        ("/clauses?limit=201", "The parameter limit is wrong"),
        ("/clauses?limit=ten", "The parameter limit is wrong"),
        ("/clauses?limit=1&limit=2", "more than once"),
        ("/clauses?cursor=abc", "The parameter cursor is wrong"),
        ("/clauses?family=none", "The parameter family is wrong"),
        ("/findings?relied_upon=maybe", "The parameter relied_upon is wrong"),
        ("/exchanges?since=yesterday", "The parameter since is wrong"),
        ("/operations/one?producer=shop", "The parameter key is missing"),
        ("/review?since=yesterday", "The parameter since is wrong"),
        ("/review/items?list=all", "The parameter list is wrong"),
        ("/changes?closed=1", "The parameter closed is wrong"),
    ],
)
def test_what_is_not_documented_is_refused_in_words(served: Served, path: str, words: str) -> None:
    answer = requests.get(f"{served.url}/api/v1{path}", timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert words in answer.json()["title"]


@pytest.mark.parametrize(
    "path",
    [
        "/operations/one?producer=shop&key=GET%20/nowhere",
        "/consumers/one?name=%3Cscript%3E",
        "/clauses/aaaaaaaaaaaa",
        "/observations/aaaaaaaaaaaaaaaa",
        "/observations/a",
        "/changes/none",
        "/review?since=9999-12-31",
    ],
)
def test_what_is_not_there_is_said(served: Served, path: str) -> None:
    answer = requests.get(f"{served.url}/api/v1{path}", timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["title"].startswith("There is no ")


def test_a_former_id_leads_to_the_present_one(sources: Sources, snapshot: Snapshot) -> None:
    shop = snapshot.whole.producers[0]
    claim = shop.operations[0].claims[0]
    known = replace(claim, former_ids=("aaaaaaaaaaaa",))
    compared = tuple(
        replace(
            one,
            operation=replace(
                one.operation,
                claims=tuple(
                    known if each.clause.id == claim.clause.id else each for each in one.operation.claims
                ),
            ),
        )
        for one in snapshot.drift.compared
    )
    revised = replace(snapshot, drift=replace(snapshot.drift, compared=compared))
    with serving(sources, first=revised) as running:
        answer = requests.get(f"{running.url}/api/v1/clauses/aaaaaaaaaaaa", timeout=10)
    assert [one.status_code for one in answer.history] == [301]
    assert answer.json()["id"] == claim.clause.id


@pytest.mark.parametrize("path", ["/openapi.json", "/status", "/clauses"])
def test_nothing_is_sent_twice(served: Served, path: str) -> None:
    first = requests.get(f"{served.url}/api/v1{path}", timeout=10)
    again = requests.get(
        first.url, timeout=10, cookies=first.cookies, headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


# The document, held against the running server


class Made:
    """A workshop that has made a review already: what it makes of generated days would take minutes."""

    def __init__(self, review: Review) -> None:
        self._piece = Piece(stamp="")
        self._piece.answer.set_result(review)

    def ask(self, *_: object, given: object) -> Piece:
        del given
        return self._piece


def test_generated_requests_find_no_fault(
    sources: Sources, snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Decided(documents=snapshot.documents, ledger=snapshot.ledger, incidents={})
    review = make_review(sources, date(2020, 1, 1), given)
    monkeypatch.setattr(making, "WORKSHOP", Made(review))
    with serving(sources, Access(token=TOKEN), first=snapshot) as running:
        assert requests.get(f"{running.url}/api/v1/status", timeout=10).status_code == 401
        command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run"]
        options = [
            *("--header", f"Authorization: Bearer {TOKEN}"),
            *("--phases", "examples,coverage,fuzzing"),
            *("--max-examples", "8", "--seed", "7", "--generation-database", "none", "--no-color"),
            *("--exclude-checks", "ignored_auth"),  # wrong tokens are counted; above is what it would ask
        ]
        found = subprocess.run(
            [*command, f"{running.url}/api/v1/openapi.json", *options],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
    assert found.returncode == 0, found.stdout[-4000:]
    assert "fuzzing" in found.stdout.lower()


def test_its_own_traffic_contradicts_only_what_was_asked_wrongly(served: Served, tmp_path: Path) -> None:
    """A sidecar before the API, two consumers, and the drift report of what they saw."""
    store = tmp_path / "own.db"
    recorder = Recorder(
        *("--listen", "127.0.0.1:0", "--upstream", served.url, "--producer", "defacto"), store=store
    )
    clause = ask(served, "/clauses", limit=1)["items"][0]["id"]
    paths = [
        *LISTS,
        *(f"{path}?limit=3" for path in LISTS),
        *("/status", "/consumers/one?name=billing", f"/clauses/{clause}", "/clauses/aaaaaaaaaaaa"),
        *(
            "/operations/one?producer=shop&key=GET%20/products",
            "/clauses?limit=0",
            "/findings?standing=declared",
        ),
    ]
    try:
        for consumer in ("dashboard", "export"):
            with requests.Session() as session:
                session.headers["User-Agent"] = consumer
                for path in paths:
                    answer = session.get(f"http://127.0.0.1:{recorder.port}/api/v1{path}", timeout=30)
                    assert answer.status_code in {200, 400, 404}
        recorded_count, _ = numbers(recorder.end())
    finally:
        recorder.kill()
    declared = load_declared(str(SOURCE), producer="defacto")
    with Store.open(str(store)) as recorded:
        fold(recorded)
        keys = [one.key for one in declared.operations]
        drift = drift_between(build(recorded, declared={"defacto": keys}), declared)
    assert sum(one.operation.observations for one in drift.compared) == recorded_count > len(paths)
    # limit=0 was asked for against the document; nothing else that was seen differs from it
    assert [headline(one) for one in drift.of(Standing.CONTRADICTED)] == ["query limit is between 0 and 3"]
