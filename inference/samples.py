"""Samples: some whole exchanges of an operation, for statements that tie several of its places together.

Which two of a hundred fields are always equal cannot be counted while folding: there are too many pairs. So
a fair sample of different exchanges is kept, by status, and searched when a map is made
(`inference/values/`).

Coordinated sampling (bottom-k, as in `inference/flow.py`): of all contents those with the smallest hashes are
kept, up to `MAX_SAMPLES` and `MAX_BYTES` for each status. Which ones does not depend on the order or the
partition in which exchanges were folded, and a content that comes again and again is kept once and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from xxhash import xxh3_64_intdigest

from contract.content import OPAQUE
from inference.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.subject import Subject
    from inference.observation import Observation
    from inference.stated import Stated
    from store.records import Body, Exchange, Headers

MAX_SAMPLES = 64
"""Exchanges kept for each status of an operation, consumer and window."""

MAX_BYTES = 1_048_576
"""Bytes of their bodies. What compresses well takes a tenth of it in the store."""

POOLED_SAMPLES, POOLED_BYTES = 512, 4_194_304
"""The same bounds for all consumers and windows together, when a map is made."""

MAX_STATUSES = 24
"""Statuses that are sampled; an operation that answers more is a proxy for others."""

_EVERYTHING = 1 << 64


@dataclass(slots=True)
class Sample:
    """One content: how often it came, and what it was when it came first. Bodies are b"" where opaque."""

    tally: Tally
    path: str
    query: str
    request_headers: Headers
    request_body: bytes
    request_type: str
    response_headers: Headers
    response_body: bytes
    response_type: str
    consumer: str = ""
    """Who sent it, known in a pool alone."""

    @property
    def size(self) -> int:
        """The bytes that count towards `MAX_BYTES`."""
        return len(self.request_body) + len(self.response_body) + 64


@dataclass(slots=True)
class _Status:
    ceiling: int = _EVERYTHING
    samples: dict[int, Sample] = field(default_factory=dict)
    size: int = 0


class Samples:
    """Samples by status."""

    family: ClassVar[str] = "samples"

    def __init__(self) -> None:
        self.statuses: dict[int, _Status] = {}

    @classmethod
    def pooled(cls, parts: Iterable[tuple[str, Samples]]) -> Self:
        """The samples of many parts, each with its consumer, in one: no fair sample of all, but of each."""
        self = cls()
        for consumer, part in parts:
            for number, theirs in part.statuses.items():
                for sample in theirs.samples.values():
                    sample.consumer = consumer
                pool = self.statuses.setdefault(number, _Status())
                _unite(pool, theirs)
                _shrink(pool, POOLED_SAMPLES, POOLED_BYTES)
        return self

    def observe(self, observation: Observation) -> None:
        """Keep one exchange, if its content is among the smallest hashes."""
        exchange = observation.exchange
        if exchange.status is None:
            return
        status = self.statuses.get(exchange.status)
        if status is None:
            status = self.statuses[exchange.status] = _Status()
            self._bound()
        request = _content(exchange.request_body, observation.request_body)
        response = _content(exchange.response_body, observation.response_body)
        target = f"{exchange.path}?{exchange.query}\n".encode("utf-8", "surrogatepass")
        digest = xxh3_64_intdigest(b"".join((target, request, b"\n", response)))
        if digest >= status.ceiling:
            return
        known = status.samples.get(digest)
        if known is None:
            known = status.samples[digest] = _sample(observation, request, response)
            status.size += known.size
        elif (observation.at, exchange.id) < (known.tally.first, known.tally.example):
            known.request_headers, known.response_headers = _headers(observation)
        known.tally.add(observation.at, exchange.id)
        if len(status.samples) > 2 * MAX_SAMPLES or status.size > 2 * MAX_BYTES:
            _shrink(status)

    def merge(self, other: Samples) -> None:
        """Keep the smallest hashes of both."""
        for number, theirs in other.statuses.items():
            mine = self.statuses.setdefault(number, _Status())
            mine.ceiling = min(mine.ceiling, theirs.ceiling)
            _unite(mine, theirs)
            mine.samples = {digest: s for digest, s in mine.samples.items() if digest < mine.ceiling}
            mine.size = sum(sample.size for sample in mine.samples.values())
            _shrink(mine)
        self._bound()

    def _bound(self) -> None:
        for number in sorted(self.statuses)[MAX_STATUSES:]:
            del self.statuses[number]

    def of(self, status: int) -> list[Sample]:
        """The samples of one status, in the order of their hashes."""
        kept = self.statuses.get(status)
        return [sample for _, sample in sorted(kept.samples.items())] if kept else []

    def claims(self, producer: str, operation: str) -> Iterator[Stated]:
        """Nothing by itself: samples are searched by the miners."""
        del producer, operation
        yield from ()

    def met(self, subject: Subject) -> Tally | None:
        """Samples are no counts."""
        del subject
        return None

    def state(self) -> Any:
        """The serial form."""
        for status in self.statuses.values():
            _shrink(status)
        return {
            number: [
                status.ceiling - 1,
                [
                    [
                        digest,
                        s.tally.state(),
                        s.path,
                        s.query,
                        s.request_headers,
                        s.request_body,
                        s.request_type,
                        s.response_headers,
                        s.response_body,
                        s.response_type,
                    ]
                    for digest, s in sorted(status.samples.items())
                ],
            ]
            for number, status in sorted(self.statuses.items())
        }

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        self = cls()
        for number, (ceiling, rows) in state.items():
            status = self.statuses[int(number)] = _Status(ceiling=ceiling + 1)
            for digest, tally, path, query, sent, request, request_type, got, response, response_type in rows:
                sample = status.samples[digest] = Sample(
                    Tally.from_state(tally),
                    path,
                    query,
                    tuple((name, value) for name, value in sent),
                    request,
                    request_type,
                    tuple((name, value) for name, value in got),
                    response,
                    response_type,
                )
                status.size += sample.size
        return self


def _content(body: Body | None, parsed: Any) -> bytes:
    return body.content if body is not None and parsed is not OPAQUE else b""


def _sample(observation: Observation, request: bytes, response: bytes) -> Sample:
    exchange = observation.exchange
    request_headers, response_headers = _headers(observation)
    return Sample(
        Tally(),
        exchange.path,
        exchange.query,
        request_headers,
        request,
        _media_type(exchange.request_body),
        response_headers,
        response,
        _media_type(exchange.response_body),
    )


def _headers(observation: Observation) -> tuple[Headers, Headers]:
    """The header fields of both sides that may be contract."""
    exchange: Exchange = observation.exchange
    return (
        tuple(pair for pair in exchange.request_headers if pair[0] in observation.request_headers),
        tuple(pair for pair in exchange.response_headers if pair[0] in observation.response_headers),
    )


def _media_type(body: Body | None) -> str:
    return body.media_type if body is not None else ""


def _copy(sample: Sample) -> Sample:
    return Sample(
        sample.tally.copy(),
        sample.path,
        sample.query,
        sample.request_headers,
        sample.request_body,
        sample.request_type,
        sample.response_headers,
        sample.response_body,
        sample.response_type,
        sample.consumer,
    )


def _unite(mine: _Status, theirs: _Status) -> None:
    """Take the samples of both, those of one content together with the headers that came first."""
    for digest, sample in theirs.samples.items():
        known = mine.samples.get(digest)
        if known is None:
            mine.samples[digest] = _copy(sample)
            mine.size += sample.size
            continue
        if (sample.tally.first, sample.tally.example) < (known.tally.first, known.tally.example):
            known.request_headers = sample.request_headers
            known.response_headers = sample.response_headers
            known.consumer = sample.consumer
        known.tally.merge(sample.tally)


def _shrink(status: _Status, most: int = 0, bytes_: int = 0) -> None:
    """Keep the smallest hashes within the bounds, and from now on look at no larger one.

    The first that does not fit ends the sample, even if a later one would: only so is what is kept the same
    in every order of merging.
    """
    most, bytes_ = most or MAX_SAMPLES, bytes_ or MAX_BYTES
    if len(status.samples) <= most and status.size <= bytes_:
        return
    kept: dict[int, Sample] = {}
    size = 0
    for digest, sample in sorted(status.samples.items()):
        if len(kept) >= most or (size + sample.size > bytes_ and kept):
            status.ceiling = min(status.ceiling, digest)
            break
        kept[digest] = sample
        size += sample.size
    status.samples, status.size = kept, size
