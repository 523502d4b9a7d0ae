"""Evaluation: guarantees held against observations, one by one, and what they come to.

A guarantee that tolerates nothing is broken by one observation. One that tolerates a share is broken where so
many violations would have come by chance in less than `FALSE_ALARM` of all runs. It holds only where
enough was seen to have noticed more: no data is never "holds".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import ceil, exp, lgamma, log, log1p
from typing import TYPE_CHECKING

from contract.clause import Holds
from contract.kinds import Occurs
from contract.statuses import covers, ways, word_of
from contract.verification.checks import is_single

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.place import Places
    from contract.verification.guarantees import Guarantee

LEAST = 5
"""Observations before a guarantee that tolerates nothing is said to hold: fewer show hardly anything."""

FALSE_ALARM = 0.01
"""The probability with which chance alone may call any of the kept guarantees of one run broken."""

MAX_EXAMPLES = 5

_GONE = frozenset({"404", "410"})


class Verdict(StrEnum):
    """What verification says of a guarantee, what hurts most first."""

    BROKEN = "broken"
    NOT_ENOUGH = "not-enough"
    """It may be kept or broken: too little was seen."""
    HOLDS = "holds"
    NOT_APPLICABLE = "not-applicable"
    """It cannot be seen in this way, or it says what may come and nothing of the kind came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A guarantee, and what verification says of it.

    `held` and `broken` count observations, `missing` how many more are needed for a verdict (0 where there is
    one, or where more of the same would not help). `hit` are the consumers that met a violation, `examples`
    where to look: ids of observations, or requests that were replayed.
    """

    guarantee: Guarantee
    verdict: Verdict
    held: int = 0
    broken: int = 0
    missing: int = 0
    why: str = ""
    hit: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(slots=True)
class _Watched:
    """A guarantee, and what was seen of it."""

    guarantee: Guarantee
    held: int = 0
    broken: int = 0
    others: Counter[str] = field(default_factory=Counter)
    hit: set[str] = field(default_factory=set)
    examples: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The status that it speaks of, `""` where it speaks of a request."""
        return self.guarantee.clause.subject.status or ""

    def breaks(self, consumer: str, example: str) -> None:
        """Count a violation."""
        self.broken += 1
        self.hit.add(consumer)
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(example)


class Evaluation:
    """Guarantees that observations are held against; those about several exchanges together are left out."""

    def __init__(self, guarantees: Iterable[Guarantee]) -> None:
        self._watched = [_Watched(one) for one in guarantees if is_single(one.clause)]
        self._by_answer: dict[tuple[str, str, str], list[_Watched]] = defaultdict(list)
        self._statuses: dict[tuple[str, str], list[_Watched]] = defaultdict(list)
        self._successes: dict[tuple[str, str], set[str]] = defaultdict(set)
        for one in self._watched:
            clause = one.guarantee.clause
            operation = (clause.producer, clause.operation)
            if isinstance(clause.kind, Occurs):
                self._statuses[operation].append(one)
            else:
                self._by_answer[(*operation, one.status)].append(one)
            if one.status.startswith("2"):
                self._successes[operation].add(one.status)

    def observe(self, places: Places, *, consumer: str, example: str, expected: str | None = None) -> None:
        """Hold one exchange against all guarantees about its operation.

        Args:
            places: the exchange.
            consumer: who met it.
            example: how to find it again.
            expected: the success that the same request had before, where that is known.
        """
        operation = (places.exchange.producer, places.operation)
        answered = "" if places.exchange.status is None else word_of(places.exchange.status)
        for status in ("", *ways(answered)) if answered else ("",):
            for one in self._by_answer.get((*operation, status), ()):
                said = one.guarantee.clause.hold(places)
                one.held += said is Holds.YES
                if said is Holds.NO:
                    one.breaks(consumer, example)
        for one in self._statuses.get(operation, ()):
            if answered and covers(one.status, answered):
                one.held += 1
            elif expected is not None and covers(one.status, expected):
                one.others[answered or "nothing"] += 1
                one.breaks(consumer, example)
            elif expected is None and one.status.startswith("2") and self._is_news(operation, answered):
                one.others[answered] += 1

    def _is_news(self, operation: tuple[str, str], answered: str) -> bool:
        """Whether a status is a success that no guarantee speaks of."""
        known = self._successes[operation]
        return answered.startswith("2") and not any(covers(one, answered) for one in known)

    def findings(self) -> list[Finding]:
        """The verdicts, in the order of the guarantees."""
        among = tolerant(one.guarantee for one in self._watched)
        return [
            _of_status(one) if isinstance(one.guarantee.clause.kind, Occurs) else _finding(one, among)
            for one in self._watched
        ]


