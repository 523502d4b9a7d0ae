"""A claim: a clause together with all that is known about it. What reports render and programs read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract.clause import Clause
    from store.records import Capture


class Level(StrEnum):
    """How a consumer relates to a clause, weakest first."""

    EXPOSED = "exposed"
    """It was sent this."""
    REQUESTED = "requested"
    """It asked for this, or asked with this."""
    USED = "used"
    """The value came back in what it did next."""
    PROVEN = "proven"
    """Its behaviour changed when this changed."""

    @property
    def rank(self) -> int:
        """0 for the weakest."""
        return _RANKS[self]


_RANKS = {level: rank for rank, level in enumerate(Level)}


class Standing(StrEnum):
    """How a clause relates to the declared contract."""

    CONTRADICTED = "contradicted"
    UNDECLARED = "undeclared"
    UNOBSERVED = "unobserved"
    DECLARED = "declared"


class Decision(StrEnum):
    """What the owners said about a clause."""

    GUARANTEED = "guaranteed"
    MAY_CHANGE = "may-change"
    OUT_OF_CONTRACT = "out-of-contract"
    DEPRECATED = "deprecated"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why a clause is believed, or not.

    `held` and `broken` count the observations that the clause could be true or false of. `first_seen`
    and `last_seen` are Unix nanoseconds, None where nothing was seen. `examples` are a few exchange ids
    to look at; where anything broke the clause, ids of exchanges that did come first.
    """

    held: int
    broken: int
    first_seen: int | None = None
    last_seen: int | None = None
    examples: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Observations that could have spoken."""
        return self.held + self.broken

    @property
    def bound(self) -> float | None:
        """The rate of violations that the evidence still allows at 95 %, None without evidence.

        Nothing broken in n: 3/n, the rule of three (Hanley & Lippman-Hand, JAMA 1983), at most 1.
        Otherwise the upper end of the Wilson score interval (Wilson, JASA 1927).
        """
        n = self.total
        if n == 0:
            return None
        if self.broken == 0:
            return min(1.0, 3 / n)
        z = 1.959964
        p = self.broken / n
        centre = p + z * z / (2 * n)
        margin = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return min(1.0, (centre + margin) / (1 + z * z / n))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence:
    """How one consumer relates to a clause.

    `basis` says in words how we know (`sent back as request.path.order_id of GET /orders/{order_id}`),
    `count` how many observations say so.
    """

    consumer: str
    level: Level
    basis: str
    count: int
    first_seen: int
    last_seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A clause, why we believe it, who depends on it, and where it stands.

    `declared` is the declared clause of the same id where there is one: with standing `contradicted`
    the two say different things.
    """

    clause: Clause
    evidence: Evidence
    dependence: tuple[Dependence, ...] = ()
    standing: Standing = Standing.UNDECLARED
    decision: Decision = Decision.UNDECIDED
    declared: Clause | None = None
    doubt: str = ""
    """Why this is not claimed by itself, in words (`only 3 values seen, 10 needed`); `""`: it is claimed.

    What is doubted can still confirm or contradict what is declared.
    """
    reasons: tuple[str, ...] = ()
    """How inference came to it, a sentence each: what was tested, against what, with which threshold."""
    former_ids: tuple[str, ...] = ()
    """Ids of the same clause under path templates that have since been revised."""

    @property
    def candidate(self) -> bool:
        """Whether this is not claimed by itself."""
        return bool(self.doubt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A consumer, how it was identified, and who answers for it."""

    name: str
    identities: tuple[str, ...]
    bases: tuple[str, ...]
    observations: int
    first_seen: int
    last_seen: int
    owner: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How long one consumer waited for whole answers of one operation with one status; `count` of them.

    `steps` are the cumulative distribution: milliseconds, rising, and the share of answers that took no
    longer; the last share is 1. Few enough to be drawn; each is as exact as a quantile.
    """

    consumer: str
    status: str
    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    steps: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationMap:
    """All that is claimed about one operation.

    `consumers` maps a consumer's name to its number of observations. `durations` are for pictures: the
    clause speaks of all consumers together, and what hurts one alone hides there. `schemas` are by the
    place of a body (`request.body`, `response.200.body`) the JSON Schema (2020-12) of all seen there.
    `selections` are what was asked for of a GraphQL operation, as documents without names and values
    (`contract/selections.py`), a hash for one that is not known. `explained` are claims that hold because of
    what was selected: they promise nothing, and what is declared is held against them all the same.
    """

    key: str
    protocol: str
    observations: int
    consumers: dict[str, int]
    claims: tuple[Claim, ...]
    durations: tuple[Durations, ...] = ()
    schemas: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    selections: tuple[str, ...] = ()
    explained: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerMap:
    """The contract map of one producer."""

    name: str
    operations: tuple[OperationMap, ...]
    consumers: tuple[Consumer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractMap:
    """The actual contract map. Times are Unix ns, `window` the first and last observation (None: none)."""

    generated_at: int
    window: tuple[int, int] | None
    capture: Capture
    producers: tuple[ProducerMap, ...]
