"""What verification found: the verdict of each guarantee, and what could not be tried."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from contract.verification.evaluation import Verdict
from reports.words import count, listed, verb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contract.verification.evaluation import Finding

IN_ORDER = tuple(Verdict)


@dataclass(frozen=True, kw_only=True)
class Verification:
    """The verdicts of one run.

    `subject` says what was looked at, in words; `observed` counts the exchanges and messages, or the requests
    that were answered; `left_out` the observations or requests that could not be used, by reason. `live` says
    that a build was asked.
    """

    generated_at: int
    subject: str
    observed: int
    findings: Sequence[Finding]
    left_out: Mapping[str, int] = field(default_factory=dict)
    live: bool = False

    def of(self, verdict: Verdict) -> tuple[Finding, ...]:
        """The findings of one verdict, what most depend on first."""
        found = (one for one in self.findings if one.verdict is verdict)
        return tuple(sorted(found, key=_weight))

    @cached_property
    def counts(self) -> Counter[Verdict]:
        """How many guarantees have each verdict."""
        return Counter(one.verdict for one in self.findings)

    @property
    def verdict(self) -> str:
        """The answer in a sentence or two."""
        if not self.findings:
            return "Nothing is guaranteed, so nothing was verified."
        whole = count(len(self.findings), "guarantee")
        if self.live and not self.seen:
            none = "No answer could be judged" if self.observed else "No request could be replayed"
            return f"{none}: of {whole} nothing can be said."
        if not self.observed:
            return f"Nothing was observed: of {whole} nothing can be said."
        broken, open_ = self.counts[Verdict.BROKEN], self.counts[Verdict.NOT_ENOUGH]
        unseen = self.counts[Verdict.NOT_APPLICABLE]
        told = f"{count(broken, 'guarantee')} {verb(broken, 'is', 'are')} broken"
        if not broken:
            told = "No guarantee was seen broken"
        rest = [f"{self.counts[Verdict.HOLDS]:,} of {len(self.findings):,} hold"]
        rest += [f"of {open_:,} too little was seen to tell"] if open_ else []
        rest += [f"{unseen:,} cannot be seen this way"] if unseen else []
        return f"{told}: {listed(rest)}."

    @property
    def seen(self) -> bool:
        """Whether anything was seen of any guarantee."""
        return any(one.held or one.broken for one in self.findings)

    def failing(self, *, on_open: bool) -> bool:
        """Whether a guarantee is broken; with `on_open` also whether too little was seen of one.

        A build that showed nothing of any guarantee has not passed: whoever asks it waits for an answer.
        """
        if self.counts[Verdict.BROKEN] or (self.live and not self.seen):
            return True
        return on_open and bool(self.counts[Verdict.NOT_ENOUGH])


def _weight(finding: Finding) -> tuple[int, int, str, str]:
    clause = finding.guarantee.clause
    return (-len(finding.hit), -len(finding.guarantee.consumers), clause.operation, clause.key)
