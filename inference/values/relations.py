"""Relations between two places of one row: equality, order, containment, derivation, membership.

Every pair of columns of a frame is a candidate, and those of the rows above it and of the request as well. A
pair is claimed if no row breaks it, rows enough with different values show it, and chance does not explain
it: the probability that values drawn independently from the two columns would fit in every row, times the
number of candidates, stays below `CHANCE` (Bonferroni).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import TYPE_CHECKING, Any

from contract.kinds import AtMost, Contains, Derived, Echo, Equal, Filter, Member
from contract.kinds.contains import holds_part
from contract.likeness import DERIVATIONS, rank, same
from contract.subject import ITEM, Subject
from inference.thresholds import CHANCE, MIN_DERIVED, MIN_DIFFERENT, MIN_EQUAL, MIN_RELATED
from inference.values.support import there

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.clause import Kind
    from inference.stated import Stated
    from inference.values.frames import Column, Frame
    from inference.values.support import Answers

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_TOTALS = frozenset(
    {"total", "sum", "subtotal", "gross", "net", "limit", "max", "maximum", "quota", "capacity"}
)
_MANY_TO_ONE = frozenset({"text", "initial", "last four"})
"""Derivations that little is left of: that two such texts agree says little."""
_BOUNDS = (
    frozenset({"min", "minimum", "from", "low", "lowest", "start"}),
    frozenset({"max", "maximum", "to"}),
)


@dataclass(frozen=True)
class Cells:
    """One column: its place, and row by row what stands there."""

    subject: Subject
    column: Column

    @cached_property
    def counted(self) -> Counter[str]:
        """How often each value stands there, as text."""
        return Counter(str(value) for value in self.column if there(value))

    @cached_property
    def total(self) -> int:
        """How many values there are."""
        return self.counted.total()

    @cached_property
    def is_number(self) -> bool:
        """Whether all are numbers."""
        return self.total > 0 and all(
            isinstance(value, int | float) and not isinstance(value, bool)
            for value in self.column
            if there(value)
        )

    @cached_property
    def is_flag(self) -> bool:
        """Whether any is a boolean."""
        return any(isinstance(value, bool) for value in self.column)

    @cached_property
    def ranks(self) -> list[float | None]:
        """What each row is ordered by, if all values can be; else none at all."""
        ranks = [rank(value) if there(value) else None for value in self.column]
        return ranks if sum(1 for one in ranks if one is not None) == self.total else []

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the field's name, the last one last."""
        name = next((part for part in reversed(self.subject.parts) if part not in {ITEM, "{}"}), "")
        return tuple(word.lower() for word in _WORD.findall(name))


def statements(answers: Answers, frame: Frame) -> Iterator[Stated]:
    """The relations of a frame's columns with each other, with those above, and with the request."""
    own = [Cells(subject, column) for subject, column in frame.columns.items()]
    mine = [cells for cells in own if cells.subject.status is not None and cells.total]
    sent = [cells for cells in own if cells.subject.status is None and cells.total]
    above = [Cells(subject, column) for subject, column in frame.above()]
    asked = sent + [cells for cells in above if cells.subject.status is None and cells.total]
    higher = [cells for cells in above if cells.subject.status is not None and cells.total]
    others = mine + higher
    tests = max(1, len(mine) * (len(others) + len(asked)))
    search = _Search(answers, frame, tests)
    echoed: set[Subject] = set()
    for cells in mine:
        for request in asked:
            for stated in search.echo(cells, request):
                echoed.add(cells.subject)
                yield stated
    yield from _between(search, mine, others, asked)
    for request in sent:
        for other in sent:
            if request is not other:
                yield from search.ordered(request, other)


def _between(search: _Search, mine: list[Cells], others: list[Cells], asked: list[Cells]) -> Iterator[Stated]:
    equals: set[Subject] = set()
    for index, one in enumerate(mine):
        for two in others[:index] + others[len(mine) :]:
            for stated in search.equal(one, two):
                equals.add(one.subject)
                yield stated
    for one in mine:
        if one.subject in equals:
            continue  # what equals another place is told by that one
        for two in others:
            if two is one or two.subject in equals:
                continue
            yield from search.ordered(one, two)
    yield from _strongest(
        [
            made
            for one in mine
            if one.subject not in equals
            for two in (*others, *asked)
            if two is not one and two.subject not in equals
            for made in search.made_of(one, two)
        ]
    )
    yield from search.members(mine)


