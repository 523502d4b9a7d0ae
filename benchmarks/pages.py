"""How long the web page takes where much was recorded: a million exchanges of 500 operations.

    python -m benchmarks.pages [--exchanges 20000] [--weight 50] [--operations 500] [--requests 30]

To record a million one by one would tell nothing more of the page, which reads summaries. So the store holds
20,000, each of which stands for 50 as if sampling had kept every 50th (`proxy/sampling.py`); they are
written and folded as `defacto record` and `defacto infer` do. Consumers are 24, unevenly busy; of each
operation some fields are optional, and half the operations are declared.

Then `defacto serve` is started as users start it. Printed is the time until it listens, and until all is
read; and how long an answer takes meanwhile that says how far it is. Then the document is touched, and some
pages are asked for again and again until all has been read anew beside them. Then, for each page, the time to
the last byte: of the first request, and the median and the 99th percentile of further ones. The same server
giving out a static file is as quick as it can be. A review, and drift between two days, are made aside in
minutes: what is measured there is the page that says so, which waits a moment first. The memory is that of
the server and of the processes that work for it. `--store` keeps the store: with it the second run begins at
once.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from inference.fold import fold
from store.records import Body, Exchange, Identity, Lane
from store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH = 2000
CONSUMERS = 24
FIELDS = 16
MORNING = 1_790_000_000 * 10**9
DOCUMENT, LOG = "openapi.json", "serve.log"
WHILE_READING = ("/", "/drift", "/consumer?name=consumer-00")
PATIENCE_SECONDS = 600
SYLLABLES = ("ba", "do", "ki", "lu", "me", "no", "pa", "ri", "se", "tu", "va", "zo")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--exchanges", type=int, default=20_000, help="how many are written")
    parser.add_argument("--weight", type=float, default=50, help="how many each stands for")
    parser.add_argument("--operations", type=int, default=500)
    parser.add_argument("--requests", type=int, default=30, help="of each page")
    parser.add_argument("--store", help="keep the store here, and use it again if it is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="defacto-pages-") as name:
        folder = Path(name)
        store = Path(options.store) if options.store else folder / "pages.db"
        if not store.exists():
            made(store, options.exchanges, options.weight, options.operations)
        document = folder / DOCUMENT
        document.write_text(json.dumps(declared(options.operations)))
        with serving(store, document, folder) as (url, process):
            told_memory("with the first snapshot", process)
            measure_while_reading(url, folder, process)
            measure(url, options.requests)
            told_memory("after all pages", process)


# -- a store of that size ----------------------------------------------------------------------------------


def made(path: Path, exchanges: int, weight: float, operations: int) -> None:
    began = time.monotonic()
    with Store.open(str(path)) as store:
        chance = random.Random(7)
        for first in range(0, exchanges, BATCH):
            some = range(first, min(first + BATCH, exchanges))
            store.write([exchange(chance, number, weight, operations) for number in some])
            print(f"\rwritten {some.stop:,} of {exchanges:,}", end="", file=sys.stderr, flush=True)
        wrote = time.monotonic() - began
        print(f"\rwritten in {wrote:.0f} s; folding …          ", end="", file=sys.stderr, flush=True)
        fold(store)
        took = time.monotonic() - began - wrote
        said = f"{store.count():,} exchanges that stand for {store.capture().represented:,.0f}"
        print(f"\r{said}: written in {wrote:.0f} s, folded in {took:.0f} s", file=sys.stderr)


def exchange(chance: random.Random, number: int, weight: float, operations: int) -> Exchange:
    operation = min(int(chance.paretovariate(0.6)) - 1, operations - 1) if chance.random() < 0.3 else (
        number % operations
    )  # fmt: skip
    resource, sub = names(operation)
    who = f"consumer-{min(int(chance.expovariate(0.15)), CONSUMERS - 1):02}"
    content = json.dumps(body(chance, operation)).encode()
    key = chance.randrange(10**9)
    return Exchange(
        id=f"pages{number:011}",
        producer="shop",
        identity=Identity(basis="header", value=who, source="header x-consumer-id"),
        lane=Lane.SPLICE,
        source="benchmark",
        protocol="http/1.1",
        started_at=MORNING + number * 86_400 * 10**9 // 4000,
        method="GET",
        scheme="http",
        authority="shop.example",
        path=f"/{resource}/{key}/{sub}",
        query=f"page={chance.randrange(9)}" if chance.random() < 0.5 else "",
        status=200,
        request_headers=(("accept", "application/json"),),
        response_headers=(("content-type", "application/json"),),
        response_body=Body(
            content=content, size=len(content), wire_size=len(content), media_type="application/json"
        ),
        request_ns=10**5,
        wait_ns=int(chance.lognormvariate(16, 0.6)),
        duration_ns=int(chance.lognormvariate(16.5, 0.6)) + 10**7,
        connection=f"c{number // 20}",
        weight=weight,
    )


def names(operation: int) -> tuple[str, str]:
    """Two words for an operation, of which no two have the same."""
    return word(operation // 12 + 40), word(operation % 12 + 7)


def word(number: int) -> str:
    digits = (number % 12, number // 12 % 12, number * 7 % 12)
    return "".join(SYLLABLES[digit] for digit in digits) + "s"


def body(chance: random.Random, operation: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for place in range(FIELDS):
        if place % 5 == 4 and chance.random() < 0.2:
            continue
        name = word(operation + place * 31)
        found[name] = [chance.randrange(10**6), f"{name}-{chance.randrange(10**9)}", chance.random() < 0.5,
                       {"amount": chance.randrange(10**5), "unit": "EUR"}][place % 4]  # fmt: skip
    return found


def declared(operations: int) -> dict[str, Any]:
    """A document of half of them, with half of their fields."""
    paths = {}
    for operation in range(0, operations, 2):
        resource, sub = names(operation)
        fields = {word(operation + place * 31): {} for place in range(0, FIELDS, 2)}
        schema = {"type": "object", "properties": fields, "required": list(fields)}
        answer = {"description": "", "content": {"application/json": {"schema": schema}}}
        path = f"/{resource}/{{id}}/{sub}"
        parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        paths[path] = {"get": {"parameters": [parameter], "responses": {"200": answer}}}
    return {"openapi": "3.0.3", "info": {"title": "shop", "version": "1"}, "paths": paths}


# -- the page ----------------------------------------------------------------------------------------------


@contextmanager
def serving(store: Path, document: Path, folder: Path) -> Iterator[tuple[str, int]]:
    command = [sys.executable, "-m", "cli", "serve", "--store", str(store), "--no-infer"]
    command += [
        "--listen",
        "127.0.0.1:0",
        "--declared",
        str(document),
        "--ledger",
        str(folder / "contract.yaml"),
    ]
    began = time.monotonic()
    with (folder / LOG).open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+:\d+", process.stdout.readline())
        if found is None:
            sys.exit("defacto serve did not start")
        print(f"listens after {time.monotonic() - began:.1f} s")
        url = found[0].rstrip("/")
        took = list(waits(url))
        median, longest = statistics.median(took), max(took)
        print(f"has read all after {time.monotonic() - began:.1f} s; says how far it is in {median:.1f} ms, "
              f"at most {longest:.1f}")  # fmt: skip
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(20)


def waits(url: str) -> Iterator[float]:
    """The milliseconds of each answer until there is a snapshot."""
    with requests.Session() as session:
        while True:
            answer, ms = asked(session, f"{url}/api/v1/status")
            yield ms
            if answer.status_code != 503:
                return
            time.sleep(0.2)


def measure(url: str, times: int) -> None:
    print(f"{'page':<58}{'first':>10}{'median':>10}{'p99':>10}{'size':>11}")
    with requests.Session() as session:
        for name, address in pages(session, url):
            took, size, status = [], 0, 0
            for _ in range(times + 1):
                answer, ms = asked(session, url + address)
                took.append(ms)
                size, status = len(answer.content), answer.status_code
            first, *later = took
            p99 = statistics.quantiles(later, n=100, method="inclusive")[-1]
            said = name if status == 200 else f"{name} [{status}]"
            times_ms = "".join(f"{one:>7.1f} ms" for one in (first, statistics.median(later), p99))
            print(f"{said:<58}{times_ms}{size / 1000:>8.1f} kB", flush=True)


def measure_while_reading(url: str, folder: Path, server: int) -> None:
    """Ask for pages until the snapshot that a touched document asks for is shown."""
    (folder / DOCUMENT).touch()
    stamps: set[str] = set()
    took: dict[str, list[float]] = {path: [] for path in WHILE_READING}
    began, most = time.monotonic(), 0
    with requests.Session() as session:
        while time.monotonic() - began < PATIENCE_SECONDS:
            for path, times in took.items():
                answer, ms = asked(session, url + path)
                times.append(ms)
                stamps |= set(re.findall(r'data-stamp="(\w+)"', answer.text))
            most = max(most, memory(server))
            if len(stamps) > 1:
                break
            time.sleep(0.2)
        else:
            sys.exit(f"nothing was read anew within {PATIENCE_SECONDS} s")
        seconds = time.monotonic() - began
        for path, times in took.items():
            at_99 = statistics.quantiles(times, n=100, method="inclusive")[-1]
            said = "".join(f"{one:>7.1f} ms" for one in (statistics.median(times), at_99, max(times)))
            print(f"{path + ' while all is read anew: median, p99, longest':<68}{said}")
    print(f"read anew and shown after {seconds:.0f} s; memory of all its processes at most {most:,} MB")


def asked(session: requests.Session, address: str) -> tuple[requests.Response, float]:
    """An answer, and the milliseconds to its last byte."""
    began = time.perf_counter()
    answer = session.get(address, timeout=120)
    return answer, (time.perf_counter() - began) * 1000


def told_memory(when: str, server: int) -> None:
    print(f"memory {when}: {memory(server):,} MB")


def memory(server: int) -> int:
    """Of the server and the process that reads for it, in MB."""
    told = subprocess.run(
        ["ps", "-o", "rss=", "--pid", str(server), "--ppid", str(server)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return sum(map(int, told.stdout.split())) // 1000


def pages(session: requests.Session, url: str) -> Iterator[tuple[str, str]]:
    """What is asked for: the floor, the pages of the navigation, the first of each kind that they link."""
    yield "a static file (the floor)", "/static/report.css"
    yield "a static file (the floor)", "/static/htmx.min.js"
    main = ("/", "/network", "/drift", "/exchanges", "/check", "/changes", "/review", "/search?q=total")
    kinds: dict[str, str] = {}
    for path in main:
        yield path, path
        text = session.get(url + path, timeout=120).text
        for link in re.findall(r'href="(/[^"#]*)', text):
            kind = re.sub(r"=[^&]*", "=…", re.sub(r"/[a-z0-9]{10,}", "/…", link.replace("&amp;", "&")))
            if not kind.startswith("/static") and kind not in main:
                kinds.setdefault(kind, link.replace("&amp;", "&"))
    for kind, link in sorted(kinds.items()):
        yield kind[:56], link
    for path in ("/api/v1/operations", "/api/v1/clauses", "/api/v1/findings"):
        yield path, path


if __name__ == "__main__":
    main()
