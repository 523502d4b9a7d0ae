"""What can be searched for: operations, channels, consumers, producers, places and clauses of a snapshot.

The order is simple, so that it can be foreseen: a whole name, the beginning of one, the beginning of words,
then anywhere; what is alike in that stands as it matters, the most depended upon first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from contract.claim import Level, Standing
from contract.operation import parse
from reports.places import strongest
from reports.web import links
from reports.web.once import once
from reports.words import clipped, count, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from contract.claim import Claim, Consumer, Dependence
    from contract.subject import Subject
    from reports.web.snapshot import Snapshot

MOST = 50
"""Results of one group where only that is asked for."""
FEW = 8
"""Results of one group beside others: six groups stay below the 50 that a reader can look through."""
MOST_WORDS = 8
LONGEST = 200
"""Characters of a query that count."""

_BETWEEN = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A piece of text, and whether it is what was searched for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Consumers that depend on something alike."""

    level: Level
    names: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One thing that was found: what it is called, where it is, who depends on it."""

    title: tuple[Segment, ...]
    about: tuple[Segment, ...]
    address: str
    who: tuple[Who, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of one group: the first results of `total`."""

    slug: str
    noun: str
    total: int
    results: tuple[Result, ...]

    @property
    def counted(self) -> str:
        """`1 consumer`, `14 places`."""
        return count(self.total, self.noun)

    @property
    def more(self) -> int:
        """Results that are not told."""
        return self.total - len(self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that can be found.

    `names` are what it is called, one of which a query may be or begin; `text` all else that leads to it.
    """

    names: tuple[str, ...]
    title: str
    about: str
    address: str
    text: str = ""
    dependence: tuple[Dependence, ...] = ()


class Group:
    """Things of one sort, those that matter most first."""

    def __init__(self, noun: str, entries: Iterable[Entry]) -> None:
        self.noun = noun
        self.slug = f"{noun}s"
        self.entries = tuple(entries)
        self._names = ["\n" + "\n".join(one.names).lower() + "\n" for one in self.entries]
        self._texts = [
            f"{names}{one.text}".lower() for names, one in zip(self._names, self.entries, strict=True)
        ]
        # as words with one space on either side of each
        self._spaced = [f" {_BETWEEN.sub(' ', text).strip()} " for text in self._texts]

    @property
    def example(self) -> str:
        """A name to try; of those that matter most one that says something (`shipping_address`, not `id`)."""
        return max((one.names[0] for one in self.entries[:20]), key=len, default="")

    def find(self, query: Query, most: int) -> Found:
        """The first of what holds all words of a query."""
        held = self._holding(query.words)
        chosen = self._ranked(held, query, most)
        results = tuple(_result(self.entries[at], query) for at in chosen)
        return Found(slug=self.slug, noun=self.noun, total=len(held), results=results)

    def _holding(self, words: Sequence[str]) -> Sequence[int]:
        texts = self._texts
        held: Sequence[int] = range(len(texts)) if words else ()
        for word in words:
            held = [at for at in held if word in texts[at]]
        return held

    def _ranked(self, held: Sequence[int], query: Query, most: int) -> list[int]:
        """The first ones in order; what one test has taken, the next ones do not look at."""
        chosen: dict[int, None] = {}
        for texts, needle in (
            (self._names, f"\n{query.text}\n"),
            (self._names, f"\n{query.text}"),
            (self._spaced, f"{query.spaced} "),
            (self._spaced, query.spaced),
            (self._texts, ""),
        ):
            for at in held:
                if needle in texts[at] and at not in chosen:
                    chosen[at] = None
                    if len(chosen) == most:
                        return list(chosen)
        return list(chosen)


@dataclass(frozen=True, slots=False)
class Query:
    """What somebody typed."""

    given: str
    text: str = field(init=False)

    def __post_init__(self) -> None:
        """Cut it to what counts."""
        object.__setattr__(self, "text", " ".join(self.given[:LONGEST].lower().split()))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its words, all of which must occur."""
        return tuple(dict.fromkeys(self.text.split()))[:MOST_WORDS]

    @cached_property
    def spaced(self) -> str:
        """Its words as they begin in a text that has one space between any two."""
        return " " + _BETWEEN.sub(" ", self.text).strip()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self.words, key=len, reverse=True)
        return re.compile(f"({'|'.join(map(re.escape, longest_first))})", re.IGNORECASE)

    def marked(self, text: str) -> tuple[Segment, ...]:
        """A text in pieces: those that were searched for, and those between."""
        if not self.words:
            return (Segment(text=text, hit=False),)
        pieces = self._pattern.split(text)
        return tuple(Segment(text=piece, hit=at % 2 == 1) for at, piece in enumerate(pieces) if piece)


