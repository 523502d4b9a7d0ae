"""`retry`: consumers send a request again after an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, duration, fields_of, milliseconds_of

if TYPE_CHECKING:
    from contract.subject import Subject

BACKOFFS = ("constant", "exponential", "jitter", "retry-after")
"""How the waits between attempts are: all alike, doubling or so, random, or as long as Retry-After asks."""


@dataclass(frozen=True, slots=True)
class Retry(Across):
    """Up to so many attempts in all, the first wait (ms, a median), and how the waits go on (`BACKOFFS`)."""

    name: ClassVar[str] = "retry"
    family: ClassVar[Family] = Family.FAILURE

    attempts: int
    backoff: str
    first_ms: float

    @property
    def value(self) -> dict[str, Any]:
        """All three by name."""
        return {"attempts": self.attempts, "backoff": self.backoff, "first_ms": self.first_ms}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        found = fields_of(cls.name, value, "attempts", "backoff", "first_ms")
        if found["backoff"] not in BACKOFFS or not isinstance(found["attempts"], int):
            raise ValueError(
                f"retry has a number of attempts and one of {', '.join(BACKOFFS)}, not {value!r}"
            )
        return cls(found["attempts"], found["backoff"], milliseconds_of(found["first_ms"]))

    def describe(self, subject: Subject) -> str:
        """`consumers repeat the call after 503, up to 4 attempts, waiting longer each time, from 1 s on`."""
        after = f"after {subject.status}" if subject.status else "where no answer came"
        waits = {
            "constant": f"{duration(self.first_ms)} apart",
            "exponential": f"waiting longer each time, from {duration(self.first_ms)} on",
            "jitter": f"waiting at random, about {duration(self.first_ms)}",
            "retry-after": "as long after as Retry-After asks",
        }[self.backoff]
        return f"consumers repeat the call {after}, up to {self.attempts} attempts, {waits}"
