"""A clause: one statement about behaviour that can be true or false of an observation.

Everything becomes clauses: declared documents compile to them, observed traffic is inferred to them, and reports
join the two. A clause says *where* (`producer`, `operation`, `subject`) and *what* (`kind`, a `Kind` object). Nothing
outside this package switches on kinds: it asks them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from store.records import record_id

if TYPE_CHECKING:
    from contract.subject import Subject
    from store.records import Exchange


class Family(StrEnum):
    """The families of kinds, in the order reports show them."""

    SHAPE = "shape"
    VALUE = "value"
    ORDER = "order"
    TIMING = "timing"
    IDEMPOTENCY = "idempotency"
    FAILURE = "failure"
    PROTOCOL = "protocol"


class Holds(StrEnum):
    """What an observation says about a clause."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not-applicable"


class Relation(StrEnum):
    """How the behaviours that one statement allows relate to those that another allows."""

    SAME = "same"
    NARROWER = "narrower"
    """This one is stricter: all that it allows, the other allows too."""
    WIDER = "wider"
    """This one allows more than the other."""
    INCOMPATIBLE = "incompatible"
    """Each allows something that the other does not."""


class Direction(StrEnum):
    """Who produces what a subject names: consumers produce requests, the producer responses."""

    REQUEST = "request"
    RESPONSE = "response"


@runtime_checkable
class Kind(Protocol):
    """One kind of statement, with the value that it states. Immutable; one file in `contract/kinds/` each."""

    name: ClassVar[str]
    family: ClassVar[Family]

    @property
    def value(self) -> object:
        """The stated value in JSON's own types; `from_value` reads it back."""

    @property
    def informative(self) -> bool:
        """False where the statement rules nothing out by itself ("is sometimes absent").

        Such a statement is kept for comparison (it may contradict a declared one) and never claimed alone.
        """

    def describe(self, subject: Subject) -> str:
        """The statement as one English sentence without a full stop, for people."""

    def hold(self, subject: Subject, exchange: Exchange) -> Holds:
        """Whether one exchange of the clause's operation fulfils the statement."""

    def compare(self, other: Kind) -> Relation:
        """How this statement relates to another of the same kind about the same subject."""


@dataclass(frozen=True, slots=False, kw_only=True)
class Clause:
    """A statement of one kind about one subject of one operation of one producer."""

    producer: str
    operation: str
    subject: Subject
    kind: Kind

    @cached_property
    def id(self) -> str:
        """Short stable hash of producer, operation, kind and subject.

        Names of path parameters do not count (`/a/{x}` is `/a/{y}`), nor does the stated value: a decision about
        "the latency of GET /orders" survives a new p99.
        """
        subject = _anonymous_subject(self.operation, self.subject)
        return record_id(self.producer, _anonymous(self.operation), self.kind.name, subject)[:12]

    @cached_property
    def key(self) -> str:
        """The clause's readable name: `GET /orders/{id} · 200 body items[].sku · present`."""
        return f"{self.operation} · {self.subject.readable} · {self.kind.name}"

    @property
    def statement(self) -> str:
        """The clause as a sentence."""
        return self.kind.describe(self.subject)


def _anonymous(operation: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", operation)


def _anonymous_subject(operation: str, subject: Subject) -> str:
    """The subject, with a path parameter by its position in the template instead of its name."""
    if subject.parts[:2] == ("request", "path") and len(subject.parts) > 2:
        names = re.findall(r"\{([^{}]*)\}", operation)
        if subject.parts[2] in names:
            return f"request.path.{names.index(subject.parts[2])}"
    return str(subject)
