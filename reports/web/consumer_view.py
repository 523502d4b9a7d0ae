"""What a consumer's page shows: all that it depends on, undeclared first, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from contract.claim import Level, Standing
from reports.places import places
from reports.web import links
from reports.web.ties import Role, Total, ties, towards
from reports.words import count, verb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from contract.claim import Claim, Consumer, Dependence
    from reports.finding import Finding
    from reports.places import Place
    from reports.web.snapshot import Snapshot
    from reports.web.ties import Tie

MOST_FINDINGS = 100
AT_ONCE = 40
"""Operations on one page, each with its places."""
MOST_PLACES = 60


@dataclass(frozen=True, kw_only=True)
class Reliance:
    """A finding, with how this consumer is concerned."""

    finding: Finding
    link: Dependence


@dataclass(frozen=True, kw_only=True)
class OwnPlace:
    """A place, with how this consumer depends on it."""

    place: Place
    link: Dependence

    @property
    def claim(self) -> Claim:
        """What is told of the place: its most troubling clause."""
        return self.place.foremost


@dataclass(frozen=True)
class Part:
    """An operation with the places that the consumer depends on, the strongest first."""

    tie: Tie

    @cached_property
    def places(self) -> tuple[OwnPlace, ...]:
        """All of them: found when they are looked at, for of hundreds of operations a page shows some."""
        found = (
            OwnPlace(place=place, link=link)
            for place in places(self.tie.operation.claims)
            for link in _own(place.dependence, self.tie.consumer)
        )
        return tuple(sorted(found, key=_by_level))

    @property
    def shown(self) -> tuple[OwnPlace, ...]:
        """Those that stand on the page."""
        return self.places[:MOST_PLACES]


@dataclass(frozen=True, kw_only=True)
class Page:
    """All of it; of its operations those after the first `begin`.

    `total` is None where the consumer was not seen at what was asked for.
    """

    consumer: Consumer
    producer: str
    producers: tuple[str, ...]
    total: Total | None
    relied: tuple[Reliance, ...]
    broken: tuple[Reliance, ...]
    parts: tuple[Part, ...]
    begin: int = 0

    @property
    def shown(self) -> tuple[Part, ...]:
        """The operations that stand on this page."""
        return self.parts[self.begin : self.begin + AT_ONCE]

    @property
    def more(self) -> str:
        """Where the next ones are, `""`: there are none."""
        after = self.begin + AT_ONCE
        return self._from(after) if after < len(self.parts) else ""

    @property
    def back(self) -> str:
        """Where the ones before these are, `""`: there are none."""
        return self._from(max(0, self.begin - AT_ONCE)) if self.begin else ""

    def _from(self, begin: int) -> str:
        given = {
            "name": self.consumer.name,
            "producer": self.producer,
            "begin": str(begin) if begin else None,
        }
        return links.to("/consumer", **given) + "#operations"

    @property
    def verdict(self) -> str:
        """What to know of it in a sentence."""
        where = f" of {self.producer}" if self.producer else ""
        if self.total is None:
            return f"{self.consumer.name} was not seen at anything{where}."
        if all(tie.role is Role.PUBLISHES for tie in self.total.ties):
            to = f" to {self.producer}" if self.producer else ""
            return f"{self.consumer.name} only publishes{to}: it depends on nothing by that."
        name, relied, broken = self.consumer.name, len(self.relied), len(self.broken)
        said = f"{name} relies on {count(relied, 'thing')}{where} that nobody promised"
        if not relied:
            said = f"Nothing{where} was seen that {name} relies on and nobody promised"
        if broken:
            said += f"; {count(broken, 'promise')} {verb(broken, 'is', 'are')} not kept towards it"
        return f"{said}."


def consumer_page(snapshot: Snapshot, name: str, producer: str = "", begin: int = 0) -> Page | None:
    """The page of a consumer, of all producers or of one; None: there is no such consumer.

    `begin` says how many of its operations to pass over; past the last of them, none is.
    """
    consumer = snapshot.consumers.get(name)
    if consumer is None:
        return None
    mine = [tie for tie in ties(snapshot) if tie.consumer == name]
    own = [tie for tie in mine if producer in {"", tie.producer}]
    return Page(
        consumer=consumer,
        producer=producer,
        producers=tuple(sorted({tie.producer for tie in mine})),
        total=Total(tuple(own)) if own else None,
        relied=_reliances(snapshot, name, {id_ for tie in own for id_ in tie.relied}, _is_relied),
        broken=_reliances(snapshot, name, {id_ for tie in own for id_ in tie.broken}, towards),
        parts=tuple(sorted(map(Part, own), key=_by_stake)),
        begin=begin if begin < len(own) else 0,
    )


def _reliances(
    snapshot: Snapshot, name: str, ids: set[str], keep: Callable[[Finding], bool]
) -> tuple[Reliance, ...]:
    found = (one for one in snapshot.drift.findings if one.id in ids and keep(one))
    return tuple(Reliance(finding=one, link=link) for one in found for link in _own(one.dependence, name))


def _is_relied(finding: Finding) -> bool:
    return finding.standing is Standing.UNDECLARED


def _own(links: Iterable[Dependence], name: str) -> list[Dependence]:
    return [link for link in links if link.consumer == name]


def _by_level(own: OwnPlace) -> tuple[bool, int, str]:
    undeclared = own.claim.standing is Standing.UNDECLARED and own.link.level is not Level.EXPOSED
    return (not undeclared, -own.link.level.rank, own.place.subject.readable)


def _by_stake(part: Part) -> tuple[int, int, int, str]:
    tie = part.tie
    return (-len(tie.relied), -len(tie.broken), -tie.observations, tie.operation.key)
