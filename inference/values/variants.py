"""Variants: fields whose value decides which other fields an object has; fields that go together."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from math import log
from typing import TYPE_CHECKING, Any

from contract.kinds import Together, Variant
from contract.kinds.together import EXCLUDES, REQUIRES
from inference.thresholds import CHANCE, MAX_CASES, MIN_CASE, MIN_TOGETHER
from inference.values.frames import MISSING
from inference.values.support import counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.subject import Subject
    from inference.stated import Stated
    from inference.values.frames import Column, Frame
    from inference.values.support import Answers

Rows = frozenset[int]


def statements(answers: Answers, frame: Frame) -> Iterator[Stated]:
    """The variants of a frame's objects; what fields of both sides require or exclude of each other."""
    total = frozenset(range(frame.rows))
    present = {
        subject: frozenset(
            row for row, value in enumerate(column) if value is not MISSING and value is not None
        )
        for group in (frame.columns, frame.sizes)
        for subject, column in group.items()
    }
    objects = _objects(present, frame)
    optional = {
        subject: rows
        for subject, rows in present.items()
        if MIN_CASE <= len(rows) < len(objects.get(subject.parent, total))
    }
    decided: set[Subject] = set()
    variant = _variant(answers, frame, optional, total)
    if variant is not None:
        stated, fields = variant
        decided |= fields
        yield stated
    for section in (("response",), ("request",)):
        own = {
            subject: rows
            for subject, rows in optional.items()
            if subject.parts[:1] == section and subject not in decided
        }
        groups = _by_consumer(answers, frame) if section == ("request",) else [total]
        yield from _together(answers, frame, own, groups)


def _objects(present: dict[Subject, Rows], frame: Frame) -> dict[Subject, Rows]:
    """The rows in which each inner object is: a field that is missing with its object is not optional."""
    found: dict[Subject, set[int]] = defaultdict(set)
    for subject, rows in present.items():
        parent = subject.parent
        while len(parent.parts) > len(frame.place.parts) or parent.parts[0] != frame.place.parts[0]:
            if len(parent.parts) <= 2:
                break
            found[parent] |= rows
            parent = parent.parent
    return {subject: frozenset(rows) for subject, rows in found.items()}


def _variant(
    answers: Answers, frame: Frame, optional: dict[Subject, Rows], total: Rows
) -> tuple[Stated, set[Subject]] | None:
    """The field that decides most of the optional ones beside it, with these."""
    best: tuple[tuple[int, int, int, str], Subject, dict[str, Rows], list[Subject]] | None = None
    for subject, column in frame.columns.items():
        if subject.status is None or len(subject.parts) != len(frame.place.parts) + 1:
            continue
        cases = _cases(column, total)
        if cases is None:
            continue
        fields = [
            other
            for other, rows in optional.items()
            if other != subject
            and other.status is not None
            and len(other.parts) == len(subject.parts)
            and _decides(cases, rows)
        ]
        rank = (-len(fields), len(cases), _unlikely_name(subject), subject.text)
        if (
            fields
            and _by_chance(cases, fields, optional, len(frame.columns))
            and (best is None or rank < best[0])
        ):
            best = (rank, subject, cases, fields)
    if best is None:
        return None
    _, subject, cases, fields = best
    named = tuple(
        (case, tuple(sorted(field.parts[-1] for field in fields if rows <= optional[field])))
        for case, rows in sorted(cases.items())
    )
    stated = answers.state(
        frame.place,
        Variant(subject.parts[-1], named),
        held=len(total),
        exchanges=frame.exchanges,
        reasons=(f"so in all {len(total)} objects; each case was seen {MIN_CASE} times or more",),
    )
    return stated, set(fields)


def _unlikely_name(subject: Subject) -> int:
    name = subject.parts[-1].lower()
    return 0 if name.endswith(("type", "kind", "event", "object", "method", "category", "mode")) else 1


def _cases(column: Column, total: Rows) -> dict[str, Rows] | None:
    """The rows by value, for a column of a few values that is always there."""
    rows: dict[str, set[int]] = defaultdict(set)
    for row in total:
        value = column[row]
        if not counts(value) or isinstance(value, float):
            return None
        rows[_case(value)].add(row)
        if len(rows) > MAX_CASES:
            return None
    if len(rows) < 2 or min(map(len, rows.values())) < MIN_CASE:
        return None
    return {case: frozenset(found) for case, found in rows.items()}


def _case(value: Any) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _decides(cases: dict[str, Rows], rows: Rows) -> bool:
    """Whether a field is always or never there in each case."""
    return all(case <= rows or not case & rows for case in cases.values())


def _by_chance(
    cases: dict[str, Rows], fields: list[Subject], optional: dict[Subject, Rows], columns: int
) -> bool:
    """Whether chance would hardly split the fields so, each row drawn by the field's overall share."""
    total = sum(map(len, cases.values()))
    weight = 0.0
    for field in fields:
        share = len(optional[field]) / total
        weight = min(
            weight, len(optional[field]) * log(share) + (total - len(optional[field])) * log(1 - share)
        )
    return weight + log(max(2, columns) ** 2 * 2 ** len(cases)) < log(CHANCE)


def _by_consumer(answers: Answers, frame: Frame) -> list[Rows]:
    """The rows of each consumer: what one always sends, and another never, excludes nothing."""
    rows: dict[str, set[int]] = defaultdict(set)
    for row, number in enumerate(frame.exchanges):
        rows[answers.samples[number].consumer].add(row)
    return [frozenset(found) for found in rows.values()]


def _together(
    answers: Answers, frame: Frame, optional: dict[Subject, Rows], groups: list[Rows]
) -> Iterator[Stated]:
    """Pairs of optional fields of one object where one requires or excludes the other."""
    tests = max(1, len(optional) * (len(optional) - 1))
    for one, two in combinations(sorted(optional, key=str), 2):
        if one.parent != two.parent:
            continue
        ours, theirs = optional[one], optional[two]
        for subject, other, rows, others in ((one, two, ours, theirs), (two, one, theirs, ours)):
            if len(rows) < MIN_TOGETHER:
                continue
            if rows <= others:
                weight, how = _weight(rows, others, groups), REQUIRES
            elif not rows & others and subject is one:
                weight, how = _weight(rows, others, groups, without=True), EXCLUDES
            else:
                continue
            if weight + log(tests) < log(CHANCE):
                yield answers.state(
                    subject,
                    Together(other.text, how),
                    held=len(rows),
                    exchanges=(frame.exchanges[row] for row in rows),
                    reasons=(f"so in all {len(rows)} cases; the other is in {len(others)} of {frame.rows}",),
                )


def _weight(rows: Rows, others: Rows, groups: list[Rows], *, without: bool = False) -> float:
    """The logarithm of the chance that the other is (not) there in all of some rows, group by group."""
    weight = 0.0
    for group in groups:
        share = len(others & group) / len(group)
        share = 1 - share if without else share
        if rows & group:
            weight += len(rows & group) * log(share)
    return weight
