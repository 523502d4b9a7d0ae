"""What one core forwards: `defacto record` beside nginx `proxy_pass`.

    python -m benchmarks.one_core [--seconds 2] [--rounds 3]

The forwarding process has one core to itself; wrk and the origin share the others, so two cores are enough.
Both proxies are there all the time and take turns; the medians of the rounds are told. Every request is
copied and handed over: where the decoder, on cores that are full, would be behind and copies be left out,
another process takes them and throws them away. Latency is measured with the decoder at its work, at a steady
load that none finds hard, beside the same load without anything in the way. `churn` is one request a
connection, upstream too. On a machine with other work, root may first say `echo -20 > /proc/self/autogroup`.
Needs nginx and wrk; Linux.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.lanes import Load, drive, forwarder, pid_of
from benchmarks.splice import Recording, nginx

if TYPE_CHECKING:
    from collections.abc import Iterator

PAUSE_MS = 4
PACED_CONNECTIONS = 16
"""Together some 3,500 requests a second."""


class Case(NamedTuple):
    """A load: bytes of each answer, connections, and what wrk is told besides."""

    title: str
    size: int
    connections: int
    options: tuple[str, ...] = ()


class Way(NamedTuple):
    """A port, and the process behind it that is measured."""

    port: int
    pid: int


CASES = (
    Case("500 B, 16", 500, 16),
    Case("500 B, 500", 500, 500),
    Case("1 KB, 16", 1000, 16),
    Case("1 KB, 500", 1000, 500),
    Case("500 B, 16, churn", 500, 16, ("-H", "Connection: close")),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    alone, *others = sorted(os.sched_getaffinity(0))
    if not others:
        parser.error("two cores are needed")
    os.sched_setaffinity(0, others)  # what is started from here on inherits it
    with tempfile.TemporaryDirectory(prefix="defacto-core-") as name, ExitStack() as stack:
        folder = Path(name)
        sizes = {case.size for case in CASES}
        places = "".join(f"location /{size} {{ return 200 '{'x' * size}'; }}" for size in sizes)
        origin = stack.enter_context(nginx(folder, "origin", places))
        upstream = f"upstream o {{ server 127.0.0.1:{origin}; keepalive 600; }}"
        forward = (
            "location / { proxy_pass http://o; proxy_http_version 1.1; proxy_set_header Connection ''; }"
        )
        kept = stack.enter_context(nginx(folder, "proxy", forward, upstream))
        upstream = f"upstream o {{ server 127.0.0.1:{origin}; }}"
        fresh = stack.enter_context(nginx(folder, "fresh", forward.replace("''", "close"), upstream))
        os.environ["TMPDIR"] = name  # so that the tap is found
        recording = stack.enter_context(Recording(folder / "core.db", origin))
        ours = Way(recording.port, forwarder(recording.pid))
        ways = {"nginx": Way(kept, pid_of(kept)), "defacto": ours}
        churned = {"nginx": Way(fresh, pid_of(fresh)), "defacto": ours}
        for way in (*ways.values(), *churned.values()):
            os.sched_setaffinity(way.pid, {alone})
        script = folder / "pause.lua"
        script.write_text(f"function delay() return {PAUSE_MS} end\n")
        latencies({"direct": Way(origin, pid_of(origin)), **ways}, script, options.seconds, options.rounds)
        with taken(recording, next(folder.glob("defacto-*/*/tap-0"))):
            rates(ways, churned, options.seconds, options.rounds)


@contextmanager
def taken(recording: Recording, tap: Path) -> Iterator[None]:
    """Every copy is taken by us: the decoder stands still, and whoever connects to the tap gets them."""
    children = Path(f"/proc/{recording.pid}/task/{recording.pid}/children").read_text().split()
    decoder = max(map(int, children), key=lambda pid: os.getpriority(os.PRIO_PROCESS, pid))
    os.kill(decoder, signal.SIGSTOP)
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(tap))
        drain = Thread(target=throw_away, args=(link,), daemon=True)
        drain.start()
        yield
        link.shutdown(socket.SHUT_RDWR)
        drain.join()
    os.kill(decoder, signal.SIGCONT)


def throw_away(link: socket.socket) -> None:
    while link.recv(1 << 20):
        pass


def rates(ways: dict[str, Way], churned: dict[str, Way], seconds: int, rounds: int) -> None:
    """As much as goes."""
    heading = ("nginx/s", "p99 ms", "µs", "defacto/s", "p99 ms", "µs", "rate ×", "p99 ×")
    print(f"{'load':<18}" + "".join(f"{title:>11}" for title in heading))
    for case in CASES:
        found = measured(churned if case.options else ways, case, seconds, rounds)
        theirs, ours = found["nginx"], found["defacto"]
        numbers = "".join(f"{one.rate:>11,.0f}{one.p99:>11.2f}{one.cpu_us:>11.1f}" for one in (theirs, ours))
        ratios = f"{ours.rate / theirs.rate:>11.2f}{ours.p99 / theirs.p99:>11.2f}"
        print(f"{case.title:<18}{numbers}{ratios}", flush=True)


def latencies(ways: dict[str, Way], script: Path, seconds: int, rounds: int) -> None:
    """At a steady load."""
    case = Case("paced", 500, PACED_CONNECTIONS, ("-s", str(script)))
    found = measured(ways, case, seconds, rounds)
    for name, load in found.items():
        added = load.p50 - found["direct"].p50, load.p99 - found["direct"].p99
        print(
            f"{name:<9} at {load.rate:,.0f}/s: p50 {load.p50:.2f} ms, p99 {load.p99:.2f} ms; "
            f"added {added[0]:.2f} and {added[1]:.2f} ms"
        )


def measured(ways: dict[str, Way], case: Case, seconds: int, rounds: int) -> dict[str, Load]:
    """The medians of rounds in which each way has its turn, after one that is not counted."""
    loads: dict[str, list[Load]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            url = f"http://127.0.0.1:{way.port}/{case.size}"
            load = drive(url, way.pid, case.connections, seconds if turn else 1, *case.options)
            if turn:
                loads[name].append(load)
    return {name: Load(*map(statistics.median, zip(*many, strict=True))) for name, many in loads.items()}


if __name__ == "__main__":
    main()
