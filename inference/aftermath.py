"""Across protocols: which call a message comes after, and which call comes after a message.

Both by value and time. What an answer showed first (an id that a `POST` made) and a message shows next, ties
the message to the call, whoever gets it. What a message brought to a consumer and that consumer sends next,
ties a call to the message. Only specific values count, so that chance plays no part
(`inference/specificity.py`); which values are looked at is the same in all summaries (`inference/flow.py`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from contract.claim import Level
from contract.clause import Clause
from contract.kinds import EffectWithin, FollowedBy
from contract.operation import parse
from contract.subject import Subject
from inference.events import is_event
from inference.redone import redone
from inference.stated import Stated, depends, evidence_of
from inference.tally import Tally
from inference.thresholds import MAX_AFTERMATH_NS, MAX_OVERTAKING_NS, MIN_AFTERMATH, MIN_AFTERMATH_SHARE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from contract.claim import Dependence
    from inference.abroad import Abroad
    from inference.flow import Trace
    from inference.scene import Located

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MESSAGE = Subject(("response", "message"))


class _Seen(NamedTuple):
    """Where a value was, and when first (Unix ns): the end of the answer, the delivery of the message."""

    at: int
    place: Located
    producer: str

    @property
    def rank(self) -> tuple[int, str, str, str]:
        """Earlier ones first; at the same time always in the same order."""
        return self.at, self.producer, self.place[0], self.place[1].text


@dataclass(slots=True)
class _Steps:
    """From one place to another: how long it took for each value, and how many values might have taken it."""

    lags: list[int] = field(default_factory=list)
    of: int = 0
    tally: Tally = field(default_factory=Tally)

    @property
    def p95_ms(self) -> float:
        """What nearly all steps took at most."""
        return sorted(self.lags)[int(0.95 * (len(self.lags) - 1))] / 1e6

    @property
    def doubt(self) -> str:
        """Why it is not claimed."""
        if len(self.lags) < MIN_AFTERMATH:
            return f"{len(self.lags)} seen, {MIN_AFTERMATH} needed"
        if len(self.lags) < MIN_AFTERMATH_SHARE * self.of:
            return f"in {len(self.lags)} of {self.of} cases"
        return ""


def aftermath(abroad: Abroad, producer: str) -> Iterator[Stated]:
    """What ties a producer's messages to the calls of others in the same store."""
    yield from _caused(abroad, producer)
    yield from _followed(abroad, producer)


def _caused(abroad: Abroad, producer: str) -> Iterator[Stated]:
    """`effect-within`: messages that show what a call made."""
    first, shown = _appearances(abroad, producer)
    steps = _from_calls(first, shown, _sent(abroad))
    for (source, call, place), step in _strongest(steps):
        yield Stated(
            clause=Clause(
                producer=producer,
                operation=place[0],
                subject=_MESSAGE,
                kind=EffectWithin(operation=call[0], within_ms=step.p95_ms),
            ),
            evidence=evidence_of({"": step.tally}, len(step.lags), step.of - len(step.lags)),
            doubt=step.doubt,
            reasons=(_came(step, call, place, source),),
        )


def _came(step: _Steps, call: Located, place: Located, source: str) -> str:
    of = f"{len(step.lags)} of {step.of} values"
    return f"{of} were first in {call[1].readable} of {source}, then in {place[1].readable}"


def _appearances(abroad: Abroad, producer: str) -> tuple[dict[int, _Seen], dict[int, dict[Located, int]]]:
    """Of each value where an answer showed it first, and when messages showed it first, by place."""
    first: dict[int, _Seen] = {}
    shown: dict[int, dict[Located, int]] = defaultdict(dict)
    for method, digest, seen in _receipts(abroad):
        if not is_event(method):
            if digest not in first or seen.rank < first[digest].rank:
                first[digest] = seen
        elif seen.producer == producer:
            places = shown[digest]
            places[seen.place] = min(seen.at, places.get(seen.place, seen.at))
    return first, shown


def _sent(abroad: Abroad) -> dict[int, int]:
    """Of each value when a call sent it first, whoever made the call."""
    sent: dict[int, int] = {}
    for _, digest, trace in _traces(abroad):
        for (route, _, _), tally in trace.uses.items():
            if not is_event(_method(route)):
                sent[digest] = min(tally.first, sent.get(digest, tally.first))
    return sent


def _from_calls(
    first: Mapping[int, _Seen], shown: Mapping[int, Mapping[Located, int]], sent: Mapping[int, int]
) -> dict[tuple[str, Located, Located], _Steps]:
    """The steps from calls that change something to messages.

    A message that came before a call sent the value is what the call was made for. One that shows what an
    answer was the first to show may overtake that answer.
    """
    made: dict[tuple[str, Located], int] = defaultdict(int)
    steps: dict[tuple[str, Located, Located], _Steps] = defaultdict(_Steps)
    for digest, seen in first.items():
        if parse(seen.place[0]).verb in _SAFE:
            continue
        made[seen.producer, seen.place] += 1
        begun = sent.get(digest, seen.at)
        earliest = begun if begun < seen.at else seen.at - MAX_OVERTAKING_NS
        for place, at in shown.get(digest, {}).items():
            if earliest <= at <= seen.at + MAX_AFTERMATH_NS:
                step = steps[seen.producer, seen.place, place]
                step.lags.append(max(0, at - seen.at))
                step.tally.add(at, "")
    for (source, call, _), step in steps.items():
        step.of = made[source, call]
    return dict(steps)


