from __future__ import annotations

import email
import email.policy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from icalendar import Calendar

from tests.cli.ledgers import compare
from tests.cli.year import OPERATION, day, recorded, traffic

if TYPE_CHECKING:
    from tests.cli.conftest import Said
    from tests.cli.test_map_command import Defacto

LEDGER = """\
# ours
interface:
  producer: shop
  title: Orders
owners:
  producer: {name: Shop team, contact: shop@example.org}
  consumers:
    stays: {name: Finance, contact: finance@example.org}
policy:
  notice:
    breaking: {days: 90, channels: [mail]}
  evidence: {stays_days: 400}

# what was decided
clauses: {}
"""
REMOVE = f"remove {OPERATION} 200 body items[].ref"
WHY = ("--by", "anna", "--reason", "it was internal")


@pytest.fixture
def year(defacto: Defacto, tmp_path: Path) -> Defacto:
    recorded(tmp_path, traffic())
    (tmp_path / "contract.yaml").write_text(LEDGER, encoding="utf-8")
    return defacto


def proposed(year: Defacto, *more: str, what: str = REMOVE, at: int = 100, effective: int = 300) -> str:
    said = year(
        *("change", "propose", what, *WHY, "--effective", str(day(effective)), "--at", str(day(at)), *more)
    )
    assert said.code == 0, said.err
    return said.out.rpartition("announce ")[2].strip()


def status(year: Defacto, at: int) -> tuple[Said, Any]:
    said = year("change", "status", "--at", str(day(at)), "--format", "json")
    form = json.loads(said.out)
    return said, form["changes"][0]


def states(form: Any) -> dict[str, str]:
    return {one["consumer"]: one["state"] for one in form["standings"]}


def test_a_little_year(year: Defacto) -> None:
    id_ = proposed(year, "--successor", "id", "--review", str(day(200)))
    assert year("change", "announce", id_, "--at", str(day(110)), "-o", "notices").code == 0
    assert year("change", "acknowledge", id_, "stays", "--by", "ben", "--at", str(day(120))).code == 0

    _, form = status(year, 119)
    assert states(form) == dict.fromkeys(("stays", "migrates", "sleeps", "returns", "reads"), "depends")
    said, form = status(year, 200)
    assert said.code == 0
    assert states(form) == {
        "stays": "depends", "reads": "depends", "migrates": "migrated", "returns": "migrated",
        "sleeps": "asleep",
    }  # fmt: skip
    assert form["unacknowledged"] == ["migrates", "reads", "returns", "sleeps"]
    _, form = status(year, 280)
    assert states(form)["returns"] == "returned"
    said, form = status(year, 301)
    assert (said.code, form["overdue"], form["early"]) == (1, True, False)
    levels = {one["consumer"]: one["level"] for one in form["standings"]}
    assert levels == {**dict.fromkeys(("stays", "migrates", "sleeps", "returns"), "used"), "reads": "exposed"}

    compare("change_status.txt", year("change", "status", "--at", str(day(301))).out)
    compare("change_status.md", year("change", "status", "--at", str(day(301)), "--format", "markdown").out)
    text = Path("contract.yaml").read_text("utf-8")
    compare("change_contract.yaml", text)
    assert text.endswith("\n# what was decided\nclauses: {}\n")

    refused = year("change", "close", id_, "done", "--by", "anna", "--at", str(day(301)))
    assert (refused.code, "Still in use by returns, stays, reads" in refused.err) == (2, True)
    assert year("change", "close", id_, "done", "--by", "anna", "--yes", "--at", str(day(301))).code == 0
    assert year("change", "status").out == "No change is planned.\n"


def test_what_goes_before_its_day(defacto: Defacto, tmp_path: Path) -> None:
    recorded(tmp_path, traffic(ref_until=150))
    (tmp_path / "contract.yaml").write_text(LEDGER, encoding="utf-8")
    proposed(defacto)
    said, form = status(defacto, 200)
    assert (said.code, form["early"], form["gone_since"][:10]) == (1, True, str(day(145)))
    assert states(form)["stays"] == "cut-off"


