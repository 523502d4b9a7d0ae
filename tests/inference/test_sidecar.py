"""Keeping summaries alone: the same map as from a raw store, each exchange once, and nothing raw."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from inference import fold as fold_module
from inference import sidecar as sidecar_module
from inference.contract_map import build
from inference.fold import fold
from inference.shapes import Shapes
from inference.sidecar import RENAMES_NS, SAVE_NS, SAVE_SHARE, SummarySink
from proxy.sink import RETRY_NS
from reports.json_form import map_form, to_json
from store.errors import StoreError
from store.records import Exchange, Lane, Loss, Message
from store.store import Store
from store.tables import batches, bodies, exchanges, messages
from tests.inference.test_fold import traffic
from tests.inference.traffic import START, call

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    from proxy.sink import Record
    from store.records import Summary


LOSS = Loss(producer="shop", window_start=0, reason="queue-full", count=3)


class Sidecar:
    """A sink with its clock, its loss book and its listeners, at a store that can be made to refuse."""

    def __init__(self, store: Store) -> None:
        self.now = 0
        self.stored: Counter[tuple[str, type]] = Counter()
        self.lost: Counter[bool] = Counter()
        self.waiting_losses: list[Loss] = []
        self.refuses = False
        self.forgets = False
        """The commit succeeds, and its answer is lost."""
        self._store = store
        self.sink = SummarySink(
            self,  # type: ignore[arg-type]
            self,
            stored=self._on_stored,
            lost=lambda _, fault: self.lost.update([fault]),
            now_ns=lambda: self.now,
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def save(self, *given: Any, **named: Any) -> bool:
        if self.refuses:
            raise StoreError("the disk is full")
        saved = self._store.save(*given, **named)
        if self.forgets:
            self.forgets = False
            raise StoreError("the connection was lost")
        return saved

    def unwritten(self) -> list[Loss]:
        return list(self.waiting_losses)

    def written(self) -> None:
        self.waiting_losses.clear()

    def _on_stored(self, records: Sequence[Record]) -> None:
        self.stored.update((record.producer, type(record)) for record in records)

    def tick(self, after_ns: int = SAVE_NS) -> None:
        self.now += after_ns
        self.sink.tick()


def varied(seed: int, count: int = 60) -> list[Exchange]:
    """Two producers over several hours, out of order, with names in paths, secrets, errors and no answers."""
    generator = random.Random(seed)
    out = traffic(seed, count)
    out += [replace(one, producer="stock", id=f"s-{one.id}", redacted=1, flaws=("x",)) for one in out[::3]]
    for at in range(count):
        name = generator.choice(["anna", "bert", "carla"]) + generator.choice(["-a", "-b", ""])
        token = "redacted.secret.string.abcdefghijklmnop"
        out.append(call(at * 211, "GET", f"/users/{name}", got={"name": name, "token": token}))
        out.append(call(at * 211 + 5, "GET", "/health", status=None if at % 7 == 0 else 204))
    generator.shuffle(out)
    return out


def kept(store: Store) -> set[Summary]:
    return set(store.summaries())


def the_map(store: Store) -> str:
    return to_json(map_form(replace(build(store), generated_at=0)))


def raw_and_folded(path: Path, records: Sequence[Exchange]) -> Store:
    store = Store.open(str(path))
    store.write(records)
    fold(store)
    return store


@pytest.mark.parametrize(("every", "restart"), [(1_000, 1_000), (50, 1_000), (17, 34), (3, 30)], ids=str)
def test_the_map_is_the_same_as_from_a_raw_store(url: str, tmp_path: Path, every: int, restart: int) -> None:
    """However often it is saved, and however often the sidecar is started again."""
    records = varied(1)
    with raw_and_folded(tmp_path / "raw.db", records) as raw, Store.open(url) as store:
        sidecar = Sidecar(store)
        for number, record in enumerate(records, 1):
            sidecar.sink.add(record)
            if number % every == 0:
                sidecar.tick()
            if number % restart == 0:
                sidecar.sink.close()
                sidecar = Sidecar(store)
        sidecar.sink.close()
        assert kept(store) == kept(raw)
        assert the_map(store) == the_map(raw)
        assert (store.capture(), store.span(), store.producers()) == (
            raw.capture(),
            raw.span(),
            raw.producers(),
        )


def test_a_place_with_very_many_words_goes_on_as_it_was_after_a_restart(tmp_path: Path) -> None:
    letters = "bcdfghjklmnpqrstvwz"
    names = [f"{a}a{b}o{c}" for a in letters for b in letters for c in "lmn"]
    records = [call(at, "GET", f"/users/{name}", got={"n": 1}) for at, name in enumerate(names)]
    with raw_and_folded(tmp_path / "raw.db", records) as raw, Store.open(str(tmp_path / "s.db")) as store:
        for part in (records[:600], records[600:]):
            sidecar = Sidecar(store)
            for record in part:
                sidecar.sink.add(record)
            sidecar.sink.close()
        assert the_map(store) == the_map(raw)


def test_nothing_raw_is_stored(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "s.db")) as store:
        sidecar = Sidecar(store)
        for record in varied(2):
            sidecar.sink.add(record)
        sidecar.sink.add(a_message())
        sidecar.sink.close()
        with store._database.reading() as connection:
            for table in (exchanges, messages, bodies, batches):
                assert connection.scalar(select(func.count()).select_from(table)) == 0
        assert store.capture().observed == 281 == sum(sidecar.stored.values())
        assert sidecar.stored["shop", Message] == 1
        assert sidecar.stored["stock", Exchange] == 40


def a_message() -> Message:
    return Message(
        id="m",
        producer="shop",
        lane=Lane.SPLICE,
        source="s",
        protocol="websocket",
        channel="/",
        delivered_at=START,
    )


def test_it_is_saved_when_it_is_time(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "s.db")) as store:
        sidecar = Sidecar(store)
        sidecar.sink.add(call(1, "GET", "/a"))
        sidecar.tick(SAVE_NS - 1)
        assert (kept(store), sidecar.sink.waiting) == (set(), 1)
        sidecar.tick(1)
        assert sidecar.sink.waiting == 0
        assert store.capture().observed == 1


def test_saving_takes_a_small_part_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(str(tmp_path / "s.db")) as store:
        sidecar = Sidecar(store)
        took = 7 * 10**9

        def slow(*given: Any, **named: Any) -> bool:
            sidecar.now += took
            return store.save(*given, **named)

        monkeypatch.setattr(sidecar, "save", slow)
        sidecar.sink.add(call(1, "GET", "/a"))
        sidecar.tick()
        sidecar.sink.add(call(2, "GET", "/a"))
        sidecar.tick(SAVE_SHARE * took - 1)
        assert sidecar.sink.waiting == 1
        sidecar.tick(1)
        assert sidecar.sink.waiting == 0


def test_a_full_stretch_is_saved_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold_module, "FLUSH_EXCHANGES", 10)
    with Store.open(str(tmp_path / "s.db")) as store:
        sidecar = Sidecar(store)
        for record in traffic(1, 12):
            sidecar.sink.add(record)
        assert store.capture().observed == 20
        assert sidecar.sink.waiting == 4


@pytest.mark.parametrize("forgets", [False, True])
def test_a_store_that_refuses_is_tried_again_and_each_exchange_counts_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, forgets: bool
) -> None:
    records = traffic(3, 40)
    with raw_and_folded(tmp_path / "raw.db", records) as raw, Store.open(str(tmp_path / "s.db")) as store:
        sidecar = Sidecar(store)
        sidecar.waiting_losses.append(LOSS)
        for record in records[:30]:
            sidecar.sink.add(record)
        sidecar.refuses, sidecar.forgets = not forgets, forgets
        sidecar.tick()
        assert sidecar.sink.waiting == 30
        for record in records[30:]:
            sidecar.sink.add(record)
        sidecar.waiting_losses.append(replace(LOSS, reason="too-many"))
        sidecar.refuses = False
        sidecar.tick(RETRY_NS[0])
        assert (sidecar.sink.waiting, sidecar.lost) == (0, Counter())
        sidecar.tick()
        assert kept(store) == kept(raw)
        assert sum(sidecar.stored.values()) == store.capture().observed == 80
        assert caplog.text.count("is tried again") == 1
        assert store.capture().lost["queue-full"] == 3


def test_what_waits_is_bounded_and_what_comes_then_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold_module, "FLUSH_EXCHANGES", 10)
    records = traffic(3, 20)
    with (
        raw_and_folded(tmp_path / "raw.db", records[:20]) as raw,
        Store.open(str(tmp_path / "s.db")) as store,
    ):
        sidecar = Sidecar(store)
        sidecar.refuses = True
        for record in records:
            sidecar.sink.add(record)
        assert sidecar.sink.waiting == 20
        assert sidecar.lost == {False: 20}
        sidecar.refuses = False
        sidecar.tick()
        assert kept(store) == kept(raw)


def test_the_bytes_that_wait_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecar_module, "WAITING_BYTES", 10_000)
    with Store.open(str(tmp_path / "s.db")) as store:
        sidecar = Sidecar(store)
        sidecar.refuses = True
        for record in traffic(3, 20):
            sidecar.sink.add(record)
        assert sidecar.sink.waiting == 10
        assert sidecar.lost == {False: 30}


def test_closing_on_a_dead_store_counts_what_waited(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "s.db")) as store:
        sidecar = Sidecar(store)
        for record in traffic(3, 20):
            sidecar.sink.add(record)
        sidecar.refuses = True
        sidecar.sink.close()
        assert (sidecar.sink.waiting, sidecar.lost) == (0, {False: 40})
        sidecar.refuses = False
        sidecar.waiting_losses.append(LOSS)
        sidecar.sink.close()  # the losses that were counted just now
        assert store.capture().lost == {"queue-full": 3}
        assert kept(store) == set()


def test_one_bad_record_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    observe = Shapes.observe

    def fails(self: Shapes, observation: Any) -> None:
        if observation.exchange.status == 404:
            raise RecursionError
        observe(self, observation)

    monkeypatch.setattr(Shapes, "observe", fails)
    records = traffic(3, 40)
    bad = sum(record.status == 404 for record in records)
    with Store.open(str(tmp_path / "s.db")) as store:
        sidecar = Sidecar(store)
        for record in records:
            sidecar.sink.add(record)
        sidecar.sink.close()
        assert sidecar.lost == {True: bad}
        assert store.capture().observed == 80 - bad


def test_a_stretch_that_cannot_be_summarised_is_counted_and_the_next_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(str(tmp_path / "s.db")) as store:
        sidecar = Sidecar(store)
        with monkeypatch.context() as patch:
            patch.setattr(fold_module, "encode", lambda _: 1 / 0)
            sidecar.sink.add(call(1, "GET", "/a"))
            sidecar.tick()
        sidecar.sink.add(call(2, "GET", "/a"))
        sidecar.tick()
        assert (sidecar.lost, store.capture().observed) == ({True: 1}, 1)


def test_a_template_that_is_revised_keeps_its_former_ids(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "s.db")) as store:
        sidecar = Sidecar(store)
        for at in range(6):
            sidecar.sink.add(call(at, "GET", "/pages/about", got={"title": "About", "age": 3}))
        sidecar.tick(RENAMES_NS)
        names = [f"{a}-{b}" for a in ("oak", "elm", "fir", "yew") for b in ("tree", "wood", "leaf", "bark")]
        for at, name in enumerate(names, 100):
            sidecar.sink.add(
                call(at, "GET", f"/pages/{name}", got={"title": name.title(), "slug": name, "age": 3})
            )
        sidecar.tick(RENAMES_NS)
        assert store.former_operations("shop") == {"GET /pages/about": "GET /pages/{page}"}


def _shared_out(work: Callable[[Sequence[Exchange]], None], records: Sequence[Exchange], by: int) -> None:
    with ThreadPoolExecutor(by) as pool:
        list(pool.map(work, [records[part::by] for part in range(by)]))


def test_two_sidecars_at_one_store_lose_nothing_of_each_other(url: str, tmp_path: Path) -> None:
    records = varied(4, 40)
    with raw_and_folded(tmp_path / "raw.db", records) as raw:
        Store.open(url).close()

        def work(part: Sequence[Exchange]) -> None:
            with Store.open(url) as store:
                sidecar = Sidecar(store)
                for number, record in enumerate(part):
                    sidecar.sink.add(record)
                    if number % 20 == 0:
                        sidecar.tick()
                sidecar.sink.close()

        _shared_out(work, records, 2)
        with Store.open(url) as store:
            assert kept(store) == kept(raw)
            assert the_map(store) == the_map(raw)
            assert store.capture() == raw.capture()


def test_a_sidecar_and_a_fold_of_raw_batches_lose_nothing_of_each_other(tmp_path: Path) -> None:
    records = varied(5, 40)
    with raw_and_folded(tmp_path / "raw.db", records) as raw, Store.open(str(tmp_path / "s.db")) as store:
        sidecar = Sidecar(store)
        for record in records[::2]:
            sidecar.sink.add(record)
        for begin in range(0, len(records[1::2]), 20):
            store.write(records[1::2][begin : begin + 20])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fold_module, "FLUSH_EXCHANGES", 20)
            fold(store, progress=sidecar.tick)  # between two reads of a fold that is under way
        sidecar.sink.close()
        assert kept(store) == kept(raw)
        assert the_map(store) == the_map(raw)
