"""How well operations are inferred from paths: over synthetic traffic, or a recording with its document.

    python -m benchmarks.paths                                  every style, those of the second set too
    python -m benchmarks.paths --style github --wrong           what went wrong in one style
    python -m benchmarks.paths --har FILE --document FILE       a recording against an OpenAPI document

Pairs: of all pairs of exchanges put together, how many belong together (precision), and of all that belong
together, how many were (recall). Exact: the share of operations all whose exchanges got precisely the
declared template, whatever the parameters are called.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import yaml

from benchmarks.traffic import Shot, Traffic, styles
from inference.paths import PathModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 over pairs, and the share of exact operations."""

    precision: float
    recall: float
    f1: float
    exact: float
    operations: int
    exchanges: int


def score(pairs: Iterable[tuple[str, str]]) -> Score:
    """Score (truth, inferred) operation keys, one pair an exchange."""
    both = Counter(pairs)
    truths: Counter[str] = Counter()
    inferred: Counter[str] = Counter()
    keys: dict[str, set[str]] = defaultdict(set)
    for (truth, guess), count in both.items():
        truths[truth] += count
        inferred[guess] += count
        keys[truth].add(anonymous(guess))
    together = sum(count * (count - 1) for count in both.values())
    put = sum(count * (count - 1) for count in inferred.values())
    belong = sum(count * (count - 1) for count in truths.values())
    precision, recall = together / put if put else 1.0, together / belong if belong else 1.0
    exact = sum(found == {anonymous(truth)} for truth, found in keys.items())
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Score(precision, recall, f1, exact / max(1, len(keys)), len(keys), truths.total())


def anonymous(key: str) -> str:
    """A key without the names of its parameters."""
    return re.sub(r"\{[^{}]*\}", "{}", key).rstrip("/")


def inferred(shots: Sequence[Shot]) -> list[tuple[str, str]]:
    """What the inference makes of exchanges: (truth, inferred) keys."""
    model = PathModel()
    for number, shot in enumerate(shots):
        model.observe(
            shot.method,
            shot.path,
            request_body=shot.request_body,
            response_body=shot.response_body,
            status=shot.status,
            id=str(number),
        )
    operations = model.operations()
    return [(shot.operation, operations.of(shot.method, shot.path)) for shot in shots]


def wrong(pairs: Iterable[tuple[str, str]], shots: Sequence[Shot]) -> None:
    """Print the operations that came out otherwise than declared."""
    seen: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (truth, guess), shot in zip(pairs, shots, strict=True):
        if anonymous(truth) != anonymous(guess):
            seen[truth][guess].append(shot.path)
    for truth in sorted(seen):
        print(f"  {truth}")
        for guess, paths in sorted(seen[truth].items()):
            print(f"      {len(paths):4} x {guess:60}   {paths[0]}")


def recording(har: Path, document: Path) -> list[Shot]:
    """The exchanges of a HAR whose path fits an operation of an OpenAPI document."""
    declared = yaml.safe_load(document.read_text(encoding="utf-8"))
    bases = [declared.get("basePath", "")] + [
        urlsplit(server["url"]).path for server in declared.get("servers", [])
    ]
    templates = [
        (base.rstrip("/") + path, method.upper())
        for base in bases
        for path, item in declared["paths"].items()
        for method in item
        if method in METHODS
    ]
    templates.sort(key=lambda pair: ["{" in part for part in pair[0].split("/")])
    patterns = [
        (re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))), method, path)
        for path, method in templates
    ]
    shots = []
    for entry in json.loads(har.read_text(encoding="utf-8-sig"))["log"]["entries"]:
        request, response = entry["request"], entry["response"]
        path = urlsplit(request["url"]).path
        truth = next(
            (
                f"{method} {template}"
                for pattern, method, template in patterns
                if method == request["method"] and pattern.fullmatch(path)
            ),
            None,
        )
        if truth is not None:
            sent = request.get("postData", {}).get("text") or ""
            got = response.get("content", {}).get("text") or ""
            shots.append(
                Shot(truth, request["method"], path, response["status"], sent.encode(), got.encode())
            )
    return shots


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--style")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("--har", type=Path)
    parser.add_argument("--document", type=Path)
    options = parser.parse_args()
    print(
        f"{'':24} {'precision':>9} {'recall':>7} {'F1':>7} {'exact':>7}"
        f" {'operations':>10} {'exchanges':>9} {'us each':>8}"
    )
    if options.har:
        shots = recording(options.har, options.document)
        if not shots:
            parser.error(
                f"no exchange of {options.har} fits an operation of {options.document}; does the base path?"
            )
        show(options.har.stem, shots, wrong_too=options.wrong)
        return
    for second in (False, True):
        for style in styles(second=second):
            if options.style in {None, style.name}:
                for seed in range(options.seeds):
                    name = f"{style.name}{' (second set)' if second else ''} {seed}"
                    show(name, Traffic(style, seed).shots(), wrong_too=options.wrong)


def show(name: str, shots: Sequence[Shot], *, wrong_too: bool) -> None:
    started = time.perf_counter()
    pairs = inferred(shots)
    each = (time.perf_counter() - started) / len(shots) * 1e6
    got = score(pairs)
    print(
        f"{name:24} {got.precision:9.3f} {got.recall:7.3f} {got.f1:7.3f} {got.exact:7.1%}"
        f" {got.operations:10} {got.exchanges:9} {each:8.1f}"
    )
    if wrong_too:
        wrong(pairs, shots)


if __name__ == "__main__":
    main()
