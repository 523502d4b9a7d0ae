from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from contract.changes import RULES, Compatibility
from contract.changes.change import Change
from contract.changes.usage import Hit, Judged, Verdict
from contract.subject import parse
from reports.check import Checked, check_form, rules_form
from reports.check_ci import Located, check_github, check_junit, check_sarif
from reports.check_text import check_markdown, check_text, rules_text
from reports.json_form import to_json
from reports.text import write
from tests.reports.test_json_form import validator

DOCUMENT = "openapi: 3.1.0\npaths:\n  /a:\n    get: {}\n"


def hit(consumer: str = "web", verdict: Verdict = Verdict.BREAKS, **more: Any) -> Hit:
    said = {"owner": "team", "basis": "uses it: sent back, 3 times", "calls": 40, "count": 3}
    return Hit(consumer=consumer, verdict=verdict, first_seen=0, last_seen=1, **{**said, **more})


def change(rule: str = "response-property-removed", **more: Any) -> Change:
    said: dict[str, Any] = {
        "operation": "GET /a",
        "subject": parse("response.200.body.total"),
        "message": "200 body total is gone",
        "pointer": "#/paths/~1a/get",
    }
    return Change(rule=RULES[rule], **{**said, **more})


def checked(*judged: Judged, usage: bool = True) -> Checked:
    window = (0, 10**9) if usage else None
    return Checked(old="old.yaml", new="new.yaml", judged=judged, usage=usage, producer="shop", window=window)


BROKEN = Judged(change=change(), hits=(hit("app", Verdict.UNAFFECTED), hit("web")))
DOUBTFUL = Judged(change=change(), hits=(hit("app", Verdict.MAY_BREAK),))
FIXED = Judged(change=change("response-type-widened"), hits=(), fix="what came was so already, in 40 answers")
HARMLESS = Judged(change=change("operation-added", subject=None, message="the operation is new"))


def text(report: object) -> str:
    stream = StringIO()
    write(report, stream)  # type: ignore[arg-type]  # what rich can lay out
    return stream.getvalue()


@pytest.mark.parametrize(
    ("judged", "verdict", "headline"),
    [
        ((), "compatible", "Nothing changes"),
        (
            (BROKEN, HARMLESS),
            "breaking",
            "Do not ship: 1 breaking change and 1 harmless change; web would break",
        ),
        ((DOUBTFUL,), "warning", "Look before you ship: 1 warning; nobody was seen who breaks"),
        ((FIXED,), "compatible", "Ship it: 1 harmless change; nobody was seen who breaks"),
    ],
)
def test_the_answer(judged: tuple[Judged, ...], verdict: str, headline: str) -> None:
    report = checked(*judged)
    assert (report.verdict.value, report.headline) == (verdict, headline)


@pytest.mark.parametrize(
    ("judged", "at", "fails"),
    [
        (BROKEN, "breaking", True),
        (BROKEN, "never", False),
        (DOUBTFUL, "breaking", False),
        (DOUBTFUL, "warning", True),
        (HARMLESS, "warning", False),
    ],
)
def test_when_it_fails(judged: Judged, at: str, fails: bool) -> None:
    assert checked(judged).fails(at) is fails


def test_json_has_what_programs_rely_on() -> None:
    form = check_form(checked(BROKEN, FIXED))
    assert form["verdict"] == "breaking"
    first, second = form["changes"]
    expected = {
        "rule": "response-property-removed",
        "kind": "required",
        "severity": "error",
        "operation": "GET /a",
        "subject": "response.200.body.total",
        "message": "200 body total is gone",
        "compatibility": "breaking",
    }
    assert first | expected == first
    assert [(one["consumer"], one["verdict"]) for one in first["consumers"]] == [
        ("web", "breaks"),
        ("app", "unaffected"),
    ]
    assert first["consumers"][0].keys() == {"consumer", "owner", "verdict", "basis", "left", "evidence"}
    assert first["consumers"][0]["evidence"]["first_seen"] == "1970-01-01T00:00:00.000000Z"
    assert (second["compatibility"], second["severity"], bool(second["fix"])) == ("compatible", "info", True)


def test_json_is_as_documented() -> None:
    report = checked(BROKEN, FIXED, HARMLESS, replace(DOUBTFUL, ruled="by the policy", unseen="nothing seen"))
    validator("check").validate(json.loads(to_json(check_form(report))))
    validator("check").validate(check_form(checked(usage=False)))


def test_text_says_who_and_why() -> None:
    shown = text(check_text(checked(BROKEN, FIXED)))
    assert "web (team) breaks: uses it: sent back, 3 times" in shown
    assert "This only puts the document right" in shown
    assert "[response-property-removed]" in shown
    assert "documents only" in text(check_text(checked(BROKEN, usage=False)))


def test_many_harmless_changes_are_not_all_told() -> None:
    shown = text(check_text(checked(*([HARMLESS] * 30))))
    assert "and 10 more harmless changes" in shown


def test_text_from_traffic_cannot_act() -> None:
    evil = replace(BROKEN, hits=(hit("\x1b[2Jweb\n::set-env name=x::y", owner="[red]"),))
    assert "\x1b" not in text(check_text(checked(evil)))
    lines = check_github(checked(evil), Located("new.yaml", "")).splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::error"]
    ET.fromstring(check_junit(checked(evil)))


