"""Planned changes on the page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from icalendar import Calendar

from contract.changing.model import Planned, Told
from contract.changing.writing import put, told_fields, written
from contract.ledger.template import template
from reports.web.change_view import Days
from tests.reports.browsing import axe, tab_of
from tests.reports.web.served import serving
from tests.reports.web.test_api import ask, check
from tests.reports.web.test_drift import get, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from reports.web.snapshot import Sources
    from tests.reports.web.served import Served

TODAY = datetime.now(UTC).date()
OPERATION = "GET /orders/{order_id}"
FIELD = Planned(
    what="the total goes <b>",
    operation=OPERATION,
    place="response.200.body.total",
    effective=TODAY - timedelta(days=1),
    proposed=TODAY - timedelta(days=120),
    announced=TODAY - timedelta(days=100),
    notice_days=90,
    link="javascript:alert(1)",
    by="anna",
)
WHOLE = Planned(
    what="orders move",
    operation=OPERATION,
    effective=TODAY + timedelta(days=200),
    proposed=TODAY - timedelta(days=10),
    announced=TODAY - timedelta(days=9),
    link="https://example.org/moved",
)
CLOSED = Planned(
    what="done long ago",
    effective=date(2025, 1, 1),
    closed=date(2025, 1, 2),
    outcome="done",
    operation="GET /x",
)


@pytest.fixture(scope="module")
def planned(sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("changes") / "contract.yaml"
    text = template("shop")
    for id_, one in (("field", FIELD), ("whole", WHOLE), ("gone", CLOSED)):
        text = put(text, str(path), id_, written(one))
    told = {"billing": told_fields(None, FIELD.announced or TODAY, "mail")}
    path.write_text(put(text, str(path), "field", {"told": told}))
    with serving(replace(sources, ledger=path)) as running:
        yield running


def test_where_changes_stand(planned: Served) -> None:
    text = made(planned, "/changes")
    assert "2 changes: 1 overdue" in text
    assert "the total goes &lt;b&gt;" in text
    assert '<span class="chip contradicted">overdue</span>' in text
    assert "Never acknowledged: billing." in text
    assert "Deprecation" in text
    assert "done long ago" in text


def test_one_change(planned: Served) -> None:
    text = made(planned, "/changes/field")
    assert f"Takes effect on {FIELD.effective} (1 day ago)" in text
    assert 'href="/consumer?name=billing"' in text
    assert "still depends" in text
    assert "javascript:alert(1)" in text
    assert 'href="javascript:' not in text
    assert 'href="https://example.org/moved"' in made(planned, "/changes/whole")
    assert "done on 2025-01-02" in made(planned, "/changes/gone")


def test_the_api_tells_the_same(planned: Served) -> None:
    made(planned, "/changes")
    heads = ask(planned, "/changes")
    check("/changes", heads)
    assert [one["id"] for one in heads["items"]] == ["gone", "field", "whole"]
    assert [one["id"] for one in ask(planned, "/changes", closed="false")["items"]] == ["field", "whole"]
    for head in heads["items"]:
        made(planned, head["page"])
        whole = ask(planned, f"/changes/{head['id']}")
        check("/changes/{id}", whole)
        assert head.items() <= whole.items()
    field = ask(planned, "/changes/field")
    assert (field["overdue"], field["producer"], field["unacknowledged"]) == (True, "shop", ["billing"])
    assert {one["consumer"]: one["state"] for one in field["standings"]}["billing"] == "depends"


@pytest.mark.parametrize(
    "path", ["/changes/nothing", "/changes/%00", "/changes/field/notice?consumer=nobody"]
)
def test_what_is_not_there(planned: Served, path: str) -> None:
    made(planned, "/changes")
    assert get(planned, path).status_code == 404


def test_a_notice_is_a_mail(planned: Served) -> None:
    made(planned, "/changes/field")
    answer = get(planned, "/changes/field/notice?consumer=billing")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="field.eml"'
    assert answer.headers["Content-Type"].startswith("message/rfc822")
    assert "billing uses it" in answer.text.replace("=\r\n", "")


def test_the_days_are_a_calendar(planned: Served) -> None:
    answer = get(planned, "/changes.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert FIELD.effective in {event["dtstart"].dt for event in events}


def test_nothing_planned_says_how_to_plan(served: Served) -> None:
    text = get(served, "/changes").text
    assert "No change is planned." in text
    assert "defacto change propose" in text


def test_all_days_are_on_the_axis() -> None:
    far = Planned(what="far", effective=date.max, proposed=date.min, told={"a": Told(at=TODAY)})
    for changes in ([FIELD], [FIELD, WHOLE, CLOSED], [far]):
        days = Days.of(changes, TODAY)
        marks = [mark.at for one in changes for mark in days.marks(one)]
        assert all(0 <= at <= 100 for at in (*marks, days.at(TODAY)))
        assert all(list(days.marks(one)) == sorted(days.marks(one)) for one in changes)
        assert 0 < len(days.ticks) <= 7
        assert all(0 <= tick.at <= 100 for tick in days.ticks)


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/changes", "/changes/field"])
def test_it_reads_well_everywhere(browser: Browser, planned: Served, path: str) -> None:
    made(planned, path)
    for width, scheme in ((1280, "light"), (360, "dark")):
        options = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
        with tab_of(browser, planned.url, **options) as (page, troubles):
            page.goto(f"{planned.url}{path}")
            assert axe(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert troubles == []
