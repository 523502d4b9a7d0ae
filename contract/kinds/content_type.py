"""`content-type`: the media types of a body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Direction, Family, Holds, Kind, Relation, alike

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class ContentType:
    """A body has one of some media types, given sorted, in lower case, without parameters.

    A type may be a range: `image/*`, `*/*` (RFC 9110 section 12.5.1).
    """

    name: ClassVar[str] = "content-type"
    family: ClassVar[Family] = Family.PROTOCOL
    partners: ClassVar[tuple[str, ...]] = ()

    media_types: tuple[str, ...]

    @property
    def value(self) -> list[str]:
        """The media types, sorted."""
        return list(self.media_types)

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, list) or not all(isinstance(name, str) and "/" in name for name in value):
            raise ValueError(f"content-type is a list of media types, not {value!r}")
        return cls(tuple(sorted(set(value))))

    @property
    def informative(self) -> bool:
        """A media type always rules others out."""
        return True

    def describe(self, subject: Subject) -> str:
        """`200 header content-type is application/json`."""
        return f"{subject.readable} is {' or '.join(self.media_types)}"

    def hold(self, subject: Subject, places: Places) -> Holds:
        """Not applicable where there is no body, or it does not say what it is."""
        request = subject.direction is Direction.REQUEST
        body = places.exchange.request_body if request else places.exchange.response_body
        if not places.answered(subject) or body is None or not body.media_type:
            return Holds.NOT_APPLICABLE
        return Holds.YES if self._covers(body.media_type) else Holds.NO

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """By inclusion, ranges included."""
        del subject
        theirs = alike(self, other)
        return Relation.of(
            all(map(theirs._covers, self.media_types)),  # noqa: SLF001  # a twin
            all(map(self._covers, theirs.media_types)),
        )

    def _covers(self, media_type: str) -> bool:
        """Whether one of the types is this one or a range that has it."""
        kind = media_type.partition("/")[0]
        return not {media_type, f"{kind}/*", "*/*"}.isdisjoint(self.media_types)
