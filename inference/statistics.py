"""Statistics: how much a number of observations can say.

Every observer and miner asks here; the thresholds are in `inference/thresholds.py`. All probabilities are
plain floats in 0 to 1.
"""

from __future__ import annotations

from math import ceil, comb, exp, lgamma, log, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Z95 = 1.959964
"""The 97.5 % point of the standard normal distribution: intervals of 95 %."""


def rule_of_three(n: int) -> float:
    """The rate that none in n still allows at 95 % (Hanley & Lippman-Hand, JAMA 1983); 1 for none at all."""
    return min(1.0, 3 / n) if n else 1.0


def wilson(successes: int, n: int, z: float = Z95) -> tuple[float, float]:
    """The score interval of a share (Wilson, JASA 1927); (0, 1) for no observations."""
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    centre = share + z * z / (2 * n)
    margin = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (centre - margin) / (1 + z * z / n)), min(1.0, (centre + margin) / (1 + z * z / n))


def binomial_tail(successes: int, n: int, p: float) -> float:
    """The probability of at least so many successes in n independent trials of probability p."""
    if successes <= 0:
        return 1.0
    if p <= 0 or successes > n:
        return 0.0
    if p >= 1:
        return 1.0
    return min(1.0, sum(exp(_log_binomial(k, n, p)) for k in range(successes, n + 1)))


def _log_binomial(k: int, n: int, p: float) -> float:
    ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return ways + k * log(p) + (n - k) * log(1 - p)


def fisher(a: int, b: int, c: int, d: int) -> float:
    """The two-sided p-value of Fisher's exact test of the table [[a, b], [c, d]] (Fisher, JRSS 1922)."""
    rows, columns, n = a + b, a + c, a + b + c + d
    if n == 0:
        return 1.0

    def weight(x: int) -> int:
        return comb(rows, x) * comb(n - rows, columns - x)

    seen = weight(a)
    ways = range(max(0, columns - (n - rows)), min(rows, columns) + 1)
    return min(1.0, sum(w for x in ways if (w := weight(x)) <= seen) / comb(n, columns))


def benjamini_hochberg(p_values: Sequence[float], rate: float) -> list[bool]:
    """Which of many candidates stand, if at most a share `rate` of those that stand may be false.

    Benjamini & Hochberg, JRSS B 1995. The answers are in the order of the p-values.
    """
    ranked = sorted(range(len(p_values)), key=p_values.__getitem__)
    last = 0
    for rank, index in enumerate(ranked, 1):
        if p_values[index] <= rate * rank / len(p_values):
            last = rank
    stands = [False] * len(p_values)
    for index in ranked[:last]:
        stands[index] = True
    return stands


def unseen_mass(singletons: int, n: int) -> float:
    """The chance that the next value is a new one, by values seen exactly once (Good, Biometrika 1953)."""
    return min(1.0, singletons / n) if n else 1.0


def quantile(values: Sequence[float], q: float) -> float:
    """The smallest of some sorted values that a share q of them does not exceed.

    Raises:
        IndexError: there are none.
    """
    return values[max(0, ceil(q * len(values)) - 1)]


def quantile_interval(n: int, q: float) -> tuple[int, int]:
    """Ranks (from 0) of the order statistics that hold the q-quantile of n observations in between at 95 %.

    By the normal approximation of the binomial count below the quantile (David & Nagaraja, Order Statistics,
    section 7.1). The ends are cut to 0 and n - 1.
    """
    middle, margin = n * q, Z95 * sqrt(n * q * (1 - q))
    return max(0, int(middle - margin) - 1), min(max(0, n - 1), ceil(middle + margin))
