"""A random world with a broker: channels, message types, consumers, how messages get there, and the truth.

Features (`benchmarks/event_features.py`) open streams and publish to them in the order of time. What they
plant is true of what is delivered, and of what is published where that passes by as well.
"""

from __future__ import annotations

import json
import uuid
from binascii import crc32
from dataclasses import dataclass, field
from enum import Enum
from math import log
from typing import TYPE_CHECKING, Any

from benchmarks.world import SECOND, START, WORDS, World
from store.records import Body, Identity, Lane, Message, record_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from store.records import Headers

PERIOD = 14 * 86_400 * SECOND
"""How far apart the periods begin (ns); the longest traffic takes less than half of it."""

CONSUMERS = ["billing", "mail", "search", "audit", "ledger", "courier"]
VERBS = ["created", "changed", "closed", "merged", "moved", "priced", "checked", "renewed"]
REGIONS = ["eu-west-1", "eu-north-1", "us-east-1", "us-west-2", "ap-south-1"]
CHANNELS = ["plain", "plain", "shared", "tenant", "region", "device", "partition", "queue"]
TYPES = ["property", "cloudevents", "payload", "none"]
ANSWERS = [("ack",), ("ack", "reject"), ("ack", "nack"), ("commit",), ("auto",), ()]
_TEXT = ("format", "pattern", "length", "enum", "contains", "present", "echo")


class Kept(Enum):
    """Which messages come in the order in which they were published: all, those of one thing, or none."""

    CHANNEL = "channel"
    THING = "thing"
    NONE = "none"


@dataclass(slots=True)
class EventWorld(World):
    """One world, over some periods of the same traffic. `spelled` says which parts of channels are values."""

    periods: int = 1
    messages: list[Message] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    spelled: dict[str, str] = field(default_factory=dict)

    def rounds(self, gap: float) -> Iterator[int]:
        """As many rounds in each period as it has observations, a gap (seconds) apart on average."""
        for period in range(self.periods):
            self.now = START + period * PERIOD + self.chance.randint(0, 10**10)
            for number in range(self.count):
                yield period * self.count + number
                self.wait(self.chance.expovariate(1 / gap))

    def stream(self, kept: Kept | None = None, most: int = 3, **fixed: Any) -> Stream:
        """A stream of its own; what is not fixed is left to chance."""
        chance = self.chance
        names = CONSUMERS[: chance.randint(2, len(CONSUMERS))]
        type_ = fixed.pop("types", chance.choice(TYPES))
        styles = [style for style in CHANNELS if style != "shared" or type_ != "none"]
        choices: dict[str, Any] = {
            "consumers": chance.sample(names, min(len(names), chance.randint(1, most))),
            "kept": kept or chance.choice(list(Kept)),
            "keyed": chance.random() < 0.3,
            "named": chance.random() < 0.5,
            "published": chance.random() < 0.5,
            "timed": chance.random() < 0.8,
            "answers": chance.choice(ANSWERS),
            "again": chance.choice([0.0, 0.0, 0.1]),
            "lag": (chance.uniform(0.01, 0.3), chance.uniform(0.2, 0.8)),
        }
        choices |= {"style": chance.choice(styles), "noun": fixed.get("noun") or self.noun(), "types": type_}
        made = Stream(self, **(choices | {"verb": chance.choice(VERBS)} | fixed))
        self.streams.append(made)
        return made

    def beside(self, stream: Stream) -> Stream:
        """A stream of another message type; on the same channel if that is shared."""
        verb = self.chance.choice([verb for verb in VERBS if verb != stream.verb])
        return self.stream(noun=stream.noun, verb=verb, style=stream.style, types=stream.types)


