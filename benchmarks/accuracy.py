"""How much of what is true of the demo's shop inference finds, and how much of what it claims is false.

    python -m benchmarks.accuracy                     runs the demo first
    python -m benchmarks.accuracy --store demo/shop.db
    python -m benchmarks.accuracy --format json

The truth is `examples/shop/truth.yaml`, and of the events `truth_events.yaml` beside it. Found: true and
claimed. Missed: true and not claimed. False: claimed and not true, which needs a truth that is complete: it
is for operations, the level `used`, the shape of every query and JSON body, statuses and content types, and
for the kinds that the truth calls complete; for those precision is given. Of the other kinds truth names
single facts, so they have recall alone. Not scored: headers, path parameters, the levels `exposed` and
`requested`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.clause import Family
from contract.kinds import KINDS
from contract.subject import parse
from examples.shop.truth import EVENTS, TRUTH, Dependence, Fact, Place, Truth, blank, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parent.parent
FLOW = "present"
"""The kind under which truth notes that a value itself came back; other uses are of what was made of it."""

Claim = tuple[Place, str, Any]
"""A place, a kind, and the value that is stated."""


@dataclass(frozen=True, slots=True)
class Score:
    """One row. `false` is None where truth is not complete, so that nothing can be called false."""

    name: str
    found: frozenset[str]
    missed: frozenset[str]
    false: frozenset[str] | None = None

    @property
    def recall(self) -> float | None:
        """None where there was nothing to find."""
        wanted = len(self.found) + len(self.missed)
        return len(self.found) / wanted if wanted else None

    @property
    def precision(self) -> float | None:
        """None where nothing was claimed, or where it cannot be said."""
        if self.false is None or not (claimed := len(self.found) + len(self.false)):
            return None
        return len(self.found) / claimed


@dataclass(slots=True)
class Claims:
    """What a map claims, by what is scored."""

    operations: set[str] = field(default_factory=set)
    clauses: list[Claim] = field(default_factory=list)
    used: set[tuple[str, Place]] = field(default_factory=set)
    """Consumer and place in an answer of each dependence of the level `used` or above.

    That a consumer depends on how it asks (pages, the call before), on a status or on a whole body, is scored
    with the kinds that say so.
    """

    @classmethod
    def of(cls, form: dict[str, Any], producer: str) -> Claims:
        """Read the form that `defacto map --format json` prints."""
        claims = cls()
        for one in form["producers"]:
            if one["name"] != producer:
                continue
            for operation in one["operations"]:
                key = blank(operation["key"])
                claims.operations.add(key)
                for clause in operation["clauses"]:
                    place = Place(key, clause["subject"])
                    claims.clauses.append((place, clause["kind"], clause["value"]))
                    claims.used |= {
                        (link["consumer"], place)
                        for link in clause["dependence"]
                        if link["level"] in {"used", "proven"} and _is_answered(place)
                    }
        return claims


def _is_answered(place: Place) -> bool:
    """Whether a place is a field of an answer, not a status or a whole body."""
    subject = parse(place.subject)
    return subject.status is not None and len(subject.parts) > 3


def score(truth: Truth, claims: Claims) -> Iterator[Score]:
    """All rows: operations, use, then family by family."""
    yield _compare("operations", set(truth.statuses), claims.operations)
    yield _used(truth, claims)
    for family in Family:
        scores = {
            Family.SHAPE: _shape,
            Family.FAILURE: _statuses,
            Family.PROTOCOL: _content_types,
        }
        if family in scores:
            yield scores[family](truth, claims)
        yield from _kinds(truth, claims, family)


def _used(truth: Truth, claims: Claims) -> Score:
    """By value flow. A use of another kind that is claimed all the same is true, and not asked for."""
    wanted = [one for one in truth.dependences if one.level == "used" and one.kind == FLOW]
    true = {(one.consumer, place) for one in truth.dependences for place in one.places}
    found = {one for one in wanted if any((one.consumer, place) in claims.used for place in one.places)}
    return Score(
        "used (value flow)",
        frozenset(_who(one.consumer, one.place) for one in found),
        frozenset(_who(one.consumer, one.place) for one in wanted if one not in found),
        frozenset(_who(consumer, place) for consumer, place in claims.used - true),
    )


def _shape(truth: Truth, claims: Claims) -> Score:
    wanted: set[Claim] = set()
    for place, shape in truth.shapes.items():
        subject = parse(place.subject)
        if subject.parts == ("request", "query"):
            continue  # that a query is an object is our way of writing it
        if shape.types:
            wanted.add((place, "type", _types(shape.types)))
        if shape.present:
            wanted.add((place, "present", "always"))
        if not shape.nullable and not subject.textual:
            wanted.add((place, "nullable", False))
    claimed: set[Claim] = {
        (place, kind, _types(value) if kind == "type" else value)
        for place, kind, value in claims.clauses
        if kind in {"type", "present", "nullable"} and _is_scored(place, kind)
    }
    allowed: set[Claim] = {
        (place, "present", "sometimes") for place, shape in truth.shapes.items() if shape.present is False
    }
    allowed |= {(place, "nullable", True) for place, shape in truth.shapes.items() if shape.nullable}
    return _compare("shape", set(map(_said, wanted)), set(map(_said, claimed - allowed)))


def _is_scored(place: Place, kind: str) -> bool:
    """Whether truth says all about such places: queries and bodies. Text of HTTP is never null anyway."""
    subject = parse(place.subject)
    part = subject.parts[2] if subject.status and len(subject.parts) > 2 else subject.parts[1]
    if part not in {"query", "body"} or subject.parts == ("request", "query"):
        return False
    return not (subject.textual and kind == "nullable")


def _types(types: Iterable[str]) -> str:
    return "|".join(sorted(types))


def _statuses(truth: Truth, claims: Claims) -> Score:
    wanted = {
        _said((Place(key, f"response.{s}"), "occurs", True))
        for key, all_of in truth.statuses.items()
        for s in all_of
    }
    return _compare("statuses", wanted, {_said(claim) for claim in claims.clauses if claim[1] == "occurs"})


def _content_types(truth: Truth, claims: Claims) -> Score:
    wanted = {_said((place, "content-type", [media])) for place, media in truth.content_types.items()}
    return _compare(
        "content types", wanted, {_said(claim) for claim in claims.clauses if claim[1] == "content-type"}
    )


def _kinds(truth: Truth, claims: Claims, family: Family) -> Iterator[Score]:
    """The single facts and dependences that truth names, kind by kind, beyond what is scored as a whole."""
    named: tuple[Fact | Dependence, ...] = (*truth.facts, *truth.dependences)
    wanted: dict[str, set[str]] = defaultdict(set)
    for one in named:
        if one.family == family and one.kind not in {FLOW, "content-type"}:
            wanted[one.kind].add(_at(one.place))
    for kind in (kind for kind in KINDS if kind in wanted or kind in truth.complete):
        if KINDS[kind].family != family:
            continue
        claimed = {_at(place) for place, name, _ in claims.clauses if name == kind}
        true = wanted[kind]
        yield Score(
            kind,
            frozenset(true & claimed),
            frozenset(true - claimed),
            frozenset(claimed - true) if kind in truth.complete else None,
        )


def drifted(truth: Truth, form: dict[str, Any]) -> Iterator[Score]:
    """Recall of what truth says about the declared document, by standing."""
    for standing in ("contradicted", "undeclared", "unobserved"):
        wanted = [fact for fact in truth.drift if fact.standing == standing]
        claimed = {
            (Place(blank(clause["operation"]), clause["subject"]), clause["kind"])
            for clause in form[standing]
        }
        found = frozenset(_said((f.place, f.kind, "")) for f in wanted if (f.place, f.kind) in claimed)
        every = frozenset(_said((fact.place, fact.kind, "")) for fact in wanted)
        yield Score(f"drift: {standing}", found, every - found)


def fooled(truth: Truth, claims: Claims) -> list[str]:
    """The distractors that are called used."""
    return [
        f"{_who(one.consumer, one.place)}: {one.how}"
        for one in truth.distractors
        if (one.consumer, one.place) in claims.used
    ]


@dataclass(frozen=True, slots=True)
class Result:
    """All that is measured of one producer."""

    truth: Truth
    scores: tuple[Score, ...]
    fooled: list[str]


def _results(store: str) -> Iterator[Result]:
    """Of the shop, then of its events, as far as they were recorded."""
    form = ("--store", store, "--format", "json")
    observed = json.loads(_defacto("map", *form))
    message = _defacto(
        "messages", "--store", store, "--producer", "shop-events", "--limit", "1", "--format", "jsonl"
    )
    truths = {"openapi.yaml": load()}
    if message:
        over = json.loads(message)["protocol"]
        truths = {"openapi.yaml": load(over=over), "asyncapi.yaml": load(EVENTS, over=over)}
    for document, truth in truths.items():
        declared = f"{truth.producer}={TRUTH.with_name(document)}"
        drift = json.loads(_defacto("drift", *form, "--declared", declared))
        claims = Claims.of(observed, truth.producer)
        yield Result(truth, (*score(truth, claims), *drifted(truth, drift)), fooled(truth, claims))


def _compare(name: str, wanted: set[str], claimed: set[str]) -> Score:
    return Score(name, frozenset(wanted & claimed), frozenset(wanted - claimed), frozenset(claimed - wanted))


def _who(consumer: str, place: Place) -> str:
    return f"{consumer} · {place.operation} · {place.subject}"


def _at(place: Place) -> str:
    return f"{place.operation} · {place.subject}"


def _said(claim: Claim) -> str:
    place, kind, value = claim
    return f"{place.operation} · {place.subject} · {kind} {value if value != '' else ''}".rstrip()


def _defacto(*arguments: str) -> str:
    """What a command prints. Exit code 1 is what it may find."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=False, text=True
    )
    if done.returncode not in {0, 1}:
        sys.exit(f"defacto {' '.join(arguments)} ended with exit code {done.returncode}")
    return done.stdout


