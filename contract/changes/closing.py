"""Objects that let no other fields stand any more: which fields were never declared, and are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.changes.change import Change
from contract.changes.facts import numbered
from contract.clause import Direction
from contract.kinds import Present

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contract.changes.facts import Document
    from contract.changes.rules import Rule
    from contract.changes.sight import Sight
    from contract.subject import Subject

CLOSING = frozenset({"response-additional-properties-narrowed", "request-additional-properties-narrowed"})


def ruled_out(change: Change, sight: Sight, new: Document | None) -> list[Subject] | None:
    """The fields that passed in an object that is closed now and that the newer document does not name.

    None where the change is about something else, or there is no document.
    """
    if change.rule.name not in CLOSING or new is None or change.subject is None:
        return None
    return _undeclared(change.subject, sight, _named(change, new))


def closed(change: Change, undeclared: list[Subject], rules: Mapping[str, Rule]) -> Iterator[Change]:
    """A change for each field of an answer that is ruled out, in place of that of its object.

    What is sent is told with the object itself.
    """
    for subject in undeclared:
        if subject.direction is Direction.RESPONSE:
            yield Change(
                rule=rules["undeclared-property-closed"],
                operation=change.operation,
                subject=subject,
                message=f"{subject.readable} was never declared, and is ruled out now",
                pointer=change.pointer,
                keys=change.keys,
            )


def _named(change: Change, new: Document) -> frozenset[Subject]:
    keys = set(change.keys)
    sides = [side for side in new.operations.values() if keys & set(side.keys)]
    return frozenset(numbered(side.key, place.subject) for side in sides for place in side.places.values())


def _undeclared(place: Subject, sight: Sight, named: frozenset[Subject]) -> list[Subject]:
    """The fields of an object that passed and that a document does not name."""
    depth = len(place.parts) + 1
    found = {
        place.within(claim.clause.subject.parts[depth - 1]): None
        for claim in sight.claims(place, inside=True)
        if len(claim.clause.subject.parts) == depth and isinstance(claim.clause.kind, Present)
    }
    return [subject for subject in found if subject not in named]
