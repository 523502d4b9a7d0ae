"""`rate-limit`: the limit that answers announce (draft-ietf-httpapi-ratelimit-headers, and X- fields)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, fields_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class RateLimit(Across):
    """The limit, if it is always the same, and the fields that count down and say when it begins anew."""

    name: ClassVar[str] = "rate-limit"
    family: ClassVar[Family] = Family.PROTOCOL

    limit: int | None
    remaining: str | None
    reset: str | None

    @property
    def value(self) -> dict[str, Any]:
        """By name."""
        return {"limit": self.limit, "remaining": self.remaining, "reset": self.reset}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        found = fields_of(cls.name, value, "limit", "remaining", "reset")
        if not isinstance(found["limit"], int | None) or isinstance(found["limit"], bool):
            raise ValueError(f"a limit is a whole number, not {found['limit']!r}")  # noqa: TRY004  # JSON
        return cls(found["limit"], found["remaining"], found["reset"])

    def describe(self, subject: Subject) -> str:
        """`200 header x-ratelimit-limit announces a limit of 600 calls`."""
        limit = "a limit" if self.limit is None else f"a limit of {self.limit:,} calls"
        left = f", {self.remaining} what is left of it" if self.remaining else ""
        return f"{subject.readable} announces {limit}{left}"
