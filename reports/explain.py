"""Why a clause is claimed, or why not: its evidence, how it was found, who depends on it and how we know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from contract.claim import Level, Standing
from inference.rules import thresholds_of
from reports.json_form import claim_form
from reports.reasons import bound, depends
from reports.text import GLYPHS
from reports.untrusted import for_terminal
from reports.words import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from contract.claim import Claim, ContractMap
    from inference.rules import Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One claim, and the thresholds that decided about it."""

    claim: Claim
    thresholds: tuple[Threshold, ...]

    @property
    def verdict(self) -> str:
        """Whether it is claimed, in one sentence."""
        claim = self.claim
        if claim.standing is Standing.UNOBSERVED:
            return "Declared, and never seen."
        if claim.doubt:
            return f"Not claimed: {claim.doubt}."
        if not claim.clause.kind.informative:
            return "Not claimed: it rules nothing out."
        return "Claimed."


def find(contract_map: ContractMap, id_: str) -> list[Explanation]:
    """The clauses that an id, the beginning of one, or a former id names; sorted by id.

    A whole id names one clause, even if another's former id is the same.
    """
    every = [claim for p in contract_map.producers for one in p.operations for claim in one.claims]
    exact = [claim for claim in every if claim.clause.id == id_]
    found = exact or [claim for claim in every if claim.clause.id.startswith(id_) or id_ in claim.former_ids]
    return [_explained(claim) for claim in sorted(found, key=lambda claim: claim.clause.id)]


def _explained(claim: Claim) -> Explanation:
    used = any(link.level.rank >= Level.USED.rank for link in claim.dependence)
    return Explanation(claim=claim, thresholds=thresholds_of(claim.clause.kind.name, used=used))


def explain_form(explanation: Explanation) -> dict[str, Any]:
    """An explanation as JSON's own types: the clause as in the map, with thresholds and former ids."""
    claim = explanation.claim
    return {
        **claim_form(claim),
        "producer": claim.clause.producer,
        "operation": claim.clause.operation,
        "verdict": explanation.verdict,
        "former_ids": list(claim.former_ids),
        "thresholds": [one._asdict() for one in explanation.thresholds],
    }


def explain_text(explanation: Explanation) -> RenderableType:
    """An explanation for the terminal."""
    clause = explanation.claim.clause
    where = f"{clause.operation} of {clause.producer} · {clause.kind.family} · {clause.kind.name}"
    parts: list[RenderableType] = [
        Text(for_terminal(clause.statement), "bold"),
        Text.assemble((for_terminal(where), "dim"), (f"  [{clause.id}]", "dim")),
        Text(for_terminal(explanation.verdict)),
    ]
    for title, lines in _sections(explanation):
        if lines:
            parts += [Text(), Text(title, "bold")]
            parts += [Padding(Text(for_terminal(line)), (0, 0, 0, 3), expand=False) for line in lines]
    return Group(*parts)


def _sections(explanation: Explanation) -> Iterator[tuple[str, list[str]]]:
    claim = explanation.claim
    yield "EVIDENCE", list(_evidence(claim))
    yield "HOW IT WAS FOUND", [f"{reason[0].upper()}{reason[1:]}." for reason in claim.reasons if reason]
    yield "THRESHOLDS", [f"{name} = {value:g}  {reason}" for name, value, reason in explanation.thresholds]
    yield "WHO DEPENDS ON IT", [*_who(claim)]
    yield "LOOK AT", [f"defacto show {id_}" for id_ in claim.evidence.examples]
    yield "CALLED BEFORE", list(claim.former_ids)


def _evidence(claim: Claim) -> Iterable[str]:
    evidence = claim.evidence
    words = bound(evidence)
    yield f"{words[0].upper()}{words[1:]}."
    if evidence.first_seen is not None and evidence.last_seen is not None:
        yield f"First seen {moment(evidence.first_seen)}, last seen {moment(evidence.last_seen)}."
    if claim.declared is not None:
        yield f"{claim.standing.value.capitalize()}: the document states that {claim.declared.statement}."


def _who(claim: Claim) -> Iterator[str]:
    ranked = sorted(claim.dependence, key=lambda link: (-link.level.rank, -link.count, link.consumer))
    for link in ranked:
        yield f"{GLYPHS[link.level]} {depends(link)}; last {moment(link.last_seen)}"
