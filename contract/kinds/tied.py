"""What statements share that tie a place to another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.aligned import aligned
from contract.clause import Family, Holds, Kind, Relation, alike
from contract.subject import parse

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Tied:
    """A statement about a place and another of the same exchange, item by item where both lie in an array.

    A kind says by `agrees` whether the values of one item are as stated, and by `words` how to say it.
    """

    name: ClassVar[str]
    family: ClassVar[Family] = Family.VALUE
    words: ClassVar[str]
    """The sentence, with `{}` for either place."""

    key: ClassVar[str] = "other"
    """What the other place is called in `value`."""

    other: str
    """The other place, as a written subject."""

    @property
    def partners(self) -> tuple[str, ...]:
        """The other place."""
        return (self.other,)

    @property
    def value(self) -> dict[str, object]:
        """The other place."""
        return {self.key: self.other}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, dict) or value.keys() != {cls.key}:
            raise ValueError(f"{cls.name} names one other place, not {value!r}")
        return cls(place(value[cls.key]))

    @property
    def informative(self) -> bool:
        """Two places that agree rule out that they do not."""
        return True

    def describe(self, subject: Subject) -> str:
        """The sentence, with both places."""
        return self.words.format(subject.readable, parse(self.other).readable)

    def hold(self, subject: Subject, places: Places) -> Holds:
        """No, if the values of one item disagree; not applicable, if there is no item with values at both."""
        said = {self.agrees(mine, theirs) for mine, theirs in aligned(places, subject, parse(self.other))}
        if False in said:
            return Holds.NO
        return Holds.YES if True in said else Holds.NOT_APPLICABLE

    def agrees(self, mine: list[Any], theirs: list[Any]) -> bool | None:
        """Whether the values at the two places are as stated; None if they cannot say."""
        raise NotImplementedError

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """The same about the same places; otherwise each allows what the other does not."""
        del subject
        return Relation.SAME if alike(self, other).value == self.value else Relation.INCOMPATIBLE


def place(value: object) -> str:
    """A written subject, known to be one.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, str):
        raise ValueError(f"a place is a text such as response.200.body.id, not {value!r}")  # noqa: TRY004  # of JSON
    return parse(value).text


def scalars(values: list[Any]) -> list[Any]:
    """The values that are no object, no array, not null."""
    return [value for value in values if value is not None and not isinstance(value, dict | list)]
