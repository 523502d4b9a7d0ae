"""Chains of calls: what is sent in one was received in another before, what is received is sent soon after.

By value alone: that a busy call precedes all others is volume, not order. Of all values that were sent to a
place each must have come from the same place of an earlier answer, and from nowhere else before. Of several
such places that which made the value counts, not the lists that repeat it.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.claim import Dependence, Evidence, Level
from contract.clause import Clause
from contract.kinds import FollowedBy, PrecededBy
from contract.subject import ITEM
from inference.conduct.passages import TARGET, Key, passages
from inference.stated import Stated
from inference.statistics import quantile, rule_of_three, wilson
from inference.tally import Tally
from inference.thresholds import (
    CHANCE,
    MAX_CHAIN_BREAKS,
    MIN_CHAIN,
    MIN_CHAIN_ANSWERS,
    MIN_FOLLOWED,
    MIN_FOLLOWED_SHARE,
)
from inference.use import affinity, chance_of_return

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.clause import Kind
    from contract.subject import Subject
    from inference.conduct.passages import Passage
    from inference.scene import Located, Scene

_SECTIONS = ("path", "query", "body", "header")
"""Where the id of what a call is about stands, the likeliest first."""

Way = tuple[str, Key]
"""A consumer, and a value that it met."""


@dataclass(slots=True)
class _Link:
    """Values that went from one place to another, each when it was received and how it was used.

    `broken` counts those that did not, `chance` bounds the probability that all this is no link.
    """

    source: Located
    target: Located
    ways: dict[Way, tuple[int, Tally]] = field(default_factory=dict)
    broken: int = 0
    chance: float = 1.0

    @property
    def ends(self) -> tuple[str, str]:
        """Both operations."""
        return self.source[0], self.target[0]

    @property
    def delays(self) -> list[int]:
        """From the receipts to the first uses (ns), the shortest first."""
        return sorted(used.first - received for received, used in self.ways.values())

    @property
    def answers(self) -> int:
        """In how many answers the values came."""
        return len({received for received, _ in self.ways.values()})

    def order(self) -> tuple[object, ...]:
        """The best of several between the same calls is first: where ids stand, many values, like names."""
        section = self.target[1].section
        return (
            _SECTIONS.index(section) if section in _SECTIONS else len(_SECTIONS),
            -len(self.ways),
            -affinity(self.source[1], self.target[1]),
            len(self.source[1].parts),
            str(self.source[1]),
            str(self.target[1]),
        )


class _Record:
    """The ways of all values, and what must be known of them together."""

    def __init__(self, scene: Scene) -> None:
        self.passages: dict[Way, Passage] = {
            (consumer, key): passage
            for consumer, known in passages(scene).items()
            for key, passage in known.items()
            if passage.receipts or passage.uses
        }
        self.sent: dict[Located, list[Way]] = defaultdict(list)
        self.first: dict[str, int] = {}
        self.last: dict[str, int] = {}
        self.pools: Counter[Located] = Counter()
        self.made: dict[Key, dict[Located, int]] = defaultdict(dict)
        self.of_noun: dict[str, set[Key]] = defaultdict(set)
        for way, passage in sorted(self.passages.items(), key=lambda entry: (entry[0][0], str(entry[0][1]))):
            self._note(way, passage)

    def _note(self, way: Way, passage: Passage) -> None:
        consumer, key = way
        times = [*passage.receipts.values(), *(tally.first for tally in passage.uses.values())]
        ends = [*times, *(tally.last for tally in passage.uses.values())]
        self.first[consumer] = min([*times, self.first.get(consumer, min(times))])
        self.last[consumer] = max([*ends, self.last.get(consumer, 0)])
        for target in passage.uses:
            if target[1] != TARGET:
                self.sent[target].append(way)
        self.pools.update(passage.receipts.keys())
        if isinstance(key, tuple):
            self.of_noun[key[0]].add(key)
        for source in passage.origins():
            if not _reads(source[0]):
                at = passage.receipts[source]
                self.made[key][source] = min(at, self.made[key].get(source, at))

    def luck(self, link: _Link) -> float:
        """The probability that as many values return by chance.

        Of short ids: that ids drawn from all that anybody knows of were all received before they were sent.
        """
        specific = [passage.bits for way in link.ways if (passage := self.passages[way]).bits]
        chance = chance_of_return(len(specific), specific, self.pools[link.source]) if specific else 1.0
        nouns: dict[str, list[int]] = defaultdict(list)
        for (_, key), (received, _) in link.ways.items():
            if isinstance(key, tuple):
                nouns[key[0]].append(received)
        for times in nouns.values():
            times.sort()
        for (_, key), (_, used) in link.ways.items():
            if isinstance(key, tuple):
                chance *= bisect(nouns[key[0]], used.first) / len(self.of_noun[key[0]])
        return min(1.0, chance)


def chains(scene: Scene) -> Iterator[Stated]:
    """The calls that others always need before, and those that always follow."""
    record = _Record(scene)
    yield from _preceded(scene, record)
    yield from _followed(scene, record)


def _preceded(scene: Scene, record: _Record) -> Iterator[Stated]:
    best: dict[tuple[str, str], _Link] = {}
    for target, ways in sorted(record.sent.items(), key=_by_place):
        link = _source_of(target, ways, record)
        if link is not None and link.ends[0] != link.ends[1]:
            link.chance = min(1.0, link.chance * len(record.sent))
            known = best.get(link.ends)
            if known is None or link.order() < known.order():
                best[link.ends] = link
    for _, link in sorted(best.items()):
        kind = PrecededBy(link.source[0], str(link.source[1]))
        held = len(link.ways)
        reason = (
            f"{held} of {held + link.broken} different values sent here had come from there, "
            f"in {link.answers} answers, and from nowhere else before; "
            f"others are below {rule_of_three(held):.0%} at 95 %"
        )
        # that it never sends another value shows that it cannot do without the call before
        yield _stated(scene, kind, link, Level.PROVEN, _doubt(link, MIN_CHAIN), reason)


def _source_of(target: Located, ways: list[Way], record: _Record) -> _Link | None:
    """The place that all values of a target came from: the one that made them before those that show them."""
    links: dict[Located, _Link] = {}
    for way in ways:
        passage = record.passages[way]
        used = passage.uses[target]
        origins = {source: passage.receipts[source] for source in passage.origins()}
        for source, at in {**record.made.get(way[1], {}), **origins}.items():
            if at <= used.first:
                links.setdefault(source, _Link(source, target)).ways[way] = (at, used)
    whole = []
    for link in links.values():
        # what came from nowhere and was sent soon after the record began may have come before it did
        horizon = link.delays[-1]
        others = ((way, record.passages[way]) for way in ways if way not in link.ways)
        link.broken = sum(
            bool(passage.receipts) or passage.uses[target].first > record.first[way[0]] + horizon
            for way, passage in others
        )
        link.chance = record.luck(link)
        if link.broken <= MAX_CHAIN_BREAKS * len(link.ways):
            whole.append(link)
    return min(whole, key=lambda link: (_reads(link.source[0]), link.order()), default=None)


def _followed(scene: Scene, record: _Record) -> Iterator[Stated]:
    links = _onward(record)
    best: dict[tuple[str, str], _Link] = {}
    for link in links:
        known = best.get(link.ends)
        if known is None or link.order() < known.order():
            best[link.ends] = link
    for _, link in sorted(best.items()):
        if any(_between(other, link) for other in best.values() if other.ends[0] == link.ends[0]):
            continue
        within = quantile(link.delays, 0.95) / 1e6
        kind = FollowedBy(link.target[0], str(link.target[1]), round(within, 1))
        held, broken = len(link.ways), link.broken
        reason = (
            f"{held} of {held + broken} different values received here were sent there later, "
            f"at least {wilson(held, held + broken)[0]:.0%} at 95 %"
        )
        yield _stated(scene, kind, link, Level.USED, _doubt(link, MIN_FOLLOWED), reason)


def _onward(record: _Record) -> list[_Link]:
    """From each place of an answer about a single thing to where its values were mostly sent next."""
    received: dict[Located, list[Way]] = defaultdict(list)
    links: dict[tuple[Located, Located], _Link] = {}
    for way, passage in record.passages.items():
        for source in passage.origins():
            if ITEM in source[1].parts:
                continue
            received[source].append(way)
            for target, used in passage.uses.items():
                if target[1] != TARGET and target[0] != source[0]:
                    link = links.setdefault((source, target), _Link(source, target))
                    link.ways[way] = (passage.receipts[source], used)
    for link in links.values():
        followers = {consumer for consumer, _ in link.ways}
        horizon = link.delays[-1]
        link.broken = sum(
            way not in link.ways
            and way[0] in followers
            and record.passages[way].receipts[link.source] + horizon < record.last[way[0]]
            for way in received[link.source]
        )
        link.chance = min(1.0, record.luck(link) * len(links))
    return [
        link
        for link in links.values()
        if wilson(len(link.ways), len(link.ways) + link.broken)[0] >= MIN_FOLLOWED_SHARE
        and link.broken <= MAX_CHAIN_BREAKS * len(link.ways)
    ]


def _between(other: _Link, link: _Link) -> bool:
    """Whether a link is the way of another one, carried on: no value arrives before it has been there."""
    if other is link or not link.ways.keys() <= other.ways.keys():
        return False
    return all(other.ways[way][1].first < used.first for way, (_, used) in link.ways.items())


def _doubt(link: _Link, least: int) -> str:
    """Why it is not claimed; `""`: it is."""
    if len(link.ways) < least:
        return f"only {len(link.ways)} different values, {least} needed"
    if link.answers < MIN_CHAIN_ANSWERS:
        return f"all values came in {link.answers} answers, {MIN_CHAIN_ANSWERS} needed"
    if link.chance >= CHANCE:
        return f"chance gives as many with probability {link.chance:.2g}"
    return ""


def _stated(scene: Scene, kind: Kind, link: _Link, level: Level, doubt: str, reason: str) -> Stated:
    operation, subject = link.target if isinstance(kind, PrecededBy) else link.source
    by_consumer: dict[str, Tally] = defaultdict(Tally)
    for (consumer, _), (_, used) in sorted(link.ways.items(), key=str):
        by_consumer[consumer].merge(used)
    uses = sorted((used.first, used.example) for _, used in link.ways.values())
    return Stated(
        clause=Clause(producer=scene.producer, operation=operation, subject=subject, kind=kind),
        evidence=Evidence(
            held=len(link.ways),
            broken=link.broken,
            first_seen=uses[0][0],
            last_seen=max(used.last for _, used in link.ways.values()),
            examples=tuple(dict.fromkeys((uses[0][1], uses[-1][1]))),
        ),
        doubt=doubt,
        reasons=(reason,),
        dependence={
            consumer: Dependence(
                consumer=consumer,
                level=level,
                basis=f"sent {_words(link.source)} to {_words(link.target)}",
                count=tally.count,
                first_seen=tally.first,
                last_seen=tally.last,
            )
            for consumer, tally in by_consumer.items()
        },
    )


def _words(place: tuple[str, Subject]) -> str:
    return f"{place[1].readable} of {place[0]}"


def _by_place(entry: tuple[Located, object]) -> tuple[str, str]:
    (operation, subject), _ = entry
    return operation, str(subject)


def _reads(operation: str) -> bool:
    return operation.startswith(("GET ", "HEAD ", "RECEIVE "))
