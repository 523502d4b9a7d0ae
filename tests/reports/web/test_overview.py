"""The overview: within a minute it is clear who depends on what, and every number leads on."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from reports.web.overview_view import overview_of
from reports.web.snapshot import read
from tests.reports.browsing import axe
from tests.reports.web.served import serving

if TYPE_CHECKING:
    from reports.web.overview_view import OperationLine
    from reports.web.snapshot import Snapshot, Sources
    from tests.reports.web.conftest import Tab
    from tests.reports.web.served import Served


def test_the_counts_are_the_drifts(served: Served, snapshot: Snapshot) -> None:
    text = requests.get(served.url, timeout=10).text
    told = re.findall(r'class="count (\w+)[^"]*" href="/drift#(\w+)"><b>([\d,]+)</b>', text)
    expected = {one.slug: len(one.findings) for one in snapshot.drift.sections}
    assert told
    assert {slug: int(number.replace(",", "")) for _, slug, number in told}.items() <= expected.items()


def test_who_has_most_at_stake_comes_first(snapshot: Snapshot) -> None:
    found = overview_of(snapshot)
    relied = [one.total.relied for one in found.consumers]
    assert relied == sorted(relied, reverse=True)
    assert {one.name for one in found.producers} == {"shop", "shop-events"}
    assert {one.consumer.name for one in found.consumers if one.publishes} == {"shop"}


def test_without_a_document_nothing_is_called_undeclared(sources: Sources) -> None:
    bare = replace(sources, declared=())
    with serving(bare, first=read(bare)) as running:
        text = requests.get(running.url, timeout=10).text
    assert "Relied upon most" in text
    assert "chip undeclared" not in text
    assert "that nobody promised;" not in text


def test_a_ledger_is_summed_up(sources: Sources, tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text("interface:\n  producer: shop\nclauses: {}\n", encoding="utf-8")
    found = overview_of(read(replace(sources, ledger=path)))
    assert [one.slug for one in found.tallies] == [
        "undecided",
        "disputed",
        "decisions",
        "incidents",
        "changes",
    ]
    assert found.tallies[0].number > 0


@pytest.mark.browser
def test_from_the_verdict_to_who_and_why(served: Served, tab: Tab) -> None:
    page, troubles = tab
    page.goto(served.url)
    assert axe(page) == []
    page.click("#relied .headline >> nth=0")
    page.wait_for_url("**/clauses/*")
    assert page.locator("main").inner_text()
    assert troubles == []


def test_an_operations_numbers_are_those_of_the_findings_listed_of_it(snapshot: Snapshot) -> None:
    lines = [line for part in overview_of(snapshot).producers for line in part.lines]
    sections = {one.slug: one.findings for one in snapshot.drift.sections}

    def listed(slug: str, line: OperationLine) -> int:
        return sum(
            one.producer == line.producer and line.operation.key in one.operations for one in sections[slug]
        )

    assert any(line.trouble[1] for line in lines)
    for line in lines:
        assert line.trouble == (listed("relied", line), listed("contradicted", line)), line.operation.key
