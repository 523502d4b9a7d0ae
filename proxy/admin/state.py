"""What the admin listener knows: the counters of the configuration that is at work now.

The supervisor points the link `current` in its runtime directory at the folder of the generation at work, in
which its counters lie and a description of its lanes. A new configuration begins with counters at zero, as a
program that was started again does; who reads counters knows resets.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from proxy.counters import Counters, Gauge

if TYPE_CHECKING:
    from collections.abc import Iterator

CURRENT = "current"
LANES = "lanes.json"
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class LaneSeen(msgspec.Struct, frozen=True):
    """A lane, as people know it."""

    producer: str
    listen: str
    upstream: str


class ProcessSeen(NamedTuple):
    """What the system says of a process."""

    name: str
    cpu_s: float
    rss_bytes: int
    files: int


class State:
    """The recorder at work, read anew where its configuration was replaced.

    Args:
        runtime: the supervisor's directory.
    """

    def __init__(self, runtime: Path) -> None:
        self._link = runtime / CURRENT
        self._target = ""
        self._counters: Counters | None = None
        self._lanes: tuple[LaneSeen, ...] = ()
        self.since_ns = 0
        """When the counters that `now` gave last began at zero, Unix ns."""

    def now(self) -> tuple[Counters, tuple[LaneSeen, ...]] | None:
        """The counters and the lanes; None while nothing is at work."""
        try:
            target = str(self._link.readlink())
            if target != self._target:
                described = Path(target) / LANES
                lanes = described.read_bytes()
                self.since_ns = described.stat().st_mtime_ns
                self._counters = Counters(Path(target) / "counters")
                self._lanes = msgspec.json.decode(lanes, type=tuple[LaneSeen, ...])
                self._target = target
        except (OSError, ValueError, msgspec.DecodeError):
            return None
        return None if self._counters is None else (self._counters, self._lanes)


def point_at(runtime: Path, folder: Path, lanes: tuple[LaneSeen, ...]) -> None:
    """Say which generation is at work."""
    (folder / LANES).write_bytes(msgspec.json.encode(lanes))
    aside = runtime / f"{CURRENT}.new"
    aside.unlink(missing_ok=True)
    aside.symlink_to(folder)
    aside.replace(runtime / CURRENT)


def not_ready(counters: Counters) -> list[str]:
    """Why connections may not be accepted; capture that is in trouble is none, since traffic goes on."""
    return [
        f"forwarder {worker} does not accept connections"
        for worker in range(counters.workers)
        if not _serves(
            counters.worker_gauges(worker)[Gauge.SERVING], counters.worker_gauges(worker)[Gauge.PID]
        )
    ]


def degraded(counters: Counters) -> list[str]:
    """Why observations are missing now."""
    gauges = counters.decoder_gauges
    found = []
    if not _serves(gauges[Gauge.SERVING], gauges[Gauge.PID]):
        found.append("the decoder is not running: nothing is captured")
    if counters.control[Gauge.PAUSED]:
        found.append("capture is paused")
    return found


def processes(counters: Counters) -> Iterator[ProcessSeen]:
    """The processes of a generation, those that live."""
    rows = [(f"forwarder-{worker}", counters.worker_gauges(worker)) for worker in range(counters.workers)]
    for name, gauges in (*rows, ("decoder", counters.decoder_gauges)):
        with suppress(OSError, IndexError, ValueError):
            yield _process(name, gauges[Gauge.PID])


def _serves(serving: int, pid: int) -> bool:
    return bool(serving) and pid > 0 and Path(f"/proc/{pid}").exists()


def _process(name: str, pid: int) -> ProcessSeen:
    """Linux keeps it under /proc; elsewhere nothing is told (proc(5))."""
    folder = Path(f"/proc/{pid}")
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    pages = (folder / "statm").read_text().split()[1]
    files = sum(1 for _ in (folder / "fd").iterdir())
    return ProcessSeen(
        name, (int(fields[11]) + int(fields[12])) / _TICKS_PER_S, int(pages) * _PAGE_BYTES, files
    )
