"""What verification found, for the terminal: what is broken first, and where to look."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from contract.clause import Direction
from contract.verification.evaluation import Verdict
from reports.untrusted import for_terminal
from reports.words import clipped, count, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from contract.verification.evaluation import Finding
    from reports.verification import Verification

MOST = 20
"""Findings shown of each verdict; all of them are in the JSON."""

TITLES = {
    Verdict.BROKEN: ("Broken", "red"),
    Verdict.NOT_ENOUGH: ("Not enough evidence", "yellow"),
    Verdict.NOT_APPLICABLE: ("Not to be seen this way", "dim"),
}


def verification_text(verification: Verification) -> RenderableType:
    """The report."""
    parts: list[RenderableType] = [
        Text(verification.verdict, "bold"),
        Text(for_terminal(verification.subject), "dim"),
    ]
    for verdict, (title, style) in TITLES.items():
        found = verification.of(verdict)
        if found:
            parts += [Text(), Text.assemble((title.upper(), f"bold {style}"), f"  {len(found):,}")]
            parts += _each(found, style) if verdict is Verdict.BROKEN else _by_reason(found)
    if verification.left_out:
        parts += [Text(), Text("LEFT OUT", "bold dim")]
        parts += [
            _indented(for_terminal(f"{times:,} × {reason}"))
            for reason, times in sorted(verification.left_out.items(), key=lambda entry: -entry[1])
        ]
    return Group(*parts)


def told(finding: Finding) -> str:
    """Why the verdict is what it is, whom it meets, and who relies on it, in sentences."""
    said = [f"{finding.why[:1].upper()}{finding.why[1:]}."]
    if finding.hit:
        said.append(f"Met by {listed(finding.hit)}.")
    relying = finding.guarantee.consumers
    if finding.guarantee.clause.subject.direction is Direction.REQUEST:
        relying = tuple(one for one in relying if one not in finding.hit)  # who sends otherwise does not
    if relying:
        said.append(f"Relied upon by {listed(relying)}.")
    if finding.guarantee.owner:
        said.append(f"Owner: {finding.guarantee.owner}.")
    return " ".join(said)


def _each(found: tuple[Finding, ...], style: str) -> Iterator[RenderableType]:
    for number, finding in enumerate(found[:MOST], start=1):
        clause = finding.guarantee.clause
        yield Text.assemble(
            (f"{number:>3}  ", "dim"),
            (for_terminal(clause.operation), "bold"),
            "  ",
            (for_terminal(clipped(clause.statement)), style),
        )
        yield _indented(for_terminal(told(finding)))
        examples = f"{finding.examples[0]}  " if finding.examples else ""
        yield _indented(Text.assemble((for_terminal(examples), "cyan"), (f"[{clause.id}]", "dim")))
    if len(found) > MOST:
        yield _indented(f"and {len(found) - MOST:,} more: --format json has all")


def _by_reason(found: tuple[Finding, ...]) -> Iterator[RenderableType]:
    """What is open or cannot be seen, by operation: the commonest reason, and an example."""
    operations: dict[str, list[Finding]] = {}
    for finding in found:
        operations.setdefault(finding.guarantee.clause.operation, []).append(finding)
    for operation, theirs in sorted(operations.items())[:MOST]:
        (reason, _), *others = Counter(finding.why for finding in theirs).most_common()
        more = f", and {count(len(others), 'other reason')}" if others else ""
        told = f"  {count(len(theirs), 'guarantee')}: {clipped(reason)}{more}"
        yield _indented(Text.assemble((for_terminal(operation), "bold"), (for_terminal(told), "dim")))
    if len(operations) > MOST:
        yield _indented(f"and {len(operations) - MOST:,} more operations: --format json has all")


def _indented(text: Text | str) -> Padding:
    return Padding(Text(text, "dim") if isinstance(text, str) else text, (0, 0, 0, 5))
