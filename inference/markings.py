"""Markings: what messages of one channel and type carry beside their content.

Whether they are retained, and which schemas their payloads are written with. What later schemas took away is
worked out when a map is made (`inference/conduct/evolution.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Clause
from contract.kinds import Retained
from contract.subject import Subject
from inference.events import is_retained, schema_of
from inference.stated import Stated, evidence_of
from inference.tally import Tally
from inference.thresholds import MIN_PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.observation import Observation

MAX_SCHEMAS = 32
"""Schemas of one channel and type; of more those that come first in the alphabet."""

MAX_FIELDS = 128
"""Fields that are counted for each of them; of more those that come first in the alphabet."""

MAX_NAME = 100
"""Characters of a field's name: longer ones are data."""

SIDES = {True: Subject(("request",)), False: Subject(("response", "message"))}
"""Where what is published stands, and what is delivered."""

_TYPES = {str: "string", bool: "boolean", int: "number", float: "number", dict: "object", list: "array"}

Field = tuple[str, str]
"""A field down to the second level (`order.total`) and its JSON type."""


@dataclass(slots=True)
class Written:
    """The messages that were written with one schema, and how often each of their fields was there."""

    tally: Tally = field(default_factory=Tally)
    fields: dict[Field, int] = field(default_factory=dict)

    def counts(self, one: Field) -> bool:
        """Whether a field is counted where it is there, and not beyond the bound."""
        return len(self.fields) < MAX_FIELDS or one <= max(self.fields)

    def count(self, one: Field, times: int) -> None:
        """Count a field."""
        self.fields[one] = self.fields.get(one, 0) + times
        if len(self.fields) > MAX_FIELDS:
            del self.fields[max(self.fields)]


class Markings:
    """Counts of both, what is published apart from what is delivered: they are different operations."""

    family: ClassVar[str] = "markings"

    def __init__(self) -> None:
        self.all = Tally()
        self.published = False
        self.retained = Tally()
        self.schemas: dict[str, Written] = {}

    @property
    def subject(self) -> Subject:
        """Where its messages stand."""
        return SIDES[self.published]

    def observe(self, observation: Observation) -> None:
        """Count one message."""
        message = observation.message
        if message is None:
            return
        published = message.consumer is None
        self.published |= published
        at, example = observation.at, message.id
        self.all.add(at, example)
        if is_retained(message):
            self.retained.add(at, example)
        schema = schema_of(message.headers)
        if schema:
            written = self.schemas.setdefault(schema, Written())
            written.tally.add(at, example)
            body = observation.request_body if published else observation.response_body
            for one in _fields(body):
                written.count(one, 1)
            self._bound()

    def merge(self, other: Markings) -> None:
        """Add the counts of both."""
        self.all.merge(other.all)
        self.published |= other.published
        self.retained.merge(other.retained)
        for schema, theirs in other.schemas.items():
            written = self.schemas.setdefault(schema, Written())
            written.tally.merge(theirs.tally)
            for one, count in theirs.fields.items():
                written.count(one, count)
        self._bound()

    def _bound(self) -> None:
        for schema in sorted(self.schemas)[MAX_SCHEMAS:]:
            del self.schemas[schema]

    def claims(self, producer: str, operation: str) -> Iterator[Stated]:
        """Whether messages are retained: of what is published all, of what is delivered some."""
        held = self.retained.count
        if not held:
            return
        doubt = "" if held >= MIN_PROTOCOL else f"{held} seen, {MIN_PROTOCOL} needed"
        others = self.all.count - held if self.published else 0
        if others:
            doubt = doubt or f"{others} of {self.all.count} were not"
        yield Stated(
            clause=Clause(producer=producer, operation=operation, subject=self.subject, kind=Retained()),
            evidence=evidence_of({"": self.retained}, held, others),
            doubt=doubt,
            reasons=(f"{held} of {self.all.count} messages were retained ones",),
        )

    def met(self, subject: Subject) -> Tally | None:
        """How many retained ones there were, which is what is stated here."""
        return self.retained if subject == self.subject and self.retained.count else None

    def state(self) -> Any:
        """The serial form."""
        return [
            self.all.state(),
            self.published,
            self.retained.state(),
            [
                [
                    schema,
                    written.tally.state(),
                    [[*one, count] for one, count in sorted(written.fields.items())],
                ]
                for schema, written in sorted(self.schemas.items())
            ],
        ]

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        self = cls()
        every, self.published, retained, schemas = state
        self.all, self.retained = Tally.from_state(every), Tally.from_state(retained)
        for schema, tally, fields in schemas:
            counts = {(name, kind): count for name, kind, count in fields}
            self.schemas[schema] = Written(Tally.from_state(tally), counts)
        return self


def _fields(body: Any, within: str = "") -> Iterator[Field]:
    for name, value in body.items() if isinstance(body, dict) else ():
        # a value that was redacted is of a class of its own
        kind = next((word for type_, word in _TYPES.items() if isinstance(value, type_)), "")
        if kind and len(name) <= MAX_NAME:
            yield f"{within}{name}", kind
        if not within:
            yield from _fields(value, f"{name[:MAX_NAME]}.")
