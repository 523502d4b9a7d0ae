"""`lifecycle`: which value follows which in a status field of one entity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Holds, Relation
from contract.kinds.across import Across, fields_of

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject

State = str | int
"""A word, or the number that stands for one."""


@dataclass(frozen=True, slots=True)
class Lifecycle(Across):
    """An entity's status begins with one of `first`, changes by `transitions` alone, and ends in `last`."""

    name: ClassVar[str] = "lifecycle"
    family: ClassVar[Family] = Family.ORDER

    transitions: tuple[tuple[State, State], ...]
    first: tuple[State, ...]
    last: tuple[State, ...]

    @property
    def value(self) -> dict[str, object]:
        """All by name, as lists."""
        return {
            "transitions": [list(pair) for pair in self.transitions],
            "first": list(self.first),
            "last": list(self.last),
        }

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        fields = fields_of(cls.name, value, "transitions", "first", "last")
        pairs = [_states(pair) for pair in _list(fields["transitions"])]
        if not pairs or any(len(pair) != 2 for pair in pairs):
            raise ValueError(f"transitions are pairs of states, not {fields['transitions']!r}")
        return cls(tuple((one, two) for one, two in pairs), _states(fields["first"]), _states(fields["last"]))

    @property
    def states(self) -> frozenset[State]:
        """All values that the status may have."""
        return frozenset({*(state for pair in self.transitions for state in pair), *self.first, *self.last})

    def describe(self, subject: Subject) -> str:
        """`200 body status goes placed → paid → shipped` or, where it branches, each step."""
        return f"{subject.readable} goes {', '.join(' → '.join(map(str, way)) for way in self._ways())}"

    def _ways(self) -> list[list[State]]:
        """The transitions, those that continue each other without a choice joined."""
        after: dict[State, list[State]] = {}
        before: dict[State, int] = {}
        for one, two in self.transitions:
            after.setdefault(one, []).append(two)
            before[two] = before.get(two, 0) + 1
        ways: list[list[State]] = []
        for one, two in self.transitions:
            for way in ways:
                if way[-1] == one and len(after[one]) == 1 and before.get(one) == 1 and two not in way:
                    way.append(two)
                    break
            else:
                ways.append([one, two])
        return ways

    def hold(self, subject: Subject, places: Places) -> Holds:
        """No, if a value is none of the states; one exchange alone shows no transition."""
        found = places.find(subject)
        values = [value for value in found.values if isinstance(value, str | int)] if found else []
        return Holds.NO if set(values) - self.states else Holds.NOT_APPLICABLE

    def _relate(self, other: Any) -> Relation:
        """By the transitions: fewer are narrower."""
        mine, theirs = set(self.transitions), set(other.transitions)
        return Relation.of(mine <= theirs, theirs <= mine)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"a list is needed, not {value!r}")  # noqa: TRY004  # of JSON
    return value


def _states(value: object) -> tuple[State, ...]:
    states = _list(value)
    if any(isinstance(state, bool) or not isinstance(state, str | int) for state in states):
        raise ValueError(f"states are texts or whole numbers, not {value!r}")
    return tuple(states)
