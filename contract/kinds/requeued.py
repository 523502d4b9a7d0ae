"""`requeued`: what a consumer gives back comes again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across, duration, fields_of, milliseconds_of, sooner

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued(Across):
    """How soon (the p99 of `n` times, in milliseconds), and after how many deliveries no more.

    `most` is None where no end was seen.
    """

    name: ClassVar[str] = "requeued"
    family: ClassVar[Family] = Family.FAILURE

    p50_ms: float
    p99_ms: float
    most: int | None
    n: int

    @property
    def value(self) -> dict[str, Any]:
        """The fields by name."""
        return {"p50_ms": self.p50_ms, "p99_ms": self.p99_ms, "most": self.most, "n": self.n}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        given = fields_of(cls.name, value, "p50_ms", "p99_ms", "most", "n")
        most = given["most"]
        if most is not None and (type(most) is not int or most < 1):
            raise ValueError(f"most is a number of deliveries or null, not {most!r}")
        return cls(
            p50_ms=milliseconds_of(given["p50_ms"]),
            p99_ms=milliseconds_of(given["p99_ms"]),
            most=most,
            n=int(milliseconds_of(given["n"])),
        )

    def describe(self, subject: Subject) -> str:
        """`a message that is given back comes again within 5 s (p99 of 40)`, and until when."""
        until = "" if self.most is None else f", until it was delivered {self.most:,} times"
        within = f"within {duration(self.p99_ms)} (p99 of {self.n:,})"
        return f"a {subject.readable} that is given back comes again {within}{until}"

    def _relate(self, other: Any) -> Relation:
        """What is sooner is narrower, with the same end."""
        return sooner(self.p99_ms, other.p99_ms) if self.most == other.most else Relation.INCOMPATIBLE
