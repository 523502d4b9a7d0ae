"""Sampling: unbiased, the rare always kept, sessions whole, memory bounded. Simulated over many keys."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from math import sqrt
from statistics import fmean, stdev

import pytest

import proxy.sampling as sampling_module
from proxy.sampling import FIRST, MAX_PRESSURE, SLOT_NS, SampledSink, Sampler, shape
from store.records import Exchange, Identity, Lane, Message

SECOND = 10**9
HOUR = 3_600 * SECOND
SEEDS = 120


def exchange(at: int, path: str = "/orders", consumer: str = "web", status: int | None = 200) -> Exchange:
    return Exchange(
        id=f"{at}{path}{consumer}", producer="shop", identity=Identity(basis="header", value=consumer),
        lane=Lane.SPLICE, source="s", protocol="http/1.1", started_at=at, method="GET", scheme="http",
        authority="a", path=path, status=status,
    )  # fmt: skip


def message(at: int, consumer: str = "web") -> Message:
    return Message(
        id=str(at), producer="shop", lane=Lane.SPLICE, source="s", protocol="websocket", channel="/updates",
        consumer=Identity(basis="header", value=consumer), delivered_at=at,
    )  # fmt: skip


def traffic(count: int = 3_000) -> list[Exchange]:
    """Two hours: a few consumers make most calls, a few operations and statuses are rare."""
    generator = random.Random(5)
    consumers = [f"c{n}" for n in range(25)]
    busy = [1 / (n + 1) for n in range(25)]
    starts = sorted(generator.randrange(2 * HOUR) for _ in range(count))
    return [
        exchange(
            at,
            generator.choices(["/orders", f"/orders/{at}", "/health", "/refunds"], [50, 40, 9, 1])[0],
            generator.choices(consumers, busy)[0],
            generator.choices([200, 404, 503, None], [90, 8, 1, 1])[0],
        )
        for at in starts
    ]


def key(seed: int) -> bytes:
    return seed.to_bytes(32)


def stratum(one: Exchange) -> tuple[object, ...]:
    return one.method, shape(one.path), one.status, one.identity.key, one.started_at // HOUR


@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_the_sum_of_the_weights_is_an_unbiased_estimate_of_the_count(rate: float) -> None:
    records = traffic()
    sums: dict[object, list[float]] = defaultdict(list)
    by_path = Counter(shape(one.path) for one in records)
    for seed in range(SEEDS):
        sampler = Sampler(key(seed), rate)
        got: Counter[object] = Counter()
        for one in records:
            weight = sampler.weigh(one)
            got["all"] += weight  # type: ignore[assignment]
            got[shape(one.path)] += weight  # type: ignore[assignment]
        for name, estimate in got.items():
            sums[name].append(estimate)
    for name, estimates in sums.items():
        true = by_path.get(name, len(records)) if name != "all" else len(records)  # type: ignore[call-overload]
        error = stdev(estimates) / sqrt(SEEDS)
        assert abs(fmean(estimates) - true) <= 4 * error, name
    assert stdev(sums["all"]) > 0


def test_it_stays_unbiased_while_the_pressure_changes() -> None:
    records = traffic()
    estimates = []
    for seed in range(SEEDS):
        sampler = Sampler(key(seed))
        total = 0.0
        for number, one in enumerate(records):
            if number in {200, 900, 1000}:
                sampler.press()
            if number == 2_000:
                sampler.relax()
            total += sampler.weigh(one)
        estimates.append(total)
    assert abs(fmean(estimates) - len(records)) <= 4 * stdev(estimates) / sqrt(SEEDS)


def test_of_every_stratum_the_first_are_kept_whatever_the_key() -> None:
    records = traffic()
    there = Counter(map(stratum, records))
    assert min(there.values()) == 1
    assert max(there.values()) > FIRST
    for seed in range(20):
        sampler = Sampler(key(seed), 0.001)
        kept = Counter(stratum(one) for one in records if sampler.weigh(one))
        assert all(kept[name] >= min(FIRST, count) for name, count in there.items())


def test_beyond_the_first_a_session_is_kept_whole_or_not_at_all() -> None:
    sampler = Sampler(key(1), 0.5)
    whole: dict[tuple[str, int], set[float]] = defaultdict(set)
    for at in range(0, 40 * SLOT_NS, SLOT_NS // 50):
        for consumer in ("web", "app"):
            weight = sampler.weigh(exchange(at, consumer=consumer))
            if at % HOUR >= FIRST * SLOT_NS // 50:
                whole[consumer, at // SLOT_NS].add(weight)
    assert all(len(weights) == 1 for weights in whole.values())
    assert set.union(*whole.values()) == {0.0, 2.0}
    assert {slot for (who, slot), w in whole.items() if who == "web" and 2.0 in w} != {
        slot for (who, slot), w in whole.items() if who == "app" and 2.0 in w
    }


def test_a_smaller_rate_keeps_a_part_of_the_same_sessions_in_every_sidecar() -> None:
    def kept(rate: float) -> set[int]:
        sampler = Sampler(key(3), rate)
        for at in range(FIRST):
            sampler.weigh(exchange(at))
        return {slot for slot in range(6) if sampler.weigh(exchange(slot * SLOT_NS + 99))}

    some, more = kept(0.3), kept(0.7)
    assert some < more
    assert kept(0.3) == some


def test_without_a_policy_and_pressure_all_is_kept() -> None:
    sampler = Sampler(key(1))
    assert {sampler.weigh(exchange(at)) for at in range(0, 3 * HOUR, 60 * SECOND)} == {1.0}


def test_pressure_counts_at_once_and_its_end_from_the_next_slot_on() -> None:
    sampler = Sampler(key(1), 0.5)
    for at in range(FIRST):
        sampler.weigh(exchange(at))
        sampler.weigh(exchange(at, consumer="app"))

    def weights(at: int) -> set[float]:
        return {sampler.weigh(exchange(at + n, consumer=f"{n % 400}")) for n in range(40 * 400)} - {0.0, 1.0}

    assert weights(0) == {2.0}
    sampler.press()
    assert (sampler.rate, weights(1)) == (0.25, {4.0})
    sampler.relax()
    assert weights(2) == {4.0}
    assert weights(SLOT_NS) == {2.0}
    assert weights(3) == {4.0}  # what comes late is still of its own slot


def test_pressure_is_bounded_and_never_goes_below_none() -> None:
    sampler = Sampler(key(1), 0.5)
    for _ in range(50):
        sampler.press()
    assert sampler.rate == 0.5 / 2**MAX_PRESSURE
    for _ in range(50):
        sampler.relax()
    assert (sampler.rate, sampler.pressure) == (0.5, 0)


def test_messages_go_with_the_session_of_their_consumer() -> None:
    sampler = Sampler(key(4), 0.5)
    for at in range(FIRST):
        assert sampler.weigh(exchange(at)) == sampler.weigh(message(at)) == 1.0
    pairs = {
        (sampler.weigh(exchange(at)), sampler.weigh(message(at))) for at in range(SLOT_NS, HOUR, SLOT_NS // 3)
    }
    assert pairs <= {(0.0, 0.0), (2.0, 2.0)}


def test_strata_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many paths: each counts by what else it is; too many of everything: no more than its share."""
    monkeypatch.setattr(sampling_module, "MAX_STRATA", 10)
    sampler = Sampler(key(1), 1e-9)
    words = ["".join(random.Random(n).choices("abcdefgh", k=6)) for n in range(100)]
    for at, word in enumerate(words):
        sampler.weigh(exchange(at, f"/{word}"))
    assert sampler.weigh(exchange(1_000, "/anew", status=503)) == 1.0
    assert sampler.weigh(exchange(1_000, "/anew", consumer="app")) == 1.0
    for n in range(100):
        sampler.weigh(exchange(2_000, consumer=f"c{n}"))
    assert sampler.weigh(exchange(3_000, consumer="another")) == 0.0
    assert sum(map(len, sampler._strata.values())) == 20
    for hour in range(10):
        sampler.weigh(exchange(hour * HOUR))
    assert len(sampler._strata) == 2
    assert sampler.weigh(exchange(5_000, consumer="of an hour long ago")) == 1.0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/orders/42", "/v1/orders/{}"),
        ("/orders/6f1c/items", "/orders/{}/items"),
        ("/" + "a" * 30, "/{}"),
        ("/Users('x')", "/{}"),
        ("/a/b-c_d.json", "/a/b-c_d.json"),
        ("", ""),
        ("/caf\udce9", "/{}"),
    ],
)
def test_the_shape_of_a_path(path: str, expected: str) -> None:
    assert shape(path) == expected


