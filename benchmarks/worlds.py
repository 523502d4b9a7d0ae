"""Inference on random worlds: precision and recall of every kind, and how they fall with less traffic.

    python -m benchmarks.worlds                        200 worlds, 100 observations
    python -m benchmarks.worlds --falling              10, 30, 100 and 1,000 observations
    python -m benchmarks.worlds --kinds retry --verbose

A world is a random API with consumers that behave (`benchmarks/features.py`), made by seed. Found: planted
and claimed. False: claimed and not true of the world. Shape, statuses, content types, latency and rates are
not scored here: `benchmarks/accuracy.py` does that.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.features import FEATURES
from benchmarks.world import World
from contract.kinds import KINDS
from examples.shop.truth import blank
from inference.contract_map import build
from inference.fold import fold
from store.store import Store

if TYPE_CHECKING:
    from benchmarks.world import Key

UNSCORED = frozenset({"present", "type", "nullable", "closed", "occurs", "content-type", "latency", "rate"})
FEATURES_IN_A_WORLD = 4


@dataclass(slots=True)
class Scores:
    """Counts by kind, and the places behind them with the seed of their world."""

    found: Counter[str] = field(default_factory=Counter)
    planted: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    true: Counter[str] = field(default_factory=Counter)
    missed_at: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    false_at: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def rows(self) -> list[dict[str, object]]:
        """One row a kind, in the order of `KINDS`, and one for all."""
        kinds = [kind for kind in KINDS if self.planted[kind] or self.false[kind] or self.true[kind]]
        return [self._row(kind, [kind]) for kind in kinds] + [self._row("all", kinds)]

    def _row(self, name: str, kinds: list[str]) -> dict[str, object]:
        planted, found, false, true = (
            sum(counter[kind] for kind in kinds)
            for counter in (self.planted, self.found, self.false, self.true)
        )
        return {
            "kind": name,
            "planted": planted,
            "found": found,
            "false": false,
            "precision": round(true / (true + false), 3) if true + false else None,
            "recall": round(found / planted, 3) if planted else None,
        }


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
    claimed: set[Key] = set()
    doubts: dict[Key, str] = {}
    for operation in made.producers[0].operations:
        for claim in operation.claims:
            kind = claim.clause.kind
            key = (blank(operation.key), _anonymous(claim.clause.subject.text), kind.name)
            if kind.name in UNSCORED or not kind.informative:
                continue
            if claim.doubt:
                doubts[key] = claim.doubt
                continue
            claimed.add(key)
            if not world.is_true(key):
                scores.false_at[kind.name].append(f"{world.seed}: {key[0]} · {claim.clause.statement}")
    for key in world.planted:
        scores.planted[key[2]] += 1
        scores.found[key[2]] += key in claimed
        if key not in claimed:
            scores.missed_at[key[2]].append(f"{world.seed}: {key[0]} · {key[1]} {doubts.get(key, '')}")
    for key in claimed:
        (scores.true if world.is_true(key) else scores.false)[key[2]] += 1


def _anonymous(subject: str) -> str:
    """A path parameter's name is inference's own: worlds plant none."""
    return "request.path" if subject.startswith("request.path.") else subject


def run(worlds: int, seed: int, count: int) -> Scores:
    """The scores over some worlds."""
    scores = Scores()
    for number in range(worlds):
        judge(play(seed + number, count), scores)
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {worlds} worlds", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return scores


def _print(scores: Scores, kinds: frozenset[str], *, verbose: bool) -> None:
    print(f"{'':18}{'planted':>8}{'found':>7}{'false':>7}  precision  recall")
    for row in scores.rows():
        if kinds and row["kind"] not in kinds:
            continue
        shares = "".join(
            f"{'–' if row[s] is None else row[s]!s:>{w}}" for s, w in (("precision", 11), ("recall", 8))
        )
        print(f"{row['kind']:18}{row['planted']:8}{row['found']:7}{row['false']:7}{shares}")
    if verbose:
        for title, places in (("Missed", scores.missed_at), ("False", scores.false_at)):
            for kind, found in sorted(places.items()):
                if not kinds or kind in kinds:
                    print(f"\n{title}, {kind}: {len(found)}")
                    print("\n".join(f"  {place[:170]}" for place in found[:12]))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--observations", type=int, default=100)
    parser.add_argument("--kinds", default="", help="only these, between commas")
    parser.add_argument("--falling", action="store_true", help="at 10, 30, 100 and 1,000 observations")
    parser.add_argument("--verbose", action="store_true", help="list what was missed and what is false")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    wanted = parser.parse_args()
    counts = [10, 30, 100, 1_000] if wanted.falling else [wanted.observations]
    results = {count: run(wanted.worlds, wanted.seed, count) for count in counts}
    if wanted.format == "json":
        print(json.dumps({count: scores.rows() for count, scores in results.items()}))
        return
    for count, scores in results.items():
        print(f"\n{wanted.worlds} worlds, {count:,} observations of each feature")
        _print(scores, frozenset(filter(None, wanted.kinds.split(","))), verbose=wanted.verbose)


if __name__ == "__main__":
    main()
