"""Single schemas → one operation: what was written with one schema is read with another.

A registry's modes say which of them is the newer one (Confluent Schema Registry, "Schema Evolution and
Compatibility"): with `BACKWARD` the new schema reads what the old one wrote, as a service reads requests;
with `FORWARD` the old one reads what the new one writes, as clients read responses; `FULL` is both.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from contract.changes.facts import Document, Facts, Place, Side, placed
from contract.changes.schemas import Schemas
from contract.statuses import MESSAGE, word_of
from contract.subject import Subject

if TYPE_CHECKING:
    from contract.view import Leaf


class Mode(StrEnum):
    """Who must be able to read what."""

    BACKWARD = "BACKWARD"
    FORWARD = "FORWARD"
    FULL = "FULL"

    @property
    def roots(self) -> tuple[Subject, ...]:
        """The places that a schema is held to stand at."""
        backward, forward = self is not Mode.FORWARD, self is not Mode.BACKWARD
        return (*((_READ,) if backward else ()), *((_WRITTEN,) if forward else ()))


OPERATION = "schema"
_READ = Subject(("request", "body"))
_WRITTEN = Subject(("response", word_of(MESSAGE), "body"))


def of_schema(schema: Leaf, source: str, mode: Mode) -> Document:
    """A JSON Schema as a document of one operation."""
    schemas = Schemas()
    found: list[tuple[str, Place]] = [
        ("", place) for at in mode.roots for place in schemas.places(schema, at)
    ]
    facts: Facts = {}
    side = Side(key=OPERATION, keys=(OPERATION,), facts=facts, places=placed(OPERATION, found))
    return Document(source=source, operations={side.identity: side}, exact=True)
