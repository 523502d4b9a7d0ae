"""Clauses that wait for a decision, with what the evidence speaks for. It proposes, and never decides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.changes import announced as announcing
from contract.claim import Standing
from contract.clause import Family
from contract.ledger.proposal import proposal
from contract.ledger.ruling import ruling_of, speaks_of
from reports.deciding import OPEN, Wanted, undecided
from reports.decisions import SAID, sentences
from reports.places import strongest
from reports.web import links
from reports.web.once import once
from reports.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contract.claim import Claim, Dependence
    from contract.clause import Clause
    from reports.web.snapshot import Snapshot

ROWS = 25
FILTERS = ("producer", "operation", "family", "kind", "consumer", "standing")


@dataclass(frozen=True, kw_only=True)
class Card:
    """One clause as whoever decides must see it. `proposed` says what the evidence speaks for."""

    claim: Claim
    dependence: tuple[Dependence, ...]
    declared: str
    ruling: tuple[str, ...]
    proposed: str
    reasons: tuple[str, ...]
    link: str
    operation_link: str
    decide_link: str
    check_link: str
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A page of what is undecided. `apart` are producers whose ledger this is not."""

    cards: tuple[Card, ...]
    total: int
    filters: Mapping[str, str]
    page: int
    earlier: str
    later: str
    together: str
    apart: tuple[str, ...]

    @property
    def first(self) -> int:
        """The number of the first one here."""
        return (self.page - 1) * ROWS + 1

    @property
    def heading(self) -> str:
        """How much waits, in a sentence."""
        if not self.total:
            return "Nothing waits for a decision here."
        waits = "waits" if self.total == 1 else "wait"
        return f"{count(self.total, 'clause')} {waits} for a decision."


@once
def waiting(snapshot: Snapshot) -> tuple[Claim, ...]:
    """All that nobody decided and that the ledger can speak of, what would hurt most first."""
    return tuple(
        undecided(
            claim
            for one in snapshot.drift.compared
            if speaks_of(snapshot.ledger, one.producer)
            for claim in one.operation.claims
        )
    )


def chosen(snapshot: Snapshot, filters: Mapping[str, str]) -> list[Claim]:
    """Those that filters leave; without one of standing, what is neither promised nor unseen."""
    wanted = Wanted(**{name: filters.get(name) for name in FILTERS if name != "producer"})
    standings = OPEN if not filters.get("standing") else frozenset(Standing)
    producer = filters.get("producer")
    return [
        claim
        for claim in waiting(snapshot)
        if claim.standing in standings
        and producer in {None, "", claim.clause.producer}
        and wanted.holds(claim)
    ]


def queue(snapshot: Snapshot, filters: Mapping[str, str], page: int, most_together: int) -> Queue:
    """One page of what is left; a page that is none is the nearest that there is."""
    found = chosen(snapshot, filters)
    pages = max(1, -(-len(found) // ROWS))
    page = min(max(1, page), pages)

    def at(number: int) -> str:
        return links.to("/decide", **filters, page=str(number)) if 1 <= number <= pages else ""

    together = bool(filters) and 1 < len(found) <= most_together
    return Queue(
        cards=tuple(card(one, snapshot) for one in found[(page - 1) * ROWS : page * ROWS]),
        total=len(found),
        filters=filters,
        page=page,
        earlier=at(page - 1),
        later=at(page + 1),
        together=links.to("/decide", **filters, together="yes") if together else "",
        apart=tuple(one for one in snapshot.producers if not speaks_of(snapshot.ledger, one)),
    )


def card(claim: Claim, snapshot: Snapshot) -> Card:
    """One clause."""
    clause = claim.clause
    found = proposal(claim, snapshot.ledger.policy.evidence)
    ruling = ruling_of(claim)
    return Card(
        claim=claim,
        dependence=strongest((claim,)),
        declared=claim.declared.statement if claim.declared else "",
        ruling=tuple(sentences(claim, ruling)) if ruling else (),
        proposed=SAID[found.decision] if found.decision else "",
        reasons=found.reasons,
        link=links.clause(clause.id),
        operation_link=links.operation(clause.producer, clause.operation),
        decide_link=links.to("/decide", id=clause.id),
        check_link=removal(clause),
        examples=tuple((id_, links.observation(id_)) for id_ in claim.evidence.examples),
    )


def removal(clause: Clause) -> str:
    """The address that says who breaks if what a clause speaks of goes; `""`: it is no place that can go."""
    readable = clause.subject.readable
    try:
        announcing.place(readable)
    except ValueError:
        return ""
    return links.to("/check", producer=clause.producer, change=f"remove {clause.operation} {readable}")


def proposed(cards: Sequence[Card]) -> str:
    """What the evidence speaks for, of many: `guaranteed for 3, nothing for 2`."""
    numbers = Counter(one.proposed or "nothing" for one in cards)
    return ", ".join(f"{what} for {number:,}" for what, number in numbers.most_common())


def families() -> tuple[str, ...]:
    """The families of clauses, for a filter."""
    return tuple(one.value for one in Family)
