"""Budgets: capture backs off before it hurts.

Of processor time, memory and disk the decoder may use so much. Near a bound it is to take less (`EASE`: the
sampling keeps fewer sessions), beyond it nothing (`STOP`, with the budget as the reason of what is lost
then), until it is well below again: between two marks the last verdict stands, so that it does not flicker.

`Judge` is arithmetic on readings; `Meters` takes them; `Governor` asks both once a second.
"""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from time import monotonic_ns, process_time_ns
from typing import TYPE_CHECKING, NamedTuple, Protocol

from proxy.sampling import MAX_PRESSURE
from store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.sampling import Sampler

READ_NS = 1_000_000_000
"""How often the meters are read."""
DISK_NS = 10_000_000_000
"""How often the disk is: a server has to be asked."""
WINDOW_NS = 10_000_000_000
"""Processor time is taken over so long: a burst is no excess."""
PRESS_NS = 5_000_000_000
"""Between two raises of the pressure: half a window, so that the first has begun to show."""
BEHIND = 0.5
"""Share of the queue above which the decoder has fallen behind; above three quarters the tap sheds."""
RELAX_NS = 60_000_000_000
"""Without any excess before the pressure is lowered by one."""


class Action(Enum):
    """What is to be done."""

    FINE = "fine"
    EASE = "ease"
    STOP = "stop"


class Verdict(NamedTuple):
    """What is to be done, and whose budget asks: `cpu-budget`, `memory-budget`, `disk-budget` or `""`."""

    action: Action
    reason: str = ""


