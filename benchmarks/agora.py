"""How many claims about values are right, by invariants of real APIs that people labelled.

    python -m benchmarks.agora ../shared/data/agora
    python -m benchmarks.agora ../shared/data/agora --verbose      with what was missed, and what is wrong
    python -m benchmarks.agora ../shared/data/agora --unlabelled   with the claims that no label speaks of
    python -m benchmarks.agora ../shared/data/agora --format json

The folder holds `<Api>.<operation>.<exchanges>.har` and `labels.jsonl`: invariants that Daikon and AGORA
proposed, each labelled `tp` (true of the API) or `fp`. A `tp` is found if claims say the same, with the same
constants. An `fp` is matched if it follows from claims at all: a bound that is wrong by more than the label
counts, too. Precision: of the labels matched, those that are `tp`. A claim that takes part in saying an `fp`
is wrong, another one that takes part in a `tp` right, the rest unlabelled.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.claims import Claim, Claims
from benchmarks.daikon import read
from benchmarks.entailed import proof
from contract.subject import Subject, parse
from inference.contract_map import build
from inference.fold import fold
from proxy.config import Config, RedactionConfig
from proxy.importers.intake import Intake
from reports.json_form import map_form
from reports.selection import claimed
from store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KINDS = frozenset(
    {
        "format", "enum", "range", "length", "size", "pattern", "unique", "equal", "at-most", "sum", "count",
        "member", "contains", "derived", "echo", "filter", "limits", "sorted", "never-repeats", "increasing",
    }
)  # fmt: skip
"""The kinds that invariants could speak of; others are neither right nor wrong nor unlabelled."""

PUBLISHED = {"50": 0.73, "10000": 0.81}
"""Precision of AGORA, which proposed the invariants, by the number of exchanges."""

TP, FP = "tp", "fp"


@dataclass(frozen=True, slots=True)
class Label:
    """An invariant, where it is said to hold, and whether it does."""

    operation: str
    ppt: str
    text: str
    true: bool
    proposed: frozenset[str] = frozenset()
    """The numbers of exchanges from which AGORA proposed it."""

    def __str__(self) -> str:
        return f"{self.ppt.partition('(')[0].partition('&')[2] or self.ppt}: {self.text}"


@dataclass(slots=True)
class Score:
    """What the labels say of the claims made from one recording."""

    operation: str
    exchanges: str
    found: list[tuple[Label, tuple[Claim, ...]]] = field(default_factory=list)
    missed: list[Label] = field(default_factory=list)
    refuted: list[tuple[Label, tuple[Claim, ...]]] = field(default_factory=list)
    """Labelled `fp`, and claimed."""
    refrained: list[Label] = field(default_factory=list)
    """Labelled `fp`, and not claimed."""
    unread: list[Label] = field(default_factory=list)
    """In words that are not known; neither found nor missed."""
    unsaid: int = 0
    """Of those missed or refrained from: what no kind of clause states."""
    claims: list[Claim] = field(default_factory=list)

    @property
    def labels(self) -> tuple[list[Label], list[Label]]:
        """All that are labelled `tp` and can be read, and all `fp`."""
        true = [label for label, _ in self.found] + self.missed
        return true, [label for label, _ in self.refuted] + self.refrained

    @property
    def wrong(self) -> set[str]:
        """Ids of claims that say what is labelled `fp`."""
        return {claim.id for _, proof_ in self.refuted for claim in proof_}

    @property
    def right(self) -> set[str]:
        """Ids of claims that say what is labelled `tp`, and are not wrong elsewhere."""
        return {claim.id for _, proof_ in self.found for claim in proof_} - self.wrong

    @property
    def unlabelled(self) -> list[Claim]:
        """Claims that no label speaks of."""
        return [claim for claim in self.claims if claim.id not in self.wrong | self.right]


def labels_of(folder: Path) -> dict[str, list[Label]]:
    """The labels by operation, such as `Spotify/getAlbumTracks`."""
    labels = defaultdict(list)
    with (folder / "labels.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            by = frozenset(name.partition("@")[2] for name in row["reported_by"] if name.startswith("agora@"))
            labels[row["op"]].append(Label(row["op"], row["ppt"], row["invariant"], row["label"] == TP, by))
    return labels


def recordings(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Operation, number of exchanges, and file of each recording; small ones first."""
    named = re.compile(r"(.+?)\.(.+)\.(\d+)\.har")
    found = [(match, path) for path in folder.glob("*.har") if (match := named.fullmatch(path.name))]
    for match, path in sorted(found, key=lambda one: (int(one[0][3]), one[0][0])):
        yield f"{match[1]}/{match[2]}", match[3], path


def observed(path: Path) -> dict[str, Any]:
    """The map of one recording in a store of its own, as `defacto map --format json` prints it."""
    with tempfile.TemporaryDirectory() as folder:
        config = Config(redaction=RedactionConfig(key_file=f"{folder}/redaction.key"))
        with Store.open(f"{folder}/agora.db") as store:
            Intake(config, store).take(BytesIO(path.read_bytes()), name=path.name)
            fold(store)
            return map_form(claimed(build(store)))


def claims_of(form: dict[str, Any]) -> list[Claim]:
    """All clauses of a map."""
    return [
        Claim(
            clause["id"],
            clause["statement"],
            operation["key"],
            clause["kind"],
            parse(clause["subject"]),
            clause["value"],
        )
        for producer in form["producers"]
        for operation in producer["operations"]
        for clause in operation["clauses"]
    ]


