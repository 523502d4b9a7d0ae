"""The docs are tests: links lead somewhere, and every command is in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    pages = "\n".join(page.read_text("utf-8") for page in PAGES if page.name != "design.md")
    assert f"defacto {command}" in pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_slot_was_left_open(page: Path) -> None:
    assert "@@" not in page.read_text("utf-8")