def _strongest(made: list[tuple[Cells, Cells, Stated]]) -> Iterator[Stated]:
    """What is made of what, without what follows: a link holds the path, and the path holds the name."""
    parts: dict[Subject, dict[Subject, Cells]] = defaultdict(dict)
    for one, two, _ in made:
        parts[one.subject][two.subject] = two
    for one, two, stated in made:
        beside = {subject: cells for subject, cells in parts[one.subject].items() if subject != two.subject}
        follows = any(two.subject in parts[subject] for subject in beside)
        twins = (cells for cells in beside.values() if cells.column == two.column)
        if not follows and all(_first(two.subject) < _first(twin.subject) for twin in twins):
            yield stated


def _first(subject: Subject) -> tuple[int, str]:
    return len(subject.parts), subject.text


class _Search:
    """Tests of pairs of columns of one frame."""

    def __init__(self, answers: Answers, frame: Frame, tests: int) -> None:
        self.answers = answers
        self.frame = frame
        self.tests = tests

    def _state(self, one: Cells, kind: Kind, rows: list[int], reason: str) -> Stated:
        return self.answers.state(
            one.subject,
            kind,
            held=len(rows),
            exchanges=(self.frame.exchanges[row] for row in rows),
            reasons=(reason, f"tested among {self.tests:,} pairs of places"),
        )

    def _common(self, one: Cells, two: Cells) -> list[int]:
        """The rows where both have a value."""
        return [
            row
            for row, (a, b) in enumerate(zip(one.column, two.column, strict=True))
            if there(a) and there(b)
        ]

    def _improbable(self, logarithm: float) -> bool:
        return logarithm + log(self.tests) < log(CHANCE)

    def _coincidence(self, one: Cells, two: Cells) -> float:
        """The probability that values drawn independently from two columns are the same."""
        hits = sum(count * two.counted[value] for value, count in one.counted.items())
        return max(1e-12, hits / (one.total * two.total))

    def echo(self, one: Cells, request: Cells) -> Iterator[Stated]:
        """A value of the request that stands in the answer, or in each item of it."""
        if one.is_flag and not request.is_flag:
            return
        rows = self._common(one, request)
        if not self._enough(one, rows, request) or not all(
            _asked(one.column[row], request.column[row]) for row in rows
        ):
            return
        exchanges = {self.frame.exchanges[row] for row in rows}
        chance = self._coincidence(one, request)
        if chance >= 1 or not self._improbable(self._independent(one, rows) * log(chance)):
            return
        in_items = ITEM in one.subject.parts
        from_query = request.subject.section == "query"
        kind: Kind = Filter(request.subject.text) if in_items and from_query else Echo(request.subject.text)
        yield self._state(
            one, kind, rows, f"the same in all {len(rows)} rows of {len(exchanges)} different exchanges"
        )

    def equal(self, one: Cells, two: Cells) -> Iterator[Stated]:
        """The same value at two places."""
        if one.is_flag or two.is_flag:
            return
        rows = self._common(one, two)
        if not self._enough(one, rows, two) or not all(
            same(one.column[row], two.column[row]) for row in rows
        ):
            return
        if len({str(one.column[row]) for row in rows}) < MIN_EQUAL:
            return
        chance = self._coincidence(one, two)
        if chance < 1 and self._improbable(self._independent(one, rows) * log(chance)):
            yield self._state(one, Equal(two.subject.text), rows, f"the same in all {len(rows)} rows")

    def ordered(self, one: Cells, two: Cells) -> Iterator[Stated]:
        """A number or a date that never exceeds another one: dates always, numbers if they are alike."""
        if one.is_flag or two.is_flag or not _comparable(one, two):
            return
        rows = self._common(one, two)
        if not self._enough(one, rows, two) or not one.ranks or not two.ranks:
            return
        pairs = [(one.ranks[row], two.ranks[row]) for row in rows]
        if any(a is None or b is None or a > b for a, b in pairs) or all(a == b for a, b in pairs):
            return
        chance = _chance_of_order(
            [a for a, _ in pairs if a is not None], [b for _, b in pairs if b is not None]
        )
        if chance >= 1 or not self._improbable(self._independent(one, rows) * log(chance)):
            return
        strict = all(a is not None and b is not None and a < b for a, b in pairs)
        yield self._state(
            one,
            AtMost(two.subject.text, strict),
            rows,
            f"never more in {len(rows)} rows; by chance {chance:.0%} are",
        )

    def made_of(self, one: Cells, two: Cells) -> Iterator[tuple[Cells, Cells, Stated]]:
        """A text that holds the other value, or is made of it."""
        if one.is_number or one.is_flag or two.is_flag:
            return
        rows = self._common(one, two)
        if not self._enough(one, rows, two) or len({str(two.column[row]) for row in rows}) < MIN_DIFFERENT:
            return
        texts = [(str(one.column[row]), two.column[row]) for row in rows]
        if all(text == str(part) for text, part in texts):
            return
        how = _held(texts)
        if how is not None:
            chance = _chance_of_part(one, two)
            if self._improbable(self._independent(one, rows) * log(chance)):
                kind = Contains(two.subject.text, how)
                yield one, two, self._state(one, kind, rows, f"so in all {len(rows)} rows")
            return
        if len({str(two.column[row]) for row in rows}) < MIN_DERIVED:
            return
        for name, make in DERIVATIONS.items():
            if name in _MANY_TO_ONE:
                continue
            if all(text == make(part) for text, part in texts):
                kind_of = Derived(two.subject.text, name)
                yield one, two, self._state(one, kind_of, rows, f"so in all {len(rows)} rows")
                return

    def members(self, mine: list[Cells]) -> Iterator[Stated]:
        """A value that is one of an array beside it."""
        for one in mine:
            for subject, column in self.frame.lists.items():
                if subject.status is None or one.is_flag:
                    continue
                rows = [row for row, value in enumerate(one.column) if there(value) and _items(column[row])]
                if len(rows) < MIN_RELATED or len({str(one.column[row]) for row in rows}) < MIN_DIFFERENT:
                    continue
                if not all(any(same(one.column[row], item) for item in column[row]) for row in rows):
                    continue
                chance = _chance_of_membership(one, [column[row] for row in rows])
                if chance < 1 and self._improbable(self._independent(one, rows) * log(chance)):
                    yield self._state(
                        one, Member(subject.text), rows, f"in the array in all {len(rows)} rows"
                    )

    def _enough(self, one: Cells, rows: list[int], two: Cells) -> bool:
        """Rows and exchanges enough, and values that differ."""
        if len(rows) < MIN_RELATED:
            return False
        return (
            len({str(one.column[row]) for row in rows}) >= 2
            and len({str(two.column[row]) for row in rows}) >= 2
        )

    def _independent(self, one: Cells, rows: list[int]) -> int:
        """How many of some rows say something new: different values, or different exchanges if more."""
        values = {str(one.column[row]) for row in rows}
        return max(len(values), len({self.frame.exchanges[row] for row in rows}))


