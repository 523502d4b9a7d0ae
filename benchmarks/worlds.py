"""Inference on random worlds: precision and recall of every kind, and how they fall with less traffic.

    python -m benchmarks.worlds                        200 worlds, 100 observations
    python -m benchmarks.worlds --falling              10, 30, 100 and 1,000 observations
    python -m benchmarks.worlds --kinds retry --verbose

A world is a random API with consumers that behave (`benchmarks/features.py`), made by seed. Found: planted
and claimed. False: claimed and not true of the world. Shape, statuses, content types, latency and rates are
not scored here: `benchmarks/accuracy.py` does that.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.features import FEATURES
from benchmarks.world import World
from benchmarks.worlds_scores import Scores, hold, over, parser_of, show
from examples.shop.truth import blank
from inference.contract_map import build
from inference.fold import fold
from store.store import Store

if TYPE_CHECKING:
    from benchmarks.world import Key

UNSCORED = frozenset({"present", "type", "nullable", "closed", "occurs", "content-type", "latency", "rate"})
FEATURES_IN_A_WORLD = 4


def play(seed: int, count: int) -> World:
    """One world's traffic and truth."""
    world = World(seed, count)
    features = world.chance.sample(FEATURES, FEATURES_IN_A_WORLD)
    begin = world.now
    for feature in features:
        world.now = begin + world.chance.randint(0, 10**10)
        feature(world)
    world.exchanges.sort(key=lambda exchange: (exchange.started_at, exchange.id))
    return world


def judge(world: World, scores: Scores) -> None:
    """Infer what a world's traffic shows, and hold it against the truth."""
    with tempfile.TemporaryDirectory() as folder, Store.open(str(Path(folder) / "world.db")) as store:
        store.write(world.exchanges)
        fold(store)
        made = build(store)
    claimed: dict[Key, str] = {}
    doubts: dict[Key, str] = {}
    for operation in made.producers[0].operations:
        for claim in operation.claims:
            kind = claim.clause.kind
            key = (blank(operation.key), _anonymous(claim.clause.subject.text), kind.name)
            if kind.name not in UNSCORED and kind.informative:
                (doubts if claim.doubt else claimed)[key] = claim.doubt or claim.clause.statement
    hold(world, claimed, doubts, scores)


def _anonymous(subject: str) -> str:
    """A path parameter's name is inference's own: worlds plant none."""
    return "request.path" if subject.startswith("request.path.") else subject


def run(worlds: int, seed: int, count: int) -> Scores:
    """The scores over some worlds."""
    return over(range(seed, seed + worlds), lambda one, scores: judge(play(one, count), scores))


def main() -> None:
    show(parser_of(__doc__).parse_args(), run)


if __name__ == "__main__":
    main()
