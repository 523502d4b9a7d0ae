"""Series: what holds from answer to answer: ids that never come again, numbers that only grow."""

from __future__ import annotations

from itertools import pairwise
from math import lgamma, log
from typing import TYPE_CHECKING

from contract.kinds import Increasing, NeverRepeats
from contract.kinds.sorted import order_key
from inference.journal import identifies
from inference.thresholds import CHANCE, MIN_SERIES
from inference.values.support import there

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.stated import Stated
    from inference.values.support import Answers

_CREATING = {201, 202, 200}


def statements(answers: Answers) -> Iterator[Stated]:
    """The identifying fields of what a creating operation answers."""
    method = answers.scene.operation.partition(" ")[0]
    if method not in {"POST", "PUT"} or answers.status not in _CREATING:
        return
    root = answers.root
    for subject, column in root.columns.items():
        if subject.status is None or not identifies(subject.parts[-1]):
            continue
        found = sorted(
            (answers.samples[root.exchanges[row]].tally.first, root.exchanges[row], value)
            for row, value in enumerate(column)
            if there(value)
        )
        values = [value for _, _, value in found]
        if len(values) < MIN_SERIES or len({str(value) for value in values}) < len(values):
            continue
        if _is_sent(answers, [str(value) for value in values]):
            continue
        exchanges = [number for _, number, _ in found]
        yield answers.state(
            subject,
            NeverRepeats(),
            held=len(values),
            exchanges=exchanges,
            reasons=(f"{len(values)} answers, as many different values",),
        )
        keys = [order_key(value) for value in values]
        grows = (
            None not in keys
            and len({type(key) for key in keys}) == 1
            and all(a < b for a, b in pairwise(keys))
        )
        if grows and -lgamma(len(keys) + 1) < log(CHANCE):
            yield answers.state(
                subject,
                Increasing(),
                held=len(values),
                exchanges=exchanges,
                reasons=(f"each of {len(values)} answers brought a larger value than the one before",),
            )


def _is_sent(answers: Answers, values: list[str]) -> bool:
    """Whether the consumers chose the values themselves."""
    sent = {
        str(value)
        for subject, column in answers.root.columns.items()
        if subject.status is None
        for value in column
    }
    return any(value in sent for value in values)
