"""What inference states: a clause, why, with what doubt, and who showed by its behaviour that it depends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract.claim import Dependence, Evidence
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
