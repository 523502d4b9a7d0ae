"""The verification plan as a page: self-contained, good in print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.verification.checks import RUNS
from reports.html import file

if TYPE_CHECKING:
    from reports.verification_plan import Plan


def plan_html(planned: Plan) -> str:
    """The plan."""
    return file(
        "plan.html",
        plan=planned,
        verdict=planned.verdict,
        runs=[(check.value, where) for check, where in RUNS.items()],
        generated_at=planned.generated_at,
        window=None,
        operations=(),
    )
