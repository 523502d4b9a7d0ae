"""Inference on random worlds with a broker: precision and recall of every kind, and no change where none is.

    python -m benchmarks.event_worlds                  200 worlds, 100 observations
    python -m benchmarks.event_worlds --falling        10, 30, 100 and 1,000 observations
    python -m benchmarks.event_worlds --periods        worlds that go on unchanged: what is called a change
    python -m benchmarks.event_worlds --kinds key-order --verbose

As `benchmarks/worlds.py`, for messages (`benchmarks/event_features.py`, `benchmarks/delivery_features.py`):
which operations there are, what is always in a payload and what it is, how messages are delivered, what they
come from and lead to.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import delivery_features, event_features
from benchmarks.event_world import PERIOD, EventWorld
from benchmarks.world import START
from benchmarks.worlds_scores import Scores, hold, over, parser_of, show
from contract.operation import parse
from examples.shop.truth import blank
from inference.contract_map import build
from inference.counted import counted
from inference.fold import fold
from reports.period_diff import compare_periods
from reports.period_words import headline
from reports.periods import Observed, State
from store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.world import Key
    from contract.claim import Claim, ContractMap

FEATURES = (*event_features.FEATURES, *delivery_features.FEATURES)
UNSCORED = frozenset({"type", "nullable", "closed", "occurs", "content-type"})
_SAYS = {
    "duplicates": "how",
    "delivery": "how",
    "fan-out": "how",
    "gaps": "how",
    "handling-order": "how",
    "requeued": "most",
    "in-flight": "most",
    "batch": "most",
    "schemas": "lost",
    "dead-letter": "origin",
}
"""Of these kinds what they say must be true as well: the attribute that says it."""
FEATURES_IN_A_WORLD = 4
UNCHANGED_WORLDS = 40


def play(seed: int, count: int, periods: int = 1) -> EventWorld:
    """One world's traffic and truth."""
    world = EventWorld(seed, count, periods=periods)
    for feature in world.chance.sample(FEATURES, FEATURES_IN_A_WORLD):
        feature(world)
    return finished(world)


def finished(world: EventWorld) -> EventWorld:
    """A world whose features have played, with all that is true of it."""
    for stream in world.streams:
        stream.finish()
    world.exchanges.sort(key=lambda exchange: (exchange.started_at, exchange.id))
    world.messages.sort(key=lambda message: (message.delivered_at or message.published_at or 0, message.id))
    return world


@contextmanager
def folded(world: EventWorld) -> Iterator[Store]:
    """A store with a world's traffic."""
    with tempfile.TemporaryDirectory() as folder, Store.open(str(Path(folder) / "world.db")) as store:
        store.write(world.exchanges, messages=world.messages)
        fold(store)
        yield store


def judge(world: EventWorld, scores: Scores) -> None:
    """Infer what a world's messages show, and hold it against the truth."""
    with folded(world) as store:
        made = build(store)
    claimed: dict[Key, str] = {}
    doubts: dict[Key, str] = {}
    for key, claim in _claims(made, world):
        (doubts if claim.doubt else claimed)[key] = claim.doubt or claim.clause.statement
    for one in _operations(made):
        claimed[blank(one), "", "operation"] = "is an operation"
    hold(world, claimed, doubts, scores)


def _operations(made: ContractMap) -> Iterator[str]:
    for producer in made.producers:
        yield from (one.key for one in producer.operations if parse(one.key).is_event)


def _claims(made: ContractMap, world: EventWorld) -> Iterator[tuple[Key, Claim]]:
    """What is claimed of messages. Channels that were taken for several operations are put together.

    That they were is scored once, as operations, not with each of their clauses.
    """
    for producer in made.producers:
        for operation in producer.operations:
            if not parse(operation.key).is_event:
                continue
            key = _spelled(blank(operation.key), world)
            for claim in operation.claims:
                kind = claim.clause.kind
                if kind.name not in UNSCORED and kind.informative:
                    yield (key, _subject(claim), kind.name), claim


def _spelled(key: str, world: EventWorld) -> str:
    operation = parse(key)
    return operation._replace(segments=tuple(world.spelled.get(s, s) for s in operation.segments)).text


def _subject(claim: Claim) -> str:
    """The subject, with what it is tied to: another operation, or what tells things apart."""
    subject, kind = claim.clause.subject.text, claim.clause.kind
    if subject.startswith("request.path."):
        return "request.path"
    tied = blank(str(getattr(kind, "operation", "")))
    if kind.name == "key-order":
        return f"{subject} by {kind.value}"
    if kind.name in _SAYS:
        tied = str(getattr(kind, _SAYS[kind.name]))
    return f"{subject} {tied}".rstrip()


def run(worlds: int, seed: int, count: int) -> Scores:
    """The scores over some worlds."""
    return over(range(seed, seed + worlds), lambda one, scores: judge(play(one, count), scores))


def changes(seed: int, count: int) -> list[str]:
    """What is called a change between two periods of a world in which nothing changed."""
    world = play(seed, count, periods=2)
    middle = START + PERIOD // 2
    with folded(world) as store:

        def observed(name: str, since: int | None, until: int | None) -> Observed:
            return Observed(
                name=name,
                map=build(store, since=since, until=until),
                counted={
                    one: counted(store, producer=one, since=since, until=until) for one in store.producers()
                },
            )

        compared = compare_periods(observed("before", None, middle), observed("after", middle, None))
    told = (one for one in compared.changes if one.state in {State.GONE, State.CHANGED, State.NEW})
    return [f"{seed}: {one.operation} · {one.place} · {headline(one)} · {one.why}" for one in told]


def _unchanged(seed: int, count: int) -> None:
    found = [text for one in range(seed, seed + UNCHANGED_WORLDS) for text in changes(one, count)]
    print(
        f"{UNCHANGED_WORLDS} worlds, {count:,} observations in each of two periods: {len(found)} changes told"
    )
    print("\n".join(f"  {text[:170]}" for text in found))


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--periods", action="store_true", help="two periods of worlds that do not change")
    wanted = parser.parse_args()
    if wanted.periods:
        _unchanged(wanted.seed, wanted.observations)
    else:
        show(wanted, run)


if __name__ == "__main__":
    main()