FINE = Verdict(Action.FINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """What may be used; None: no bound.

    `cpu` is a share of one core, `memory_bytes` what is resident, `disk_bytes` what the store takes.
    """

    cpu: float | None = None
    memory_bytes: int | None = None
    disk_bytes: int | None = None


class Reading(NamedTuple):
    """What is used at an instant (monotonic ns): processor time since the process began, memory, disk."""

    at_ns: int
    cpu_ns: int
    memory_bytes: int
    disk_bytes: int


class _Marks(NamedTuple):
    """Shares of a budget: where easing and stopping begin, and below which each ends."""

    ease: float
    ease_ends: float
    stop: float
    stop_ends: float


_MARKS = {
    # Time that is used is gone: a little more for a while does no harm, and what is kept shrinks at once.
    "cpu-budget": _Marks(ease=1.0, ease_ends=0.8, stop=1.5, stop_ends=0.8),
    # Memory that was given back is not always seen to be; beyond the bound the process may be killed.
    "memory-budget": _Marks(ease=0.85, ease_ends=0.75, stop=1.0, stop_ends=0.85),
    # A disk fills slowly, and easing only puts it off: retention is what makes room.
    "disk-budget": _Marks(ease=0.95, ease_ends=0.9, stop=1.0, stop_ends=0.95),
}
_RANK = {Action.FINE: 0, Action.EASE: 1, Action.STOP: 2}


class Judge:
    """Verdicts on readings, each in the light of those before."""

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets
        self._readings: deque[Reading] = deque()
        self._actions = dict.fromkeys(_MARKS, Action.FINE)

    def judge(self, reading: Reading) -> Verdict:
        """The gravest of the three budgets' verdicts."""
        used = self._shares(reading)
        for reason, share in used.items():
            self._actions[reason] = _judged(self._actions[reason], share, _MARKS[reason])
        reason, action = max(self._actions.items(), key=lambda entry: _RANK[entry[1]])
        return FINE if action is Action.FINE else Verdict(action, reason)

    def _shares(self, reading: Reading) -> dict[str, float]:
        """What is used of each budget there is."""
        budgets = self._budgets
        shares: dict[str, float] = {}
        self._readings.append(reading)
        while len(self._readings) > 2 and self._readings[1].at_ns <= reading.at_ns - WINDOW_NS:
            self._readings.popleft()
        first = self._readings[0]
        if budgets.cpu is not None and reading.at_ns > first.at_ns:
            shares["cpu-budget"] = (
                (reading.cpu_ns - first.cpu_ns) / (reading.at_ns - first.at_ns) / budgets.cpu
            )
        if budgets.memory_bytes is not None:
            shares["memory-budget"] = reading.memory_bytes / budgets.memory_bytes
        if budgets.disk_bytes is not None:
            shares["disk-budget"] = reading.disk_bytes / budgets.disk_bytes
        return shares


def _judged(before: Action, share: float, marks: _Marks) -> Action:
    if share >= marks.stop or (before is Action.STOP and share >= marks.stop_ends):
        return Action.STOP
    if share >= marks.ease or (before is not Action.FINE and share >= marks.ease_ends):
        return Action.EASE
    return Action.FINE


class Meters:
    """Reads this process and its store.

    Args:
        store_bytes: `Store.size_bytes`. May raise; then what it said last stands.
        now_ns: a monotonic clock.
    """

    def __init__(self, store_bytes: Callable[[], int], now_ns: Callable[[], int] = monotonic_ns) -> None:
        self._store_bytes = store_bytes
        self._now_ns = now_ns
        self._disk_bytes = 0
        self._disk_due_ns = now_ns()

    def read(self) -> Reading:
        """What is used now."""
        now = self._now_ns()
        if now >= self._disk_due_ns:
            self._disk_due_ns = now + DISK_NS
            with suppress(StoreError):
                self._disk_bytes = self._store_bytes()
        return Reading(now, process_time_ns(), resident_bytes(), self._disk_bytes)


def resident_bytes() -> int:
    """Memory of this process that is in RAM (proc(5), `statm`); 0 where there is no /proc."""
    try:
        pages = int(_STATM.read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


_STATM = Path("/proc/self/statm")


class Metering(Protocol):
    """What the governor needs of `Meters`."""

    def read(self) -> Reading:
        """What is used now."""


class QueueWatch:
    """Presses the sampling while the decoder falls behind.

    Better to leave whole sessions out, with weights, than to lose what does not fit.

    Args:
        sampler: keeps less under pressure.
        capacity_bytes: of all the queues together.
        now_ns: a monotonic clock.
    """

    def __init__(
        self, sampler: Sampler, capacity_bytes: int, now_ns: Callable[[], int] = monotonic_ns
    ) -> None:
        self._sampler = sampler
        self._capacity = capacity_bytes
        self._now_ns = now_ns
        self._due_ns = 0
        self._relax_ns = 0
        self._pressed = 0

    def look(self, waiting_bytes: int) -> None:
        """What waits now. To be told as often as one likes."""
        now = self._now_ns()
        if now < self._due_ns:
            return
        self._due_ns = now + READ_NS
        if waiting_bytes > self._capacity * BEHIND:
            self._relax_ns = now + RELAX_NS
            if self._pressed < MAX_PRESSURE:
                self._pressed += 1
                self._sampler.press()
        elif self._pressed and now >= self._relax_ns:
            self._relax_ns = now + RELAX_NS
            self._pressed -= 1
            self._sampler.relax()


class Governor:
    """Keeps to the budgets: presses the sampling, relaxes it, and says whether to capture at all.

    Args:
        budgets: what may be used.
        meters: says what is.
        sampler: keeps less under pressure.
        now_ns: a monotonic clock.
    """

    def __init__(
        self, budgets: Budgets, meters: Metering, sampler: Sampler, now_ns: Callable[[], int] = monotonic_ns
    ) -> None:
        self._judge = Judge(budgets)
        self._meters = meters
        self._sampler = sampler
        self._now_ns = now_ns
        self._due_ns = now_ns()
        self._press_ns = now_ns()
        self._relax_ns = 0
        self._verdict = FINE

    def tick(self) -> Verdict:
        """What holds now. To be asked as often as one likes."""
        now = self._now_ns()
        if now < self._due_ns:
            return self._verdict
        self._due_ns = now + READ_NS
        self._verdict = self._judge.judge(self._meters.read())
        if self._verdict.action is not Action.FINE:
            self._relax_ns = now + RELAX_NS
            if now >= self._press_ns:
                self._press_ns = now + PRESS_NS
                self._sampler.press()
        elif self._sampler.pressure and now >= self._relax_ns:
            self._relax_ns = now + RELAX_NS
            self._sampler.relax()
        return self._verdict
