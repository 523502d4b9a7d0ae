"""The way of single values through the calls of one consumer: where each was received first, and where sent.

Specific values come from the traces of value flow. Short ids (`/orders/17`) say nothing by themselves: the
journal has those that stand where an id is named, and each counts together with what it is the id of, so
that order 17 is not payment 17.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.subject import Subject, parse
from inference.conduct.entities import named, noun_of, noun_of_id, noun_of_path
from inference.journal import identifies
from inference.shapes import parameters
from inference.specificity import bits_of
from inference.tally import Tally
from inference.thresholds import SPECIFIC_BITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.journal import Event, Journal, Mark
    from inference.scene import Located, Scene

Key = int | tuple[str, str]
"""The hash of a specific value; a noun and a short id."""

TARGET = Subject(("request", "target"))
"""Where a link goes when it is followed."""


@dataclass(slots=True)
class Passage:
    """One value of one consumer: first receipts (Unix ns) and uses by place; `bits` is 0 for a short id."""

    bits: int
    receipts: dict[Located, int] = field(default_factory=dict)
    uses: dict[Located, Tally] = field(default_factory=dict)

    @property
    def received(self) -> int | None:
        """When the consumer learned it from an answer; None if it did not, or had sent it before."""
        if not self.receipts:
            return None
        first = min(self.receipts.values())
        sent = min((tally.first for tally in self.uses.values()), default=first)
        return first if first <= sent else None

    def origins(self) -> set[Located]:
        """The places of the answer that brought it first, if an answer did."""
        first = self.received
        return set() if first is None else {place for place, at in self.receipts.items() if at == first}

    def receive(self, place: Located, at: int) -> None:
        """Note a receipt."""
        self.receipts[place] = min(at, self.receipts.get(place, at))


def passages(scene: Scene) -> dict[str, dict[Key, Passage]]:
    """The ways of all values, by consumer."""
    return {
        consumer: {**_specific(scene, consumer), **_short(scene, consumer)}
        for consumer in sorted(scene.consumers)
    }


def _specific(scene: Scene, consumer: str) -> dict[Key, Passage]:
    flows = scene.flows.get(consumer)
    found: dict[Key, Passage] = {}
    for digest, trace in sorted(flows.traces.items()) if flows else ():
        passage = found[digest] = Passage(trace.bits)
        for place, at in trace.sources.items():
            located = scene.locate(place[:2])
            if located is not None:
                passage.receive(located, at)
        for place, tally in trace.uses.items():
            located = scene.locate(place[:2])
            if located is not None:
                passage.uses.setdefault(located, Tally()).merge(tally)
    return found


def _short(scene: Scene, consumer: str) -> dict[Key, Passage]:
    journal = scene.journals.get(consumer)
    found: dict[Key, Passage] = {}
    for event in journal.events() if journal else ():
        operation = scene.operation(event.route)
        for noun, subject, value in _sent(operation, event):
            if _is_kept(journal, value):
                passage = found.setdefault((noun, str(value)), Passage(0))
                passage.uses.setdefault((operation, subject), Tally()).add(event.at, event.id)
        for noun, subject, value in _received(operation, event):
            if _is_kept(journal, value):
                passage = found.setdefault((noun, str(value)), Passage(0))
                passage.receive((operation, subject), event.ended)
    return found


def _is_kept(journal: Journal | None, value: Mark) -> bool:
    """Whether a short id, of which the journal has every mention."""
    if journal is None or not isinstance(value, str) or bits_of(value) >= SPECIFIC_BITS:
        return False
    return any(map(str.isdigit, value)) and journal.knows(value)


def _sent(operation: str, event: Event) -> Iterator[tuple[str, Subject, Mark]]:
    """The ids that a request names, each with what it is the id of."""
    names = parameters(operation)
    for index, value in named(operation, event).items():
        noun = noun_of_path(operation, int(index))
        if noun:
            yield noun, Subject(("request", "path", names[index])), value
    for section, values in (("query", event.query), ("body", event.sent)):
        for name, value in values.items():
            noun = noun_of_id(name.rpartition(".")[2])
            if noun and identifies(name):
                yield noun, Subject(("request", section, *name.split("."))), value


def _received(operation: str, event: Event) -> Iterator[tuple[str, Subject, Mark]]:
    if not 200 <= event.status < 400:
        return
    for name, value in event.shown.items():
        if name == "location":
            yield noun_of_path(operation), parse(f"response.{event.status}.header.location"), value
        elif identifies(name):
            subject = Subject(("response", str(event.status), "body", *name.split(".")))
            noun = noun_of_id(subject.parts[-1]) or noun_of(operation, subject.parent)
            yield noun, subject, value
