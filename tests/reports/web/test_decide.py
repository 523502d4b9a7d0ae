"""Deciding on the page: what waits, the diff first, the patch, and writing only what was shown."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest
import requests

from contract.claim import Decision
from contract.ledger.reading import parse, read
from contract.ledger.template import template
from reports.web.decide_form import Said, draft
from reports.web.decide_view import ROWS, chosen, queue, waiting
from tests.reports.browsing import axe, tab_of
from tests.reports.web.served import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from reports.web.snapshot import Snapshot, Sources
    from tests.reports.web.served import Served

SAID = {"speaks": "owner", "what": "guaranteed", "by": "anna", "reason": 'billing: "matches" payments by it'}
COMMENTED = template("shop").replace("owners:", "owners:  # ask anna", 1) + (
    "  # decided in the meeting of May\n"
    "  aaaaaaaaaaaa:  # first\n"
    "    key: A · here\n"
    "    decision: may-change  # for now\n"
)


class Visit:
    """A visitor who has loaded the page."""

    def __init__(self, served: Served) -> None:
        self.url = served.url
        self.session = requests.Session()
        found = re.search(r'name="csrf" content="([^"]+)"', self.session.get(self.url, timeout=10).text)
        assert found is not None
        self.csrf = found[1]

    def post(self, path: str, *ids: str, **fields: str) -> requests.Response:
        data = [("csrf", self.csrf), *(("id", id_) for id_ in ids), *{**SAID, **fields}.items()]
        return self.session.post(f"{self.url}{path}", data=data, timeout=30, allow_redirects=False)

    def state(self, *ids: str, **fields: str) -> str:
        """What the ledger was when its diff was shown."""
        found = re.search(r'name="state" value="(\w+)"', self.post("/decide", *ids, **fields).text)
        assert found is not None
        return found[1]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "contract.yaml"
    path.write_text(COMMENTED, encoding="utf-8")
    return path


@pytest.fixture
def writing(sources: Sources, snapshot: Snapshot, ledger: Path) -> Iterator[Visit]:
    with serving(replace(sources, ledger=ledger), first=snapshot, writable=True) as running:
        yield Visit(running)


@pytest.fixture
def reading(served: Served) -> Visit:
    return Visit(served)


def ids_of(snapshot: Snapshot, number: int = 1, producer: str = "shop") -> list[str]:
    return [one.clause.id for one in chosen(snapshot, {"producer": producer})[:number]]


def test_what_would_hurt_most_waits_first(served: Served, snapshot: Snapshot) -> None:
    answer = requests.get(f"{served.url}/decide", timeout=10).text
    claims = chosen(snapshot, {})
    assert f"{len(claims):,} clauses wait for a decision." in answer
    shown = re.findall(r'name="id" value="([a-z2-7]{12})"', answer)
    assert shown == [one.clause.id for one in claims[:ROWS]]
    assert claims[0].standing.value == "contradicted"
    later = requests.get(f"{served.url}/decide", params={"page": "2"}, timeout=10).text
    assert f'value="{claims[ROWS].clause.id}"' in later


def test_filters_leave_fewer(snapshot: Snapshot) -> None:
    of_billing = chosen(
        snapshot, {"consumer": "billing", "operation": "GET /orders*", "standing": "undeclared"}
    )
    assert of_billing
    for claim in of_billing:
        assert claim.clause.operation.startswith("GET /orders")
        assert "billing" in {link.consumer for link in claim.dependence}
        assert claim.standing.value == "undeclared"
    assert not chosen(snapshot, {"family": "nonsense"})
    assert queue(snapshot, {"consumer": "billing"}, 10_000, 200).later == ""


def test_what_is_decided_waits_no_more(snapshot: Snapshot, writing: Visit) -> None:
    (id_,) = ids_of(snapshot)
    assert id_ in {one.clause.id for one in waiting(snapshot)}
    writing.post("/decide/write", id_, state=writing.state(id_))
    until = monotonic() + 60
    while f'value="{id_}"' in writing.session.get(f"{writing.url}/decide", timeout=10).text:
        assert monotonic() < until
        sleep(0.2)


@pytest.mark.parametrize(
    "query", ["id=zzz", "id=", "together=yes&operation=nothing", "page=-1", "page=9e9", "x=1"]
)
def test_no_query_is_a_bug(served: Served, query: str) -> None:
    assert requests.get(f"{served.url}/decide?{query}", timeout=10).status_code in {200, 404}


def test_the_form_shows_the_evidence(served: Served, snapshot: Snapshot) -> None:
    claim = next(one for one in chosen(snapshot, {"consumer": "billing"}) if one.evidence.examples)
    answer = requests.get(f"{served.url}/decide", params={"id": claim.clause.id}, timeout=10).text
    assert "The evidence speaks for" in answer
    assert f"/observations/{claim.evidence.examples[0]}" in answer
    assert " checked" not in answer.partition('name="what"')[2].partition("</fieldset>")[0]
    many = requests.get(f"{served.url}/decide", params={"consumer": "billing", "together": "yes"}, timeout=10)
    assert "clauses, decided together" in many.text


def test_a_patch_applies_and_keeps_comments(
    tmp_path: Path, writing: Visit, snapshot: Snapshot, ledger: Path
) -> None:
    ids = ids_of(snapshot, 3)
    shown = writing.post("/decide", *ids).text
    assert "<ins>+  " in shown
    answer = writing.post("/decide/patch", *ids, state=writing.state(*ids))
    assert answer.headers["Content-Type"].startswith("text/x-diff")
    assert ledger.read_text("utf-8") == COMMENTED
    subprocess.run(("git", "apply", "-"), cwd=tmp_path, input=answer.content, check=True)
    text = ledger.read_text("utf-8")
    for comment in ("# ask anna", "# decided in the meeting of May", "# first", "# for now"):
        assert comment in text
    entries = read(ledger).entries
    assert {entries[id_].decision for id_ in ids} == {Decision.GUARANTEED}
    assert entries[ids[0]].reason == SAID["reason"]


def test_a_patch_makes_the_first_ledger(tmp_path: Path, reading: Visit, snapshot: Snapshot) -> None:
    (id_,) = ids_of(snapshot)
    answer = reading.post("/decide/patch", id_, state=reading.state(id_))
    assert b"--- /dev/null\n+++ b/contract.yaml\n" in answer.content
    subprocess.run(("patch", "-p1"), cwd=tmp_path, input=answer.content, check=True)
    assert read(tmp_path / "contract.yaml").interface.producer == "shop"


def test_written_is_what_was_shown(writing: Visit, snapshot: Snapshot, ledger: Path) -> None:
    (id_,) = ids_of(snapshot)
    terms = {"what": "deprecated", "remove": "2027-03-01", "successor": "cents", "review": "2027-01-01"}
    answer = writing.post("/decide/write", id_, state=writing.state(id_, **terms), **terms)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/clauses/{id_}")
    entry = read(ledger).entries[id_]
    assert (entry.decision, entry.by, str(entry.remove), entry.successor) == (
        Decision.DEPRECATED, "anna", "2027-03-01", "cents",
    )  # fmt: skip
    assert "# for now" in ledger.read_text("utf-8")


def test_a_position_of_one_side(writing: Visit, snapshot: Snapshot, ledger: Path) -> None:
    (id_,) = ids_of(snapshot)
    side = {"speaks": "side", "role": "consumer", "what": "may-change", "by": "billing"}
    assert writing.post("/decide/write", id_, state=writing.state(id_, **side), **side).status_code == 303
    entry = read(ledger).entries[id_]
    assert entry.decision is Decision.UNDECIDED
    assert entry.positions["billing"].position is Decision.MAY_CHANGE


def test_somebody_else_was_faster(writing: Visit, snapshot: Snapshot, ledger: Path) -> None:
    (id_,) = ids_of(snapshot)
    state = writing.state(id_)
    ledger.write_text(COMMENTED + "    by: ben\n", encoding="utf-8")
    for path in ("/decide/write", "/decide/patch"):
        answer = writing.post(path, id_, state=state)
        assert answer.status_code == 409
        assert "changed meanwhile" in answer.text
        assert 'name="reason" value="billing: &#34;matches&#34; payments by it"' in answer.text
    assert id_ not in read(ledger).entries
    fresh = re.search(r'name="state" value="(\w+)"', answer.text)
    assert fresh is not None
    assert writing.post("/decide/write", id_, state=fresh[1]).status_code == 303
    assert "by: ben" in ledger.read_text("utf-8")


def test_nothing_is_written_where_nobody_said_so(reading: Visit, served: Served, snapshot: Snapshot) -> None:
    (id_,) = ids_of(snapshot)
    assert "/decide/write" not in reading.post("/decide", id_).text
    assert reading.post("/decide/write", id_, state=reading.state(id_)).status_code == 404
    assert not served.keeper.sources.ledger.exists()


@pytest.mark.parametrize("path", ["/decide", "/decide/patch", "/decide/write"])
def test_other_sites_decide_nothing(writing: Visit, snapshot: Snapshot, ledger: Path, path: str) -> None:
    data = {"id": ids_of(snapshot)[0], **SAID, "state": writing.state(*ids_of(snapshot))}
    post = writing.session.post
    assert post(f"{writing.url}{path}", data=data, timeout=10).status_code == 403
    data["csrf"] = writing.csrf
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert post(f"{writing.url}{path}", data=data, headers=headers, timeout=10).status_code == 403
    assert ledger.read_text("utf-8") == COMMENTED


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"what": ""}, "Choose what it shall be."),
        ({"what": "undecided"}, "Choose what it shall be."),
        ({"by": " "}, "Who says so?"),
        ({"reason": ""}, "Why?"),
        ({"reason": "x" * 2_001}, "At most 2,000 characters."),
        ({"what": "deprecated"}, "has a day on which it goes"),
        ({"review": "2027-02-30"}, "This is no day"),
        ({"speaks": "side", "role": "king"}, "Choose the side"),
    ],
)
def test_what_is_missing_is_said_and_the_rest_kept(
    reading: Visit, snapshot: Snapshot, fields: dict[str, str], told: str
) -> None:
    answer = reading.post("/decide", *ids_of(snapshot), **fields)
    assert answer.status_code == 422
    assert told in answer.text
    if "reason" not in fields:
        assert 'value="billing: &#34;matches&#34; payments by it"' in answer.text


def test_a_ledger_is_of_one_interface(writing: Visit, reading: Visit, snapshot: Snapshot) -> None:
    events = ids_of(snapshot, producer="shop-events")
    assert "is the ledger of shop: " in writing.post("/decide", *events).text
    assert "a ledger is of one interface" in reading.post("/decide", *events, *ids_of(snapshot)).text


def test_a_ledger_that_is_none_is_said(writing: Visit, snapshot: Snapshot, ledger: Path) -> None:
    ledger.write_text("clauses: [", encoding="utf-8")
    answer = writing.post("/decide", *ids_of(snapshot))
    assert answer.status_code == 422
    assert "is no YAML" in answer.text


def test_texts_stay_texts(snapshot: Snapshot, ledger: Path) -> None:
    claim = snapshot.claims[ids_of(snapshot)[0]]
    wild = "x\n  evil: {a: *b}\r\n# '\"\t\x1b[31m\u202e"
    said = Said(ids=(claim.clause.id,), what="guaranteed", by=wild, reason=wild)
    made = draft(said, [claim], ledger)
    entry = parse(made.after, "contract.yaml").entries[claim.clause.id]
    assert entry.reason == entry.by == "x evil: {a: *b} # '\" [31m"
    assert [one.kind for one in made.lines][:4] == ["file", "file", "file", "place"]


@pytest.mark.browser
def test_from_what_waits_to_what_is_written(
    browser: Browser, sources: Sources, snapshot: Snapshot, ledger: Path
) -> None:
    here = replace(sources, ledger=ledger)
    with serving(here, first=snapshot, writable=True) as running, tab_of(browser, running.url) as opened:
        page, troubles = opened
        page.goto(f"{running.url}/decide?producer=shop&consumer=billing")
        assert axe(page) == []
        page.locator("input[name=id]").nth(0).check()
        page.locator("input[name=id]").nth(1).check()
        page.get_by_role("button", name="Decide the marked ones together").click()
        page.get_by_label("deprecated").check()
        page.fill("#remove", "2027-03-01")
        page.fill("#reason", "rounding")
        page.fill("#by", "anna")
        assert axe(page) == []
        page.get_by_role("button", name="Show what would be written").click()
        page.wait_for_selector(".diff")
        assert axe(page) == []
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.get_by_role("button", name="Write it").click()
        page.wait_for_url("**/decide")
        assert troubles == []
    written = read(ledger).entries
    assert [one.decision for one in written.values()].count(Decision.DEPRECATED) == 2
