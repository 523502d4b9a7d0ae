"""The drift page as it is asked for: which findings, and how many of them at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from contract.claim import Level, Standing
from contract.clause import Family
from reports.matrix import Matrix, matrix, telling
from reports.web import links

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reports.drift import Drift
    from reports.drift import Section as Told
    from reports.finding import Finding

AT_ONCE = 50
"""Findings of one section on one page."""
AT_FIRST = 15
"""Those of a section that is folded: it is there to be opened, and more to be asked for."""
AT_ONCE_OPERATIONS = 30
"""Operations whose matrix is drawn; with more it is no picture any more."""
IN_SHORT = ("relied", "contradicted", "deprecated")
"""The sections that are shown unfolded."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What to show, as it stands in the address; `""`: all. `operation` is a glob, or part of a key."""

    producer: str = ""
    consumer: str = ""
    operation: str = ""
    standing: str = ""
    family: str = ""
    q: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """Those of an address; the others in it are not ours."""
        return cls(**{one.name: query.get(one.name, "").strip() for one in fields(cls)})

    @property
    def narrow(self) -> bool:
        """Whether anything may be left out."""
        return self != Filters()

    def address(self, **changes: str) -> str:
        """The page with these filters, and some of its query changed."""
        return links.to("/drift", **{one.name: getattr(self, one.name) for one in fields(self)} | changes)

    def keep(self, finding: Finding, drift: Drift) -> bool:
        """Whether a finding of a report is asked for."""
        return (
            self.producer in {"", finding.producer}
            and self.standing in {"", finding.standing.value}
            and (not self.consumer or any(link.consumer == self.consumer for link in finding.dependence))
            and (not self.operation or any(map(self._meant, finding.operations)))
            and (not self.family or any(one.clause.kind.family == self.family for one in finding.claims))
            and (not self.q or self.q.casefold() in drift.texts[finding.id])
        )

    def _meant(self, key: str) -> bool:
        pattern = self.operation.casefold().replace("[", "[[]")
        return fnmatchcase(key.casefold(), pattern if {"*", "?"} & set(pattern) else f"*{pattern}*")


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of the report: the findings of this page, each with its number, and where there are more.

    `number` counts within the whole report, whatever is filtered. `more` leads to the next ones, `""`: none.
    """

    told: Told
    found: tuple[tuple[int, Finding], ...]
    before: int
    more: str
    folded: bool

    @property
    def left(self) -> int:
        """How many come after these."""
        return len(self.told.findings) - self.before - len(self.found)


@dataclass(frozen=True, kw_only=True)
class Stake:
    """What one consumer has at stake: undeclared things that it relies on, broken promises that it gets."""

    consumer: str
    relied: int
    used: int
    broken: int
    address: str


@dataclass(frozen=True, kw_only=True)
class DriftView:
    """The page. `total` counts the findings that are asked for, `whole` all; `only` is a section alone."""

    filters: Filters
    counts: tuple[Told, ...]
    sections: tuple[Section, ...]
    stakes: tuple[Stake, ...]
    matrix: Matrix | None
    finding_of: Mapping[str, Finding]
    total: int
    whole: int
    only: str


def drift_view(drift: Drift, filters: Filters, only: str = "", begin: int = 0) -> DriftView:
    """The page of a drift report.

    Args:
        drift: the report.
        filters: what is asked for.
        only: the slug of the section to show alone, `""`: all.
        begin: how many findings of each section to pass over.
    """
    numbers: dict[str, int] = {}
    so_far = 0
    for section in drift.sections:
        numbers |= {one.id: number for number, one in enumerate(section.findings, so_far + 1)}
        so_far += len(section.findings)
    told = [_kept(section, filters, drift) for section in _sections(drift, filters.consumer)]
    alone = only in {section.slug for section in told}
    shown = [one for one in told if one.findings and (one.slug == only or not alone)]
    found = [finding for section in told for finding in section.findings]
    drawn = None if alone else _matrix(drift, filters, found)
    return DriftView(
        filters=filters,
        counts=tuple(told),
        sections=tuple(_section(one, filters, numbers, begin if alone else 0, alone=alone) for one in shown),
        stakes=() if alone else _stakes(found, filters),
        matrix=drawn,
        finding_of={claim.clause.id: one for one in found for claim in one.claims} if drawn else {},
        total=len(found),
        whole=so_far,
        only=only if alone else "",
    )


def finding_of(drift: Drift, id_: str) -> Finding | None:
    """The finding of an id, None: there is none now."""
    return next((one for one in drift.findings if one.id == id_), None)


def choices(drift: Drift) -> Mapping[str, tuple[str, ...]]:
    """What can be chosen of each filter that is a list."""
    return {
        "producer": tuple(sorted({one.producer for one in drift.compared})),
        "consumer": tuple(sorted(one.name for one in drift.consumers)),
        "standing": tuple(Standing),
        "family": tuple(Family),
    }


def _sections(drift: Drift, consumer: str) -> Iterator[Told]:
    """The sections; for one consumer, what only others rely on is among what is sent, which comes later."""
    aside: list[Finding] = []
    for one in drift.sections:
        if consumer and one.slug in {"relied", "left"}:
            aside += (finding for finding in one.findings if not _relies(finding, consumer))
            own = (finding for finding in one.findings if _relies(finding, consumer))
            yield replace(one, findings=tuple(own))
        else:
            yield replace(one, findings=(*aside, *one.findings)) if one.slug == "sent" else one


def _relies(finding: Finding, consumer: str) -> bool:
    return any(link.consumer == consumer for link in (*finding.reliant, *finding.left))


def _kept(section: Told, filters: Filters, drift: Drift) -> Told:
    if not filters.narrow:
        return section
    return replace(section, findings=tuple(one for one in section.findings if filters.keep(one, drift)))


def _section(told: Told, filters: Filters, numbers: Mapping[str, int], begin: int, *, alone: bool) -> Section:
    folded = not alone and told.slug not in IN_SHORT
    end = begin + (AT_FIRST if folded else AT_ONCE)
    return Section(
        told=told,
        found=tuple((numbers[one.id], one) for one in told.findings[begin:end]),
        before=min(begin, len(told.findings)),
        more=filters.address(section=told.slug, begin=str(end)) if end < len(told.findings) else "",
        folded=folded,
    )


def _stakes(found: Iterable[Finding], filters: Filters) -> tuple[Stake, ...]:
    relied: Counter[str] = Counter()
    used: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    for one in found:
        names = [link.consumer for link in one.reliant]
        if one.standing is Standing.UNDECLARED:
            relied.update(names)
            used.update(link.consumer for link in one.reliant if link.level.rank >= Level.USED.rank)
        elif one.standing is Standing.CONTRADICTED:
            broken.update(link.consumer for link in one.dependence)
    stakes = (
        Stake(
            consumer=name,
            relied=relied[name],
            used=used[name],
            broken=broken[name],
            address=filters.address(consumer=name),
        )
        for name in {*relied, *broken}
    )
    return tuple(sorted(stakes, key=lambda one: (-one.relied, -one.broken, one.consumer)))


def _matrix(drift: Drift, filters: Filters, found: Iterable[Finding]) -> Matrix | None:
    """The matrix of the operations asked for, where they are few enough; None: they are not."""
    meant = {(one.producer, key) for one in found for key in one.operations} if filters.narrow else None
    operations = [
        one.operation
        for one in drift.compared
        if one.operation.observations and (meant is None or (one.producer, one.operation.key) in meant)
    ]
    return matrix(operations, telling) if 0 < len(operations) <= AT_ONCE_OPERATIONS else None
