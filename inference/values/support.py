"""What all miners of values need: which values count, where they came from, and how to state a finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.blank import is_blank
from contract.claim import Evidence
from contract.clause import Clause
from inference.stated import Stated
from inference.values.frames import MISSING, exchange_of, frames_of
from store.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.clause import Kind
    from contract.subject import Subject
    from inference.samples import Sample
    from inference.scene import OperationScene
    from inference.values.frames import Column, Frame
    from store.records import Exchange


@dataclass(frozen=True)
class Answers:
    """The sampled exchanges of one operation with one status, as tables."""

    scene: OperationScene
    status: int
    samples: list[Sample]
    frames: list[Frame]

    @classmethod
    def of(cls, scene: OperationScene, status: int, samples: list[Sample]) -> Answers:
        """Cut samples into frames."""
        return cls(scene, status, samples, frames_of(samples, scene.operation, status, scene.shapes))

    @property
    def root(self) -> Frame:
        """The frame of the exchanges themselves."""
        return self.frames[0]

    def exchange(self, number: int) -> Exchange:
        """A sample as an exchange."""
        return exchange_of(self.samples[number], self.scene.operation, self.status)

    def state(
        self,
        subject: Subject,
        kind: Kind,
        *,
        held: int,
        broken: int = 0,
        exchanges: Iterable[int],
        doubt: str = "",
        reasons: tuple[str, ...] = (),
    ) -> Stated:
        """A clause about this operation, with the samples that it rests on."""
        seen = sorted(
            (self.samples[number].tally for number in set(exchanges)),
            key=lambda tally: (tally.first, tally.example),
        )
        examples = [seen[0].example, seen[-1].example] if seen else []
        return Stated(
            clause=Clause(
                producer=self.scene.producer, operation=self.scene.operation, subject=subject, kind=kind
            ),
            evidence=Evidence(
                held=held,
                broken=broken,
                first_seen=seen[0].first if seen else None,
                last_seen=max(tally.last for tally in seen) if seen else None,
                examples=tuple(dict.fromkeys(examples)),
            ),
            doubt=doubt,
            reasons=reasons,
        )


def counts(value: Any) -> bool:
    """Whether a value says something: it is there, not null, not blank, and was not withheld."""
    if value is MISSING or value is None:
        return False
    return not isinstance(value, str) or not (is_blank(value) or is_token(value))


def there(value: Any) -> bool:
    """Whether there is a value: one that was withheld counts, as equal values have equal tokens."""
    return value is not MISSING and value is not None and not (isinstance(value, str) and is_blank(value))


def rows_of(column: Column) -> Iterator[tuple[int, Any]]:
    """The rows of a column that hold a value that counts."""
    return ((row, value) for row, value in enumerate(column) if counts(value))