def _print(result: Result) -> None:
    def share(value: float | None) -> str:
        return "    –" if value is None else f"{value:5.2f}"

    scores = result.scores
    print(f"{result.truth.producer:28}{'true':>6}{'found':>7}{'false':>7}  precision  recall")
    for one in scores:
        wanted, false = len(one.found) + len(one.missed), "–" if one.false is None else len(one.false)
        if wanted or one.false:
            counts = f"{wanted:6}{len(one.found):7}{false:>7}"
            print(f"{one.name:28}{counts}      {share(one.precision)}   {share(one.recall)}")
    print(f"\nDistractors claimed: {len(result.fooled)} of {len(result.truth.distractors)}")
    for text in result.fooled:
        print(f"  {text}")
    for one in scores:
        for title, texts in (("False", one.false), ("Missed", one.missed)):
            if texts:
                print(f"\n{title}, {one.name}:")
                print("\n".join(f"  {text}" for text in sorted(texts)))


def _form(result: Result) -> dict[str, Any]:
    rows = [
        {
            "name": one.name,
            "precision": one.precision,
            "recall": one.recall,
            **{name: sorted(getattr(one, name) or ()) for name in ("found", "missed", "false")},
        }
        for one in result.scores
    ]
    return {"scores": rows, "distractors_claimed": result.fooled}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--store", help="a store with the demo's traffic, folded; without it the demo runs first"
    )
    parser.add_argument("--seconds", default="20", help="how long the clients work, if the demo runs")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = options.store
        if store is None:
            _defacto("demo", "--no-open", "--seconds", options.seconds, "--keep", folder)
            store = f"{folder}/shop.db"
        results = list(_results(store))
    if options.format == "json":
        print(json.dumps({one.truth.producer: _form(one) for one in results}, indent=2))
    else:
        for one in results:
            _print(one)
            print()


if __name__ == "__main__":
    main()