class Index:
    """All that can be found in one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        claims = list(snapshot.claims.values())
        operations = list(_operations(snapshot))
        self.groups = (
            Group("operation", (one for key, one in operations if not parse(key).is_event)),
            Group("channel", (one for key, one in operations if parse(key).is_event)),
            Group("consumer", _consumers(snapshot.consumers)),
            Group("producer", _producers(snapshot)),
            Group("place", _places(claims)),
            Group("clause", _clauses(claims)),
        )

    def search(self, query: Query, kind: str = "") -> tuple[Found, ...]:
        """What was found, group by group; of a kind that there is, only that group."""
        chosen = [group for group in self.groups if group.slug == kind]
        most = MOST if chosen else FEW
        found = (group.find(query, most) for group in chosen or self.groups)
        return tuple(one for one in found if one.total)


@once
def index_of(snapshot: Snapshot) -> Index:
    """The index of a snapshot."""
    return Index(snapshot)


def _operations(snapshot: Snapshot) -> Iterator[tuple[str, Entry]]:
    """Observed and declared ones, the busiest first."""
    found = {
        **{at: one.operation for at, one in snapshot.compared.items()},
        **snapshot.observed,
    }
    for (producer, key), operation in sorted(
        found.items(), key=lambda one: (-len(one[1].consumers), -one[1].observations, one[0])
    ):
        callers = sorted(operation.consumers, key=lambda name: -operation.consumers[name])
        seen = (
            f"{count(operation.observations, 'observation')} of {listed(callers)}"
            if callers
            else "never seen"
        )
        names = (key, key.partition(" ")[2])
        yield (
            key,
            Entry(
                names=names,
                title=key,
                about=f"{producer} · {seen if callers else 'never seen'}",
                text=producer,
                address=links.operation(producer, key),
            ),
        )


def _consumers(consumers: Mapping[str, Consumer]) -> Iterator[Entry]:
    for one in sorted(consumers.values(), key=lambda one: (-one.observations, one.name)):
        owner = f" · {one.owner} {one.contact}".rstrip() if one.owner or one.contact else ""
        yield Entry(
            names=(one.name,),
            title=one.name,
            about=f"{count(one.observations, 'observation')}, known by {', '.join(one.bases)}{owner}",
            text=" ".join((*one.identities, one.owner, one.contact)),
            address=links.consumer(one.name),
        )


def _producers(snapshot: Snapshot) -> Iterator[Entry]:
    documents = snapshot.drift.documents
    for one in snapshot.whole.producers:
        document = documents.get(one.name, "").rpartition("/")[2]
        declared = f"declared by {document}" if document else "no document was given"
        yield Entry(
            names=(one.name,),
            title=one.name,
            about=f"{count(len(one.operations), 'operation')}, {declared}",
            address=links.to("/drift", producer=one.name),
        )


def _places(claims: Iterable[Claim]) -> Iterator[Entry]:
    """Every place that anything is said of, the most depended upon first."""
    by_place: dict[tuple[str, str, Subject], list[Claim]] = {}
    for claim in claims:
        clause = claim.clause
        by_place.setdefault((clause.producer, clause.operation, clause.subject), []).append(claim)
    found = [(at, said, strongest(said)) for at, said in by_place.items()]
    for (producer, operation, subject), said, dependence in sorted(found, key=lambda one: _weight(one[2])):
        yield Entry(
            names=(subject.parts[-1], subject.readable, subject.text),
            title=subject.readable,
            about=f"{operation} of {producer} · {count(len(said), 'clause')}",
            text=f"{operation} {producer}",
            address=links.clause(speaker(said).clause.id),
            dependence=dependence,
        )


def speaker(said: Sequence[Claim]) -> Claim:
    """Of the clauses of a place the one that answers "what if it were dropped": that it is there, if claimed.

    Else the one that is depended upon most.
    """
    return min(
        said,
        key=lambda claim: (
            claim.clause.kind.name not in _THERE,
            claim.standing is Standing.UNOBSERVED,
            *_weight(claim.dependence),
        ),
    )


_THERE = frozenset({"present", "occurs"})


def _clauses(claims: Sequence[Claim]) -> Iterator[Entry]:
    for claim in sorted(claims, key=lambda claim: _weight(claim.dependence)):
        clause = claim.clause
        doubt = "in doubt" if claim.doubt else claim.standing.value
        yield Entry(
            names=(clause.id,),
            title=clause.statement,
            about=f"{clause.operation} of {clause.producer} · {clause.kind.name} · {doubt} · {clause.id}",
            text=f"{clause.statement} {clause.key} {' '.join(claim.former_ids)}",
            address=links.clause(clause.id),
            dependence=claim.dependence,
        )


def _weight(dependence: Sequence[Dependence]) -> tuple[int, int]:
    """Sorts by the strongest dependence, then by how many depend."""
    return (-max((link.level.rank for link in dependence), default=-1), -len(dependence))


def _result(entry: Entry, query: Query) -> Result:
    return Result(
        title=query.marked(clipped(entry.title)),
        about=query.marked(clipped(entry.about)),
        address=entry.address,
        who=tuple(
            Who(level=level, names=listed(names))
            for level in reversed(Level)
            if (names := sorted(link.consumer for link in entry.dependence if link.level is level))
        ),
    )