def test_markdown_folds_what_is_harmless() -> None:
    shown = check_markdown(checked(BROKEN, HARMLESS))
    assert shown.startswith("## Do not ship")
    assert "### breaking: `GET /a · 200 body total`" in shown
    assert "<details><summary>1 harmless change</summary>" in shown


def test_sarif() -> None:
    form = json.loads(check_sarif(checked(BROKEN, DOUBTFUL, FIXED), Located("api/new.yaml", DOCUMENT), "1.0"))
    (run,) = form["runs"]
    assert form["version"] == "2.1.0"
    assert [one["level"] for one in run["results"]] == ["error", "warning", "note"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("api/new.yaml", 4)


def test_junit() -> None:
    suite = ET.fromstring(check_junit(checked(BROKEN, DOUBTFUL)))
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.find("failure") is not None for case in suite] == [True, False]
    assert ET.fromstring(check_junit(checked())).get("tests") == "1"


def test_github() -> None:
    lines = check_github(checked(BROKEN, HARMLESS), Located("new.yaml", DOCUMENT)).splitlines()
    assert lines[0].startswith("::error file=new.yaml,line=4,title=response-property-removed::GET /a")
    assert lines[1].startswith("::error title=defacto check::Do not ship")
    assert len(lines) == 2


def test_rules() -> None:
    form = rules_form(RULES)
    assert [one["rule"] for one in form["rules"]] == list(RULES)
    assert all(one["meaning"] and one["example"] for one in form["rules"])
    assert {one["severity"] for one in form["rules"]} == {"error", "warning", "info"}
    assert "operation-removed" in text(rules_text(RULES))
    assert Compatibility.BREAKING.severity == "error"


ACCEPTED = replace(BROKEN, accepted="accepted by anna on 2026-11-21: cents came")


def test_what_was_accepted_passes_and_is_told_with_whom_it_hits() -> None:
    report = checked(ACCEPTED, HARMLESS)
    assert not report.fails("breaking")
    assert (
        report.headline == "Ship it: 1 harmless change and 1 accepted change; nobody else was seen who breaks"
    )
    for said in (text(check_text(report)), check_markdown(report)):
        assert "Accepted by anna on 2026-11-21: cents came." in said
        assert "web (team) breaks" in said
    (first, _) = check_form(report)["changes"]
    assert (first["effect"], first["accepted"]) == ("breaking", ACCEPTED.accepted)
    (result, other) = json.loads(check_sarif(report, Located("new.yaml", DOCUMENT), "1"))["runs"][0][
        "results"
    ]
    assert result["suppressions"] == [{"kind": "external", "justification": ACCEPTED.accepted}]
    assert "suppressions" not in other
    assert ET.fromstring(check_junit(report)).get("failures") == "0"
    assert "::error" not in check_github(report, Located("new.yaml", DOCUMENT))


def test_what_was_accepted_and_counts_no_more_says_why() -> None:
    report = checked(replace(BROKEN, refused="it was accepted until 2026-01-01, and that has passed"))
    assert report.fails("breaking")
    assert "It was accepted until 2026-01-01, and that has passed." in text(check_text(report))


SINCE = "last seen 2025-01-02, more than 90 days before the end of what was observed"
AWAY = Judged(change=change(), hits=(hit("old", left=SINCE), hit("app", Verdict.UNAFFECTED)))


def test_who_has_left_is_told_everywhere_and_blocks_nothing() -> None:
    report = checked(AWAY)
    assert not report.fails("breaking")
    assert report.headline == "Look before you ship: 1 warning; old would break, and has left"
    located = Located("new.yaml", DOCUMENT)
    shown = " ".join(text(check_text(report)).split())
    for said in (shown, check_markdown(report), check_junit(report), check_github(report, located)):
        assert "old (team) breaks: uses it: sent back, 3 times; left: last seen 2025-01-02, more than" in said
    assert SINCE in json.loads(check_sarif(report, located, "1"))["runs"][0]["results"][0]["message"]["text"]
    consumers = check_form(report)["changes"][0]["consumers"]
    assert [(one["consumer"], one["verdict"], one["left"]) for one in consumers] == [
        ("old", "breaks", SINCE),
        ("app", "unaffected", ""),
    ]
    assert ET.fromstring(check_junit(report)).get("failures") == "0"


def test_only_who_is_still_there_is_named_as_breaking() -> None:
    both = replace(AWAY, hits=(*AWAY.hits, hit("web")))
    assert checked(both).headline == "Do not ship: 1 breaking change; web would break"


def test_doubts_are_told() -> None:
    report = replace(checked(BROKEN), doubts=("Observed for 2 days, and the policy wants 7 days.",))
    assert "! Observed for 2 days, and the policy wants 7 days." in text(check_text(report))
    assert "- Observed for 2 days, and the policy wants 7 days." in check_markdown(report)
    assert check_form(report)["doubts"] == ["Observed for 2 days, and the policy wants 7 days."]
    assert check_form(checked(BROKEN))["doubts"] == []


def test_that_nothing_was_seen_is_told_where_it_made_a_warning() -> None:
    one = replace(DOUBTFUL, unseen="nothing was seen of it, and by the policy that is a warning")
    assert "Nothing was seen of it, and by the policy that is a warning." in text(check_text(checked(one)))
    assert "nothing was seen of it" in check_junit(checked(one))
    assert check_form(checked(one))["changes"][0]["unseen"] == one.unseen
