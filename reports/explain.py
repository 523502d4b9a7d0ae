"""Why a clause is claimed, or why not: its evidence, how it was found, who depends on it and how we know.

Terminal, JSON and the clause's page all tell an `Explanation`, each in its own form.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from contract.claim import Level, Standing
from contract.incidents import of_clause
from contract.ledger.ruling import ruling_of
from inference.rules import thresholds_of
from reports.decisions import sentences
from reports.incidents import incident_form
from reports.json_form import claim_form
from reports.reasons import bound, depends
from reports.text import GLYPHS
from reports.untrusted import for_terminal
from reports.words import count, moment, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.console import RenderableType

    from contract.claim import Claim, ContractMap, Dependence
    from contract.incidents import Incident
    from inference.rules import Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One claim, the thresholds that decided about it, and by id the incidents that it was part of."""

    claim: Claim
    thresholds: tuple[Threshold, ...]
    incidents: Mapping[str, Incident] = field(default_factory=dict)

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

    @property
    def evidence(self) -> tuple[str, ...]:
        """How sure it is, since when it is known, and what is declared of it: a sentence each."""
        return tuple(_evidence(self.claim))

    @property
    def decided(self) -> tuple[str, ...]:
        """What the ledger says of it, a sentence each."""
        ruling = ruling_of(self.claim)
        return tuple(sentences(self.claim, ruling)) if ruling else ()

    @property
    def found(self) -> tuple[str, ...]:
        """How inference came to it, a sentence each."""
        return tuple(f"{reason[0].upper()}{reason[1:]}." for reason in self.claim.reasons if reason)

    @property
    def dependence(self) -> tuple[Dependence, ...]:
        """Who depends on it, the strongest first."""
        return tuple(
            sorted(self.claim.dependence, key=lambda link: (-link.level.rank, -link.count, link.consumer))
        )


def find(contract_map: ContractMap, id_: str) -> list[Explanation]:
    """The clauses that an id, the beginning of one, or a former id names; sorted by id.

    A whole id names one clause, even if another's former id is the same.
    """
    every = [claim for p in contract_map.producers for one in p.operations for claim in one.claims]
    exact = [claim for claim in every if claim.clause.id == id_]
    found = exact or [claim for claim in every if claim.clause.id.startswith(id_) or id_ in claim.former_ids]
    return [explained(claim) for claim in sorted(found, key=lambda claim: claim.clause.id)]


def explained(claim: Claim, incidents: Mapping[str, Incident] | None = None) -> Explanation:
    """A claim with the thresholds of its kind, and those of some incidents that it was part of."""
    used = any(link.level.rank >= Level.USED.rank for link in claim.dependence)
    return Explanation(
        claim=claim,
        thresholds=thresholds_of(claim.clause.kind.name, used=used),
        incidents=of_clause(incidents or {}, claim.clause.id, *claim.former_ids),
    )


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
        "incidents": [incident_form(id_, one) for id_, one in explanation.incidents.items()],
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
    yield "EVIDENCE", [*explanation.evidence]
    yield "WHAT WAS DECIDED", [*explanation.decided]
    yield "INCIDENTS", [f"{id_}  {one.kind}: {one.what}" for id_, one in explanation.incidents.items()]
    yield "HOW IT WAS FOUND", [*explanation.found]
    yield "THRESHOLDS", [f"{name} = {value:g}  {reason}" for name, value, reason in explanation.thresholds]
    yield (
        "WHO DEPENDS ON IT",
        [
            f"{GLYPHS[link.level]} {depends(link)}; last {moment(link.last_seen)}"
            for link in explanation.dependence
        ],
    )
    yield "LOOK AT", [f"defacto show {id_}" for id_ in claim.evidence.examples]
    yield "CALLED BEFORE", list(claim.former_ids)


def _evidence(claim: Claim) -> Iterable[str]:
    evidence = claim.evidence
    if claim.standing is Standing.CONTRADICTED and evidence.broken:
        rate = percent(evidence.broken / evidence.total)
        yield f"{evidence.broken:,} of {count(evidence.total, 'observation')} ({rate}) broke the promise."
    else:
        words = bound(evidence)
        yield f"{words[0].upper()}{words[1:]}."
    if evidence.first_seen is not None and evidence.last_seen is not None:
        yield f"First seen {moment(evidence.first_seen)}, last seen {moment(evidence.last_seen)}."
    if claim.declared is not None:
        ruling = ruling_of(claim)
        who = "the ledger" if ruling and ruling.promised else "the document"
        yield f"{claim.standing.value.capitalize()}: {who} states that {claim.declared.statement}."
