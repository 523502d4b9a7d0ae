"""What stands in a ledger's file, as types. The JSON Schema of the file is made of them (`schema.py`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date  # noqa: TC003  # msgspec reads the annotations
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from contract.changing.model import Planned  # noqa: TC001  # msgspec reads the annotations
from contract.claim import Decision, Level
from contract.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping


class Role(StrEnum):
    """On which side somebody speaks."""

    PRODUCER = "producer"
    CONSUMER = "consumer"
    CONTRACT_TESTS = "contract-tests"
    PLATFORM = "platform"


class Interface(Struct, frozen=True, kw_only=True):
    """`interface`: whose it is and what it is called. `channels` are where changes are told, by name."""

    producer: str = ""
    title: str = ""
    version: str = ""
    channels: dict[str, str] = {}


class Owner(Struct, frozen=True, kw_only=True):
    """Who answers for something, and how to reach them."""

    name: str = ""
    contact: str = ""

    @property
    def text(self) -> str:
        """In one line; `""`: nobody."""
        return " ".join(part for part in (self.name, self.contact) if part)


class Owners(Struct, frozen=True, kw_only=True):
    """`owners`: by role; consumers by the names that maps give them."""

    producer: Owner = Owner()
    consumers: dict[str, Owner] = {}
    contract_tests: Owner = Owner()
    platform: Owner = Owner()


class Position(Struct, frozen=True, kw_only=True):
    """`positions.WHO`: what one side wants to hold. `undecided` takes an earlier position back."""

    role: Role
    position: Decision
    at: date | None = None
    reason: str = ""


class Then(Struct, frozen=True, kw_only=True):
    """`evidence`: what was known when it was decided. `consumers` maps those who depended to how strongly."""

    statement: str = ""
    value: Any = None
    held: int = 0
    broken: int = 0
    consumers: dict[str, Level] = {}
    last_seen: date | None = None


class Entry(Struct, frozen=True, kw_only=True):
    """`clauses.ID`: what was said about one clause.

    `key` is for people; the id counts. `operation`, `subject` and `kind` say what it is about, so that a
    promise is known when nothing of it is seen any more. `review` is the day by which it is to be decided
    anew, `remove` and `successor` say of what is deprecated when it goes and what takes its place.
    """

    key: str = ""
    operation: str = ""
    subject: str = ""
    kind: str = ""
    decision: Decision = Decision.UNDECIDED
    by: str = ""
    at: date | None = None
    reason: str = ""
    review: date | None = None
    remove: date | None = None
    successor: str = ""
    positions: dict[str, Position] = {}
    evidence: Then | None = None

    @property
    def stances(self) -> dict[str, Decision]:
        """What each side wants, and what was decided."""
        stances = {who: one.position for who, one in self.positions.items()}
        if self.decision is not Decision.UNDECIDED:
            stances["decided"] = self.decision
        return {who: stance for who, stance in stances.items() if stance is not Decision.UNDECIDED}

    @property
    def disputed(self) -> bool:
        """Whether the sides differ, among themselves or from what was decided."""
        return len(set(self.stances.values())) > 1


class Accepted(Struct, frozen=True, kw_only=True):
    """`accepted.ID`: a break that was reviewed and is expected, so that the gate lets it pass.

    `rule`, `operation` and `place` say which, as `defacto check` names them. `consumers` are those whom it
    may hit: one more, and it is to be reviewed anew. After `until` it counts no more.
    """

    rule: str
    operation: str = ""
    place: str = ""
    consumers: tuple[str, ...] = ()
    by: str = ""
    at: date | None = None
    reason: str = ""
    until: date | None = None


class File(Struct, frozen=True, kw_only=True):
    """The whole file."""

    interface: Interface = Interface()
    owners: Owners = Owners()
    policy: Policy = Policy()
    changes: dict[str, Planned] = {}
    accepted: dict[str, Accepted] = {}
    clauses: dict[str, Entry] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """A file that was read. `notes` name what in it is not understood; no edit loses that."""

    source: str
    interface: Interface
    owners: Owners
    policy: Policy
    entries: Mapping[str, Entry]
    accepted: Mapping[str, Accepted] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