def _followed(abroad: Abroad, producer: str) -> Iterator[Stated]:
    """`followed-by`: calls that send what a message brought; and what is done about one that comes again."""
    by_pair: dict[tuple[str, Located, Located], dict[str, _Steps]] = defaultdict(dict)
    for consumer, flows in sorted(abroad.flows.items()):
        if producer not in flows:
            continue
        for pair, step in _of_consumer(abroad, producer, consumer).items():
            by_pair[pair][consumer] = step
    pooled = {pair: _pooled(steps.values()) for pair, steps in by_pair.items()}
    for pair, step in _strongest(pooled):
        other, source, target = pair
        links: dict[str, Dependence] = {
            name: depends(name, Level.USED, f"calls {target[0]} of {other} with it", one.tally)
            for name, one in by_pair[pair].items()
            if not one.doubt
        }
        yield Stated(
            clause=Clause(
                producer=producer,
                operation=source[0],
                subject=source[1],
                kind=FollowedBy(target[0], target[1].text, step.p95_ms),
            ),
            evidence=evidence_of({"": step.tally}, len(step.lags), step.of - len(step.lags)),
            doubt=step.doubt,
            reasons=(f"{len(step.lags)} of {step.of} values were sent to {other} next",),
            dependence=links,
        )
        if not step.doubt and parse(target[0]).verb not in _SAFE:
            yield from redone(abroad, producer, source, other, target, links)


def _of_consumer(abroad: Abroad, producer: str, consumer: str) -> dict[tuple[str, Located, Located], _Steps]:
    """What one consumer was brought by messages, and sent to others next."""
    flows = abroad.flows[consumer]
    brought: dict[Located, int] = defaultdict(int)
    steps: dict[tuple[str, Located, Located], _Steps] = defaultdict(_Steps)
    ceiling = min(one.ceiling for one in flows.values())
    for digest, trace in flows[producer].traces.items():
        if digest >= ceiling:
            continue
        for (route, subject, _), at in trace.sources.items():
            source = abroad.locate(producer, route, subject) if is_event(_method(route)) else None
            if source is None:
                continue
            brought[source] += 1
            for other, theirs in flows.items():
                uses = theirs.traces[digest].uses if digest in theirs.traces else {}
                for (used_route, used_subject, _), tally in uses.items():
                    if is_event(_method(used_route)) or used_subject == "request.target":
                        continue
                    target = abroad.locate(other, used_route, used_subject)
                    if target is not None and 0 <= tally.first - at <= MAX_AFTERMATH_NS:
                        step = steps[other, source, target]
                        step.lags.append(tally.first - at)
                        step.tally.merge(tally)
    for (_, source, _), step in steps.items():
        step.of = brought[source]
    return dict(steps)


def _receipts(abroad: Abroad) -> Iterator[tuple[str, int, _Seen]]:
    """Every first receipt of a value: the method, the value's hash, and where it was."""
    for producer, digest, trace in _traces(abroad):
        for (route, subject, form), at in trace.sources.items():
            place = abroad.locate(producer, route, subject) if not form else None
            if place is not None:
                yield _method(route), digest, _Seen(at, place, producer)


def _traces(abroad: Abroad) -> Iterator[tuple[str, int, Trace]]:
    """The ways of the values that all summaries looked at: producer, hash, trace."""
    ceiling = min((one.ceiling for flows in abroad.flows.values() for one in flows.values()), default=0)
    for _, flows in sorted(abroad.flows.items()):
        for producer, one in flows.items():
            for digest, trace in one.traces.items():
                if digest < ceiling:
                    yield producer, digest, trace


def _method(route: str) -> str:
    return route.partition(" ")[0]


def _pooled(steps: Iterable[_Steps]) -> _Steps:
    """The steps of those consumers that take them; others are not concerned."""
    whole = _Steps()
    for one in steps:
        if 2 * len(one.lags) >= one.of:
            whole.lags += one.lags
            whole.of += one.of
            whole.tally.merge(one.tally)
    return whole


def _strongest(
    steps: Mapping[tuple[str, Located, Located], _Steps],
) -> Iterator[tuple[tuple[str, Located, Located], _Steps]]:
    """Of the pairs of places in the same two operations the one with most values: the others repeat it."""
    best: dict[tuple[str, str, str], tuple[str, Located, Located]] = {}
    for pair in sorted(steps, key=lambda one: (one[0], one[1][0], one[1][1].text, one[2][0], one[2][1].text)):
        other, source, target = pair
        known = best.get((other, source[0], target[0]))
        if steps[pair].lags and (known is None or len(steps[pair].lags) > len(steps[known].lags)):
            best[other, source[0], target[0]] = pair
    for pair in best.values():
        yield pair, steps[pair]
