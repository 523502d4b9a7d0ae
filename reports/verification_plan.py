"""The verification plan: each guarantee with who depends on it, how it is checked, where, and what is not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from contract.verification.checks import RUNS, Check, checks_of, uncovered
from reports.untrusted import for_terminal
from reports.verification_forms import guarantee_form
from reports.words import clipped, count, instant, listed, verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from contract.verification.guarantees import Guarantee

_EARLY = {Check.REPLAY, Check.TEST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A guarantee with its checks, the earliest first, and why no check sees it before consumers do."""

    guarantee: Guarantee
    checks: tuple[Check, ...]
    gap: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan of some guarantees. `generated_at` is Unix ns."""

    generated_at: int
    rows: Sequence[Planned]

    @property
    def verdict(self) -> str:
        """How much is covered, in a sentence or two."""
        early = sum(bool(_EARLY & set(one.checks)) for one in self.rows)
        gated = sum(Check.GATE in one.checks and not _EARLY & set(one.checks) for one in self.rows)
        late = sum(one.checks == (Check.STORE,) for one in self.rows)
        never = sum(not one.checks for one in self.rows)
        told = (
            f"{count(len(self.rows), 'guarantee')}: {early:,} can be tried on a build, {gated:,} more are "
            f"guarded by the document alone, {late:,} seen only in what was recorded, {never:,} not at all."
        )
        unowned = sum(not one.guarantee.owner for one in self.rows)
        return told + (f" {unowned:,} {verb(unowned, 'has', 'have')} no owner." if unowned else "")

    @property
    def gaps(self) -> Counter[str]:
        """What is not covered before consumers notice, by reason."""
        return Counter(one.gap for one in self.rows if one.gap)

    def by_operation(self) -> dict[str, list[Planned]]:
        """The rows of each operation, what most consumers depend on first."""
        found: dict[str, list[Planned]] = {}
        for one in sorted(
            self.rows, key=lambda row: (-len(row.guarantee.consumers), row.guarantee.clause.key)
        ):
            found.setdefault(one.guarantee.clause.operation, []).append(one)
        return dict(sorted(found.items()))


def plan(guarantees: Iterable[Guarantee], declared: frozenset[str], generated_at: int) -> Plan:
    """Plan how guarantees are checked; `declared` names the producers with a document."""
    rows = [
        Planned(
            guarantee=one,
            checks=checks_of(one.clause, declared=one.clause.producer in declared),
            gap=uncovered(one.clause),
        )
        for one in guarantees
    ]
    return Plan(generated_at=generated_at, rows=rows)


def plan_form(planned: Plan) -> dict[str, Any]:
    """The plan as JSON's own types."""
    return {
        "generated_at": instant(planned.generated_at),
        "verdict": planned.verdict,
        "runs": {check.value: where for check, where in RUNS.items()},
        "not_covered": dict(planned.gaps),
        "guarantees": [
            {
                **guarantee_form(one.guarantee),
                "checks": [check.value for check in one.checks],
                "not_covered": one.gap,
            }
            for rows in planned.by_operation().values()
            for one in rows
        ],
    }


def plan_text(planned: Plan) -> RenderableType:
    """The plan for the terminal."""
    parts: list[RenderableType] = [Text(planned.verdict, "bold"), Text()]
    parts += [Text(f"{check.value:7} {where}", "dim") for check, where in RUNS.items()]
    for operation, rows in planned.by_operation().items():
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for title in (f"{for_terminal(operation)}", "checked by", "relied upon by", "owner"):
            table.add_column(Text(title), overflow="fold")
        for one in rows:
            table.add_row(*map(Text, map(for_terminal, _cells(one))))
        parts += [Text(), table]
    if planned.gaps:
        parts += [Text(), Text("NOT COVERED BEFORE CONSUMERS NOTICE", "bold yellow")]
        parts += [Text(for_terminal(f"  {n:,}  {why}"), "dim") for why, n in planned.gaps.most_common()]
    return Group(*parts)


def plan_markdown(planned: Plan) -> str:
    """The plan as Markdown."""
    lines = ["# Verification plan", "", planned.verdict, "", "| check | where it runs |", "| --- | --- |"]
    lines += [f"| {check.value} | {where} |" for check, where in RUNS.items()]
    for operation, rows in planned.by_operation().items():
        lines += ["", f"## {_plain(operation)}", "", "| guarantee | checked by | relied upon by | owner |"]
        lines.append("| --- | --- | --- | --- |")
        lines += [f"| {' | '.join(map(_plain, _cells(one)))} |" for one in rows]
    if planned.gaps:
        lines += ["", "## Not covered before consumers notice", ""]
        lines += [f"- {n:,}: {_plain(why)}" for why, n in planned.gaps.most_common()]
    return "\n".join(lines)


def _cells(one: Planned) -> tuple[str, str, str, str]:
    clause = one.guarantee.clause
    checks = ", ".join(check.value for check in one.checks) or f"nothing: {one.gap}"
    consumers = listed(one.guarantee.consumers, most=4) or "-"
    return f"{clipped(clause.statement, 90)} [{clause.id}]", checks, consumers, one.guarantee.owner or "-"


def _plain(text: str) -> str:
    """Text that is neither markup nor the end of a cell."""
    clean = for_terminal(text)
    for mark in ("\\", "|", "`", "*", "_", "<", "["):
        clean = clean.replace(mark, f"\\{mark}")
    return clean


def _weight(one: Planned) -> tuple[int, str]:
    return (-len(one.guarantee.consumers), one.guarantee.clause.key)