def score(operation: str, exchanges: str, labels: Iterable[Label], claims: list[Claim]) -> Score:
    """Match labels and claims of one operation."""
    done = Score(operation, exchanges, claims=[claim for claim in claims if claim.kind in KINDS])
    known = Claims(done.claims)
    places = {
        Subject(claim.place.parts[:n]) for claim in claims for n in range(1, len(claim.place.parts) + 1)
    }
    for label in labels:
        invariant = read(label.text, label.ppt, places)
        if invariant is None:
            done.unread.append(label)
            continue
        why = proof(known, invariant, exactly=label.true)
        if why is not None:
            (done.found if label.true else done.refuted).append((label, why))
        else:
            (done.missed if label.true else done.refrained).append(label)
            done.unsaid += invariant.form == "other"
    return done


def row(name: str, scores: list[Score]) -> dict[str, Any]:
    """The figures of some scores together."""
    found = sum(len(one.found) for one in scores)
    refuted = sum(len(one.refuted) for one in scores)
    true, false = ([label for one in scores for label in one.labels[which]] for which in (0, 1))
    theirs, mistaken = (
        sum(one.exchanges in label.proposed for one in scores for label in one.labels[which])
        for which in (0, 1)
    )
    return {
        "operation": name,
        "exchanges": scores[0].exchanges,
        "tp": len(true),
        "tp_found": found,
        "recall": _share(found, len(true)),
        "fp": len(false),
        "fp_matched": refuted,
        "precision": _share(found, found + refuted),
        "agora_recall": _share(theirs, len(true)),
        "agora_precision": _share(theirs, theirs + mistaken),
        "claims_right": sum(len(one.right) for one in scores),
        "claims_wrong": sum(len(one.wrong) for one in scores),
        "claims_unlabelled": sum(len(one.unlabelled) for one in scores),
        "labels_unread": sum(len(one.unread) for one in scores),
        "labels_unsaid": sum(one.unsaid for one in scores),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def rows(scores: list[Score]) -> list[dict[str, Any]]:
    """A row an operation and set, and one for all operations of a set."""
    sets: dict[str, list[Score]] = defaultdict(list)
    for one in scores:
        sets[one.exchanges].append(one)
    return [
        figures
        for group in sets.values()
        for figures in (*(row(one.operation, [one]) for one in group), row("all", group))
    ]


def _print(scores: list[Score], *, verbose: bool, unlabelled: bool) -> None:
    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.2f}"

    lines = rows(scores)
    print(f"{'':28}{'set':>5}{'tp found':>12}{'recall':>8}{'fp matched':>12}{'precision':>11}", end="")
    print(f"{'AGORA':>13}{'claims right':>14}{'wrong':>7}{'unlabelled':>12}")
    for one in lines:
        found, matched = f"{one['tp_found']} of {one['tp']}", f"{one['fp_matched']} of {one['fp']}"
        print(f"{one['operation']:28}{one['exchanges']:>5}{found:>12}{share(one['recall']):>8}", end="")
        agora = f"{share(one['agora_recall'])} {share(one['agora_precision'])}"
        print(f"{matched:>12}{share(one['precision']):>11}{agora:>13}{one['claims_right']:>14}", end="")
        print(f"{one['claims_wrong']:>7}{one['claims_unlabelled']:>12}")
    peers = ", ".join(f"{precision} at {exchanges} exchanges" for exchanges, precision in PUBLISHED.items())
    print("\nAGORA: recall and precision, on the same labels, of what it proposed from as many exchanges.")
    print(f"Published precision of AGORA, over all APIs: {peers}")
    each = [one for one in lines if one["operation"] != "all"]
    print(f"Labels that cannot be read: {sum(one['labels_unread'] for one in each)};", end=" ")
    print(f"that say what no kind of clause states: {sum(one['labels_unsaid'] for one in each)}")
    for title, texts in _lists(scores, verbose=verbose, unlabelled=unlabelled):
        print(f"\n{title}:\n" + "\n".join(f"  {text}" for text in texts))


def _lists(scores: list[Score], *, verbose: bool, unlabelled: bool) -> Iterator[tuple[str, list[str]]]:
    """What was asked to be listed, with what it is; nothing that is empty."""
    for one in scores:
        lists: dict[str, list[str]] = {}
        if verbose:
            lists["missed"] = [str(label) for label in one.missed]
            lists["unread"] = [str(label) for label in one.unread]
            lists["labelled fp and claimed"] = [
                f"{label}  <-  {'; '.join(map(_said, claims))}" for label, claims in one.refuted
            ]
        if unlabelled:
            lists["unlabelled"] = [_said(claim) for claim in one.unlabelled]
        for name, texts in lists.items():
            if texts:
                yield f"{one.operation} {one.exchanges}, {name}", texts


def _said(claim: Claim) -> str:
    return f"{claim.kind}: {claim.statement}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="recordings and labels.jsonl")
    parser.add_argument("--verbose", action="store_true", help="list what was missed, and what is wrong")
    parser.add_argument("--unlabelled", action="store_true", help="list the claims that no label speaks of")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args()
    labels = labels_of(options.folder)
    scores = [
        score(operation, exchanges, labels.get(operation, []), claims_of(observed(path)))
        for operation, exchanges, path in recordings(options.folder)
    ]
    if not scores:
        sys.exit(f"{options.folder} holds no recording such as Api.operation.50.har")
    if options.format == "json":
        lists = _lists(scores, verbose=options.verbose, unlabelled=options.unlabelled)
        form = {"published_precision": PUBLISHED, "rows": rows(scores), "lists": dict(lists)}
        print(json.dumps(form, indent=2))
    else:
        _print(scores, verbose=options.verbose, unlabelled=options.unlabelled)


if __name__ == "__main__":
    main()
