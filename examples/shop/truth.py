"""`truth.yaml` and `truth_events.yaml`, read: what is to be found in the traffic, and what not claimed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from contract.subject import ITEM, VALUE, Subject, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

TRUTH = Path(__file__).with_name("truth.yaml")
EVENTS = Path(__file__).with_name("truth_events.yaml")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A subject of an operation. `operation` has its parameters' names blanked."""

    operation: str
    subject: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What is at a place. `present` is None where there is no parent object that could lack it."""

    types: frozenset[str]
    nullable: bool
    present: bool | None


@dataclass(frozen=True, slots=True)
class Dependence:
    """That a consumer depends on what stands at a place. `same_as` are other subjects for the same place."""

    consumer: str
    place: Place
    kind: str
    family: str
    level: str
    standing: str
    reason: str
    same_as: frozenset[str]

    @property
    def places(self) -> frozenset[Place]:
        """All ways to name the place."""
        return frozenset({self.place, *(Place(self.place.operation, subject) for subject in self.same_as)})


@dataclass(frozen=True, slots=True)
class Fact:
    """Something true of the producer. `standing` is how its document relates to it, `""` if not said."""

    place: Place
    kind: str
    family: str = ""
    standing: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Distractor:
    """What looks like use by a consumer and is none."""

    consumer: str
    place: Place
    how: str


@dataclass(frozen=True, slots=True)
class Truth:
    """All of the file."""

    producer: str
    consumers: tuple[str, ...]
    statuses: dict[str, frozenset[str]]
    shapes: dict[Place, Shape]
    dependences: tuple[Dependence, ...]
    facts: tuple[Fact, ...]
    complete: frozenset[str]
    """Kinds of which all that is true is said."""
    drift: tuple[Fact, ...]
    distractors: tuple[Distractor, ...]

    @property
    def content_types(self) -> dict[Place, str]:
        """The media type of every body, at the place of its header field."""
        roots = {place: parse(place.subject) for place in self.shapes}
        types = {
            Place(place.operation, str(root.parent.within("header", "content-type"))): _media_type(
                root.status
            )
            for place, root in roots.items()
            if root.parts[-1] == "body" and root.parts[0] in {"request", "response"} and len(root.parts) <= 3
        }
        types |= {fact.place: fact.value for fact in self.facts if fact.kind == "content-type" and fact.value}
        return types


def blank(operation: str) -> str:
    """An operation key without the names of its parameters: `GET /orders/{}`."""
    return re.sub(r"\{[^{}]*\}", "{}", operation)


def load(path: Path = TRUTH, *, over: str = "amqp") -> Truth:
    """Read a file.

    Args:
        path: either of the two.
        over: the protocol of the events; what is only true where they have another is left out.

    Raises:
        ValueError, KeyError: it is not what its head says; a subject is none, or something is missing.
    """
    document = yaml.safe_load(path.read_text("utf-8"))

    def entries(name: str) -> Iterator[dict[str, Any]]:
        return (entry for entry in document[name] if entry.get("over", over) == over)

    return Truth(
        producer=document["producer"],
        consumers=tuple(document["consumers"]),
        statuses={
            blank(operation): frozenset(map(str, statuses))
            for operation, statuses in document["statuses"].items()
        },
        shapes={
            Place(blank(operation), str(subject)): shape
            for operation, bodies in document["shapes"].items()
            for body, tree in bodies.items()
            for subject, shape in _shapes(parse(body), tree, present=None)
        },
        dependences=tuple(map(_dependence, entries("dependences"))),
        facts=tuple(
            Fact(_place(fact), fact["kind"], family=fact["family"], value=fact.get("value", ""))
            for fact in entries("facts")
        ),
        complete=frozenset(document["complete"]),
        drift=tuple(Fact(_place(fact), fact["kind"], standing=fact["standing"]) for fact in entries("drift")),
        distractors=tuple(
            Distractor(entry["consumer"], _place(entry), entry["how"]) for entry in entries("distractors")
        ),
    )


def _media_type(status: str | None) -> str:
    """Refusals are problem details (RFC 9457), all else is JSON."""
    refused = status is not None and status.isdecimal() and status >= "400"
    return "application/problem+json" if refused else "application/json"


def _place(entry: dict[str, Any]) -> Place:
    return Place(blank(entry["operation"]), str(parse(entry["subject"])))


def _dependence(entry: dict[str, Any]) -> Dependence:
    return Dependence(
        consumer=entry["consumer"],
        place=_place(entry),
        kind=entry["kind"],
        family=entry["family"],
        level=entry["level"],
        standing=entry.get("standing", "declared"),
        reason=entry["reason"],
        same_as=frozenset(str(parse(subject)) for subject in entry.get("same-as", ())),
    )


def _shapes(at: Subject, tree: Any, *, present: bool | None) -> Iterator[tuple[Subject, Shape]]:
    """The places of a shape: a mapping is an object, a list of one an array, a text a scalar's types."""
    if isinstance(tree, str):
        types = {name.strip() for name in tree.split("|")}
        yield at, Shape(frozenset(types - {"null"}), "null" in types, present)
    elif isinstance(tree, list):
        yield at, Shape(frozenset({"array"}), nullable=False, present=present)
        (item,) = tree
        yield from _shapes(at.within(ITEM), item, present=None)
    else:
        yield at, Shape(frozenset({"object"}), nullable=False, present=present)
        for name, child in tree.items():
            always = None if name == VALUE else not name.endswith("?")
            yield from _shapes(at.within(name.removesuffix("?")), child, present=always)
