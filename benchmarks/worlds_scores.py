"""What random worlds are judged by: what was planted, found and falsely claimed of each kind, as a table."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from benchmarks.world import Key, World

OBSERVATIONS = (10, 30, 100, 1_000)


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
        """One row for operations, one a kind in the order of `KINDS`, and one for all."""
        kinds = [
            kind
            for kind in ("operation", *KINDS)
            if self.planted[kind] or self.false[kind] or self.true[kind]
        ]
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


def hold(world: World, claimed: Mapping[Key, str], doubts: Mapping[Key, str], scores: Scores) -> None:
    """Hold what is claimed of a world, with the words that it is claimed in, against the truth."""
    for key, words in claimed.items():
        if not world.is_true(key):
            scores.false_at[key[2]].append(f"{world.seed}: {key[0]} · {words}")
        (scores.true if world.is_true(key) else scores.false)[key[2]] += 1
    for key in sorted(world.planted):
        scores.planted[key[2]] += 1
        scores.found[key[2]] += key in claimed
        if key not in claimed:
            scores.missed_at[key[2]].append(f"{world.seed}: {key[0]} · {key[1]} {doubts.get(key, '')}")


def over(seeds: Iterable[int], judge: Callable[[int, Scores], None]) -> Scores:
    """The scores over some worlds."""
    scores = Scores()
    for number, seed in enumerate(seeds, 1):
        judge(seed, scores)
        if sys.stderr.isatty():
            print(f"\r{number} worlds", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return scores


def parser_of(doc: str | None) -> argparse.ArgumentParser:
    """The options that all such benchmarks have."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--observations", type=int, default=100)
    parser.add_argument("--kinds", default="", help="only these, between commas")
    parser.add_argument("--falling", action="store_true", help="at 10, 30, 100 and 1,000 observations")
    parser.add_argument("--verbose", action="store_true", help="list what was missed and what is false")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    return parser


def show(wanted: argparse.Namespace, run: Callable[[int, int, int], Scores]) -> None:
    """Print the scores of a run (how many worlds, from which seed, with how many observations)."""
    counts = OBSERVATIONS if wanted.falling else (wanted.observations,)
    results = {count: run(wanted.worlds, wanted.seed, count) for count in counts}
    if wanted.format == "json":
        print(json.dumps({count: scores.rows() for count, scores in results.items()}))
        return
    for count, scores in results.items():
        print(f"\n{wanted.worlds} worlds, {count:,} observations of each feature")
        _print(scores, frozenset(filter(None, wanted.kinds.split(","))), verbose=wanted.verbose)


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
