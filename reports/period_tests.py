"""What two periods say about one difference: the chance that both behave alike, and the words for it.

Every test asks how probable so large a difference is if nothing changed and each period only saw its share.
Observations are taken to be independent; those of one session are not, so that a small chance is a reason to
look, no proof.
"""

from __future__ import annotations

from math import erfc, sqrt
from typing import TYPE_CHECKING, NamedTuple

from inference.counted import Held
from inference.statistics import fisher, quantile_interval, rule_of_three
from inference.thresholds import LATENCY_SHIFT
from reports.words import count, listed, milliseconds, percent, upper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract.claim import Claim
    from contract.subject import Subject
    from inference.buckets import Buckets
    from inference.counted import Counted

EXACT = 2_000
"""Observations up to which Fisher's test is computed; with more, the normal approximation is as good."""

_QUANTILES = (0.5, 0.95, 0.99)
_FEW = 5


class Tested(NamedTuple):
    """`chance`: that nothing changed, None where that cannot be computed. `words`: a sentence."""

    chance: float | None
    words: str


def chance_of(one: Held, two: Held) -> float:
    """The two-sided p-value of two shares being the same.

    Fisher's exact test, and for many observations the z-test of two proportions (Fleiss, Statistical Methods
    for Rates and Proportions, chapter 3) where every expected number is at least five.
    """
    n, m = sum(one), sum(two)
    if not n or not m:
        return 1.0
    rate = (one.no + two.no) / (n + m)
    if n + m <= EXACT or min(n, m) * min(rate, 1 - rate) < _FEW:
        return fisher(one.yes, one.no, two.yes, two.no)
    z = abs(one.no / n - two.no / m) / sqrt(rate * (1 - rate) * (1 / n + 1 / m))
    return erfc(z / sqrt(2))


def of_place(place: Subject, seen_in: Counted, not_in: Counted, *, later: bool) -> Tested:
    """A place that one period has and the other has not; `later`: the first is the later one."""
    met, chances, others = seen_in.met(place), seen_in.chances(place), not_in.chances(place)
    there, here = ("after", "before") if later else ("before", "after")
    if not others:
        return Tested(None, f"What it would stand in was not seen {here}.")
    share = Held(min(met, chances), max(0, chances - met))
    chance = chance_of(share, Held(0, others))
    said = f"Seen in {met:,} of {chances:,} {there}, in none of {others:,} {here}"
    return Tested(chance, f"{said}; {_by_chance(chance)}.")


def of_statement(claim: Claim, true_in: Counted, other: Counted, *, later: bool) -> Tested:
    """A statement that is claimed of one period only, tried out on both."""
    here = "before" if later else "after"
    mine, theirs = true_in.tried(claim.clause), other.tried(claim.clause)
    if not sum(theirs):
        return Tested(None, f"What was kept of the time {here} cannot confirm or break it.")
    if not theirs.no:
        seen = count(theirs.yes, "sampled exchange")
        return Tested(None, f"It was true in {seen} {here}, too; that is too few, or too alike, to claim it.")
    chance = chance_of(mine, theirs)
    false = f"False in {theirs.no:,} of {sum(theirs):,} sampled exchanges {here}"
    return Tested(chance, f"{false}, in {mine.no:,} of {sum(mine):,} otherwise; {_by_chance(chance)}.")


def of_values(before: Claim, after: Claim, counted: tuple[Counted, Counted]) -> Tested:
    """Two statements of one kind about one place that differ: by the best test that there is for them."""
    one, two = counted
    subject = before.clause.subject
    durations = one.durations(subject), two.durations(subject)
    if durations[0] and durations[1]:
        return _of_durations(durations[0], durations[1])
    members = one.members(before.clause), two.members(after.clause)
    if members[0] is not None and members[1] is not None:
        return _of_members(members[0], members[1])
    shares = (
        Held(before.evidence.held, before.evidence.broken),
        Held(after.evidence.held, after.evidence.broken),
    )
    if shares[0].no or shares[1].no:
        return _of_shares(*shares)
    return _of_both(before, after, counted)


