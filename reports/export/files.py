"""What all exports share: the tests of an operation out of its guarantees, and the names of files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contract.kinds import Latency, Occurs
from contract.operation import parse
from contract.verification.assertions import assertion
from contract.verification.checks import SAFE, uncovered
from reports.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contract.clause import Clause
    from contract.verification.guarantees import Guarantee

SUPPORT = "defacto_support"
"""The module that the tests import; it is written beside them."""

_LONGEST = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The files of an export by their names, what they test, and what could not be exported, by reason."""

    files: Mapping[str, str]
    tested: int
    left_out: Mapping[str, int]


def support() -> str:
    """The helpers, as they are written beside the tests."""
    return Path(__file__).with_name("support.py").read_text(encoding="utf-8")


def by_operation(guarantees: Iterable[Guarantee]) -> dict[str, list[Guarantee]]:
    """Guarantees by operation, in the order of their keys."""
    found: dict[str, list[Guarantee]] = {}
    for one in sorted(guarantees, key=lambda one: (one.clause.operation, one.clause.key)):
        found.setdefault(one.clause.operation, []).append(one)
    return found


def untestable(clause: Clause) -> str:
    """Why there is no test of a clause, `""` if there is one."""
    if parse(clause.operation).verb not in SAFE:
        return uncovered(clause)
    if assertion(clause) is None:
        return uncovered(clause) or f"{clause.kind.name} takes defacto to be judged: defacto verify --target"
    return ""


def name_of(*parts: str) -> str:
    """A name that Python takes, out of any texts."""
    words = re.sub(r"[^0-9a-z]+", "_", " ".join(parts).lower(), flags=re.ASCII).strip("_")
    return words[:_LONGEST].rstrip("_") or "operation"


def about(guarantee: Guarantee) -> list[str]:
    """The lines of a docstring: the statement, the clause's id, and who relies on it."""
    clause = guarantee.clause
    who = f", relied upon by {listed(guarantee.consumers)}" if guarantee.consumers else ""
    owner = f", owned by {guarantee.owner}" if guarantee.owner else ""
    return [f"{clause.statement}.", "", f"Clause {clause.id}{who}{owner}."]


def docstring(lines: Iterable[str], indent: str = "    ") -> str:
    """Lines as a docstring; what is in them cannot end it."""
    safe = [
        re.sub("[^ -~]", _escaped, line.replace("\\", "\\\\").replace('"""', r"\"\"\"")) for line in lines
    ]
    body = f"\n{indent}".join(safe).replace(f"\n{indent}\n", "\n\n")
    return f'{indent}"""{body}\n{indent}"""'


def _escaped(match: re.Match[str]) -> str:
    """Letters of all languages as they are, whatever acts on a terminal as an escape."""
    return match[0] if match[0].isprintable() else match[0].encode("unicode_escape").decode("ascii")


def body_of(guarantee: Guarantee) -> list[str]:
    """The statements of a test: which answers, and the assertion about each."""
    clause = guarantee.clause
    test, status = assertion(clause), clause.subject.status or ""
    if isinstance(clause.kind, Occurs):
        return [f"for answer in answers_for({status}, answers):", f"    assert {test}, answer.asked"]
    if isinstance(clause.kind, Latency) or guarantee.tolerated:
        return [
            f"misses = [not ({test}) for answer in answers_with({status!r}, answers)]",
            f"assert likely(misses, {guarantee.tolerated:.4g}), f'{{sum(misses)}} of {{len(misses)}}'",
        ]
    return [f"for answer in answers_with({status!r}, answers):", f"    assert {test}, answer.asked"]
