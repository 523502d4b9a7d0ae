"""The drift report's content: declared × observed, as ranked findings with a verdict.

Relying means doing more than receiving: asking for it, or sending it back. What a consumer only reads leaves
no trace that a proxy could see, so findings that nobody was seen to rely on are shown apart, and never called
safe. So are those that only consumers relied on which have left, as the ledger's policy has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from contract.claim import Standing
from reports.finding import across, findings
from reports.reasons import headline
from reports.words import count, listed, verb

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contract.claim import Consumer
    from reports.finding import Compared, Finding
    from store.records import Capture

_ORDER = (Standing.CONTRADICTED, Standing.UNDECLARED, Standing.UNOBSERVED, Standing.DECLARED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Findings that ask the reader for the same thing. `slug` names the section in links."""

    slug: str
    title: str
    about: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Where observed and declared contract part.

    `documents` are the declared documents by producer, `compared` all operations of either side, `consumers`
    those seen. Times are Unix ns; `window` is None where nothing was observed.
    """

    generated_at: int
    window: tuple[int, int] | None
    capture: Capture
    documents: Mapping[str, str]
    compared: tuple[Compared, ...]
    consumers: tuple[Consumer, ...] = ()

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, what would hurt most first; what is no trouble (never seen, kept) at the end."""
        found = across(finding for compared in self.compared for finding in findings(compared))
        return tuple(sorted(found, key=lambda finding: (_ORDER.index(finding.standing), finding.rank)))

    def of(self, standing: Standing) -> tuple[Finding, ...]:
        """The findings of one standing, in order."""
        return tuple(finding for finding in self.findings if finding.standing is standing)

    @cached_property
    def relied(self) -> tuple[Finding, ...]:
        """Undeclared, and relied upon."""
        return tuple(finding for finding in self.of(Standing.UNDECLARED) if finding.reliant)

    @cached_property
    def left(self) -> tuple[Finding, ...]:
        """Undeclared, and relied upon by nobody but consumers that have left."""
        return tuple(one for one in self.of(Standing.UNDECLARED) if one.left and not one.reliant)

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """What a search looks through, by the id of a finding, in small letters."""
        return {
            one.id: f"{one.operation} {one.place.readable if one.place else ''} {headline(one)}".casefold()
            for one in self.findings
        }

    @property
    def failing(self) -> bool:
        """Whether a promise is not kept, or somebody relies on what nobody promised."""
        return bool(self.of(Standing.CONTRADICTED) or self.relied)

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The findings as people read them: first what a change would break, and whom."""
        undeclared = self.of(Standing.UNDECLARED)
        declared = self.of(Standing.DECLARED)
        deprecated = Section(
            slug="deprecated",
            title="Deprecated, and in use",
            about="The declaration says that it will go. Whoever asks for it must change first.",
            findings=tuple(finding for finding in declared if finding.deprecated),
        )
        left = Section(
            slug="left",
            title="Relied upon by who has left, promised by nobody",
            about="They were away for longer than the policy lets a consumer stay. Ask before it changes.",
            findings=self.left,
        )
        return (
            Section(
                slug="relied",
                title="Relied upon, promised by nobody",
                about="Consumers ask for it or send it back. Changing it may break them.",
                findings=self.relied,
            ),
            Section(
                slug="contradicted",
                title="Promises that are not kept",
                about="The declaration says one thing, the traffic another.",
                findings=self.of(Standing.CONTRADICTED),
            ),
            *(one for one in (deprecated, left) if one.findings),
            Section(
                slug="sent",
                title="Sent, promised by nobody, no use seen",
                about="Consumers receive it. Reading leaves no trace, so they may rely on it all the same.",
                findings=tuple(
                    finding
                    for finding in undeclared
                    if not finding.reliant and not finding.left and not finding.habit
                ),
            ),
            Section(
                slug="habits",
                title="How consumers ask, beyond what they must",
                about="Every request seen is like this, though the declaration allows others.",
                findings=tuple(finding for finding in undeclared if finding.habit),
            ),
            Section(
                slug="unobserved",
                title="Declared, never seen",
                about="Unused, or rarer than the period observed.",
                findings=self.of(Standing.UNOBSERVED),
            ),
            Section(
                slug="declared",
                title="Promised and kept",
                about="Every observation agrees with the declaration.",
                findings=tuple(finding for finding in declared if not finding.deprecated),
            ),
        )

    @property
    def verdict(self) -> str:
        """The answer in one or two sentences."""
        if not any(compared.operation.observations for compared in self.compared):
            return "Nothing was observed, so there is nothing to compare the declaration with."
        said = [*self._failures(), *self._asides()]
        if self.failing:
            return f"{'; '.join(said)}."
        whom = "nobody who is still a consumer" if self.left else "nobody"
        calm = f"No promise was seen broken, and {whom} was seen to rely on what nobody promised"
        return f"{'; '.join([calm, *said])}."

    def _failures(self) -> Iterator[str]:
        if self.relied:
            who = len({link.consumer for finding in self.relied for link in finding.reliant})
            things = count(len(self.relied), "thing")
            yield f"{count(who, 'consumer')} {verb(who, 'relies', 'rely')} on {things} that nobody promised"
        broken = len(self.of(Standing.CONTRADICTED))
        if broken:
            yield f"{count(broken, 'promise')} {verb(broken, 'is', 'are')} not kept"

    def _asides(self) -> Iterator[str]:
        unseen = len(self.of(Standing.UNOBSERVED))
        if self.left:
            who = sorted({link.consumer for finding in self.left for link in finding.left})
            things = count(len(self.left), "undeclared thing")
            yield f"only {listed(who)} relied on {things}, and {verb(len(who), 'has', 'have')} left"
        if unseen:
            yield f"{count(unseen, 'declared thing')} {verb(unseen, 'was', 'were')} never seen"
