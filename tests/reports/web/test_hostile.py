"""Nothing that traffic says acts on who reads of it: recorded, folded, looked at in every way there is."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest
import requests
from click.testing import CliRunner

from reports.untrusted import for_terminal
from reports.web.snapshot import read
from tests.reports.browsing import tab_of
from tests.reports.hostile import TEXTS, attacked
from tests.reports.web.crawling import crawl, found_in
from tests.reports.web.served import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from reports.web.snapshot import Sources
    from tests.reports.web.crawling import Found
    from tests.reports.web.served import Served

MADE_BY_DATA = """() => [...document.querySelectorAll("*")].flatMap((one) => {
  const foreign = ["img", "image", "iframe", "object", "embed", "base", "style", "frame", "math"];
  const said = [];
  const tag = one.tagName.toLowerCase();
  const known = tag === "script" ? one.src.startsWith(`${location.origin}/static/`) : true;
  if (!known || foreign.includes(tag)) said.push(tag);
  for (const { name, value } of one.attributes) {
    const leads = ["href", "src", "action", "hx-get", "hx-post"].includes(name);
    const goal = leads ? new URL(value, location.href) : location;
    const elsewhere = goal.origin !== location.origin && goal.protocol !== "mailto:";
    if (name.startsWith("on") || elsewhere) said.push(`${tag} ${name}=${value}`);
  }
  return said;
})"""
"""Elements and attributes that no template of ours makes."""


@pytest.fixture(scope="module")
def attack(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    return attacked(tmp_path_factory.mktemp("attack"))


@pytest.fixture(scope="module")
def under_attack(attack: Sources) -> Iterator[Served]:
    with serving(attack, first=read(attack)) as running:
        yield running


SEARCH, *REFLECTED = ("/search", "q"), ("/consumer", "name"), ("/operation", "key"), ("/drift", "q")


@pytest.fixture(scope="module")
def pages(under_attack: Served) -> list[Found]:
    """What links lead to, and what is found under each of the texts."""
    found = crawl(under_attack.url)
    with requests.Session() as session:
        for number, text in enumerate(TEXTS):
            for path, name in (SEARCH, REFLECTED[number % len(REFLECTED)]):
                query = {name: text.encode(errors="replace"), "producer": "orders"}
                address = requests.Request("GET", under_attack.url + path, params=query).prepare().url
                answer = session.get(str(address), timeout=30)
                assert answer.status_code in {200, 400, 404, 414}, (path, text, answer.status_code)
                found.append(found_in(answer, kind="asked"))
    return found


def test_the_attack_came_through(under_attack: Served) -> None:
    """Otherwise all that follows would be about nothing."""
    snapshot = under_attack.snapshot
    shown = " ".join([*map(repr, snapshot.claims.values()), *snapshot.consumers])
    assert len(snapshot.consumers) > len(TEXTS)
    for needle in ("<script>", "onerror=alert", "{{ 7*7 }}", "\u202e", "__proto__", "=HYPERLINK"):
        assert needle in shown or repr(needle)[1:-1] in shown, needle


def test_pages_hold_no_control_characters(pages: list[Found]) -> None:
    for one in pages:
        if one.media_type.startswith("text/") and one.media_type != "text/csv":
            plain = re.sub(r"[\r\n\t]", "", one.text)
            assert for_terminal(plain) == plain, one.url


def test_every_page_is_there(pages: list[Found]) -> None:
    wrong = [
        f"{one.status} {one.url} from {one.trail}"
        for one in pages
        if one.kind != "asked" and one.status != 200
    ]
    assert wrong == []


@pytest.mark.browser
def test_data_makes_no_elements_and_no_requests(
    browser: Browser, under_attack: Served, pages: list[Found]
) -> None:
    shown = [one for one in pages if one.media_type == "text/html" and one.status == 200]
    # templates escape the second page of a kind as they do the first
    kinds = {one.kind: one for one in shown if one.kind != "asked"}
    found = [one for one in shown if one.kind == "asked" and "/search" in one.url]
    with tab_of(browser, under_attack.url, viewport={"width": 360, "height": 740}) as (page, troubles):
        for one in (*kinds.values(), *found):
            page.goto(one.url)
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert page.evaluate(MADE_BY_DATA) == [], one.url
            assert page.title() != "owned", one.url
            assert "49" not in page.title(), one.url
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, one.url
        assert troubles == []


COMMANDS = (
    ("map",),
    ("map", "--candidates"),
    ("map", "--format", "markdown"),
    ("drift",),
    ("drift", "--format", "markdown"),
    ("exchanges", "--limit", "500"),
    ("messages", "--limit", "500"),
    ("review", "--since", "2020-01-01"),
    ("plan",),
    ("define", "--format", "markdown"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_terminals_and_text_files_get_no_control_characters(
    attack: Sources, command: tuple[str, ...]
) -> None:
    said = _said(attack, *command)
    assert said.strip()
    assert for_terminal(said.replace("\n", "")) == said.replace("\n", "")


def test_neither_does_a_single_record(attack: Sources) -> None:
    listed = _said(attack, "exchanges", "--limit", "40")
    for id_ in ("hostile00030001", *re.findall(r"^[a-z2-7]{16}", listed, re.MULTILINE)):
        said = _said(attack, "show", id_)
        assert for_terminal(said.replace("\n", "")) == said.replace("\n", "")


@pytest.mark.parametrize("command", ["map", "exchanges", "messages"])
def test_no_cell_of_a_table_is_a_formula(attack: Sources, command: str) -> None:
    rows = list(csv.reader(io.StringIO(_said(attack, command, "--format", "csv"))))
    assert len(rows) > 20
    cells = [cell for row in rows for cell in row]
    numbers = re.compile(r"-?[\d.]+(e-?\d+)?")
    assert [
        one for one in cells if one.lstrip().startswith(("=", "+", "-", "@")) and not numbers.fullmatch(one)
    ] == []


@pytest.mark.browser
@pytest.mark.parametrize("command", [("map",), ("drift",), ("review", "--since", "2020-01-01")], ids=" ".join)
def test_files_for_browsers_stay_what_they_are(
    attack: Sources, browser: Browser, tmp_path: Path, command: tuple[str, ...]
) -> None:
    path = tmp_path / "report.html"
    path.write_text(_said(attack, *command, "--format", "html"), "utf-8")
    with tab_of(browser) as (page, troubles):
        page.goto(path.as_uri())
        assert page.title() != "owned"
        assert page.evaluate("document.scripts.length + document.images.length") == 0
        assert troubles == []


def _said(attack: Sources, *command: str) -> str:
    from cli.main import cli  # noqa: PLC0415  # reports know of no commands, only this test does

    declared = (
        ("--declared", attack.declared[0].partition("=")[2]) if command[0] in {"drift", "review"} else ()
    )
    result = CliRunner().invoke(cli, [*command, *declared, "--store", attack.store], catch_exceptions=False)
    assert result.exit_code in {0, 1}, result.output
    return result.output
