"""What statements share that are about each value at one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from contract.blank import values_at
from contract.clause import Family, Holds, Kind, Relation

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject


class ValueKind:
    """A statement that each value at a place fulfils by itself.

    A kind says by `fits` whether a value does. Blank and redacted values do not count (`contract/blank.py`).
    """

    __slots__ = ()
    name: ClassVar[str]
    family: ClassVar[Family] = Family.VALUE
    partners: ClassVar[tuple[str, ...]] = ()

    @property
    def value(self) -> object:
        """What is stated."""
        raise NotImplementedError

    @property
    def informative(self) -> bool:
        """Most rule some values out."""
        return True

    def describe(self, subject: Subject) -> str:
        """The statement as a sentence."""
        raise NotImplementedError

    def hold(self, subject: Subject, places: Places) -> Holds:
        """No, if one value does not fit; not applicable, if there is none of which it could be said."""
        said = {self.fits(subject, value) for value in values_at(subject, places)}
        if False in said:
            return Holds.NO
        return Holds.YES if True in said else Holds.NOT_APPLICABLE

    def fits(self, subject: Subject, value: object) -> bool | None:
        """Whether a value is as stated; None if the statement is not about such values."""
        raise NotImplementedError

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """By the values allowed."""
        raise NotImplementedError

    def contradicts(self, subject: Subject, declared: Kind) -> bool:
        """Whether values were seen that break a declared statement of this kind, if this is what was seen.

        Observed statements are as narrow as what was seen, so one that allows more has seen more.
        """
        return self.compare(subject, declared) in {Relation.WIDER, Relation.INCOMPATIBLE}

    def implied_by(self, subject: Subject, other: Kind) -> bool:
        """Whether a statement of another kind about the same subject already says this one.

        Where few values are listed, by each of them.
        """
        values = getattr(other, "listed", None)
        if not values:
            return False
        said = {self.fits(subject, value) for value in values}
        return True in said and False not in said
