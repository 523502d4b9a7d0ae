"""What is relied upon in one observation: the places of an operation's claims, laid over its values.

Two things are marked. In what a consumer was given, the places that it or others did more with than receive
them. In what it sent, the places whose values it is known to take from other answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.claim import Level, Standing
from contract.subject import VALUE
from reports.places import places
from reports.web import links
from reports.web.once import once
from reports.words import clipped, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from contract.claim import Claim, Dependence
    from contract.subject import Subject
    from reports.places import Place
    from reports.web.snapshot import Snapshot

LONGEST_NOTE = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is said about one place.

    `level` is how strongly it is relied upon, by this observation's consumer where `own`. `note` says who
    does what, `trouble` how the place stands to the declaration (`""`: as declared, or nothing is declared).
    `href` is the clause. `incoming`: it is not relied upon here, but taken from another answer.
    """

    level: Level
    own: bool
    note: str
    href: str
    trouble: str = ""
    incoming: bool = False

    @property
    def brief(self) -> str:
        """The note for a line."""
        return clipped(self.note, LONGEST_NOTE)


class Marks:
    """The marks of an operation by the parts of their subjects; a place of a map is found by any key."""

    def __init__(self, marks: Iterable[tuple[Subject, Mark]]) -> None:
        self._root: dict[str, object] = {}
        for subject, mark in marks:
            node = self._root
            for part in subject.parts:
                node = node.setdefault(part, {})  # type: ignore[assignment]
            node.setdefault("", mark)  # a field named "" has no mark of its own, and does no harm

    def at(self, parts: Sequence[str]) -> Mark | None:
        """The mark of a place, if it has one."""
        nodes = [self._root]
        for part in parts:
            nodes = [below for node in nodes for below in _below(node, part)]
        return next((mark for node in nodes if isinstance(mark := node.get(""), Mark)), None)


def _below(node: dict[str, object], part: str) -> list[dict[str, object]]:
    return [below for name in {part, VALUE} if isinstance(below := node.get(name), dict)]


def marks_of(snapshot: Snapshot, producer: str, key: str, consumer: str) -> Marks:
    """The marks for one consumer's observation of an operation."""
    compared = snapshot.compared.get((producer, key))
    if compared is None:
        return Marks(())
    relied = (
        (place.subject, _relied(place, consumer, compared.promised))
        for place in places(compared.operation.claims)
        if place.subject.status is not None and _relying(place)
    )
    known = {claim.clause.subject for claim in compared.operation.claims}
    return Marks([*_incoming(snapshot, producer, key, consumer, known), *relied])


def _relied(place: Place, consumer: str, promised: frozenset[Subject] | None) -> Mark:
    """Who relies on a place of an answer: this consumer first."""
    relying = _relying(place)
    own = next((link for link in relying if link.consumer == consumer), None)
    others = [link.consumer for link in relying if link.consumer != consumer]
    if own is None:
        said = f"{listed(others)} {'relies' if len(others) == 1 else 'rely'} on it"
    else:
        said = f"{own.consumer}: {own.basis}"
        said += f"; {listed(others)} too" if others else ""
    lead = own or relying[0]
    return Mark(
        level=lead.level,
        own=own is not None,
        note=said,
        href=links.clause(_stating(place.claims, lead).clause.id),
        trouble=_trouble(place, promised),
    )


def _trouble(place: Place, promised: frozenset[Subject] | None) -> str:
    """How a place stands to what is declared; `""` as it says, or where it says nothing of the operation."""
    if promised is None:
        return ""
    if place.foremost.standing is Standing.CONTRADICTED:
        return "the declaration says otherwise"
    return "" if place.subject in promised else "nobody declared it"


def _relying(place: Place) -> list[Dependence]:
    return [link for link in place.dependence if link.level is not Level.EXPOSED]


def _stating(claims: Sequence[Claim], link: Dependence) -> Claim:
    """The claim that a dependence was found on."""
    return next(claim for claim in claims if link in claim.dependence)


def _incoming(
    snapshot: Snapshot, producer: str, key: str, consumer: str, known: Iterable[Subject]
) -> Iterator[tuple[Subject, Mark]]:
    """The places of a request whose values this consumer is known to take from other answers."""
    asked = [subject for subject in known if subject.status is None]
    for claim, link in _used(snapshot, consumer):
        source = claim.clause
        for subject in asked:
            if _is_target(link.basis, source.producer, producer, subject, key):
                whose = f" of {source.producer}" if source.producer != producer else ""
                note = f"{consumer} takes it from {source.subject.readable} of {source.operation}{whose}"
                yield (
                    subject,
                    Mark(level=link.level, own=True, note=note, href=links.clause(source.id), incoming=True),
                )


def _is_target(basis: str, source: str, producer: str, subject: Subject, key: str) -> bool:
    """Whether a use, in the words of `inference.use.Use.basis`, went to a place."""
    how = "sent back" if source == producer else f"sent to {producer}"
    said = f"{how} as {subject.readable} of {key}"
    return any(part == said or part.startswith(f"{said},") for part in basis.split("; "))


def _used(snapshot: Snapshot, consumer: str) -> tuple[tuple[Claim, Dependence], ...]:
    return uses(snapshot).get(consumer, ())


@once
def uses(snapshot: Snapshot) -> dict[str, tuple[tuple[Claim, Dependence], ...]]:
    """By consumer the places whose values it sends on, one claim a place."""
    found: dict[str, dict[tuple[str, str, Subject], tuple[Claim, Dependence]]] = {}
    for claim in snapshot.claims.values():
        for link in claim.dependence:
            if link.level is Level.USED and link.basis.startswith("sent "):
                clause = claim.clause
                place = (clause.producer, clause.operation, clause.subject)
                found.setdefault(link.consumer, {}).setdefault(place, (claim, link))
    return {consumer: tuple(by_place.values()) for consumer, by_place in found.items()}
