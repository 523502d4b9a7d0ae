"""`rate-limit`: the limit that answers announce (draft-ietf-httpapi-ratelimit-headers, and X- fields)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.subject import Subject

_PREFIX = r"(?:x-)?(?:[a-z]+-)??rate-?limit"
_PART = re.compile(rf"{_PREFIX}-(?:[a-z]+-)*(limit|remaining|reset)(?:-after|-[a-z]+)?")
_WHOLE = re.compile(r"(?:x-)?ratelimit(?:-policy)?")


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
        """`200 header x-ratelimit-limit announces a limit of 600 calls`, or when to come back."""
        if subject.parts[-1] == self.reset and self.limit is None and self.remaining is None:
            return f"{subject.readable} says when to call again"
        limit = "a limit" if self.limit is None else f"a limit of {self.limit:,} calls"
        left = f", {self.remaining} what is left of it" if self.remaining else ""
        return f"{subject.readable} announces {limit}{left}"

    def _relate(self, other: Any) -> Relation:
        """What says more is narrower: a number where the other says none, one more field."""
        mine, theirs = self._said(), other._said()  # noqa: SLF001  # a twin
        return Relation.of(mine >= theirs, theirs >= mine)

    def _said(self) -> set[tuple[str, object]]:
        return {(name, value) for name, value in self.value.items() if value is not None}


def limit_part(status: str, name: str) -> str:
    """What a header field (lower case) of an answer says of a limit.

    Returns:
        `limit`, `remaining`, `reset` (also for the Retry-After of a 429), or `""` for what is no such field.
    """
    if name == "retry-after":
        return "reset" if status == "429" else ""
    part = _PART.fullmatch(name)
    if part is not None:
        return part[1]
    return "limit" if _WHOLE.fullmatch(name) else ""


def limit_fields(status: str, names: Iterable[str]) -> dict[str, str]:
    """The header field for each part of a limit, the shortest of several; `limit` and the others by name."""
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (len(name), name)):
        part = limit_part(status, name)
        if part:
            found.setdefault(part, name)
    return found
