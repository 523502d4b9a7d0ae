"""The walk through what is undecided: one clause after the other, with its evidence; a person decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import click

from contract.claim import Decision
from contract.ledger.proposal import proposal
from contract.ledger.ruling import ruling_of
from reports.deciding import undecided
from reports.decisions import SAID, sentences
from reports.reasons import bound, depends
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.desk import Desk
    from contract.claim import Claim
    from contract.ledger.proposal import Proposal
    from contract.ledger.terms import Terms

_KEYS = {
    "g": Decision.GUARANTEED,
    "m": Decision.MAY_CHANGE,
    "o": Decision.OUT_OF_CONTRACT,
    "d": Decision.DEPRECATED,
}
_MENU = "g guaranteed · m may change · o out of contract · d deprecated · s skip · q quit"


def walk(desk: Desk, claims: list[Claim], terms: Terms) -> None:
    """Show each undecided clause and write what is decided at once, so that nothing is lost on leaving."""
    waiting = undecided(claims)
    click.echo(f"{len(waiting):,} undecided, what would hurt most first. What you decide is written at once.")
    if waiting and not terms.by:
        terms = replace(terms, by=click.prompt("Who decides"))
    for number, claim in enumerate(waiting, start=1):
        proposed = proposal(claim, desk.ledger.policy.evidence)
        click.echo()
        for line in _shown(claim, proposed, f"{number} of {len(waiting):,}"):
            click.echo(for_terminal(line))
        key = _key()
        if key == "q":
            click.echo("The rest waits: defacto decide goes on here.")
            return
        if key in _KEYS:
            own = _asked(terms, _KEYS[key], proposed)
            desk.write([own.edit(desk.ledger, claim, _KEYS[key])])
    click.echo("That was all.")


def _shown(claim: Claim, proposed: Proposal, place: str) -> Iterator[str]:
    clause = claim.clause
    yield f"{place}  {clause.operation}  [{clause.id}]"
    yield f"  {clause.statement}"
    declared = claim.declared.statement if claim.declared else ""
    yield f"  {claim.standing.value}{f'; declared: {declared}' if declared else ''}"
    yield f"  {bound(claim.evidence)}"
    ranked = sorted(claim.dependence, key=lambda link: (-link.level.rank, -link.count, link.consumer))
    yield from (f"  {depends(link)}" for link in ranked)
    yield from (f"  defacto show {id_}" for id_ in claim.evidence.examples[:2])
    ruling = ruling_of(claim)
    yield from (f"  {said}" for said in (sentences(claim, ruling) if ruling else ()))
    what = SAID[proposed.decision] if proposed.decision else "nothing"
    yield f"  the evidence speaks for: {what}. {' '.join(proposed.reasons)}"
    yield _MENU


def _key() -> str:
    """The first key that means something; others do nothing."""
    while True:
        key = next((key for key in click.getchar().lower() if key in _KEYS or key in "sq"), "")
        if key:
            click.echo(key)
            return key


def _asked(terms: Terms, decision: Decision, proposed: Proposal) -> Terms:
    """The terms of one decision; its reason may be the proposal's where that is followed."""
    default = terms.reason or (" ".join(proposed.reasons) if decision is proposed.decision else None)
    reason = click.prompt("Why", default=default)
    if decision is not Decision.DEPRECATED:
        return replace(terms, reason=reason, remove=None, successor="")
    remove = click.prompt("When does it go (YYYY-MM-DD)", value_proc=_day, default=terms.remove)
    successor = click.prompt("What takes its place", default=terms.successor, show_default=False)
    return replace(terms, reason=reason, remove=remove, successor=successor)


def _day(text: str | date) -> date:
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no day such as 2027-03-01.") from error
