"""How long one observation took, as a picture: its steps one after the other, beside what is usual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.statuses import word_of
from reports.words import milliseconds
from store.records import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.web.snapshot import Snapshot
    from store.records import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A part of the time it took: from and how wide in per cent of the picture, and in words."""

    name: str
    kind: str
    start: float
    width: float
    took: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """How long it usually takes: a quantile, and where it stands in the picture."""

    name: str
    at: float
    took: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long it took, and beside it how long the same consumer usually waits for such an answer."""

    steps: tuple[Step, ...]
    usual: tuple[Usual, ...] = ()
    whole: str = ""


def timing_of(record: Exchange | Message, key: str, consumer: str, snapshot: Snapshot) -> Timing | None:
    """The picture of one observation, None where nothing was timed."""
    if isinstance(record, Message):
        ends = _after_publication(record)
        return _drawn(ends, {}) if ends else None
    ends = [
        (name, kind, length / 1e6)
        for name, kind, length in (
            ("sending the request", "sending", record.request_ns),
            ("waiting for the answer", "waiting", record.wait_ns),
            ("receiving the answer", "receiving", record.duration_ns),
        )
        if length is not None
    ]
    return _drawn(ends, _usual(record, key, consumer, snapshot)) if ends else None


def _after_publication(message: Message) -> list[tuple[str, str, float]]:
    """When each thing happened, in ms after the first."""
    marks = [
        (name, kind, at)
        for name, kind, at in (
            ("published", "sending", message.published_at),
            ("on its way", "waiting", message.delivered_at),
            ("until it was answered", "receiving", message.acknowledged_at),
        )
        if at is not None
    ]
    return [(name, kind, (at - marks[0][2]) / 1e6) for name, kind, at in marks[1:]]


def _usual(exchange: Exchange, key: str, consumer: str, snapshot: Snapshot) -> dict[str, float]:
    """The quantiles of what this consumer waits for such answers (ms)."""
    compared = snapshot.compared.get((exchange.producer, key))
    if compared is None or exchange.status is None:
        return {}
    for one in compared.operation.durations:
        if (one.consumer, one.status) == (consumer, word_of(exchange.status)):
            return {"p50": one.p50_ms, "p95": one.p95_ms}
    return {}


def _drawn(ends: Sequence[tuple[str, str, float]], usual: dict[str, float]) -> Timing:
    """The picture: each step from the end of the former to its own, as wide as the longest of all times."""
    longest = max([*(end for _, _, end in ends), *usual.values()]) or 1.0
    steps: list[Step] = []
    start = 0.0
    for name, kind, known in ends:
        end = max(known, start)  # clocks of two machines need not agree
        steps.append(
            Step(
                name=name,
                kind=kind,
                start=round(100 * start / longest, 2),
                width=round(100 * (end - start) / longest, 2),
                took=milliseconds(end - start),
            )
        )
        start = end
    return Timing(
        steps=tuple(steps),
        usual=tuple(
            Usual(name=name, at=round(100 * value / longest, 2), took=milliseconds(value))
            for name, value in usual.items()
        ),
        whole=milliseconds(start),
    )
