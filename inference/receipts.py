"""Receipts: which messages of one channel and type came to a consumer more than once, and where they ended.

A message is known again by its id: one that its publisher gave it, or its place in the partition or stream.
Its content is part of that, so that ids which are used again, or are none, count for nothing. Without an id
it is its content that tells it, and only deliveries that the protocol marks as repeated are taken for such.
Who is one recipient gets each message once; several clients that share a name do not, and are left out.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from contract.claim import Evidence
from contract.clause import Clause
from contract.kinds import DeadLetter, Duplicates, Requeued
from contract.subject import Subject
from inference.events import is_retained
from inference.flow import hash_of
from inference.kept import Kept, digest_of
from inference.sequences import identifying
from inference.stated import Stated, evidence_of
from inference.statistics import quantile, rule_of_three
from inference.tally import Tally
from inference.thresholds import MIN_DOUBLED, MIN_GIVE_UPS, MIN_ONCE, MIN_PROTOCOL, MIN_REQUEUED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.clause import Kind
    from inference.observation import Observation
    from store.records import Message

MAX_MESSAGES = 512
"""Messages, and values in them, that are looked at for each consumer and window: none in 512 is < 0.6 %."""

MAX_RECEIPTS = 16
"""Deliveries kept of one message: brokers give up sooner, or never."""

MAX_ORIGINS = 32
"""Pairs of a queue and a reason; of more those that come first in the alphabet."""

_MESSAGE = Subject(("response", "message"))
_IDS = frozenset({"message-id", "nats-msg-id", "ce-id", "ce_id", "cloudevents:id", "cloudevents_id"})
_GIVEN_BACK = ("nack", "reject")
"""How the words begin that give a message back; where it does not come again, they gave it up."""

_DEATHS = (
    ("x-first-death-queue", "x-first-death-reason"),  # RabbitMQ, "Dead letter exchanges"
    ("kafka_dlt-original-topic", "kafka_dlt-exception-fqcn"),  # Spring for Apache Kafka, DLT headers
)


class Receipt(NamedTuple):
    """One delivery: when (Unix ns), how many went before (-1: not said), its answer, and when (0: none)."""

    at: int
    before: int
    answer: str
    answered: int


class Carried(NamedTuple):
    """One delivery of a value: when, of which message, and whether that can be known again.

    It can where it has an id, or is marked as delivered again.
    """

    at: int
    message: int
    known: bool


class _Messages(Kept[Receipt]):
    """Deliveries by message."""

    things = MAX_MESSAGES
    each = MAX_RECEIPTS
    __slots__ = ()


class _Values(Kept[Carried]):
    """Deliveries by value, of fields that identify something; the hash is that of `inference/flow.py`."""

    things = MAX_MESSAGES
    each = MAX_RECEIPTS
    __slots__ = ()


class Receipts:
    """Deliveries of the same message, those with an id apart from those without."""

    family: ClassVar[str] = "receipts"

    def __init__(self) -> None:
        self.all = Tally()
        self.named = _Messages()
        self.unnamed = _Messages()
        self.values = _Values()
        self.deaths: dict[tuple[str, str], Tally] = {}

    def observe(self, observation: Observation) -> None:
        """Note one delivery. One of a sample says nothing of what else was delivered.

        What was retained comes upon each subscription, and is no repeat.
        """
        message = observation.message
        if message is None or message.consumer is None:
            return
        self.all.add(observation.at, message.id)
        self._buried(message, observation.at)
        known = message.payload is not None and is_one_recipient(message) and not is_retained(message)
        if message.weight == 1 and known:
            self._came(message, observation)

    def _buried(self, message: Message, at: int) -> None:
        said = dict(message.headers)
        for origin, reason in _DEATHS:
            if said.get(origin) and said.get(reason):
                self.deaths.setdefault((said[origin], said[reason]), Tally()).add(at, message.id)
        self._bound()

    def _came(self, message: Message, observation: Observation) -> None:
        name = name_of(message, observation.response_body)
        content = message.payload.content if message.payload is not None else b""
        who = f"{observation.exchange.identity.key}\n{message.channel}\n"
        digest = digest_of(f"{who}{name}\n", content)
        before = -1 if message.redeliveries is None else message.redeliveries
        receipt = Receipt(observation.at, before, message.acknowledgement, message.acknowledged_at or 0)
        (self.named if name else self.unnamed).note(digest, receipt)
        carried = Carried(observation.at, digest, bool(name) or before > 0)
        for text in {text.lower() for _, text in identifying(observation.response_body)}:
            self.values.note(hash_of(text), carried)

    def merge(self, other: Receipts) -> None:
        """Take the deliveries of both."""
        self.all.merge(other.all)
        self.named.merge(other.named)
        self.unnamed.merge(other.unnamed)
        self.values.merge(other.values)
        for death, tally in other.deaths.items():
            self.deaths.setdefault(death, Tally()).merge(tally)
        self._bound()

    def _bound(self) -> None:
        for death in sorted(self.deaths)[MAX_ORIGINS:]:
            del self.deaths[death]

    def again(self) -> dict[int, list[int]]:
        """When each value was delivered, of those that one message alone brought; by the value's hash."""
        found = {}
        for value, carried in self.values.entries.items():
            first, *later = sorted(carried)
            if all(one.message == first.message and one.known for one in later):
                found[value] = [first.at, *(one.at for one in later)]
        return found

    def claims(self, producer: str, operation: str) -> Iterator[Stated]:
        """What the deliveries support."""

        def clause(kind: Kind) -> Clause:
            return Clause(producer=producer, operation=operation, subject=_MESSAGE, kind=kind)

        yield from self._duplicates(clause)
        yield from self._requeued(clause)
        for origin in sorted({origin for origin, _ in self.deaths}):
            tallies = {reason: tally for (name, reason), tally in self.deaths.items() if name == origin}
            count = sum(tally.count for tally in tallies.values())
            yield Stated(
                clause=clause(DeadLetter(origin, tuple(sorted(tallies)))),
                evidence=evidence_of(tallies, count),
                doubt="" if count >= MIN_PROTOCOL else f"{count} seen, {MIN_PROTOCOL} needed",
                reasons=(f"{count} of {self.all.count} deliveries say where they died first",),
            )

    def _duplicates(self, clause: Any) -> Iterator[Stated]:
        receipts = [sorted(known) for known in self.named.entries.values()]
        n = sum(map(len, receipts))
        if not n:
            return
        repeats = [any(one.before <= 0 for one in known[1:]) for known in receipts if len(known) > 1]
        unmarked = sum(repeats)
        if unmarked:
            how, held, least = "unmarked", unmarked, MIN_DOUBLED
            bound = f"{unmarked} of them without being marked"
        else:
            how, held, least = "marked" if repeats else "never", n, MIN_ONCE
            bound = f"none of {n} deliveries unmarked leaves a share of up to {rule_of_three(n):.2%}"
        yield Stated(
            clause=clause(Duplicates(how, n)),
            evidence=self._evidence(held),
            doubt="" if held >= least else f"{held} seen, {least} needed",
            reasons=(f"{len(repeats)} of {len(receipts)} messages with an id came more than once", bound),
        )

    def _requeued(self, clause: Any) -> Iterator[Stated]:
        messages = [sorted(known) for one in (self.named, self.unnamed) for known in one.entries.values()]
        gaps, again = [], []
        for known in messages:
            steps = [
                two.at - one.answered for one, two in pairwise(known) if _returned(one) and two.before > 0
            ]
            gaps += steps
            if steps:
                again.append(known)
        if not gaps:
            return
        gaps = sorted(max(0, gap) for gap in gaps)
        p50, p99 = quantile(gaps, 0.5) / 1e6, quantile(gaps, 0.99) / 1e6
        yield Stated(
            clause=clause(Requeued(p50_ms=p50, p99_ms=p99, most=self._most(again, gaps[-1]), n=len(gaps))),
            evidence=self._evidence(len(gaps)),
            doubt="" if len(gaps) >= MIN_REQUEUED else f"{len(gaps)} seen, {MIN_REQUEUED} needed",
            reasons=(f"{len(again)} messages were given back and came again",),
        )

    def _most(self, again: list[list[Receipt]], longest: int) -> int | None:
        """After how many deliveries messages that were given back came no more, if always after as many.

        Those that were given back last shortly before the end may still come.
        """
        ended = Counter(
            max(len(known), known[-1].before + 1)
            for known in again
            if _returned(known[-1]) and known[-1].answered + 2 * longest < self.all.last
        )
        most = max(max(len(known), known[-1].before + 1) for known in again)
        if set(ended) != {most} or ended[most] < MIN_GIVE_UPS or most >= MAX_RECEIPTS:
            return None
        return most

    def _evidence(self, held: int) -> Evidence:
        return Evidence(
            held=held,
            broken=0,
            first_seen=self.all.first,
            last_seen=self.all.last,
            examples=(self.all.example,),
        )

    def met(self, subject: Subject) -> Tally | None:
        """How many deliveries there were."""
        return self.all if subject == _MESSAGE and self.all.count else None

    def state(self) -> Any:
        """The serial form."""
        return [
            self.all.state(),
            self.named.state(),
            self.unnamed.state(),
            self.values.state(),
            [[*death, *tally.state()] for death, tally in sorted(self.deaths.items())],
        ]

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        self = cls()
        every, named, unnamed, values, deaths = state
        self.all = Tally.from_state(every)
        self.named = _Messages.from_state(named, Receipt)
        self.unnamed = _Messages.from_state(unnamed, Receipt)
        self.values = _Values.from_state(values, Carried)
        self.deaths = {(origin, reason): Tally.from_state(tally) for origin, reason, *tally in deaths}
        return self


def _returned(receipt: Receipt) -> bool:
    return receipt.answer.startswith(_GIVEN_BACK) and receipt.answered > 0


def is_one_recipient(message: Message) -> bool:
    """Whether the consumer is one recipient: a client id is unique in MQTT alone (5.0, section 3.1.3.1)."""
    basis = message.consumer.basis if message.consumer is not None else ""
    return basis in {"group", "queue"} or (basis == "client-id" and message.protocol == "mqtt")


def name_of(message: Message, payload: Any) -> str:
    """The id of a message, with what gave it; `""` where it has none."""
    given = next((value for name, value in message.headers if name in _IDS and value), "")
    if not given and isinstance(payload, dict) and "specversion" in payload:
        given = str(payload.get("id") or "")  # CloudEvents in structured mode
    if given:
        return f"id {given}"
    if message.protocol in {"kafka", "nats"} and message.sequence is not None:
        return f"at {message.partition} {message.sequence}"
    return f"entry {message.key}" if message.protocol == "redis" and message.key else ""
