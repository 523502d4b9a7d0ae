"""What differs between two periods: which clauses are new, gone, or say something else, and whom it hurts.

`reports/period_diff.py` finds the differences. What a period saw too little of is told apart: no data is
never "unchanged".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from contract.claim import Level
from contract.clause import Direction, Relation
from contract.ledger.leaving import left_of
from contract.operation import SEND, parse
from reports.places import strongest
from reports.words import count, verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract.claim import Claim, ContractMap, Dependence
    from contract.subject import Subject
    from inference.counted import Counted


class State(StrEnum):
    """What became of something, in the order that reports tell it."""

    GONE = "gone"
    """Claimed before; afterwards it was seen not to hold, or to be missing."""
    CHANGED = "changed"
    """Both periods say something about it, and not the same."""
    NEW = "new"
    """Claimed afterwards; before it was seen not to hold, or to be missing."""
    CHANCE = "chance"
    """The periods differ, and chance may have made the difference."""
    UNSEEN_BEFORE = "unseen-before"
    """Claimed afterwards; before too little of it was seen to tell."""
    UNSEEN_AFTER = "unseen-after"
    """Claimed before; afterwards too little of it was seen to tell. It may be unchanged, or gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One period: as it was asked for, its map, and by producer and operation what was counted."""

    name: str
    map: ContractMap
    counted: Mapping[str, Mapping[str, Counted]]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference. `place` is None for a whole operation.

    `before` and `after` are the claims that it is about, of which one may be empty and both are not. `chance`
    is the probability of such a difference if nothing changed, None where that is not known. `relation` is
    how what is said afterwards relates to what was said before.
    """

    producer: str
    operation: str
    place: Subject | None
    state: State
    before: tuple[Claim, ...]
    after: tuple[Claim, ...]
    relation: Relation | None
    chance: float | None
    why: str

    @property
    def id(self) -> str:
        """The id of the first clause."""
        return self.lead.clause.id

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What is said now, or was said if nothing is."""
        return self.after if self.state in {State.NEW, State.UNSEEN_BEFORE} else self.before or self.after

    @property
    def lead(self) -> Claim:
        """The claim that stands for all: that of the highest place, or else the first."""
        return min(self.claims, key=lambda claim: len(claim.clause.subject.parts))

    @property
    def shown(self) -> Claim:
        """The claim whose examples show the difference: what was seen last."""
        return self.after[0] if self.before and self.after else self.lead

    @cached_property
    def dependence(self) -> tuple[Dependence, ...]:
        """The strongest dependence of each consumer in either period, the strongest first."""
        return strongest((*self.before, *self.after))

    @property
    def loosens(self) -> bool:
        """Whether what was true before no longer is."""
        return self.state is State.GONE or (
            self.state is State.CHANGED and self.relation in {Relation.WIDER, Relation.INCOMPATIBLE}
        )

    @cached_property
    def harmed(self) -> tuple[Dependence, ...]:
        """The consumers that did more than receive what the producer no longer keeps, and have not left."""
        return tuple(link for link in self._harmed if not left_of(link))

    @property
    def left(self) -> tuple[Dependence, ...]:
        """Those that have left."""
        return tuple(link for link in self._harmed if left_of(link))

    @cached_property
    def _harmed(self) -> tuple[Dependence, ...]:
        published = parse(self.operation).verb == SEND
        if not self.loosens or published or self.lead.clause.subject.direction is Direction.REQUEST:
            return ()
        return tuple(link for link in self.dependence if link.level is not Level.EXPOSED)

    @property
    def rank(self) -> tuple[object, ...]:
        """Sorts what would hurt most to the front, within one state."""
        level = self.dependence[0].level.rank if self.dependence else -1
        return (-len(self.harmed), -level, -len(self.dependence), self.operation, self.id)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two periods compared. `same` counts the clauses that both claim, and alike."""

    before: Observed
    after: Observed
    changes: tuple[Change, ...]
    same: int

    def of(self, state: State) -> tuple[Change, ...]:
        """The differences of one state, what would hurt most first."""
        return tuple(sorted((one for one in self.changes if one.state is state), key=lambda one: one.rank))

    @cached_property
    def harmful(self) -> tuple[Change, ...]:
        """What consumers rely on and the producer no longer keeps."""
        return tuple(one for one in self.changes if one.harmed)

    @property
    def failing(self) -> bool:
        """Whether there is any such thing."""
        return bool(self.harmful)

    @property
    def verdict(self) -> str:
        """The answer in a few sentences."""
        for period in (self.before, self.after):
            if period.map.window is None:
                return f"Nothing was observed in {period.name}, so nothing can be said about what changed."
        gone, changed, new = (len(self.of(one)) for one in (State.GONE, State.CHANGED, State.NEW))
        told = f"{gone:,} gone, {changed:,} changed, {new:,} new, {count(self.same, 'clause')} the same."
        if self.failing:
            who = len({link.consumer for one in self.harmful for link in one.harmed})
            lost = len(self.harmful)
            what = f"{count(lost, 'thing')} that no longer {verb(lost, 'holds', 'hold')}"
            told = f"{count(who, 'consumer')} {verb(who, 'relies', 'rely')} on {what}: {told}"
        unseen = sum(len(self.of(one)) for one in (State.UNSEEN_BEFORE, State.UNSEEN_AFTER))
        if unseen:
            told += (
                f" Of {count(unseen, 'more thing')} one of the periods saw too little: "
                f"{verb(unseen, 'it is', 'they are')} not unchanged, but unknown."
            )
        return told
