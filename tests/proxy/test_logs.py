"""Log lines: one a message, whatever stands in it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import orjson
import pytest

from proxy.logs import log_to_stderr

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_lines_for_people_hold_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("decoder", "text")
    logging.getLogger("x").warning("a path: %s", "/a\x1b[2Jb\u202e")
    assert capsys.readouterr().err == "defacto decoder: a path: /a\\x1b[2Jb\\u202e\n"


def test_json_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("decoder", "json")
    try:
        int("bad\nvalue")
    except ValueError:
        logging.getLogger("x").exception("a record: %s", 'q"\n')
    (line,) = capsys.readouterr().err.splitlines()
    said = orjson.loads(line)
    assert (said["level"], said["process"], said["message"]) == ("error", "decoder", 'a record: q"\n')
    assert "ValueError" in said["exception"]
