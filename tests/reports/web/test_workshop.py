"""What takes long is made once, elsewhere, and kept."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from reports.web.workshop import KEPT, WAITING, Workshop
from store.errors import DefactoError, QuestionError

TIMEOUT = 60


def whose(word: str, given: object) -> tuple[str, object, int]:
    return word, given, os.getpid()


def failing(given: object) -> None:
    raise QuestionError("That is no question.", str(given))


def dying(given: object) -> None:
    del given
    os._exit(1)


def present(path: str, given: object) -> str:
    del given
    if not Path(path).exists():
        raise DefactoError("It is not there.")
    return path


def slow(word: str, given: object) -> str:
    del given
    time.sleep(30)
    return word


def test_it_is_made_once_in_another_process() -> None:
    workshop = Workshop()
    first = workshop.ask("a", whose, "x", given=1)
    word, given, process = first.answer.result(TIMEOUT)
    assert (word, given) == ("x", 1)
    assert process != os.getpid()
    assert workshop.ask("a", whose, "x", given=2) is first
    assert workshop.ask("a", whose, "y") is not first


def test_the_former_is_shown_until_the_next_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.web.workshop.REST", 0)
    workshop = Workshop()
    first = workshop.ask("a", whose, "x")
    first.answer.result(TIMEOUT)
    assert workshop.ask("b", whose, "x") is first
    deadline = time.monotonic() + TIMEOUT
    while (latest := workshop.ask("b", whose, "x")) is first and time.monotonic() < deadline:
        time.sleep(0.05)
    assert latest.stamp == "b"


def test_what_fails_says_why_and_what_dies_does_not_hang() -> None:
    workshop = Workshop()
    with pytest.raises(QuestionError, match="no question"):
        workshop.ask("a", failing).answer.result(TIMEOUT)
    with pytest.raises(DefactoError, match="has failed"):
        workshop.ask("a", dying).answer.result(TIMEOUT)


def test_a_failure_is_not_told_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The sources may be as they were before a disk was full, or a process was killed."""
    workshop, path = Workshop(), str(tmp_path / "there")
    with pytest.raises(DefactoError, match="not there"):
        workshop.ask("a", present, path).answer.result(TIMEOUT)
    Path(path).touch()
    assert workshop.ask("a", present, path).failed
    monkeypatch.setattr("reports.web.workshop.REST_AFTER_FAILURE_SECONDS", 0)
    assert workshop.ask("a", present, path).answer.result(TIMEOUT) == path


def test_it_takes_no_more_than_it_can() -> None:
    workshop = Workshop()
    for number in range(WAITING):
        workshop.ask("a", slow, str(number))
    with pytest.raises(QuestionError, match="Too much"):
        workshop.ask("a", slow, "one more")
    assert WAITING < KEPT
