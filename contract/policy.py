"""The policy of an interface: what is compatible, how long before a change it is told, whose evidence counts.

It stands in the ledger's file under `policy`. Every key has a default, so that no file is needed. The modes
are those of schema registries: what must understand what.

| mode       | who reads must understand                    |
| ---------- | -------------------------------------------- |
| `BACKWARD` | with the new form, what was written with old |
| `FORWARD`  | with the old form, what is written with new  |
| `FULL`     | both                                         |
| `NONE`     | nothing                                      |

A service reads requests and writes answers, and is deployed while its consumers are what they were: for
requests that is `BACKWARD`, for answers `FORWARD`, and these are the defaults. With `_TRANSITIVE` a change is
held against every version that was, not only the last.
"""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from contract.clause import Direction

DAY_NS = 86_400 * 10**9

Amount = Annotated[int, Meta(ge=0)]
Days = Annotated[int, Meta(ge=0, le=36_500)]
"""A century at most, so that there are dates that far away."""


class Mode(StrEnum):
    """What must be able to read what."""

    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"
    NONE = "NONE"

    @property
    def transitive(self) -> bool:
        """Whether a change is held against all earlier versions."""
        return self.value.endswith("_TRANSITIVE")

    @property
    def basic(self) -> Mode:
        """The mode without `_TRANSITIVE`."""
        return Mode(self.value.removesuffix("_TRANSITIVE"))


class Severity(StrEnum):
    """What a change does to those who depend on what was, mildest first."""

    COMPATIBLE = "compatible"
    WARNING = "warning"
    BREAKING = "breaking"


class Compatibility(Struct, frozen=True, kw_only=True):
    """`policy.compatibility`: what must go on working for whom.

    `schemas` is of single ones (Avro, JSON Schema), of which nothing says which way they go. `severity` says
    how bad a change is that a mode does not allow, by names of rules, of what they are about, of kinds and of
    families (`contract/grading.py`); what is not named is as bad as its rule says.
    """

    requests: Mode = Mode.BACKWARD
    answers: Mode = Mode.FORWARD
    schemas: Mode = Mode.BACKWARD
    severity: dict[str, Severity] = field(default_factory=lambda: {"timing": Severity.WARNING})

    def mode(self, direction: Direction) -> Mode:
        """The mode of what is sent in a direction."""
        return self.requests if direction is Direction.REQUEST else self.answers


class Notice(Struct, frozen=True, kw_only=True):
    """`policy.notice.SEVERITY`: how long before such a change it is announced, and in which channels.

    `channels` are names of `interface.channels`.
    """

    days: Days = 0
    channels: tuple[str, ...] = ()


class Notices(Struct, frozen=True, kw_only=True):
    """`policy.notice`: by severity."""

    breaking: Notice = Notice(days=90)
    warning: Notice = Notice(days=14)
    compatible: Notice = Notice()

    def of(self, severity: Severity) -> Notice:
        """How a change of a severity is announced."""
        return {
            Severity.BREAKING: self.breaking,
            Severity.WARNING: self.warning,
            Severity.COMPATIBLE: self.compatible,
        }[severity]


class Habit(Struct, frozen=True, kw_only=True):
    """`policy.evidence.consumers.GLOB`: what is different for some consumers; a job of once a quarter."""

    stays_days: Days | None = None
    least_observations: Amount | None = None


class EvidencePolicy(Struct, frozen=True, kw_only=True):
    """`policy.evidence`: what must be seen, and how long it counts.

    `stays_days` is how long a consumer stays one after its last call. A claim needs `shortest_days` of
    observation, `least_observations` in all, and of a consumer `least_per_consumer` before it counts as
    depending on anything.
    """

    stays_days: Days = 90
    shortest_days: Days = 7
    least_observations: Amount = 30
    least_per_consumer: Amount = 1
    consumers: dict[str, Habit] = {}

    def stays(self, consumer: str, last_call: int, end: int) -> bool:
        """Whether a consumer is still one when observation ends (Unix ns, as is its last call).

        What counts is its last call of the producer, whatever it called, not when it last depended on a
        clause; and the end is the last call of any consumer, so that nobody leaves because recording ended.
        """
        return end - last_call <= self.days(consumer) * DAY_NS

    def days(self, consumer: str) -> int:
        """How long a consumer stays one."""
        days = self._habit(consumer).stays_days
        return self.stays_days if days is None else days

    def counts(self, consumer: str, observations: int) -> bool:
        """Whether so many observations of a consumer say that it depends on something."""
        least = self._habit(consumer).least_observations
        return observations >= (self.least_per_consumer if least is None else least)

    def _habit(self, consumer: str) -> Habit:
        return next((one for glob, one in self.consumers.items() if fnmatchcase(consumer, glob)), Habit())


class Exclusions(Struct, frozen=True, kw_only=True):
    """`policy.exclude`: what the contract does not speak of, as globs with `*` and `?`."""

    operations: tuple[str, ...] = ()
    consumers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def operation(self, key: str) -> bool:
        """Whether an operation is left out."""
        return matches(key, self.operations)

    def consumer(self, name: str) -> bool:
        """Whether a consumer is left out."""
        return matches(name, self.consumers)

    def place(self, subject: str) -> bool:
        """Whether a written subject is left out."""
        return matches(subject, self.places)


class Policy(Struct, frozen=True, kw_only=True):
    """`policy`: the rules of an interface. `no_data` is what a change means that nothing was seen of."""

    compatibility: Compatibility = Compatibility()
    notice: Notices = Notices()
    versioning: Literal["semver", "calver", "none"] = "semver"
    evidence: EvidencePolicy = EvidencePolicy()
    exclude: Exclusions = Exclusions()
    no_data: Literal["unknown", "warn"] = "unknown"


def matches(text: str, globs: tuple[str, ...]) -> bool:
    """Whether one of some globs matches. Brackets are plain characters: subjects and operations have them."""
    return any(fnmatchcase(text, glob.replace("[", "[[]")) for glob in globs)
