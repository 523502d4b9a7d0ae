"""`dead-letter`: messages that were given up elsewhere come here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across, fields_of, text_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class DeadLetter(Across):
    """`origin` is the queue or topic that gave them up, `reasons` why, in its own words, sorted."""

    name: ClassVar[str] = "dead-letter"
    family: ClassVar[Family] = Family.FAILURE

    origin: str
    reasons: tuple[str, ...]

    @property
    def partners(self) -> tuple[str, ...]:
        """The origin: several may end here."""
        return (self.origin,)

    @property
    def value(self) -> dict[str, Any]:
        """The fields by name."""
        return {"from": self.origin, "reasons": list(self.reasons)}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        given = fields_of(cls.name, value, "from", "reasons")
        reasons = given["reasons"]
        if not isinstance(reasons, list) or not reasons:
            raise ValueError(f"reasons are a list of words, not {reasons!r}")
        return cls(text_of(given["from"]), tuple(sorted({text_of(one) for one in reasons})))

    def describe(self, subject: Subject) -> str:
        """`a message that orders gave up (expired or rejected) comes here`."""
        return f"a {subject.readable} that {self.origin} gave up ({' or '.join(self.reasons)}) comes here"

    def _relate(self, other: Any) -> Relation:
        """Fewer reasons are narrower, of the same origin."""
        if self.origin != other.origin:
            return Relation.INCOMPATIBLE
        mine, theirs = set(self.reasons), set(other.reasons)
        return Relation.of(mine <= theirs, theirs <= mine)
