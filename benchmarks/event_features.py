"""What worlds with a broker are made of: facts of payloads, lives, causes, consequences, orders.

And what only looks like them. Each feature knows what is true of what it publishes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.event_world import Kept, Stream
from benchmarks.features import FORMATS
from benchmarks.world import SECOND

if TYPE_CHECKING:
    from benchmarks.event_world import EventWorld

TEXT = ("format", "pattern", "length", "enum", "contains", "present")
NUMBER = ("range", "present", "format")
ID = (*TEXT, "echo", "never-repeats", "followed-by")


def _at(world: EventWorld, moment: int) -> int:
    """Set the clock; what it was before."""
    before, world.now = world.now, moment
    return before


def _by(world: EventWorld, stream: Stream) -> str:
    return world.name(f"{stream.noun[:-1]} id")


def facts(world: EventWorld) -> None:
    """Formats, enumerations, bounds, patterns, an order between fields; beside optional and unrelated ones.

    And another type of message that has none of it.
    """
    chance, stream = world.chance, world.stream()
    other = world.beside(stream)
    key, form = _by(world, stream), chance.choice(sorted(FORMATS))
    states = chance.sample(["open", "held", "paid", "sent", "lost", "done"], chance.randint(2, 5))
    made, state, level, code, low, high = (
        world.name(name) for name in ("made at", "state", "level", "public code", "min price", "max price")
    )
    for _ in world.rounds(20):
        thing, least = world.hex(12), chance.randint(1, 90)
        payload: dict[str, Any] = {
            key: thing,
            made: FORMATS[form](world),
            state: chance.choice(states),
            level: chance.randint(1, 9),
            code: f"trx_{world.hex(12)}",
            low: least,
            high: least + chance.randint(1, 60),
            "views": chance.randint(50, 5000),
        }
        if chance.random() < 0.7:
            payload["note"] = world.words(1, 6)
        if chance.random() < 0.95:
            payload["hint"] = world.words(1, 6)
        stream.emit(thing, payload)
        world.wait(chance.uniform(0.1, 5))
        other.emit(thing, {key: thing, "weight": round(chance.lognormvariate(6, 2), 2), "views": 20 + least})
    world.also(other.operation, "response.message RECEIVE *", "comes-after")
    stream.always(key, made, state, level, code, low, high, "views")
    stream.fact(made, "format", also=TEXT)
    stream.fact(state, "enum")
    stream.shown(level, "range")
    stream.fact(level, also=NUMBER)
    stream.fact(code, "pattern", also=TEXT)
    stream.fact(low, "at-most", also=NUMBER)
    stream.fact(high, also=NUMBER)
    other.always(key, "weight", "views")
    for one in (stream, other):
        for name in ("views", "weight"):
            one.fact(name, also=NUMBER)
        one.fact(key, also=ID)


def lives(world: EventWorld) -> None:
    """Several events about one thing whose status moves on, beside a field that flips without direction."""
    chance = world.chance
    stream = world.stream(lag=(chance.choice([0.05, 0.3, 20.0]), 0.5), timed=True)
    key, states = _by(world, stream), ["new", "paid", "packed", "sent"][: chance.randint(3, 4)]
    flips = world.name("door state")
    for _ in world.rounds(30):
        thing = world.hex(12)
        for state in states:
            stream.emit(thing, {key: thing, "status": state, flips: chance.choice(["open", "shut"])})
            world.wait(chance.uniform(2, 10))
    stream.always(key, "status", flips)
    stream.shown("status", "lifecycle")
    stream.fact("status", also=TEXT)
    stream.fact(flips, also=TEXT)
    stream.fact(key, also=ID)
    if stream.kept is Kept.THING:
        stream.may_be_in_order_by(key)


def causes(world: EventWorld) -> None:
    """Calls that messages follow: always, half of the time, or never though the numbers coincide."""
    chance, sure, unsure, tick = world.chance, *(world.stream(again=0.0) for _ in range(3))
    keys = [_by(world, stream) for stream in (sure, unsure, tick)]
    for n in world.rounds(20):
        for stream, key, share in ((sure, keys[0], 1.0), (unsure, keys[1], 0.5)):
            id_ = world.hex(14)
            sent = {"label": world.words(1, 3), "n": n}
            world.call("web", "POST", f"/{stream.noun}", sent=sent, status=201, got={"id": id_, "n": n})
            if chance.random() < share:
                before = _at(world, world.now + round(chance.uniform(-0.02, 0.1) * SECOND))
                stream.emit(id_, {key: id_, "amount": chance.randint(1, 900)})
                _at(world, before)
            world.wait(chance.uniform(0.5, 3))
        number = str(chance.randint(1, 400))
        tick.emit(number, {keys[2]: number, "n": chance.randint(0, world.count)})
    world.plant(sure.operation, f"response.message POST /{sure.noun}", "effect-within")
    for stream, key in ((sure, keys[0]), (unsure, keys[1]), (tick, keys[2])):
        stream.always(key, "n" if stream is tick else "amount")
        stream.fact(key, also=(*ID, "range"))
        stream.fact("n" if stream is tick else "amount", also=NUMBER)
        if stream.kept is Kept.THING:
            stream.may_be_in_order_by(key)


def consequences(world: EventWorld) -> None:
    """Calls that messages lead to: always, half of the time, or not, as the caller made the thing itself."""
    chance = world.chance
    sure, unsure, own = (world.stream(most=1, again=0.0) for _ in range(3))
    method = chance.choice(["GET", "POST"])
    for n in world.rounds(30):
        for stream, share in ((sure, 1.0), (unsure, 0.55)):
            ref = world.hex(14)
            ((consumer, given),) = stream.emit(ref, {"ref": ref, "total": chance.randint(1, 900)}).items()
            if chance.random() < share:
                before = _at(world, given + round(chance.uniform(0.05, 4) * SECOND))
                _look(world, consumer, method if stream is sure else "GET", stream.noun, ref)
                _at(world, before)
            world.wait(chance.uniform(2, 9))
        id_ = world.hex(14)
        world.call(own.consumers[0], "POST", f"/{own.noun}", sent={"n": n}, status=201, got={"id": id_})
        given = own.emit(id_, {"ref": id_, "total": chance.randint(1, 900)})[own.consumers[0]]
        before = _at(world, given + round(chance.uniform(-0.5, 2) * SECOND))
        _look(world, own.consumers[0], "GET", own.noun, id_)
        _at(world, before + 5 * SECOND)
    target = f"GET /{sure.noun}/{{}}" if method == "GET" else f"POST /{sure.noun}-tasks"
    world.plant(sure.operation, f"{sure.at('ref')} {target}", "followed-by")
    world.also(own.operation, f"response.message POST /{own.noun}", "effect-within")
    for stream in (sure, unsure, own):
        stream.always("ref", "total")
        stream.fact("ref", also=TEXT)
        stream.fact("total", also=NUMBER)


def _look(world: EventWorld, consumer: str, method: str, noun: str, ref: str) -> None:
    """What a consumer does about a message: it reads the thing, or has something made of it."""
    if method == "GET":
        world.call(consumer, "GET", f"/{noun}/{ref}", got={"id": ref, "size": world.chance.randint(1, 900)})
        return
    world.call(
        consumer,
        "POST",
        f"/{noun}-tasks",
        sent={"ref": ref},
        status=201,
        got={"ref": ref, "task": world.hex(14)},
    )


def orders(world: EventWorld) -> None:
    """Messages about one thing in order by what delivers them, out of order, and in order by their rarity."""
    chance = world.chance
    kept = world.stream(chance.choice([Kept.CHANNEL, Kept.THING]), timed=True, lag=(0.2, 1.0))
    broken = world.stream(Kept.NONE, timed=True, lag=(0.2, 1.0))
    rare = world.stream(Kept.NONE, timed=True, lag=(0.2, 0.5))
    buyer = world.name("customer id")
    for n in world.rounds(20):
        for stream, gap in ((kept, 0.05), (broken, 0.05), (rare, 15.0)):
            key = _by(world, stream)
            things = [world.hex(12), world.hex(12)]
            for step in range(6):
                thing = things[step % 2]
                payload = {"event_id": world.hex(16), key: thing, buyer: f"c_{7000 + n % 12}", "step": step}
                stream.emit(thing, payload)
                world.wait(chance.uniform(0.2, 2) * gap)
            world.wait(10)
    kept.in_order_by(_by(world, kept))
    for stream in (kept, broken, rare):
        stream.always("event_id", _by(world, stream), buyer, "step")
        for name in ("event_id", _by(world, stream), buyer):
            stream.fact(name, also=ID)
        stream.fact("step", also=(*NUMBER, "enum"))


def telemetry(world: EventWorld) -> None:
    """Devices that report on a channel of their own, which the payload names again."""
    chance, stream = world.chance, world.stream(style="device", keyed=False)
    for _ in world.rounds(2):
        device = chance.choice(stream.values)
        payload = {"celsius": round(chance.gauss(20, 5), 2), "battery": chance.randint(1, 100)}
        before = stream.values
        stream.values = [device]
        stream.emit(device, {"device": device, **payload})
        stream.values = before
    stream.always("device", "celsius", "battery")
    stream.shown("device", "echo")
    stream.fact("device", also=TEXT)
    stream.fact("celsius", also=NUMBER)
    stream.fact("battery", also=NUMBER)


def repeats(world: EventWorld) -> None:
    """Calls that are made once more for what comes again, or not, or that are made twice for each anyway."""
    chance = world.chance
    careless, careful, twice = (world.stream(most=1, again=0.3, answers=("ack",)) for _ in range(3))
    for _ in world.rounds(40):
        for stream in (careless, careful, twice):
            ref = world.hex(14)
            ((consumer, at),) = stream.emit(ref, {"ref": ref, "total": chance.randint(1, 900)}).items()
            moments = stream.delivered if stream is careless else [at]
            before = world.now
            for moment in moments if stream is not twice else (at, at + 6 * SECOND):
                _at(world, moment + round(chance.uniform(0.05, 0.8) * SECOND))
                _look(world, consumer, "POST", stream.noun, ref)
            _at(world, before + 10 * SECOND)
    for stream in (careless, careful, twice):
        world.plant(stream.operation, f"{stream.at('ref')} POST /{stream.noun}-tasks", "followed-by")
        stream.always("ref", "total")
        stream.fact("ref", also=TEXT)
        stream.fact("total", also=NUMBER)
    world.plant(careless.operation, f"response.message POST /{careless.noun}-tasks", "repeats-effect")
    world.plant(careful.operation, f"response.message POST /{careful.noun}-tasks", "deduplicates")


def returns(world: EventWorld) -> None:
    """Messages that are given back and come again, until they are given up and come elsewhere.

    And some that a broker delivers twice without a word.
    """
    chance = world.chance
    stream = world.stream(most=1, again=0.0, answers=("ack",), tries=chance.randint(2, 4))
    dead = world.stream(verb="dead", style="plain", types="none", again=0.0, named=False)
    double = world.stream(again=chance.choice([0.0, 0.1]), doubled=0.1, kept=Kept.NONE)
    key, origin, named = _by(world, stream), stream.consumers[0], _by(world, double)
    died = (("x-first-death-queue", origin), ("x-first-death-reason", "delivery_limit"))
    for _ in world.rounds(20):
        thing = world.hex(12)
        payload = {key: thing, "amount": chance.randint(1, 900)}
        stream.emit(thing, payload)
        if stream.given_up:
            before = _at(world, stream.delivered[-1] + SECOND)
            dead.emit(thing, payload, died)
            _at(world, before)
        other = world.hex(12)
        double.emit(other, {named: other, "amount": chance.randint(1, 900)})
        world.wait(chance.uniform(1, 5))
    world.plant(dead.operation, f"response.message {origin}", "dead-letter")
    world.also(dead.operation, f"response.message {stream.operation}", "comes-after")
    for one, name in ((stream, key), (dead, key), (double, named)):
        one.always(name, "amount")
        one.fact(name, also=ID)
        one.fact("amount", also=NUMBER)


FEATURES = (facts, lives, causes, consequences, orders, telemetry, repeats, returns)
