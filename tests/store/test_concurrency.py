"""Several processes at one store, several threads at several."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from store.records import Summary
from store.store import Store
from tests.store.strategies import an_exchange, put

ROOT = Path(__file__).parents[2]

WRITE = """
import sys
from store.records import Body
from store.store import Store
from tests.store.strategies import an_exchange
shared = Body(content=b"shared by all writers", size=21, wire_size=21)
url, first = sys.argv[1], int(sys.argv[2])
with Store.open(url) as store:
    for start in range(first, first + 1000, 50):
        batch = [an_exchange(n, request_body=shared, redacted=1) for n in range(start, start + 50)]
        assert store.write(batch).added == 50
        store.write([an_exchange(n - start, producer="both") for n in range(start, start + 50)])
"""


def test_a_fold_is_exact_while_others_write(url: str) -> None:
    with Store.open(url) as store:
        store.save(put(a_count(0)))
        writers = [subprocess.Popen([sys.executable, "-c", WRITE, url, str(n)], cwd=ROOT) for n in (0, 1000)]
        while any(writer.poll() is None for writer in writers):
            fold(store)
        fold(store)
        assert [writer.returncode for writer in writers] == [0, 0]
        assert store.capture(producer="orders").observed == 2000
        assert store.capture(producer="orders").redacted == 2000
        assert (
            store.capture(producer="both").observed == 50
        )  # each recognised as there already, whoever came first
        assert [int(summary.state) for summary in store.summaries()] == [2050]
        assert len({exchange.id for exchange in store.exchanges()}) == 2050


def fold(store: Store) -> None:
    """What inference does: read what is new, add it to what is known, say so, all in one go."""
    new = store.unfolded()
    seen = sum(1 for batch in new for _ in store.batch(batch))
    store.save({a_count(0).key: lambda stored: str(int(stored or b"0") + seen).encode()}, folded=new)


def a_count(number: int) -> Summary:
    return Summary(
        producer="orders", window_start=0, route="", consumer="", family="count", state=str(number).encode()
    )


def test_threads_make_stores_at_the_same_time(tmp_path: Path) -> None:
    def make(number: int) -> bool:
        with Store.open(str(tmp_path / f"{number}.db")) as store:
            return store.write([an_exchange(number)]).added == 1

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(make, range(16)))
