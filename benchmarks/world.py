"""A random world: an API, consumers that call it under a virtual clock, and the truth about both.

Features (`benchmarks/features.py`) play: they call `World.call` in the order of time, and note what is true.
What a feature plants must be found. What follows from it as well is noted with `also`: it may be claimed,
and is not asked for. Whatever else is claimed is false.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from store.records import Body, Exchange, Identity, Lane, Outcome, record_id

if TYPE_CHECKING:
    from store.records import Headers

SECOND = 10**9
START = 1_780_000_000 * SECOND
NOUNS = [
    "orders",
    "invoices",
    "parcels",
    "tickets",
    "players",
    "matches",
    "sensors",
    "readings",
    "patients",
    "visits",
    "rooms",
    "bookings",
    "drivers",
    "trips",
    "articles",
    "comments",
    "loans",
    "branches",
    "courses",
    "lessons",
    "vessels",
    "berths",
    "meters",
    "tariffs",
    "claims",
    "policies",
]  # a list of words
WORDS = [
    "amber",
    "brisk",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "haven",
    "indigo",
    "juniper",
    "kelp",
    "lumen",
    "maple",
    "nectar",
    "onyx",
    "pearl",
    "quartz",
    "river",
    "sable",
    "tundra",
    "umber",
    "violet",
    "willow",
    "xenon",
    "yarrow",
    "zephyr",
    "acorn",
    "birch",
    "cobalt",
    "dune",
    "elm",
    "fern",
    "garnet",
    "hazel",
    "iris",
    "jade",
]  # as above

Key = tuple[str, str, str]
"""An operation with its parameters blanked, a subject, a kind."""


@dataclass(slots=True)
class World:
    """One world. `count` is how many observations each feature should make of what it plants."""

    seed: int
    count: int
    chance: random.Random = field(init=False)
    exchanges: list[Exchange] = field(default_factory=list)
    planted: set[Key] = field(default_factory=set)
    allowed: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    nouns: list[str] = field(init=False)
    now: int = START
    snake: bool = True

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.nouns = self.chance.sample(NOUNS, len(NOUNS))
        self.snake = self.chance.random() < 0.6

    def noun(self) -> str:
        """A resource that no other feature has."""
        return self.nouns.pop()

    def name(self, words: str) -> str:
        """A field's name in the world's style: `unit_price` or `unitPrice`."""
        first, *rest = words.split()
        return "_".join((first, *rest)) if self.snake else first + "".join(map(str.capitalize, rest))

    def words(self, least: int, most: int) -> str:
        """Free text."""
        return " ".join(self.chance.choices(WORDS, k=self.chance.randint(least, most)))

    def hex(self, digits: int) -> str:
        """Random hexadecimal digits."""
        return f"{self.chance.getrandbits(4 * digits):0{digits}x}"

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += round(seconds * SECOND)

    def plant(self, operation: str, subject: str, kind: str) -> None:
        """What must be found."""
        self.planted.add((operation, subject, kind))

    def also(self, operation: str, subject: str, *kinds: str) -> None:
        """What may be claimed: globs of an operation and a subject, with some kinds."""
        self.allowed.append((operation, subject, kinds))

    def is_true(self, key: Key) -> bool:
        """Whether a claim is true."""
        if key in self.planted:
            return True
        operation, subject, kind = key
        return any(
            kind in kinds and fnmatchcase(operation, of) and fnmatchcase(subject, at)
            for of, at, kinds in self.allowed
        )

    def call(
        self,
        consumer: str,
        method: str,
        target: str,
        *,
        sent: Any = None,
        status: int | None = 200,
        got: Any = None,
        request_headers: Headers = (),
        response_headers: Headers = (),
        took: float = 0.02,
        size: int | None = None,
        outcome: Outcome = Outcome.COMPLETE,
    ) -> None:
        """One call now; time goes on until it is answered. `took` in seconds, `size` in bytes."""
        path, _, query = target.partition("?")
        self.exchanges.append(
            Exchange(
                id=record_id(self.seed, len(self.exchanges)),
                producer="world",
                identity=Identity(basis="user-agent", value=consumer),
                lane=Lane.IMPORT,
                source="worlds",
                protocol="HTTP/1.1",
                started_at=self.now,
                method=method,
                scheme="https",
                authority="api.example",
                path=path,
                query=query,
                request_headers=(("host", "api.example"), *request_headers),
                request_body=_body(sent, None),
                status=status,
                response_headers=response_headers,
                response_body=_body(got, size) if status else None,
                wait_ns=round(took * SECOND) if status else None,
                duration_ns=round(took * SECOND),
                outcome=outcome,
            )
        )
        self.wait(took)


def _body(value: Any, size: int | None) -> Body | None:
    if value is None:
        return None
    content = json.dumps(value).encode()
    return Body(
        content=content, size=size or len(content), wire_size=len(content), media_type="application/json"
    )
