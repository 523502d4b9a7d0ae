"""What stands under `changes` in a ledger's file, as types."""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from contract.claim import Level  # noqa: TC001  # msgspec reads the annotations
from contract.policy import Severity
from contract.subject import parse

Outcome = Literal["done", "withdrawn"]


class Dependent(Struct, frozen=True, kw_only=True):
    """`consumers.WHO`: how a consumer was seen to depend on what changes, when the change was proposed."""

    level: Level
    basis: str = ""
    count: int = 0
    last_seen: date | None = None


class Told(Struct, frozen=True, kw_only=True):
    """`told.WHO`: when and where a consumer was told, and when and what somebody of its side answered."""

    at: date | None = None
    channel: str = ""
    acknowledged: date | None = None
    by: str = ""
    answer: str = ""


class Planned(Struct, frozen=True, kw_only=True):
    """`changes.ID`: one change.

    `operation` is what it touches (`""`: the whole interface) and `place` a written subject there (`""`: all
    of the operation). `deprecated` is the day from which it should be used no more (None: the day it is
    announced), `effective` the day on which it changes or goes, `review` the day by which to look at it
    again. `notice_days` is what the policy asked for when it was proposed. `link` leads to where it is
    explained.
    """

    what: str
    effective: date
    operation: str = ""
    place: str = ""
    severity: Severity = Severity.BREAKING
    reason: str = ""
    successor: str = ""
    link: str = ""
    by: str = ""
    proposed: date | None = None
    deprecated: date | None = None
    review: date | None = None
    notice_days: int = 0
    announced: date | None = None
    closed: date | None = None
    closed_by: str = ""
    outcome: Outcome | None = None
    consumers: dict[str, Dependent] = {}
    told: dict[str, Told] = {}

    def __post_init__(self) -> None:
        """Refuse what is no place."""
        if self.place:
            parse(self.place)

    @property
    def announce_by(self) -> date:
        """The last day on which telling it gives the notice that the policy asks for."""
        ordinal = self.effective.toordinal() - self.notice_days
        return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))

    @property
    def deprecated_from(self) -> date | None:
        """From when it is deprecated; None while nobody was told. Never after it has gone."""
        begins = self.deprecated or self.announced
        return min(begins, self.effective) if begins and self.announced else None

    @property
    def is_of_operation(self) -> bool:
        """Whether a whole operation goes, not one of its places."""
        return bool(self.operation) and not self.place

    @property
    def words(self) -> str:
        """What changes, with what it touches where that is not said already."""
        told = f" {self.subject_words} " in f" {self.what} "
        return self.what if told else f"{self.what} ({self.subject_words})"

    @property
    def subject_words(self) -> str:
        """What it touches, in one line, as reports write it."""
        place = parse(self.place).readable if self.place else ""
        return " ".join(part for part in (self.operation, place) if part) or "the whole interface"