def judged(guarantee: Guarantee, held: int, broken: int, *, among: int = 1) -> Finding:
    """The verdict that numbers of observations allow.

    Args:
        guarantee: what is to be kept.
        held: observations of which it was true.
        broken: observations of which it was not.
        among: guarantees of the same run that tolerate something (Bonferroni's correction).
    """
    total = held + broken
    tolerated = guarantee.tolerated
    if broken and _chance(broken, total, tolerated) < FALSE_ALARM / among:
        why = f"{broken:,} of {total:,} observations broke it"
        if tolerated:
            why += f", where {tolerated:.2g} of them may"
        return Finding(guarantee=guarantee, verdict=Verdict.BROKEN, held=held, broken=broken, why=why)
    missing = max(0, needed(tolerated) - total)
    if missing:
        why = f"{total:,} seen, {total + missing:,} needed" if total else "never seen"
        return Finding(
            guarantee=guarantee,
            verdict=Verdict.NOT_ENOUGH,
            held=held,
            broken=broken,
            missing=missing,
            why=why,
        )
    why = f"true in all {total:,}" if not broken else f"{broken:,} of {total:,} were otherwise, as few may be"
    return Finding(guarantee=guarantee, verdict=Verdict.HOLDS, held=held, broken=broken, why=why)


def tolerant(guarantees: Iterable[Guarantee]) -> int:
    """How many guarantees chance alone could call broken; 1 at least."""
    return max(1, sum(one.tolerated > 0 for one in guarantees))


def needed(tolerated: float) -> int:
    """Observations from which on a rate above the tolerated one would have shown with 95 %.

    None slower in 299 says that the p99 is kept (Hahn & Meeker, Statistical Intervals, section 5.4).
    """
    if tolerated <= 0:
        return LEAST
    return max(LEAST, ceil(log(0.05) / log1p(-min(tolerated, 0.99))))


def _chance(broken: int, total: int, rate: float) -> float:
    """The probability of at least so many violations if a share `rate` is allowed: a binomial tail."""
    if rate <= 0:
        return 0.0
    if rate >= 1:
        return 1.0

    def likely(k: int) -> float:
        ways = lgamma(total + 1) - lgamma(k + 1) - lgamma(total - k + 1)
        return exp(ways + k * log(rate) + (total - k) * log1p(-rate))

    return 1.0 - min(1.0, sum(map(likely, range(broken))))


def _finding(one: _Watched, among: int) -> Finding:
    found = judged(one.guarantee, one.held, one.broken, among=among)
    return _located(found, one) if found.verdict is Verdict.BROKEN else found


def _located(found: Finding, one: _Watched) -> Finding:
    return replace(found, hit=tuple(sorted(one.hit)), examples=tuple(one.examples))


def _of_status(one: _Watched) -> Finding:
    """That a status comes: nothing breaks it but another answer that comes in its place."""
    guarantee, others = one.guarantee, one.others.total()
    if one.broken or (not one.held and others >= LEAST):
        instead = ", ".join(f"{name} {times:,} times" for name, times in sorted(one.others.items()))
        why = f"answered {instead} where it was {one.status}"
        if one.others.keys() <= _GONE:
            why += ": it is gone, or the build has other data"
        broken = one.broken or others
        return _located(
            Finding(guarantee=guarantee, verdict=Verdict.BROKEN, held=one.held, broken=broken, why=why), one
        )
    if one.held:
        return Finding(
            guarantee=guarantee, verdict=Verdict.HOLDS, held=one.held, why=f"came {one.held:,} times"
        )
    if one.status.startswith("2"):
        return Finding(guarantee=guarantee, verdict=Verdict.NOT_ENOUGH, missing=1, why="never seen")
    return Finding(guarantee=guarantee, verdict=Verdict.NOT_APPLICABLE, why="it may come, and did not")