@dataclass(slots=True)
class Stream:
    """The messages of one channel and type: who publishes them, who is given them, and how.

    `lag` is the median (seconds) and the spread of its logarithm. `timed` says whether it is known when a
    message was published, `published` whether its publication passed by, `named` whether messages have an id.
    `again` is how many are redelivered, `doubled` how many are delivered twice unmarked, `tries` how often
    one is delivered that is always given back (0: none is).
    """

    world: EventWorld
    noun: str
    verb: str
    style: str
    types: str
    consumers: Sequence[str]
    kept: Kept
    keyed: bool
    named: bool
    published: bool
    timed: bool
    answers: Sequence[str]
    again: float
    lag: tuple[float, float]
    doubled: float = 0.0
    tries: int = 0
    channel: str = field(init=False)
    values: list[str] = field(init=False)
    type: str = field(init=False)
    redelivered: int = 0
    repeated: int = 0
    given_up: bool = False
    """Whether the latest message was given back until it came no more."""
    delivered: list[int] = field(default_factory=list)
    """When the latest message was delivered to the last of its consumers."""
    _last: dict[tuple[str, str], int] = field(default_factory=dict)
    _headers: Headers = ()

    def __post_init__(self) -> None:
        self.channel, self.values = self._channels()
        if self.style in {"tenant", "region"}:
            self.world.spelled |= dict.fromkeys(self.values, "{}")
        if self.style == "queue":
            self.world.spelled |= {self.channel.format(value): self.channel for value in self.values}
        name = f"{self.noun[:-1]}.{self.verb}"
        self.type = {"none": "", "cloudevents": f"com.example.{name}"}.get(self.types, name)

    def _channels(self) -> tuple[str, list[str]]:
        """How its channels are written, and what stands in them."""
        chance, noun, verb = self.world.chance, self.noun, self.verb
        return {
            "plain": (f"{noun}.{verb}", [""]),
            "shared": (noun, [""]),
            "tenant": (f"{noun}.{{}}.{verb}", chance.sample(WORDS, 8)),
            "region": (f"{noun}.{{}}.{verb}", REGIONS),
            "device": (f"{noun}/{{}}/{verb}", [self.world.hex(8) for _ in range(12)]),
            "partition": (f"{noun}-{verb}.{{}}", list("0123")),
            "queue": (f"{noun}-{verb}-{{}}", list("0123")),
        }[self.style]

    @property
    def operation(self) -> str:
        """The key of what is delivered, with blanked parameters."""
        return f"RECEIVE {self._key}"

    @property
    def _key(self) -> str:
        return f"{self.channel}#{self.type}" if self.type else self.channel

    @property
    def _inside(self) -> str:
        """The part of a payload that features fill, as a suffix of the body."""
        return ".data" if self.types == "cloudevents" else ""

    def at(self, name: str) -> str:
        """The subject of a field in what is delivered."""
        return f"response.message.body{self._inside}.{name}"

    @property
    def sides(self) -> Iterator[tuple[str, str]]:
        """The operations and their bodies: what is delivered, and what is published if that is seen."""
        yield self.operation, f"response.message.body{self._inside}"
        if self.published:
            yield f"SEND {self._key}", f"request.body{self._inside}"

    def fact(self, name: str, *kinds: str, also: Sequence[str] = ()) -> None:
        """What is true of a field, and what may be said of it."""
        for operation, body in self.sides:
            for kind in kinds:
                self.world.plant(operation, f"{body}.{name}", kind)
            self.world.also(operation, f"{body}.{name}", *also)

    def shown(self, name: str, *kinds: str) -> None:
        """What is true of a field, and can be told of what is delivered alone."""
        for kind in kinds:
            self.world.plant(self.operation, self.at(name), kind)

    def always(self, *names: str) -> None:
        """Fields that are always there."""
        for name in names:
            self.fact(name, "present")

    def channel_of(self, thing: str) -> str:
        """The channel of a thing: always the same."""
        return self.channel.format(self.values[crc32(thing.encode()) % len(self.values)])

    def emit(self, thing: str, payload: dict[str, Any], headers: Headers = ()) -> dict[str, int]:
        """Publish a message now; when each consumer is given it (Unix ns)."""
        body = self.body_of(payload)
        self._headers = (*headers, ("message-id", self.world.hex(20))) if self.named else headers
        if self.published:
            self.note(thing, body, None, published_at=self.world.now)
        return {consumer: self._deliver(consumer, thing, body) for consumer in self.consumers}

    def body_of(self, fields: dict[str, Any]) -> Body:
        """A payload that says what all of them say."""
        wrapped: dict[str, Any] = fields
        if self.types == "cloudevents":
            id_ = str(uuid.UUID(int=self.world.chance.getrandbits(128), version=4))
            head = {"specversion": "1.0", "id": id_, "source": f"/{self.noun}", "type": self.type}
            wrapped = {**head, "data": fields}
        elif self.types == "payload":
            wrapped = {"event_type": self.type, **fields}
        content = json.dumps(wrapped).encode()
        return Body(content=content, size=len(content), wire_size=len(content), media_type="application/json")

    def _deliver(self, consumer: str, thing: str, body: Body) -> int:
        chance, (median, spread) = self.world.chance, self.lag
        at = self.world.now + round(chance.lognormvariate(log(median), spread) * SECOND)
        line = (consumer, thing if self.kept is Kept.THING else "")
        if self.kept is not Kept.NONE:
            at = self._last[line] = max(at, self._last.get(line, 0) + 1_000)
        self.delivered = [at]
        answers = self._answers()
        for number, answer in enumerate(answers):
            if number:
                self.delivered.append(self.delivered[-1] + round(chance.uniform(1, 5) * SECOND))
            self._given(consumer, thing, body, self.delivered[-1], answer=answer, number=number)
        self.redelivered += len(answers) - 1
        if chance.random() < self.doubled:
            self.repeated += 1
            later = self.delivered[-1] + round(chance.uniform(1, 5) * SECOND)
            self._given(consumer, thing, body, later, answer=answers[-1], number=0)
        return at

    def _answers(self) -> list[str]:
        """What a consumer answers to each delivery of one message."""
        chance = self.world.chance
        last = chance.choice(self.answers) if self.answers else ""
        self.given_up = False
        if self.tries and chance.random() < 0.3:
            backs = chance.randint(1, self.tries)
            self.given_up = backs == self.tries
            return ["nack-requeue"] * backs + ([] if self.given_up else [last])
        return ["", self.answers[0] if self.answers else ""] if chance.random() < self.again else [last]

    def _given(self, consumer: str, thing: str, body: Body, at: int, *, answer: str, number: int) -> None:
        took = 0 if answer == "auto" else round(self.world.chance.lognormvariate(-4, 0.7) * SECOND)
        self.note(
            thing,
            body,
            Identity(basis="queue", value=consumer),
            published_at=self.world.now if self.timed else None,
            delivered_at=at,
            acknowledged_at=at + took if answer else None,
            acknowledgement=answer,
            redeliveries=number,
        )

    def note(self, thing: str, body: Body | None, consumer: Identity | None, **more: Any) -> None:
        """A message as it was recorded."""
        world = self.world
        world.messages.append(
            Message(
                id=record_id(world.seed, "message", len(world.messages)),
                producer="broker",
                lane=Lane.IMPORT,
                source="worlds",
                channel=self.channel_of(thing),
                type=self.type if self.types in {"property", "cloudevents"} else "",
                publisher=Identity(basis="client-id", value=f"{self.noun}-service"),
                consumer=consumer,
                payload=body,
                **(
                    {
                        "protocol": "mqtt" if "/" in self.channel else "amqp",
                        "key": thing if self.keyed else None,
                        "headers": self._headers,
                    }
                    | more
                ),
            )
        )

    def finish(self) -> None:
        """Note what is true of how all of it was delivered."""
        world, operation = self.world, self.operation
        for side, body in self.sides:
            world.plant(side, "", "operation")
            world.also(side, "request.path*", *_TEXT, "range")
            if self._inside:
                for name in ("specversion", "id", "source", "type", "data"):
                    world.also(side, body.removesuffix(self._inside) + f".{name}", *_TEXT)
            if self.types == "payload":
                world.also(side, f"{body}.event_type", *_TEXT)
        if self.timed:
            world.plant(operation, "response.message.latency", "latency")
        if self.answers:
            world.plant(operation, "response.message", "acknowledgement")
        if self.answers and self.answers != ("auto",):
            world.plant(operation, "response.message", "handling")
        if self.kept is Kept.CHANNEL:
            world.also(operation, "response.message by *", "key-order")
        self._finish_repeats()

    def _finish_repeats(self) -> None:
        """Note what is true of messages that came more than once, or to several."""
        world, operation = self.world, self.operation
        if self.redelivered:
            world.plant(operation, "response.message", "redelivered")
        if self.named or self.types == "cloudevents":
            how = "unmarked" if self.repeated else "marked" if self.redelivered else "never"
            world.plant(operation, f"response.message {how}", "duplicates")
            if self.published:
                how = "at-least-once" if self.redelivered or self.repeated else "exactly-once"
                world.plant(operation, f"response.message {how}", "delivery")
            if len(self.consumers) > 1:
                world.plant(operation, "response.message all", "fan-out")
        if self.answers and self.answers != ("auto",):
            world.also(operation, "response.message any", "handling-order")
        if self.tries:
            world.plant(operation, f"response.message {self.tries}", "requeued")

    def in_order_by(self, name: str) -> None:
        """Note that messages about a thing come in order, and show it; `name` is the field that tells it."""
        by = "key" if self.keyed else f"{self._inside}.{name}".removeprefix(".")
        self.world.plant(self.operation, f"response.message by {by}", "key-order")

    def may_be_in_order_by(self, name: str) -> None:
        """Note that they do, though too few may show it."""
        by = "key" if self.keyed else f"{self._inside}.{name}".removeprefix(".")
        self.world.also(self.operation, f"response.message by {by}", "key-order")
