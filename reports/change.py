"""Where changes stand, in words and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from contract.changing.progress import State, day_of
from contract.claim import Level
from reports.markdown import plain
from reports.untrusted import for_terminal
from reports.words import count, instant, listed, verb

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from contract.changing.progress import Progress, Standing
    from contract.ledger.model import Owner

STATES = {
    State.RETURNED: "had migrated, and came back",
    State.DEPENDS: "still depends",
    State.CUT_OFF: "depended until it was gone",
    State.ASLEEP: "has not called since; may come back",
    State.MIGRATED: "has migrated",
    State.LEFT: "has not called for so long that it is no consumer any more",
}
"""What is said of a consumer by where it stands."""


def status_text(found: Sequence[Progress], owners: Mapping[str, Owner]) -> RenderableType:
    """For the terminal."""
    lines: list[RenderableType] = [Text(for_terminal(verdict(found)), "bold")]
    for one in found:
        lines += [Text(), Text(for_terminal(f"{one.id}  {one.planned.words}"), "bold")]
        told = [when(one), *warnings(one), *(standing(each, owners) for each in one.standings)]
        lines += [Padding(Text(for_terminal(line)), (0, 0, 0, 3), expand=False) for line in told]
    return Group(*lines)


def status_markdown(found: Sequence[Progress], owners: Mapping[str, Owner]) -> str:
    """For a page or a pull request."""
    lines = [f"## {plain(verdict(found))}"]
    for one in found:
        lines += ["", f"### {plain(one.planned.words)} ({plain(one.id)})", "", plain(when(one))]
        lines += ["", *(f"- **{plain(line)}**" for line in warnings(one))]
        lines += [f"- {plain(standing(each, owners))}" for each in one.standings]
    return "\n".join([*lines, ""])


def status_form(found: Sequence[Progress], owners: Mapping[str, Owner]) -> dict[str, Any]:
    """As JSON's own types."""
    return {"verdict": verdict(found), "changes": [_form(one, owners) for one in found]}


def verdict(found: Sequence[Progress]) -> str:
    """The answer in a sentence."""
    if not found:
        return "No change is planned."
    overdue = sum(one.overdue for one in found)
    early = sum(one.early for one in found)
    late = sum(bool(one.short) or one.unannounced for one in found)
    troubles = [
        f"{number:,} {words}"
        for number, words in (
            (overdue, "overdue"),
            (early, "made before its day"),
            (late, "told with too little notice"),
        )
        if number
    ]
    well = f"{verb(len(found), 'it goes', 'all go')} as planned"
    return f"{count(len(found), 'change')}: {', '.join(troubles) or well}."


def when(found: Progress) -> str:
    """The days of a change."""
    planned = found.planned
    days = (planned.effective - found.today).days
    far = f"in {count(days, 'day')}" if days > 0 else f"{count(-days, 'day')} ago" if days else "today"
    said = f"announced on {planned.announced}" if planned.announced else "not announced"
    ended = f"; {planned.outcome or 'closed'} on {planned.closed}" if planned.closed else ""
    return (
        f"Takes effect on {planned.effective} ({far}); {said}; "
        f"the policy asks for {count(planned.notice_days, 'day')} of notice{ended}."
    )


def warnings(found: Progress) -> Iterator[str]:
    """What went against the plan or the policy, and what waits for somebody."""
    planned = found.planned
    if found.overdue:
        names = [one.consumer for one in found.depending]
        who = f"{listed(names)} still {verb(len(names), 'depends', 'depend')} on it"
        yield f"Overdue: its day was {planned.effective}, and {who}."
    if found.early and found.gone_since is not None:
        yield f"Too early: last there on {day_of(found.gone_since)}, and its day is {planned.effective}."
    if found.unannounced:
        yield f"Not announced: that had to be done by {planned.announce_by}."
    if found.short:
        yield f"Told after {planned.announce_by}, later than the policy asks: {listed(found.short)}."
    if found.untold and not planned.closed:
        yield f"Never told: {listed(found.untold)}."
    if found.unanswered and not planned.closed:
        yield f"Never acknowledged: {listed(found.unanswered)}."


def standing(one: Standing, owners: Mapping[str, Owner]) -> str:
    """One consumer in a sentence."""
    owner = owners.get(one.consumer)
    who = f"{one.consumer} ({owner.text})" if owner and owner.text else one.consumer
    doubt = "; whether it needs it cannot be seen" if one.level is Level.EXPOSED else ""
    last = f"last on {day_of(one.last_seen)}"
    called = day_of(one.calls_last)
    calls = f", called last on {called}" if called != day_of(one.last_seen) else ""
    return f"{who} {STATES[one.state]}: {one.basis}, {count(one.count, 'time')}, {last}{calls}{doubt}."


def _form(found: Progress, owners: Mapping[str, Owner]) -> dict[str, Any]:
    return {
        "id": found.id,
        **msgspec.to_builtins(found.planned),
        "announce_by": str(found.planned.announce_by),
        "overdue": found.overdue,
        "early": found.early,
        "gone_since": None if found.gone_since is None else instant(found.gone_since),
        "unannounced": found.unannounced,
        "short_notice": list(found.short),
        "untold": list(found.untold),
        "unacknowledged": list(found.unanswered),
        "standings": [_standing_form(one, owners.get(one.consumer)) for one in found.standings],
    }


def _standing_form(one: Standing, owner: Owner | None) -> dict[str, Any]:
    return {
        "consumer": one.consumer,
        "owner": owner.name or None if owner else None,
        "contact": owner.contact or None if owner else None,
        "state": one.state.value,
        "level": one.level.value,
        "basis": one.basis,
        "count": one.count,
        "first_seen": instant(one.first_seen),
        "last_seen": instant(one.last_seen),
        "called_last": instant(one.calls_last),
        "told": msgspec.to_builtins(one.told) if one.told else None,
    }
