"""The way of the values of one observation: from which answers they came, and where they were sent on.

Looked for among what the same consumer received and sent shortly before and after. This is a search for one
observation's values, not the evidence for a clause: that a value stood in two places does not say that it was
taken from one to the other. How likely chance is, goes with each (`inference/specificity.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from contract.operation import parse as parse_operation
from contract.subject import Subject
from contract.subject import parse as parse_subject
from inference import carried
from inference.events import exchange_of
from inference.observation import Observation
from inference.specificity import bits_of
from inference.thresholds import COMMON_BITS, SPECIFIC_BITS
from inference.use import affinity
from reports.words import clipped
from store.records import Exchange, Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from inference.names import Names
    from store.glimpses import Glimpse
    from store.store import Store

NEAR = 200
"""Observations of the consumer that are searched, before and after."""
LOOKED = 2_000
"""Observations among which these are sought, of each kind, before and after."""
MOST = 50
"""Flows that are shown, in and out."""
LONGEST_VALUE = 80

_TARGET = ("request", "target")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A value that stood in two observations.

    `here` and `there` are the places, `operation` and `observation` those of the other one, `at` when (Unix
    ns), `more` in how many others of the neighbourhood the value stood as well. `doubt` says why it may be
    chance, or known from elsewhere; `""`: nothing speaks for that.
    """

    value: str
    here: str
    there: str
    producer: str
    operation: str
    observation: str
    at: int
    more: int
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """What came in and went out, how many observations were searched, and how many flows are not shown."""

    consumer: str
    searched: int
    incoming: tuple[Flow, ...] = ()
    outgoing: tuple[Flow, ...] = ()
    left_out: int = 0


class _Spot(NamedTuple):
    """Where a value stood: the place, the form it had there, and how it was written."""

    subject: Subject
    form: str
    text: str


@dataclass(slots=True)
class _Seen:
    """One observation of the consumer: what it received and sent, by value in small letters."""

    exchange: Exchange
    operation: str
    sent: dict[str, list[_Spot]] = field(default_factory=dict)
    received: dict[str, list[_Spot]] = field(default_factory=dict)
    received_at: int = 0

    @classmethod
    def of(cls, record: Exchange | Message, names: Names) -> _Seen:
        exchange = exchange_of(record) if isinstance(record, Message) else record
        observation = Observation(exchange, "", record if isinstance(record, Message) else None)
        seen = cls(exchange, names.operation(exchange), received_at=observation.received_at)
        _collect(seen.sent, carried.sent(observation), seen)
        _collect(seen.received, carried.received(observation), seen)
        return seen


def flows_of(store: Store, names: Names, glimpse: Glimpse, record: Exchange | Message) -> Flows:
    """The flows of one observation."""
    near = _near(store, names, glimpse)
    me = _Seen.of(record, names)
    others = [_Seen.of(one, names) for one in store.opened(near)]
    earlier = [one for one in others if one.received_at <= me.exchange.started_at]
    later = [one for one in others if one.exchange.started_at >= me.received_at]
    came = list(_came(me, earlier))
    went = list(_went(me, earlier, later))
    return Flows(
        consumer=names.consumer_of(glimpse.party),
        searched=len(others),
        incoming=tuple(came[:MOST]),
        outgoing=tuple(went[:MOST]),
        left_out=max(0, len(came) - MOST) + max(0, len(went) - MOST),
    )


def _near(store: Store, names: Names, glimpse: Glimpse) -> list[Glimpse]:
    """What the same consumer did next to an observation, of both kinds."""
    consumer, at = names.consumer_of(glimpse.party), glimpse.at or 0
    theirs = {
        one.id: one
        for kind in (Exchange, Message)
        for one in store.around(kind, glimpse, limit=LOOKED)
        if one.id != glimpse.id and one.at is not None and names.consumer_of(one.party) == consumer
    }
    before = sorted((one for one in theirs.values() if (one.at or 0) <= at), key=lambda one: -(one.at or 0))
    after = sorted((one for one in theirs.values() if (one.at or 0) > at), key=lambda one: one.at or 0)
    return before[:NEAR] + after[:NEAR]


def _came(me: _Seen, earlier: Sequence[_Seen]) -> Iterator[Flow]:
    """What was sent here and received before: by value and place, the latest receipt."""
    for value, spots in me.sent.items():
        receipts = [one for one in earlier if value in one.received]
        if not receipts:
            continue
        last = max(receipts, key=lambda one: one.received_at)
        first_at = min(one.received_at for one in receipts)
        known = any(value in one.sent and one.exchange.started_at < first_at for one in earlier)
        yield from _pair(last, value, spots, last.received[value], more=len(receipts) - 1, known=known)


def _went(me: _Seen, earlier: Sequence[_Seen], later: Sequence[_Seen]) -> Iterator[Flow]:
    """What was received here and sent later: by value and place, the next use."""
    for value, spots in me.received.items():
        uses = [one for one in later if value in one.sent] if value not in me.sent else []
        if not uses:
            continue
        following = min(uses, key=lambda one: one.exchange.started_at)
        known = any(value in one.sent or value in one.received for one in earlier)
        yield from _pair(following, value, spots, following.sent[value], more=len(uses) - 1, known=known)


def _pair(
    other: _Seen, value: str, ours: list[_Spot], theirs: list[_Spot], *, more: int, known: bool
) -> Iterator[Flow]:
    """The flow between two observations: of places with the value the two that are named most alike."""
    pairs = [(mine, their) for mine in ours for their in theirs if not mine.form or mine.form != their.form]
    if not pairs:
        return
    mine, their = max(pairs, key=lambda pair: affinity(pair[0].subject, pair[1].subject))
    doubts = []
    if bits_of(value) < COMMON_BITS:
        doubts.append("a common value: it may be chance")
    if known:
        doubts.append("it had the value before")
    yield Flow(
        value=clipped(mine.text, LONGEST_VALUE),
        here=_readable(mine.subject),
        there=_readable(their.subject),
        producer=other.exchange.producer,
        operation=other.operation,
        observation=other.exchange.id,
        at=other.exchange.started_at,
        more=more,
        doubt=", ".join(doubts),
    )


def _readable(subject: Subject) -> str:
    return "the whole link" if subject.parts == _TARGET else subject.readable


def _collect(found: dict[str, list[_Spot]], texts: Iterable[carried.Carried], seen: _Seen) -> None:
    for text, written, form in texts:
        folded = text.lower()
        if bits_of(folded) < SPECIFIC_BITS:
            continue
        subject = _named(parse_subject(written), seen)
        if subject is not None:
            spot = _Spot(subject, form, text)
            spots = found.setdefault(folded, [])
            if spot not in spots:
                spots.append(spot)


def _named(subject: Subject, seen: _Seen) -> Subject | None:
    """A place with its path parameter by name; None where the path has a fixed word there."""
    if subject.parts[:2] != ("request", "path"):
        return subject
    template = parse_operation(seen.operation).segments
    given = [part for part in seen.exchange.path.split("/") if part]
    index = int(subject.parts[2]) + len(template) - len(given)  # a template may lack what servers put before
    part = template[index] if 0 <= index < len(template) else ""
    return Subject(("request", "path", part.strip("{}"))) if "{" in part else None