def test_a_whole_operation_goes(year: Defacto) -> None:
    id_ = proposed(year, "--link", "https://example.org/why?a=b>c", what="remove GET /legacy")
    assert "was not announced yet" in year("change", "headers").err
    year("change", "announce", id_, "--at", str(day(105)), "-o", "out")
    _, form = status(year, 260)
    assert states(form) == {
        "stays": "migrated", "reads": "migrated", "migrates": "migrated", "returns": "migrated",
        "sleeps": "asleep",
    }  # fmt: skip
    for name in ("json", "nginx", "envoy"):
        compare(f"change_headers.{name}", year("change", "headers", "--format", name).out)


def test_too_little_notice(year: Defacto) -> None:
    id_ = proposed(year, effective=150)
    _, form = status(year, 120)
    assert form["unannounced"]
    year("change", "announce", id_, "--to", "stays", "--at", str(day(121)), "-o", "out")
    said, form = status(year, 122)
    assert (said.code, form["short_notice"], "reads" in form["untold"]) == (1, ["stays"], True)


def test_the_default_day_is_that_of_the_policy(year: Defacto) -> None:
    year("change", "propose", REMOVE, *WHY, "--at", str(day(100)))
    _, form = status(year, 100)
    assert (form["effective"], form["announce_by"]) == (str(day(190)), str(day(100)))


@pytest.mark.parametrize("name", ["markdown", "email", "cloudevents"])
def test_notices(year: Defacto, name: str) -> None:
    id_ = proposed(year, "--successor", "the id of an order")
    said = year(
        *("change", "announce", id_, "--to", "stays", "--at", str(day(110)), "--format", name, "-o", "out")
    )
    assert said.code == 0, said.err
    (path,) = Path("out").iterdir()
    text = path.read_bytes().decode()
    compare(f"change_notice.{name}", text)
    if name == "email":
        message = email.message_from_string(text, policy=email.policy.default)
        assert (message["to"].addresses[0].addr_spec, message["from"].addresses[0].display_name) == (
            "finance@example.org", "Shop team",
        )  # fmt: skip
        assert not message.defects
        assert "opened" not in message["subject"]


def test_a_dry_run_marks_nobody(year: Defacto) -> None:
    id_ = proposed(year)
    before = Path("contract.yaml").read_text("utf-8")
    assert year("change", "announce", id_, "--dry-run").code == 0
    assert year("change", "propose", "remove GET /legacy", *WHY, "--dry-run").code == 0
    assert Path("contract.yaml").read_text("utf-8") == before


def test_the_calendar_is_read_back(year: Defacto) -> None:
    proposed(year, "--review", str(day(200)), "--deprecated", str(day(130)))
    said = year("change", "calendar", "--at", str(day(100)))
    events = {str(one["summary"]): one["dtstart"].dt for one in Calendar.from_ical(said.out).walk("VEVENT")}
    assert events == {
        f"Orders: announce by today: {REMOVE}": day(210),
        f"Orders: deprecated: {REMOVE}": day(130),
        f"Orders: takes effect: {REMOVE}": day(300),
        f"Orders: look again at: {REMOVE}": day(200),
    }
    assert year("change", "calendar", "--at", str(day(100))).out == said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("status", "nothing"), "No change has an id"),
        (("propose", "all becomes better", *WHY), "Other words need --operation"),
        (("propose", "x", "--place", "body a", *WHY), "give --operation"),
        (("propose", "x", "--operation", "GET /orders", "--place", "a b", *WHY), "is no place"),
        (("acknowledge", "nothing", "stays", "--by", "ben"), "No change has an id"),
    ],
)
def test_used_wrongly(year: Defacto, arguments: tuple[str, ...], words: str) -> None:
    said = year("change", *arguments)
    assert (said.code, words in said.err) == (2, True), said.err
