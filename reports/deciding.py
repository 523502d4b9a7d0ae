"""Which claims are to be decided, in which order, and the ledger's text with what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.claim import Decision, Standing
from contract.ledger.proposal import risk
from contract.ledger.splicing import put
from contract.ledger.template import template
from contract.policy import matches
from reports.explain import find
from store.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract.claim import Claim, ContractMap
    from contract.ledger.splicing import Edit

OPEN = frozenset({Standing.CONTRADICTED, Standing.UNDECLARED})
"""What is asked about unless something else is wanted; what is declared and kept is promised already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which claims are meant, by their words; `""` or None is any. `operation` is a glob."""

    operation: str | None = None
    family: str | None = None
    kind: str | None = None
    consumer: str | None = None
    standing: str | None = None

    def holds(self, claim: Claim) -> bool:
        """Whether a claim is one of them."""
        clause = claim.clause
        return (
            (not self.operation or matches(clause.operation, (self.operation,)))
            and (self.family or None) in {None, clause.kind.family.value}
            and (self.kind or None) in {None, clause.kind.name}
            and (not self.consumer or any(link.consumer == self.consumer for link in claim.dependence))
            and (self.standing or None) in {None, claim.standing.value}
        )


def named(whole: ContractMap, ids: Sequence[str]) -> list[Claim]:
    """The claims that ids name: whole ones, the beginnings of some, or former ones.

    Raises:
        QuestionError: one names none, or several.
    """
    claims = []
    for id_ in ids:
        found = find(whole, id_)
        if len(found) != 1:
            how = f"{len(found)} clauses have" if found else "No clause has"
            raise QuestionError(f"{how} an id that begins with {id_!r}.")
        claims.append(found[0].claim)
    return claims


def undecided(claims: Iterable[Claim]) -> list[Claim]:
    """Those that nobody has decided, what would hurt most first."""
    return sorted((one for one in claims if one.decision is Decision.UNDECIDED), key=risk)


def written(text: str | None, producer: str, source: str, edits: Sequence[Edit]) -> str:
    """The ledger's text with some edits; a new one of the producer where there is none.

    Raises:
        LedgerError: the text cannot be edited so.
    """
    return put(text if text is not None else template(producer), source, edits)
