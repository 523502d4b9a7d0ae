"""How long answers take, by status: from the first byte of the request to the last of the response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.claim import Evidence
from contract.clause import Clause
from contract.kinds import Latency
from contract.statuses import word_of
from contract.subject import Subject
from inference.buckets import Buckets
from inference.stated import Stated
from inference.tally import Tally
from inference.thresholds import MIN_LATENCY
from store.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.observation import Observation


class Latencies:
    """A distribution of durations (ns) for each status."""

    family: ClassVar[str] = "latency"

    def __init__(self) -> None:
        self.durations: dict[str, tuple[Buckets, Tally]] = {}

    def observe(self, observation: Observation) -> None:
        """Count one complete answer's duration; a half answer's says nothing about a whole one's."""
        exchange = observation.exchange
        if (
            exchange.status is None
            or exchange.duration_ns is None
            or exchange.outcome is not Outcome.COMPLETE
        ):
            return
        buckets, tally = self._of(word_of(exchange.status))
        buckets.add(exchange.duration_ns)
        tally.add(observation.at, exchange.id)

    def _of(self, status: str) -> tuple[Buckets, Tally]:
        entry = self.durations.get(status)
        if entry is None:
            entry = self.durations[status] = (Buckets(), Tally())
        return entry

    def merge(self, other: Latencies) -> None:
        """Add the distributions."""
        for status, (buckets, tally) in other.durations.items():
            mine, counted = self._of(status)
            mine.merge(buckets)
            counted.merge(tally)

    def claims(self, producer: str, operation: str) -> Iterator[Stated]:
        """One envelope a status."""
        for status, (buckets, tally) in sorted(self.durations.items()):
            p50, p95, p99 = (buckets.quantile(q) / 1e6 for q in (0.5, 0.95, 0.99))
            within = round(0.99 * buckets.total)
            few = buckets.total < MIN_LATENCY
            yield Stated(
                clause=Clause(
                    producer=producer,
                    operation=operation,
                    subject=Subject(("response", status, "latency")),
                    kind=Latency(p50_ms=p50, p95_ms=p95, p99_ms=p99, n=buckets.total),
                ),
                evidence=Evidence(
                    held=within,
                    broken=buckets.total - within,
                    first_seen=tally.first,
                    last_seen=tally.last,
                    examples=(tally.example,),
                ),
                doubt=f"{buckets.total} answers timed, {MIN_LATENCY} needed" if few else "",
            )

    def met(self, subject: Subject) -> Tally | None:
        """How many answers with the subject's status were timed."""
        entry = self.durations.get(subject.status or "")
        return entry[1] if entry else None

    def state(self) -> Any:
        """The serial form."""
        return {
            status: [buckets.state(), tally.state()]
            for status, (buckets, tally) in sorted(self.durations.items())
        }

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        self = cls()
        self.durations = {
            status: (Buckets.from_state(buckets), Tally.from_state(tally))
            for status, (buckets, tally) in state.items()
        }
        return self
