"""What worlds with a broker are made of besides: partitions and commits, loads, absences, audiences, schemas.

And what only looks like them: holes, consumers without limits, pollers, messages in no order. Consumers here
have names of their own, since what they take is told of all that they are given.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from benchmarks.event_features import ID, NUMBER
from benchmarks.event_world import Kept, Stream
from benchmarks.world import SECOND
from store.records import Identity

if TYPE_CHECKING:
    from benchmarks.event_world import EventWorld

_BARE: dict[str, Any] = {"style": "plain", "named": False, "again": 0.0, "answers": (), "kept": Kept.NONE}
"""A stream of which the feature makes every delivery itself."""
_ALONE = {**_BARE, "types": "property", "published": False, "timed": True, "keyed": False}


def _stream(world: EventWorld, **more: Any) -> Stream:
    """A stream that one consumer is given, which is given nothing else."""
    noun = world.noun()
    return world.stream(noun=noun, consumers=[f"{noun}-worker"], **(_ALONE | more))


def _who(stream: Stream, basis: str) -> Identity:
    return Identity(basis=basis, value=stream.consumers[0])


def partitions(world: EventWorld) -> None:
    """A topic that a group reads without a gap and commits, beside one of which some records are gone."""
    chance = world.chance
    whole, holey = _stream(world), _stream(world)
    offsets: dict[tuple[int, int], int] = {}
    for _ in world.rounds(5):
        for number, stream in enumerate((whole, holey)):
            partition = chance.randrange(2)
            group, at = _who(stream, "group"), world.now + SECOND
            for _ in range(chance.randint(1, 4)):
                gone = number and chance.random() < 0.1
                offset = offsets[number, partition] = offsets.get((number, partition), 100) + 1 + gone
                ref = world.hex(14)
                place = {"protocol": "kafka", "partition": partition, "sequence": offset}
                published = world.now + round(chance.uniform(0.1, 0.9) * SECOND)
                body = stream.body_of({"ref": ref, "total": chance.randint(1, 900)})
                stream.note(ref, body, group, published_at=published, delivered_at=at, **place)
            done = at + round(chance.uniform(0.1, 2) * SECOND)
            stream.note(
                "",
                None,
                group,
                protocol="kafka",
                partition=partition,
                sequence=offset,
                acknowledgement="commit",
                acknowledged_at=done,
            )
    for stream, how in ((whole, "none"), (holey, "some")):
        world.plant(stream.operation, "response.message never", "duplicates")
        for kind in ("acknowledgement", "handling"):
            world.plant(stream.operation, "response.message", kind)
        if how == "none":
            world.plant(stream.operation, "response.message none", "gaps")
        _of_payload(stream)


def workers(world: EventWorld) -> None:
    """Consumers that take a few at a time, one after the other or all at once, and one without a limit."""
    chance = world.chance
    serial, parallel, free = (_stream(world, answers=("ack",)) for _ in range(3))
    limits = {id(serial): chance.randint(1, 8), id(parallel): chance.randint(2, 8)}
    for _ in world.rounds(20):
        world.wait(15)  # until all of the last round is done
        for stream in (serial, parallel, free):
            most = limits.get(id(stream), 10_000)
            under_way: list[int] = []
            ready = at = 0
            for _ in range(chance.randint(1, 12)):
                world.wait(chance.uniform(0, 0.05))
                at = max(at, world.now + round(chance.uniform(0.001, 0.004) * SECOND)) + 1_000
                while under_way and (len(under_way) >= most or under_way[0] <= at):
                    at = max(at, heappop(under_way) + 300_000)
                took = round(chance.uniform(0.1, 0.9) * SECOND)
                ready = max(ready, at) + took if stream is serial else at + took
                heappush(under_way, ready)
                ref = world.hex(14)
                stream.note(
                    ref,
                    stream.body_of({"ref": ref, "total": chance.randint(1, 900)}),
                    _who(stream, "queue"),
                    published_at=world.now,
                    delivered_at=at,
                    acknowledged_at=ready,
                    acknowledgement="ack",
                    redeliveries=0,
                )
    for stream in (serial, parallel, free):
        _of_payload(stream)
        how = "kept" if stream is serial else "any"
        note = world.plant if limits.get(id(stream), 2) > 1 else world.also
        note(stream.operation, f"response.message {how}", "handling-order")
        if stream is not free:
            world.plant(stream.operation, f"response.message {limits[id(stream)]}", "in-flight")


def batches(world: EventWorld) -> None:
    """A group that reads so many entries of a stream at a time, and one that reads whatever there is."""
    chance = world.chance
    bounded, free = _stream(world), _stream(world)
    most = chance.randint(2, 8)
    for _ in world.rounds(20):
        world.wait(40)  # until all of the last round is done
        for stream in (bounded, free):
            number = chance.randint(1, 60)
            number = chance.randint(1, 60)
            times = sorted(world.now + round(chance.uniform(0, 3) * SECOND) for _ in range(number))
            moment = times[0]
            while times:
                moment = max(moment, times[0]) + 1_000_000
                there = [at for at in times if at < moment][: most if stream is bounded else None]
                done = moment + round(chance.uniform(0.2, 0.6) * SECOND)
                for number, at in enumerate(there):
                    ref = world.hex(14)
                    stream.note(
                        ref,
                        stream.body_of({"ref": ref, "total": chance.randint(1, 900)}),
                        _who(stream, "group"),
                        protocol="redis",
                        key=f"{at // 1_000_000}-{number}",
                        published_at=at,
                        delivered_at=moment,
                        acknowledged_at=done,
                        acknowledgement="ack",
                        redeliveries=0,
                    )
                times, moment = times[len(there) :], done
    for stream in (bounded, free):
        _of_payload(stream)
        for subject, kind in (("never", "duplicates"), ("", "acknowledgement"), ("", "handling")):
            world.plant(stream.operation, f"response.message {subject}".rstrip(), kind)
        world.also(stream.operation, "response.message *", "handling-order")
    world.plant(bounded.operation, f"response.message {most}", "batch")
    world.also(bounded.operation, f"response.message {most}", "in-flight")


def absences(world: EventWorld) -> None:
    """A consumer that is away at times and reads what it missed, one that comes by the minute, a late one."""
    chance = world.chance
    away, poller, late = (_stream(world) for _ in range(3))
    back = 0
    for n in world.rounds(10):
        if n % 40 == 10:
            back = world.now + round(chance.uniform(80, 150) * SECOND)
        minute = world.now - world.now % (60 * SECOND) + 60 * SECOND
        usual = world.now + round(chance.uniform(0.01, 0.2) * SECOND)
        moments = (
            (away, max(usual, back)),
            (poller, minute),
            (late, usual + chance.randint(40, 80) * SECOND),
        )
        for stream, at in moments:
            ref = world.hex(14)
            stream.note(
                ref,
                stream.body_of({"ref": ref, "total": chance.randint(1, 900)}),
                _who(stream, "queue"),
                published_at=world.now,
                delivered_at=at + len(world.messages) * 1_000,
                redeliveries=0,
            )
    world.plant(away.operation, "response.message", "catch-up")
    for stream in (away, poller, late):
        _of_payload(stream)


def successions(world: EventWorld) -> None:
    """Messages about one thing on several channels: in order, in any order, often, and not always."""
    chance = world.chance
    noun = world.noun()
    names = ("opened", "filled", "sealed", "noted", "viewed", "checked")
    consumers = [f"{noun}-{who}" for who in ("worker", "clerk")][: chance.randint(1, 2)]
    streams = {
        name: world.stream(noun=noun, verb=name, consumers=consumers, **_ALONE | {"kept": Kept.CHANNEL})
        for name in names
    }
    key = world.name(f"{noun[:-1]} id")
    for _ in world.rounds(60):
        thing, begin = world.hex(12), world.now
        moments = [(0.0, "opened"), (chance.uniform(5, 9), "filled"), (chance.uniform(14, 20), "sealed")]
        moments += [(chance.uniform(0, 20), "noted"), (chance.uniform(0, 20), "checked")]
        moments += [(chance.uniform(0, 20), "viewed") for _ in range(chance.randint(0, 9))]
        if chance.random() < 0.2:
            moments.remove(next(one for one in moments if one[1] == "checked"))
        for after, name in sorted(moments):
            world.now = begin + round(after * SECOND)
            streams[name].emit(thing, {key: thing, "total": chance.randint(1, 900)})
    for earlier, later in (("opened", "filled"), ("filled", "sealed")):
        world.plant(streams[later].operation, f"response.message {streams[earlier].operation}", "comes-after")
    for name in ("noted", "viewed", "checked"):
        world.also(streams[name].operation, f"response.message {streams['opened'].operation}", "comes-after")
    for stream in streams.values():
        stream.always(key, "total")
        stream.fact(key, also=ID)
        stream.fact("total", also=NUMBER)
        stream.may_be_in_order_by(key)


def schemas(world: EventWorld) -> None:
    """Payloads whose schema changed: one that took a field away, one that added one."""
    chance = world.chance
    taken, added = (world.stream(again=0.0, style="plain") for _ in range(2))
    for n in world.rounds(10):
        new = n % world.count >= world.count // 2
        for number, stream in enumerate((taken, added)):
            thing = world.hex(12)
            payload = {"ref": thing, "amount": chance.randint(1, 900)}
            if new == bool(number):
                payload["extra"] = chance.randint(1, 900)
            stream.emit(thing, payload, (("schema", f"registry:{10 * number + new}"),))
    for stream, lost in ((taken, ("extra",)), (added, ())):
        stream.always("ref", "amount")
        stream.fact("ref", also=ID)
        for name in ("amount", "extra"):
            stream.fact(name, also=(*NUMBER, "at-most", "together"))
        for operation, body in stream.sides:
            inside = tuple(f"{body}.{name}".partition("body.")[2] for name in lost)
            world.plant(operation, f"{body.partition('.body')[0]} {inside}", "schemas")


def retained(world: EventWorld) -> None:
    """Devices whose last message waits for who subscribes, and some that have it now and then."""
    chance = world.chance
    kept, mixed = (world.stream(style="device", types="property", keyed=False, again=0.0) for _ in range(2))
    for _ in world.rounds(5):
        for stream in (kept, mixed):
            device = chance.choice(stream.values)
            body = stream.body_of({"celsius": round(chance.gauss(20, 5), 2)})
            flagged = (("mqtt-qos", "0"), ("mqtt-retain", "true"))
            if stream.published:
                flag = flagged if stream is kept or chance.random() < 0.5 else flagged[:1]
                stream.note(device, body, None, published_at=world.now, headers=flag)
            for consumer in stream.consumers:
                joined = stream is kept and chance.random() < 0.2
                at = world.now + round(chance.uniform(60, 900) if joined else 0.01) * SECOND + 10_000_000
                flag = flagged if joined else flagged[:1]
                who = Identity(basis="client-id", value=consumer)
                stream.note(device, body, who, published_at=world.now, delivered_at=at, headers=flag)
    for stream in (kept, mixed):
        stream.timed, stream.named, stream.answers = True, False, ()
        stream.always("celsius")
        stream.fact("celsius", also=NUMBER)
    world.plant(kept.operation, "response.message", "retained")
    if kept.published:
        world.plant(kept.operation.replace("RECEIVE", "SEND", 1), "request", "retained")


def shares(world: EventWorld) -> None:
    """Messages that go to one of several consumers, and some that go to as many as it happens."""
    chance = world.chance
    one, some = (world.stream(**(_BARE | {"types": "none", "timed": True})) for _ in range(2))
    names = [f"{one.noun}-{number}" for number in range(chance.randint(2, 4))]
    for _ in world.rounds(5):
        for stream in (one, some):
            ref = world.hex(14)
            body = stream.body_of({"ref": ref, "total": chance.randint(1, 900)})
            headers = (("message-id", world.hex(20)),)
            if stream.published:
                stream.note(ref, body, None, published_at=world.now, headers=headers)
            for name in chance.sample(names, 1 if stream is one else chance.randint(1, len(names))):
                at = world.now + round(chance.uniform(0.01, 0.5) * SECOND)
                who = Identity(basis="queue", value=name)
                stream.note(ref, body, who, published_at=world.now, delivered_at=at, headers=headers)
    for stream in (one, some):
        stream.consumers = names[:1]
        _of_payload(stream)
        world.plant(stream.operation, "response.message never", "duplicates")
    world.plant(one.operation, "response.message one", "fan-out")


def _of_payload(stream: Stream) -> None:
    """What is true of a reference and a number."""
    stream.always("ref", "total")
    stream.fact("ref", also=ID)
    stream.fact("total", also=NUMBER)


FEATURES = (partitions, workers, batches, absences, successions, schemas, retained, shares)
