"""Changes × traffic: who still depends, who has migrated, who came back, and what is late or too early.

| the consumer                                                                    | state       |
| ------------------------------------------------------------------------------- | ----------- |
| was seen to depend within the last quiet days of what was observed               | `depends`   |
| the same, and had migrated before, after the change was proposed                 | `returned`  |
| was not, and has called within the quiet days, or for longer than these without  | `migrated`  |
| was not, and has not called either                                               | `asleep`    |
| the same, and by the policy it is no consumer any more                          | `left`      |
| depended until what changes was gone                                             | `cut-off`   |

How strongly a consumer depends is the strongest that was ever seen of it: one that sent a value back, and is
now only sent it, has migrated. One that was never seen to do more than receive it depends for as long as it
is sent it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from contract.policy import DAY_NS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contract.changing.model import Planned, Told
    from contract.changing.track import Presence, Sighting, Track, Usage
    from contract.claim import Level
    from contract.policy import Policy

QUIET_DAYS = 14
"""How long a consumer must do without before it has migrated; what runs weekly is seen twice."""

CHANCE = 0.01
"""What changes is gone if so long an absence would be this unlikely, had it stayed as frequent as before."""


class State(StrEnum):
    """Where a consumer stands, what needs attention first."""

    RETURNED = "returned"
    DEPENDS = "depends"
    CUT_OFF = "cut-off"
    ASLEEP = "asleep"
    MIGRATED = "migrated"
    LEFT = "left"


DEPENDING = frozenset({State.DEPENDS, State.RETURNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one consumer stands with one change. Times are Unix ns; `calls_last` is of the whole producer."""

    consumer: str
    state: State
    level: Level
    basis: str
    count: int
    first_seen: int
    last_seen: int
    calls_last: int
    told: Told | None = None

    @property
    def unanswered(self) -> bool:
        """Whether it was told and has not acknowledged."""
        return self.told is not None and self.told.acknowledged is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where one change stands on a day. `gone_since` is when traffic last showed what is there no more."""

    id: str
    planned: Planned
    today: date
    standings: tuple[Standing, ...]
    gone_since: int | None = None

    @property
    def depending(self) -> tuple[Standing, ...]:
        """Who still depends."""
        return tuple(one for one in self.standings if one.state in DEPENDING)

    @property
    def untold(self) -> tuple[str, ...]:
        """Who depends, or may when it wakes up, and was never told."""
        concerned = DEPENDING | {State.ASLEEP, State.CUT_OFF}
        return tuple(one.consumer for one in self.standings if one.state in concerned and one.told is None)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Who was told and never acknowledged."""
        told = self.planned.told.items()
        return tuple(sorted(name for name, one in told if one.at is not None and one.acknowledged is None))

    @property
    def overdue(self) -> bool:
        """Whether its day is past and somebody still depends."""
        return not self.planned.closed and self.today >= self.planned.effective and bool(self.depending)

    @property
    def early(self) -> bool:
        """Whether it was gone before its day."""
        return self.gone_since is not None and day_of(self.gone_since) < self.planned.effective

    @property
    def short(self) -> tuple[str, ...]:
        """Who was told later than the policy asks for."""
        by = self.planned.announce_by
        told = self.planned.told.items()
        return tuple(sorted(name for name, one in told if one.at is not None and one.at > by))

    @property
    def unannounced(self) -> bool:
        """Whether nobody was told, and it is too late by now to give the notice that the policy asks for."""
        planned = self.planned
        return planned.announced is None and not planned.closed and self.today > planned.announce_by

    @property
    def failing(self) -> bool:
        """Whether something went against the plan or the policy."""
        return self.overdue or self.early or bool(self.short) or self.unannounced


def progress(
    id_: str, planned: Planned, usage: Usage, policy: Policy, now: int, quiet_days: int = QUIET_DAYS
) -> Progress:
    """Where a change stands at an instant (Unix ns), by traffic up to then.

    Nobody sleeps, has migrated or left because recording ended: the last days are those before the last call
    of anybody.
    """
    quiet = quiet_days * DAY_NS
    gone = gone_since(usage.presence)
    ended = max((track.calls[-1].last for track in usage.tracks.values() if track.calls), default=now)
    begun = instant_of(planned.proposed) if planned.proposed else 0
    standings = []
    for consumer, track in usage.tracks.items():
        level, seen = track.level, track.depends
        if level is None or policy.exclude.consumer(consumer):
            continue
        state = _state(track, quiet=quiet, now=ended, gone=gone, begun=begun)
        if state is State.ASLEEP and not policy.evidence.stays(consumer, track.calls[-1].last, ended):
            state = State.LEFT
        standings.append(
            Standing(
                consumer=consumer,
                state=state,
                level=level,
                basis=track.basis.get(level, ""),
                count=sum(one.times for one in seen),
                first_seen=seen[0].first,
                last_seen=seen[-1].last,
                calls_last=track.calls[-1].last,
                told=planned.told.get(consumer),
            )
        )
    order = list(State)
    standings.sort(key=lambda one: (order.index(one.state), -one.level.rank, one.consumer))
    return Progress(id=id_, planned=planned, today=day_of(now), standings=tuple(standings), gone_since=gone)


def gone_since(presence: Sequence[Presence]) -> int | None:
    """When what changes was last there, None where it still is, or where too little was seen to say.

    It was in a share r of the answers until then; that none of n later ones has it by chance is (1 - r)^n.
    """
    last = max((at for at, one in enumerate(presence) if one.there), default=None)
    if last is None:
        return None
    answers = sum(one.answers for one in presence[: last + 1])
    there = sum(one.there for one in presence[: last + 1])
    later = sum(one.answers for one in presence[last + 1 :])
    share = min(1.0, there / answers) if answers else 0.0
    return presence[last].last if later >= _LEAST and (1 - share) ** later < CHANCE else None


_LEAST = 20
"""Answers without it before it can be called gone, however frequent it was: a build may be rolled back."""


def _state(track: Track, *, quiet: int, now: int, gone: int | None, begun: int) -> State:
    seen, calls = track.depends, track.calls
    last, end = seen[-1].last, now if gone is None else gone
    if end - last <= quiet:
        if gone is not None:
            return State.CUT_OFF
        return State.RETURNED if _came_back(seen, calls, quiet, begun) else State.DEPENDS
    calls_on = now - calls[-1].last <= quiet or calls[-1].last - last > quiet
    return State.MIGRATED if calls_on else State.ASLEEP


def _came_back(seen: Sequence[Sighting], calls: Iterable[Sighting], quiet: int, begun: int) -> bool:
    """Whether there was a time, after the change was proposed, at which it counted as migrated."""
    pauses = [
        (before.last + quiet, after.first)
        for before, after in pairwise(seen)
        if after.first - before.last > quiet and after.first > begun
    ]
    return any(start < call.last < end for start, end in pauses for call in calls)


def chosen(changes: Mapping[str, Planned], id_: str) -> str:
    """The id that is meant by the beginning of one.

    Raises:
        LookupError: it is of none, or of several; the message says which there are.
    """
    found = [known for known in changes if known.startswith(id_)]
    if len(found) == 1 or id_ in changes:
        return id_ if id_ in changes else found[0]
    how = f"{len(found)} changes have" if found else "No change has"
    raise LookupError(f"{how} an id that begins with {id_!r}. There are: {', '.join(changes) or 'none'}.")


def day_of(instant: int) -> date:
    """The day of an instant, in UTC."""
    return datetime.fromtimestamp(instant // 10**9, UTC).date()


def instant_of(day: date) -> int:
    """The instant (Unix ns) at which a day begins in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 10**9
