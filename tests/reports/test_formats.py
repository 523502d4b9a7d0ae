"""Text and Markdown as people get them, and every format with text that attacks its reader.

`GOLDEN=write pytest tests/reports/test_formats.py` writes the golden files anew; review the difference.
"""

from __future__ import annotations

import io
import json
import os
import re
import unicodedata
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from rich.console import RenderableType

from contract.claim import ContractMap
from reports.drift import Drift
from reports.html import drift_html, map_html
from reports.json_form import drift_form, map_form, to_json
from reports.markdown import code, drift_markdown, map_markdown, plain
from reports.tables import clauses_table, matrix_table, to_csv
from reports.text import drift_text, map_text, write

GOLDEN = Path(__file__).parent / "golden"


def printed(report: RenderableType, width: int = 100) -> str:
    stream = io.StringIO()
    write(report, stream, width)
    return stream.getvalue()


def compare(name: str, text: str) -> None:
    """One normaliser: the end of a line is where its text ends."""
    text = "".join(f"{line.rstrip(' ')}\n" for line in text.splitlines())
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_text_that_is_piped_has_no_trailing_blanks(shop_drift: Drift, shop_map: ContractMap) -> None:
    for text in map(printed, (drift_text(shop_drift), map_text(shop_map))):
        assert text.endswith("\n")
        assert not [line for line in text.split("\n") if line.endswith(" ")]


def test_drift_text(shop_drift: Drift) -> None:
    compare("drift.txt", printed(drift_text(shop_drift)))


def test_map_text(shop_map: ContractMap) -> None:
    compare("map.txt", printed(map_text(shop_map)))


def test_drift_markdown(shop_drift: Drift) -> None:
    compare("drift.md", drift_markdown(shop_drift))


def test_map_markdown(shop_map: ContractMap) -> None:
    compare("map.md", map_markdown(shop_map))


def test_the_first_screen_answers(shop_drift: Drift) -> None:
    first_screen = printed(drift_text(shop_drift), 80).splitlines()[:24]
    said = " ".join(" ".join(first_screen).split())
    assert shop_drift.verdict in said
    assert "200 body total is always an integer or a string" in said
    assert "storefront uses it" in said


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_text_keeps_to_the_width(shop_drift: Drift, shop_map: ContractMap, width: int) -> None:
    for report in (drift_text(shop_drift), map_text(shop_map)):
        assert max(map(len, printed(report, width).splitlines())) <= width


def test_nothing_observed(nothing: ContractMap) -> None:
    assert "Nothing was observed" in printed(map_text(nothing))
    assert "Nothing was observed" in map_markdown(nothing)
    assert "Nothing was observed" in map_html(nothing)


def test_no_colour_where_the_output_is_no_terminal(shop_drift: Drift) -> None:
    assert "\x1b" not in printed(drift_text(shop_drift))


def test_colour_on_a_terminal(shop_drift: Drift, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    write(drift_text(shop_drift), stream, 100)
    assert "\x1b[" in stream.getvalue()


# Hostile text


def all_reports(hostile_map: ContractMap, hostile_drift: Drift) -> dict[str, str]:
    return {
        "map text": printed(map_text(hostile_map)),
        "drift text": printed(drift_text(hostile_drift)),
        "map markdown": map_markdown(hostile_map),
        "drift markdown": drift_markdown(hostile_drift),
        "map html": map_html(hostile_map),
        "drift html": drift_html(hostile_drift),
        "map json": to_json(map_form(hostile_map)),
        "drift json": to_json(drift_form(hostile_drift)),
        "clauses csv": to_csv(clauses_table(hostile_map)),
        "matrix csv": to_csv(matrix_table(hostile_map)),
    }


def test_no_format_lets_text_act_on_a_terminal(hostile_map: ContractMap, hostile_drift: Drift) -> None:
    for name, report in all_reports(hostile_map, hostile_drift).items():
        report.encode()
        acting = {
            character
            for character in report
            if (unicodedata.category(character) == "Cc" and character != "\n")
            or unicodedata.bidirectional(character) in {"RLO", "LRI"}
        }
        assert not acting, name
        assert not re.search(r"^forged line", report, re.MULTILINE), name


@pytest.mark.parametrize("name", ["map markdown", "drift markdown"])
def test_markdown_makes_no_markup_of_it(name: str, hostile_map: ContractMap, hostile_drift: Drift) -> None:
    markdown = all_reports(hostile_map, hostile_drift)[name]
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
    flat = [token for top in tokens for token in [top, *(top.children or [])]]
    assert not [token for token in flat if token.type in {"link_open", "image"}]
    html = {token.content.strip() for token in flat if token.type in {"html_block", "html_inline"}}
    assert all(
        re.fullmatch(r"<!-- -->|</?details>|</?details><summary>[\w, ()]+</summary>", one) for one in html
    )


def test_markdown_tables_keep_their_columns(hostile_map: ContractMap) -> None:
    rows = [line for line in map_markdown(hostile_map).splitlines() if line.startswith("|")]
    tables = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert tables == {5, 9}


@pytest.mark.parametrize("text", ["`", "``a`", " ", "a|b", "", "`x", "a\nb", "<b>"])
def test_code_spans_cannot_be_left(text: str) -> None:
    (_, inline, _) = MarkdownIt().parse(code(text))
    assert [token.type for token in inline.children] == ["code_inline"]


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "1. a",
        "# a",
        "> a",
        "* a",
        "    a",
        "```",
        "---",
        "a  \nb",
        "<b>",
        "[a](b)",
        "![a](b)",
        "a_b_c",
        "&lt;",
    ],
)
def test_plain_text_is_a_paragraph_of_itself(text: str) -> None:
    tokens = MarkdownIt().parse(plain(text).strip())
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    shown = "".join(child.content for child in tokens[1].children if child.type == "text")
    assert shown == text.strip().replace("\n", r"\x0a")
    assert {child.type for child in tokens[1].children} == {"text"}


@pytest.mark.parametrize("name", ["map html", "drift html"])
def test_html_makes_no_elements_of_it(name: str, hostile_map: ContractMap, hostile_drift: Drift) -> None:
    page = all_reports(hostile_map, hostile_drift)[name]
    assert "<script" not in page.lower()
    assert not re.search(r"<(img|image|iframe|object|embed|link|base)\b", page)
    assert not re.search(r"<[^>]*\son\w+\s*=", re.sub(r'"[^"]*"', '""', page))
    assert "{{ 7*7 }}" in page
    assert "http:" not in page.replace("https://e.example", "")


def test_json_keeps_the_text_itself(hostile_map: ContractMap) -> None:
    form = json.loads(to_json(map_form(hostile_map)))
    names = [consumer["name"] for consumer in form["producers"][0]["consumers"]]
    assert names == [consumer.name for consumer in hostile_map.producers[0].consumers]
