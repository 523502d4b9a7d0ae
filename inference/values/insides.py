"""Errors inside: answers whose status says success and whose body says otherwise, wholly or in part."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from contract.kinds import ErrorInside, PartialSuccess
from contract.subject import ITEM, Subject
from inference.thresholds import MIN_INSIDE
from inference.values.frames import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.stated import Stated
    from inference.values.frames import Column, Frame
    from inference.values.support import Answers

_VERDICTS = frozenset({"success", "ok", "succeeded", "successful", "is_success", "issuccess", "successfull"})
_ERRORS = frozenset(
    {"error", "errors", "error_code", "errorcode", "error_message", "errormessage", "err", "fault"}
)
_STATES = frozenset({"status", "result", "state", "outcome"})
_BAD = frozenset({"error", "failed", "failure", "fail", "nok", "ko", "rejected", "invalid"})


def statements(answers: Answers, frame: Frame) -> Iterator[Stated]:
    """`error-inside` of whole answers with a status of success, `partial-success` of the items in them."""
    if not 200 <= answers.status < 300:
        return
    if frame is answers.root:
        for subject, bad in _fields(frame):
            if len(subject.parts) <= 5:
                yield from _inside(answers, frame, subject, bad)
    elif ITEM in frame.place.parts:
        yield from _partial(answers, frame)


def _fields(frame: Frame) -> Iterator[tuple[Subject, dict[int, bool]]]:
    """The fields that may tell errors: by row whether they do."""
    named = [
        (subject, column)
        for group in (frame.columns, frame.sizes)
        for subject, column in group.items()
        if subject.status is not None
    ]
    inner: dict[Subject, list[Column]] = {}
    for subject, column in named:
        if subject.parent.parts[-1].lower() in _ERRORS:
            inner.setdefault(subject.parent, []).append(column)
        name = subject.parts[-1].lower()
        if name in _VERDICTS or name in _ERRORS or name in _STATES:
            yield subject, {row: _says_error(name, value) for row, value in enumerate(column)}
    for subject, columns in inner.items():
        yield (
            subject,
            {row: any(column[row] not in {MISSING, None} for column in columns) for row in range(frame.rows)},
        )


def _says_error(name: str, value: Any) -> bool:
    if value is MISSING or value is None:
        return False
    if name in _VERDICTS:
        return value is False or str(value).lower() in {"false", "no", "0"}
    if name in _ERRORS:
        return value not in {False, ""}
    return isinstance(value, str) and value.lower() in _BAD


def _inside(answers: Answers, frame: Frame, subject: Subject, bad: dict[int, bool]) -> Iterator[Stated]:
    rows = [row for row, is_bad in bad.items() if is_bad]
    column = frame.columns.get(subject)
    named = subject.parts[-1].lower() not in _ERRORS and column is not None
    values = sorted({_text(column[row]) for row in rows}) if named and column is not None else []
    if not rows or len(rows) == len(bad):
        return
    if subject.parts[-1].lower() in _STATES and not _takes_the_place(frame, set(rows)):
        return
    few = min(len(rows), len(bad) - len(rows)) < MIN_INSIDE
    yield answers.state(
        subject,
        ErrorInside(tuple(values)),
        held=len(rows),
        exchanges=(frame.exchanges[row] for row in rows),
        doubt=f"{len(rows)} such answers, {MIN_INSIDE} needed" if few else "",
        reasons=(f"{len(rows)} of {len(bad)} answers with status {answers.status} say so",),
    )


def _takes_the_place(frame: Frame, rows: set[int]) -> bool:
    """Whether other fields are there in good answers alone: a status `failed` may be that of a fine order."""
    for subject, column in frame.columns.items():
        if subject.status is None:
            continue
        has = {row for row, value in enumerate(column) if value is not MISSING and value is not None}
        if has and not has & rows and len(has) >= 0.9 * (frame.rows - len(rows)):
            return True
    return False


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _partial(answers: Answers, frame: Frame) -> Iterator[Stated]:
    for subject, bad in _items(frame):
        mixed = Counter(frame.exchanges[row] for row, is_bad in bad.items() if is_bad)
        whole = Counter(frame.exchanges[row] for row in bad)
        partly = [number for number, count in mixed.items() if 0 < count < whole[number]]
        if not partly:
            continue
        yield answers.state(
            frame.place,
            PartialSuccess(".".join(subject.parts[len(frame.place.parts) :])),
            held=len(partly),
            exchanges=partly,
            doubt="" if len(partly) >= MIN_INSIDE else f"{len(partly)} such answers, {MIN_INSIDE} needed",
            reasons=(f"{len(partly)} of {len(whole)} answers told of successes and failures together",),
        )
        return


def _items(frame: Frame) -> Iterator[tuple[Subject, dict[int, bool]]]:
    """The fields of items that may tell errors; HTTP statuses among them."""
    yield from ((subject, bad) for subject, bad in _fields(frame) if subject.parts[-1].lower() not in _STATES)
    for subject, column in frame.columns.items():
        if subject.status is None or subject.parts[-1].lower() not in {
            "status",
            "status_code",
            "code",
            "statuscode",
        }:
            continue
        numbers = {
            row: value for row, value in enumerate(column) if type(value) is int and 100 <= value < 600
        }
        if len(numbers) == len(column):
            yield subject, {row: value >= 400 for row, value in numbers.items()}