@pytest.mark.parametrize("rate", [0.0, -1.0, 1.1, float("nan")])
def test_a_rate_that_means_nothing(rate: float) -> None:
    with pytest.raises(ValueError, match="a rate is above 0"):
        Sampler(key(1), rate)


class Kept:
    def __init__(self) -> None:
        self.records: list[Exchange | Message] = []
        self.calls: list[str] = []

    @property
    def waiting(self) -> int:
        return len(self.records)

    def add(self, record: Exchange | Message) -> None:
        self.records.append(record)

    def tick(self) -> None:
        self.calls.append("tick")

    def close(self) -> None:
        self.calls.append("close")


def test_a_sink_gets_what_is_kept_with_its_weight_and_the_rest_is_told() -> None:
    kept, left_out = Kept(), Counter[str]()
    sink = SampledSink(kept, Sampler(key(2), 0.25), lambda record: left_out.update([record.id]))
    records = [exchange(slot * SLOT_NS + n) for slot in range(6) for n in range(30)]
    for record in records:
        sink.add(record)
    sink.tick()
    sink.close()
    assert kept.calls == ["tick", "close"]
    assert sink.waiting == len(records) - left_out.total()
    assert {one.weight for one in kept.records} == {1.0, 4.0}
    assert [one.weight for one in kept.records[:FIRST]] == [1.0] * FIRST