def _asked(value: Any, asked: Any) -> bool:
    if same(value, asked):
        return True
    return isinstance(asked, str) and "," in asked and any(same(value, part) for part in asked.split(","))


def _items(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _comparable(one: Cells, two: Cells) -> bool:
    """Whether an order between two places could be meant: two dates, or numbers named alike."""
    if not one.is_number and not two.is_number:
        return bool(one.ranks) and bool(two.ranks)
    if not one.is_number or not two.is_number or not one.words or not two.words:
        return False
    if one.subject.section != two.subject.section and one.subject.status is None:
        return False
    mine, theirs = set(one.words), set(two.words)
    lows, highs = _BOUNDS
    if mine - lows == theirs - highs and mine & lows and theirs & highs:
        return True
    shared = mine & theirs
    if shared and (theirs & _TOTALS or mine & _TOTALS):
        return True
    return bool(one.words[-1] == two.words[-1] and len(shared) < max(len(mine), len(theirs)))


def _chance_of_order(ours: list[float], theirs: list[float]) -> float:
    """The probability that one of ours is at most one of theirs, were they drawn independently."""
    ordered = sorted(theirs)
    fits = sum(len(ordered) - bisect_left(ordered, value) for value in ours)
    return max(1e-12, fits / (len(ours) * len(theirs)))


def _held(texts: list[tuple[str, Any]]) -> str | None:
    """How all texts hold their parts: the strongest way; None if they do not."""
    parts = [(text, str(part)) for text, part in texts]
    if any(len(part) < 2 or part not in text for text, part in parts):
        return None
    for how in ("prefix", "suffix", "segment"):
        if all(holds_part(text, part, how) for text, part in parts):
            return how
    return "substring" if all(len(part) >= 4 for _, part in parts) else None


def _chance_of_part(one: Cells, two: Cells) -> float:
    """The share of values of the one column that hold a random value of the other."""
    texts, parts = list(one.counted)[:40], list(two.counted)[:40]
    hits = sum(1 for text in texts for part in parts if part in text)
    own = min(len(texts), len(parts))
    return min(1.0, max(1e-6, (hits - own) / max(1, len(texts) * len(parts) - own)))


def _chance_of_membership(one: Cells, arrays: list[list[Any]]) -> float:
    """The probability that a random value of a column is in a random one of some arrays."""
    some = arrays[:50]
    values = list(one.counted.items())
    hits = 0.0
    for array in some:
        members = {str(item) for item in array}
        hits += sum(count for value, count in values if value in members) / one.total
    return max(1e-12, hits / len(some))
