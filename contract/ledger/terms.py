"""What is said of a decision besides itself, wherever it is said: on the command line, on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.ledger.writing import decided

if TYPE_CHECKING:
    from datetime import date

    from contract.claim import Claim, Decision
    from contract.ledger.model import Ledger
    from contract.ledger.splicing import Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who decides, when, why, until when, and of what is deprecated when it goes and what takes its place."""

    by: str
    at: date
    reason: str
    review: date | None
    remove: date | None
    successor: str

    def edit(self, ledger: Ledger, claim: Claim, decision: Decision) -> Edit:
        """The decision about a clause on these terms."""
        return decided(
            ledger,
            claim,
            decision,
            by=self.by,
            at=self.at,
            reason=self.reason,
            review=self.review,
            remove=self.remove,
            successor=self.successor,
        )