def _of_durations(one: Buckets, two: Buckets) -> Tested:
    """By the share of answers beyond a quantile of both periods together (Mood's median test, for quantiles).

    Of several quantiles the clearest is told, and its chance multiplied by their number (Bonferroni).
    """
    both = type(one)(dict(one.counts))
    both.merge(two)
    best = Tested(1.0, "")
    for q in _QUANTILES:
        limit = both.quantile(q)
        values = one.quantile(q), two.quantile(q)
        if abs(values[0] - values[1]) <= LATENCY_SHIFT * max(values):
            continue
        chance = min(1.0, len(_QUANTILES) * chance_of(_within(one, limit), _within(two, limit)))
        if chance < (best.chance or 0) or not best.words:
            said = f"p{100 * q:.0f} was {_interval(one, q)} and is {_interval(two, q)}"
            best = Tested(chance, f"{said}; {_by_chance(chance)}.")
    return best if best.words else Tested(1.0, f"No quantile moved by more than {percent(LATENCY_SHIFT)}.")


def _within(buckets: Buckets, limit: int) -> Held:
    """How many of the answers took no longer, and how many longer."""
    alone = type(buckets)
    yes = sum(number for index, number in buckets.counts.items() if alone({index: 1}).quantile(0) <= limit)
    return Held(yes, buckets.total - yes)


def _interval(buckets: Buckets, q: float) -> str:
    """A quantile with the order statistics that hold it at 95 %."""
    last = max(1, buckets.total - 1)
    low, high = (milliseconds(buckets.quantile(rank / last) / 1e6) for rank in quantile_interval(last + 1, q))
    return f"{milliseconds(buckets.quantile(q) / 1e6)} ({low} to {high})"


def _of_members(one: Mapping[object, int], two: Mapping[object, int]) -> Tested:
    """By the values that came in one of the periods only."""
    totals = sum(one.values()), sum(two.values())
    added = {value: number for value, number in two.items() if not one.get(value)}
    removed = {value: number for value, number in one.items() if not two.get(value)}
    chances, words = [], []
    for values, (here, there), (when, other) in (
        (added, (totals[1], totals[0]), ("after", "before")),
        (removed, (totals[0], totals[1]), ("before", "after")),
    ):
        number = sum(values.values())
        if number:
            chances.append(chance_of(Held(number, here - number), Held(0, there)))
            bound = upper(rule_of_three(there))
            words.append(
                f"{listed([f'`{value}`' for value in sorted(map(str, values))])} came {number:,} times in "
                f"{here:,} {when}, never in {there:,} {other}, where it would have been missed only if it "
                f"made up less than {bound} (at 95%); {_by_chance(chances[-1])}"
            )
    if not chances:
        return Tested(1.0, "The same values came.")
    return Tested(min(1.0, len(chances) * min(chances)), f"{'. '.join(words)}.")


def _of_shares(one: Held, two: Held) -> Tested:
    chance = chance_of(one, two)
    said = (f"{share.no:,} of {sum(share):,}" for share in (one, two))
    return Tested(chance, f"False in {' before, in '.join(said)} after; {_by_chance(chance)}.")


def _of_both(before: Claim, after: Claim, counted: tuple[Counted, Counted]) -> Tested:
    """Each period's statement, tried out on the other's exchanges."""
    tests = (
        of_statement(before, counted[0], counted[1], later=False),
        of_statement(after, counted[1], counted[0], later=True),
    )
    known = [(one.chance, one.words) for one in tests if one.chance is not None]
    if known:
        chance, words = min(known)
        return Tested(min(1.0, len(known) * chance), words)
    return Tested(None, "What was kept does not tell whether this is more than chance.")


def _by_chance(chance: float) -> str:
    if chance < 1e-6:
        return "by chance less than once in a million"
    return f"by chance with a probability of {chance:.2g}"
