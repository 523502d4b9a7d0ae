"""Guarantees as pytest files, one an operation: readable, and without defacto where they run."""

from __future__ import annotations

from collections import Counter
from pprint import pformat
from typing import TYPE_CHECKING

from reports.export.files import (
    SUPPORT,
    Exported,
    about,
    body_of,
    by_operation,
    docstring,
    name_of,
    support,
    untestable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contract.verification.guarantees import Guarantee
    from reports.verification_requests import Request

_HELPERS = (
    "Request",
    "among",
    "answers_for",
    "answers_with",
    "ask",
    "blank",
    "distinct",
    "likely",
    "matches",
    "missing",
    "typed",
    "values",
)


def pytest_files(guarantees: Iterable[Guarantee], requests: Mapping[str, Sequence[Request]]) -> Exported:
    """Test files by their names.

    Args:
        guarantees: of one producer or several.
        requests: the requests to send, by operation.
    """
    left_out: Counter[str] = Counter()
    files, tested = {f"{SUPPORT}.py": support()}, 0
    for operation, theirs in by_operation(guarantees).items():
        testable = [one for one in theirs if not untestable(one.clause)]
        left_out.update(reason for one in theirs if (reason := untestable(one.clause)))
        asked = requests.get(operation, ())
        if testable and asked:
            files[f"test_{name_of(operation)}.py"] = _file(operation, testable, asked)
            tested += len(testable)
        elif testable:
            left_out["no request of the operation was recorded that can be sent"] += len(testable)
    return Exported(files=files, tested=tested, left_out=left_out)


def _file(operation: str, guarantees: Sequence[Guarantee], requests: Sequence[Request]) -> str:
    tests = [_test(one) for one in guarantees]
    used = [name for name in _HELPERS if name in {"Request", "ask"} or any(f"{name}(" in t for t in tests)]
    head = docstring(
        [
            f"{operation}: what is guaranteed of its answers.",
            "",
            "Written by defacto export pytest; write it again instead of changing it. To run it:",
            "DEFACTO_TARGET=http://127.0.0.1:9000 pytest",
        ],
        indent="",
    )
    listing = ",\n".join(f"    {_request(one)}" for one in requests)
    return "\n".join(
        [
            head,
            "",
            "import pytest",
            f"from {SUPPORT} import {', '.join(used)}",
            "",
            f"REQUESTS = [\n{listing},\n]",
            "",
            "",
            '@pytest.fixture(scope="module")',
            "def answers():",
            "    return ask(REQUESTS)",
            *tests,
            "",
        ]
    )


def _request(one: Request) -> str:
    recorded = one.recorded
    target = f"{recorded.path}{'?' if recorded.query else ''}{recorded.query}"
    headers = pformat(dict(one.headers), width=10_000, compact=True)
    withheld = f", {one.withheld!r}" if one.withheld else ""
    return f"Request({recorded.status}, {recorded.method!r}, {target!r}, {headers}{withheld})"


def _test(guarantee: Guarantee) -> str:
    clause = guarantee.clause
    lines = [f"    {line}" for line in body_of(guarantee)]
    name = f"test_{name_of(clause.subject.readable, clause.kind.name)}__{clause.id}"
    return "\n".join(["", "", f"def {name}(answers):", docstring(about(guarantee)), *lines])
