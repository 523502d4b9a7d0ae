"""`defacto decide`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cli.ledger import at_option, ledger_option, today
from cli.options import allow_remote_option, producer_option, store_option
from contract.claim import Decision, Standing
from contract.clause import Family
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from datetime import datetime

    from cli.desk import Desk
    from contract.claim import Claim
    from contract.ledger.terms import Terms

_DAY = click.DateTime(["%Y-%m-%d"])
_DECISIONS = [one.value for one in Decision if one is not Decision.UNDECIDED]


@click.command("decide")
@click.argument("what", nargs=-1, metavar="[ID]... [DECISION]")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@click.option("--by", default="", envvar="DEFACTO_BY", metavar="WHO", help="Who decides. [env: DEFACTO_BY]")
@at_option
@click.option("--review", type=_DAY, metavar="DAY", help="The day by which it is to be decided anew.")
@click.option("--remove", type=_DAY, metavar="DAY", help="When what is deprecated goes.")
@click.option("--successor", default="", metavar="TEXT", help="What takes the place of what is deprecated.")
@click.option("--operation", metavar="GLOB", help="Only of operations such as 'GET /orders*'.")
@click.option("--family", type=click.Choice([one.value for one in Family]), help="Only of this family.")
@click.option("--kind", metavar="NAME", help="Only of this kind (docs/kinds.md).")
@click.option("--consumer", metavar="NAME", help="Only what this consumer depends on.")
@click.option("--standing", type=click.Choice([one.value for one in Standing]), help="Only what stands so.")
@click.option("--dry-run", is_flag=True, help="Say what would be decided, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before many are written.")
@ledger_option
@store_option
@producer_option
@click.option("--declared", metavar="FILE", help="Show what this document says beside each clause.")
@allow_remote_option
def command(
    what: tuple[str, ...],
    reason: str,
    by: str,
    at: datetime | None,
    review: datetime | None,
    remove: datetime | None,
    successor: str,
    operation: str | None,
    family: str | None,
    kind: str | None,
    consumer: str | None,
    standing: str | None,
    ledger_path: str,
    store_url: str,
    producer: str | None,
    declared: str | None,
    *,
    dry_run: bool,
    yes: bool,
    allow_remote: bool,
) -> None:
    """Decide about clauses: guaranteed, may-change, out-of-contract, deprecated. Written to the ledger.

    With ids those; with filters all that match and are undecided, after a question; with neither and no
    decision a walk through what is undecided and not promised by --declared, what would hurt most first,
    which can be left and taken up again. It proposes, and never decides.

    \b
    Example:
      defacto decide
      defacto decide hrnncgzhocrj guaranteed --by anna --reason 'billing matches payments by it'
      defacto decide may-change --family timing --by anna --reason 'no promise on latency yet' --dry-run
      defacto decide 7vmz4u7t deprecated --remove 2027-03-01 --successor cents --by anna --reason rounding
    """
    from cli.desk import open_desk  # noqa: PLC0415  # commands import their work when they run
    from cli.walk import walk  # noqa: PLC0415
    from contract.ledger.terms import Terms  # noqa: PLC0415
    from reports.deciding import OPEN, Wanted  # noqa: PLC0415

    ids, decision = _parted(what)
    if decision is not None:
        _demand(decision, reason, by, remove)
    desk = open_desk(ledger_path, store_url, producer=producer, declared=declared, allow_remote=allow_remote)
    wanted = Wanted(operation=operation, family=family, kind=kind, consumer=consumer, standing=standing)
    chosen = desk.find(ids) if ids else [claim for claim in desk.claims if wanted.holds(claim)]
    terms = Terms(
        by=by,
        at=at.date() if at else today(),
        reason=reason,
        review=review.date() if review else None,
        remove=remove.date() if remove else None,
        successor=successor,
    )
    if decision is not None:
        _decide(desk, chosen, decision, terms, whole=bool(ids), dry_run=dry_run, yes=yes)
    elif dry_run or not sys.stdin.isatty():
        raise click.UsageError(f"Decide what? Give one of {', '.join(_DECISIONS)}; a walk needs a terminal.")
    else:
        walk(desk, [one for one in chosen if standing or one.standing in OPEN], terms)


def _parted(what: tuple[str, ...]) -> tuple[tuple[str, ...], Decision | None]:
    """The ids, and the decision that stands last."""
    if not what:
        return (), None
    if what[-1] not in _DECISIONS:
        raise click.UsageError(f"{what[-1]!r} is no decision. There are: {', '.join(_DECISIONS)}.")
    return what[:-1], Decision(what[-1])


def _demand(decision: Decision, reason: str, by: str, remove: datetime | None) -> None:
    """What a decision cannot do without."""
    if not by.strip():
        raise click.UsageError("Who decides? Give --by.")
    if not reason.strip():
        raise click.UsageError("Why? Give --reason: whoever reads the ledger later will ask.")
    if (decision is Decision.DEPRECATED) != (remove is not None):
        raise click.UsageError(
            "What is deprecated has a day on which it goes, and nothing else has: --remove."
        )


def _decide(
    desk: Desk,
    chosen: list[Claim],
    decision: Decision,
    terms: Terms,
    *,
    whole: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Write one decision about some clauses; of those found by filters only the undecided ones."""
    open_ = chosen if whole else [claim for claim in chosen if claim.decision is Decision.UNDECIDED]
    for claim in open_ if dry_run or not whole else ():
        click.echo(for_terminal(f"{claim.clause.id}  {claim.clause.key}"))
    count = f"{len(open_):,} {'clause' if len(open_) == 1 else 'clauses'}"
    left = f", {len(chosen) - len(open_):,} are decided already" if len(open_) < len(chosen) else ""
    if dry_run or not open_:
        click.echo(f"{count} would be {decision.value}{left}. Nothing was written.")
        return
    if not whole:
        question = f"{count} will be {decision.value}{left}. Write {for_terminal(str(desk.path))}?"
        if not yes and not click.confirm(question):
            click.echo("Nothing was written.")
            return
    desk.write([terms.edit(desk.ledger, claim, decision) for claim in open_])
    click.echo(f"{count} written to {for_terminal(str(desk.path))}.")
