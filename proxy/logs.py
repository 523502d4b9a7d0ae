"""Logs of all the recorder's processes: lines for people, or JSON lines for machines.

Whatever stands in a message, a name from traffic for example, it stays one line: control characters are
written as escapes.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson


def log_to_stderr(process: str, form: str) -> None:
    """Let every warning of this process out, once a process.

    Args:
        process: what it is called: `decoder`, `forwarder`.
        form: `text` or `json`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines(process) if form == "json" else _Lines(process))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def json_line(level: str, process: str, message: str, **fields: str) -> str:
    """One line of a JSON log, with its end."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    said = {"time": at, "level": level, "process": process, "message": message, **fields}
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE).decode()


class _Lines(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        text = f"defacto {self._process}: {record.getMessage()}"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return "".join(char if char.isprintable() or char == "\n" else _escape(char) for char in text)


class _JsonLines(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        fields = {"exception": self.formatException(record.exc_info)} if record.exc_info else {}
        message = record.getMessage()
        return json_line(record.levelname.lower(), self._process, message, **fields).rstrip("\n")


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()
