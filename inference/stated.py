"""What inference states: a clause, why, with what doubt, and who showed by its behaviour that it depends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.claim import Dependence, Evidence, Level
from inference.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract.clause import Clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A clause with its evidence.

    `doubt` says why it is not claimed (`""`: it is), `reasons` how it was found (`Claim`). `dependence` is by
    consumer, for statements that are about what consumers do; for the others it is empty, and who depends is
    decided by the places that the statement speaks of.
    """

    clause: Clause
    evidence: Evidence
    doubt: str = ""
    reasons: tuple[str, ...] = ()
    dependence: Mapping[str, Dependence] | None = None


def depends(consumer: str, level: Level, basis: str, tally: Tally) -> Dependence:
    """A dependence that a tally counts."""
    return Dependence(
        consumer=consumer,
        level=level,
        basis=basis,
        count=tally.count,
        first_seen=tally.first,
        last_seen=tally.last,
    )


def evidence_of(tallies: Mapping[str, Tally], held: int, broken: int = 0) -> Evidence:
    """The evidence of some consumers' tallies together."""
    total = Tally()
    for _, tally in sorted(tallies.items()):
        total.merge(tally)
    return Evidence(
        held=held, broken=broken, first_seen=total.first, last_seen=total.last, examples=(total.example,)
    )
