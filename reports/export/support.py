"""Helpers of the tests that `defacto export` wrote. They need `requests` and pytest, and no defacto.

`DEFACTO_TARGET` is the build to try (`http://127.0.0.1:9000`), `DEFACTO_HEADERS` the header fields to send,
one a line (`Authorization: Bearer ...`), `DEFACTO_TIMEOUT` the seconds until a request is given up (10).
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field
from math import comb
from typing import Any

import pytest
import requests

GONE = (404, 410)
UNAVAILABLE = (429, 502, 503, 504)
BLANK = frozenset(
    """
    -|--|---|–|—|#n/a|(none)|(null)|<none>|<null>|n.a.|n/a|n\\a|nan|nil|none|not applicable|not available|null
    |undefined|unknown|
    """.replace("\n    ", "").split("|")
)
"""Texts that stand where a value would, and say that there is none."""


@dataclass(frozen=True)
class Request:
    """A recorded request, the status it was answered with, and the header fields that were withheld."""

    status: int
    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the build answered, and the status that the same request had when it was recorded."""

    status: int
    seconds: float
    headers: dict[str, str]
    body: Any
    asked: str = ""
    recorded: int = 0

    @property
    def media_type(self) -> str:
        """Without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def ask(wanted: list[Request]) -> list[Answer]:
    """Send requests; those that need a header field which is not given are left out."""
    base = os.environ.get("DEFACTO_TARGET", "").rstrip("/")
    if not base:
        pytest.skip("DEFACTO_TARGET names no build")
    lines = [line.partition(":") for line in os.environ.get("DEFACTO_HEADERS", "").splitlines()]
    given = {name.strip().lower(): value.strip() for name, colon, value in lines if colon}
    timeout = float(os.environ.get("DEFACTO_TIMEOUT", "10"))
    with requests.Session() as session:
        return [
            _answer(session, base, one, given, timeout) for one in wanted if set(one.withheld) <= given.keys()
        ]


def _answer(
    session: requests.Session, base: str, one: Request, given: dict[str, str], timeout: float
) -> Answer:
    begun = time.perf_counter()
    response = session.request(
        one.method,
        base + one.target,
        headers={**one.headers, **given},
        timeout=timeout,
        allow_redirects=False,
    )
    return answer_of(response, time.perf_counter() - begun, f"{one.method} {one.target}", one.status)


def answer_of(response: Any, seconds: float, asked: str = "", recorded: int = 0) -> Answer:
    """An answer out of a response of `requests`, or of one that looks like it."""
    headers = {name.lower(): _first(value) for name, value in response.headers.items()}
    try:
        body = response.json() if response.content else None
    except ValueError:
        body = None
    return Answer(response.status_code, seconds, headers, body, asked, recorded)


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value)


def answers_with(status: int | str, answers: list[Answer]) -> list[Answer]:
    """The answers with a status (`200`, or a class such as `4XX`); the test is skipped if there is none."""
    wanted = str(status).lower().rstrip("x")
    found = [one for one in answers if wanted == "default" or str(one.status).startswith(wanted)]
    if not found:
        pytest.skip(f"no answer {status} to look at")
    return found


def answers_for(status: int, answers: list[Answer]) -> list[Answer]:
    """The answers to requests that had a status once.

    What is gone from the build's data is left out, unless most is.
    """
    asked = [one for one in answers if one.recorded == status and one.status not in UNAVAILABLE]
    kept = [one for one in asked if one.status not in GONE]
    found = asked if 2 * len(kept) < len(asked) else kept
    if not found:
        pytest.skip(f"no request that was answered {status} could be sent")
    return found


def likely(misses: list[bool], tolerated: float) -> bool:
    """Whether so many misses come in more than one of a hundred cases if a share of them is tolerated."""
    n, k = len(misses), sum(misses)
    below = sum(comb(n, i) * tolerated**i * (1 - tolerated) ** (n - i) for i in range(k))
    return k == 0 or 1 - below >= 0.01


def values(answer: Answer, *way: str) -> list[Any]:
    """All values at a place: `values(answer, "body", "items", "[]", "id")`."""
    return _walk(answer, way)[0]


def missing(answer: Answer, *way: str) -> int:
    """How many objects lack the field that a way ends in."""
    return _walk(answer, way)[1]


def _walk(answer: Answer, way: tuple[str, ...]) -> tuple[list[Any], int]:
    if way[0] == "header":
        found = [answer.headers[name] for name in way[1:] if name in answer.headers]
        return found, 1 - len(found)
    level, lacking = ([] if answer.body is None else [answer.body]), 0
    for part in way[1:]:
        level, lacking = _step(level, part)
    return level, lacking


def _step(level: list[Any], part: str) -> tuple[list[Any], int]:
    if part == "[]":
        return [item for value in level if isinstance(value, list) for item in value], 0
    objects = [value for value in level if isinstance(value, dict)]
    if part == "{}":
        return [child for value in objects for child in value.values()], 0
    found = [value[part] for value in objects if part in value]
    return found, len(objects) - len(found)


def typed(value: Any, *names: str) -> bool:
    """Whether a value has one of some JSON types; an integer is a number."""
    types: dict[str, Any] = {
        "array": list,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
        "object": dict,
        "string": str,
    }
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, types[name]) for name in names)


def blank(value: Any) -> bool:
    """Whether it is null, or a text that stands for it."""
    return value is None or (isinstance(value, str) and value.strip().lower() in BLANK)


def among(value: Any, allowed: list[Any]) -> bool:
    """Whether a value is one of some; arrays, objects and blank texts are none of which that is said."""
    if blank(value) or isinstance(value, list | dict):
        return True
    return any(_frozen(value) == _frozen(one) for one in allowed)


def matches(value: Any, expression: str) -> bool:
    """Whether a text matches somewhere; of what is blank or no text nothing is said."""
    return blank(value) or not isinstance(value, str) or bool(re.search(expression, value, re.ASCII))


def distinct(items: list[Any], by: tuple[str, ...]) -> bool:
    """Whether no two items are the same, at a field if one is named."""
    keys = [_key(item, by) for item in items if not blank(item)]
    return len(set(keys)) == len(keys)


def _key(item: Any, by: tuple[str, ...]) -> Any:
    level = [item] if by else []
    for part in by:
        level = _step(level, part)[0]
    known = tuple(_frozen(value) for value in level if not blank(value))
    return (True, known) if known else (False, _frozen(item))


def _frozen(value: Any) -> Any:
    """What two JSON values share exactly if they are equal; 1 is 1.0, and is not true."""
    if isinstance(value, dict):
        return frozenset((name, _frozen(child)) for name, child in value.items())
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return (isinstance(value, bool), value)
