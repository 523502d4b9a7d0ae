"""How well the gate finds what others declare breaking: pairs of documents with known verdicts.

    python -m benchmarks.gate                     figures for each source in `gate_cases`
    python -m benchmarks.gate FOLDER              and for whole documents, laid out as below
    python -m benchmarks.gate --wrong             which cases went wrong, and what was said of them

The cases come from the tests of other checkers of documents. `gate_cases` holds what the tests are about, in
documents of our own (`gate_pairs.py`). FOLDER holds a folder for each source, with whole documents, and
`cases.tsv`: columns `old` and `new` (paths from FOLDER; the first folder is the source), `verdict`, `place`
and `doubt`.

- `breaking`: a change at `place` is breaking; `place` is `GET /orders query limit`, as reports write it.
- `warning`: a change at `place` is at least a warning.
- `compatible`: nothing is breaking; `place` is empty.

`doubt` says who else says otherwise: another source, or the test itself. It is empty where nobody does.

Recall is the share of breaking cases found at their places. False is how many compatible ones are called
breaking.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.gate_pairs import Pair, pairs
from contract.changes import Compatibility
from contract.openapi.errors import DeclaredError
from reports.checking import of_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.changes import Change


class Outcome(StrEnum):
    """What the gate made of a case."""

    FOUND = "found"
    MISSED = "missed"
    ELSEWHERE = "elsewhere"
    QUIET = "quiet"
    FALSE = "false"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Judged:
    """A case and what the gate said of it."""

    case: Pair
    outcome: Outcome
    said: tuple[str, ...]


def cases(folder: Path) -> Iterator[Pair]:
    """The cases of a folder of whole documents, in the order of its table.

    Raises:
        OSError: there is no table.
        ValueError: a verdict is none.
    """
    with (folder / "cases.tsv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            source = Path(row["old"]).parts[0]
            yield Pair(
                name=f"{source}: {row['new']}",
                old=folder / row["old"],
                new=folder / row["new"],
                source=source,
                verdict=Compatibility(row["verdict"]),
                place=row["place"],
                doubt=row["doubt"],
            )


def judge(case: Pair) -> Judged:
    """What the gate says of a case, without any traffic."""
    try:
        checked = of_documents(case.question())
    except DeclaredError as error:
        return Judged(case, Outcome.REFUSED, (str(error),))
    changes = [judged.change for judged in checked.judged]
    said = tuple(f"{change.compatibility} {change.rule.name} at {place_of(change)}" for change in changes)
    return Judged(case, outcome(case, changes), said)


def outcome(case: Pair, changes: Iterable[Change]) -> Outcome:
    """How changes answer to the verdict of a case."""
    limit = Compatibility.BREAKING if case.verdict is Compatibility.COMPATIBLE else case.verdict
    places = {place_of(change) for change in changes if change.compatibility.rank >= limit.rank}
    if case.verdict is Compatibility.COMPATIBLE:
        return Outcome.FALSE if places else Outcome.QUIET
    if case.place in places or (case.anywhere and places):
        return Outcome.FOUND
    return Outcome.ELSEWHERE if places else Outcome.MISSED


def place_of(change: Change) -> str:
    """Operation and place in words: `GET /orders query limit`."""
    return f"{change.operation} {change.subject.readable if change.subject else ''}".strip()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    judged = [judge(case) for case in (*pairs(), *(cases(options.folder) if options.folder else ()))]
    by_source: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_source[one.case.source].append(one)
    print(
        f"{'':20} {'breaking':>8} {'found':>6} {'elsewhere':>9} {'missed':>6} {'recall':>7}"
        f" {'warnings':>8} {'found':>6} {'compatible':>10} {'false':>6} {'refused':>7}"
    )
    for source, group in sorted(by_source.items()):
        print(row(source, group))
    print(row("all", judged))
    for name, looked_at in (("rules made with it", True), ("measured before", False)):
        group = [one for one in judged if one.case.looked_at is looked_at]
        print(row(name, group))
        print(row("- nobody doubts", (one for one in group if not one.case.doubt)))
    if options.wrong:
        for one in judged:
            if one.outcome not in {Outcome.FOUND, Outcome.QUIET}:
                doubt = f" (doubt: {one.case.doubt})" if one.case.doubt else ""
                print(f"\n{one.outcome}: {one.case.name}, {one.case.verdict} {one.case.place}{doubt}")
                print("".join(f"    {line}\n" for line in one.said or ("nothing",)), end="")


def row(name: str, group: Iterable[Judged]) -> str:
    """The figures of one source."""
    counted = Counter((one.case.verdict, one.outcome) for one in group)
    total = Counter(verdict for verdict, _ in counted.elements())
    breaking, warning, compatible = Compatibility.BREAKING, Compatibility.WARNING, Compatibility.COMPATIBLE
    found = counted[breaking, Outcome.FOUND]
    recall = f"{found / total[breaking]:7.1%}" if total[breaking] else f"{'-':>7}"
    refused = sum(number for (_, what), number in counted.items() if what is Outcome.REFUSED)
    return (
        f"{name:20} {total[breaking]:8} {found:6} {counted[breaking, Outcome.ELSEWHERE]:9}"
        f" {counted[breaking, Outcome.MISSED]:6} {recall} {total[warning]:8}"
        f" {counted[warning, Outcome.FOUND]:6} {total[compatible]:10}"
        f" {counted[compatible, Outcome.FALSE]:6} {refused:7}"
    )


if __name__ == "__main__":
    main()
