"""A clause: one statement about behaviour that can be true or false of an observation.

Everything becomes clauses: declared documents compile to them, observed traffic is inferred to them,
and reports join the two. A clause says *where* (`producer`, `operation`, `subject`) and *what* (`kind`,
a `Kind` object). Nothing outside this package switches on kinds: it asks them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar, runtime_checkable

from store.records import record_id

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject


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

    @classmethod
    def of(cls, allowed: bool, others: bool) -> Relation:  # noqa: FBT001  # two answers to one question
        """The relation, from whether the other allows all that this one does, and the other way round."""
        if allowed:
            return cls.SAME if others else cls.NARROWER
        return cls.WIDER if others else cls.INCOMPATIBLE


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
    def partners(self) -> tuple[str, ...]:
        """What else the statement is about, as written subjects or operations: part of what it says *where*.

        Empty for a statement about its subject alone.
        """

    @property
    def value(self) -> object:
        """The stated value in JSON's own types; `contract.kinds.kind_from` reads it back."""

    @property
    def informative(self) -> bool:
        """False where the statement rules nothing out by itself ("is sometimes absent").

        Such a statement is kept for comparison (it may contradict a declared one) and never claimed alone.
        """

    def describe(self, subject: Subject) -> str:
        """The statement as one English sentence without a full stop, for people."""

    def hold(self, subject: Subject, places: Places) -> Holds:
        """Whether one exchange of the clause's operation, looked at by its places, fulfils the statement."""

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """How this statement relates to another of the same kind about the same subject.

        Raises:
            TypeError: the other is of another kind.
        """


K = TypeVar("K", bound=Kind)


def alike(kind: K, other: Kind) -> K:
    """The other kind, known to be of the same class as the first.

    Raises:
        TypeError: it is not.
    """
    if type(other) is not type(kind):
        raise TypeError(f"cannot compare {kind.name} with {other.name}")
    return other


@dataclass(frozen=True, slots=False, kw_only=True)
class Clause:
    """A statement of one kind about one subject of one operation of one producer."""

    producer: str
    operation: str
    subject: Subject
    kind: Kind

    @cached_property
    def id(self) -> str:
        """Short stable hash of producer, operation, kind, subject and the kind's partners.

        Names of path parameters do not count (`/a/{x}` is `/a/{y}`), nor does the stated value: a
        decision about "the latency of GET /orders" survives a new p99.
        """
        subject = _anonymous_subject(self.operation, self.subject)
        partners = (_anonymous_partner(self.operation, partner) for partner in self.kind.partners)
        return record_id(self.producer, _anonymous(self.operation), self.kind.name, subject, *partners)[:12]

    @cached_property
    def key(self) -> str:
        """The clause's readable name: `GET /orders/{id} · 200 body items[].sku · present`."""
        about = " ".join((self.kind.name, *self.kind.partners))
        return f"{self.operation} · {self.subject.readable} · {about}"

    @property
    def statement(self) -> str:
        """The clause as a sentence."""
        return self.kind.describe(self.subject)

    def hold(self, places: Places) -> Holds:
        """Whether one exchange of the operation fulfils the clause."""
        return self.kind.hold(self.subject, places)

    def compare(self, other: Clause) -> Relation:
        """How this clause relates to another of the same id."""
        return self.kind.compare(self.subject, other.kind)


_PATH = "request.path."


def _anonymous(operation: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", operation)


def _anonymous_partner(operation: str, partner: str) -> str:
    """A partner without names of path parameters, be it an operation or a place of this one."""
    if partner.startswith(_PATH):
        names = re.findall(r"\{([^{}]*)\}", operation)
        name = partner.removeprefix(_PATH)
        return f"{_PATH}{names.index(name)}" if name in names else partner
    return _anonymous(partner)


def _anonymous_subject(operation: str, subject: Subject) -> str:
    """The subject, with a path parameter by its position in the template instead of its name."""
    if subject.parts[:2] == ("request", "path") and len(subject.parts) > 2:
        names = re.findall(r"\{([^{}]*)\}", operation)
        if subject.parts[2] in names:
            return f"request.path.{names.index(subject.parts[2])}"
    return str(subject)
