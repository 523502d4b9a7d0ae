"""Which recorded requests are replayed against a live build, and which cannot be.

Each operation is asked for as each of its consumers did, with each status that came; the newest requests
first, since what they ask for is likeliest to be there still.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING

from contract.verification.checks import SAFE
from store.records import Outcome
from store.tokens import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from inference.names import Names
    from store.records import Exchange
    from store.store import Store

MOST_READ = 100_000
"""Exchanges that are looked through, the newest; older ones say little of what is there today."""

_OF_CONNECTION = frozenset(
    """
    host connection content-length transfer-encoding te trailer upgrade keep-alive proxy-connection
    proxy-authorization expect accept-encoding content-encoding
    """.split()  # noqa: SIM905  # a list of words reads better than a list of strings
)
"""Header fields that the client writes anew (RFC 9110 section 7.6.1). Bodies are recorded without coding."""

_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})
"""Fields by which a cache asks for changes alone (RFC 9110 section 13.1). What was answered in full then is
asked for in full again: a build that has nothing new would answer 304, and show nothing."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(r"/[^\x00-\x20\x7f]*")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
"""What HTTP can carry (RFC 9110 section 5, RFC 9112 section 3.2.1). Recordings hold more; sent again, it
would be another request, or one to another host."""

_STREAMS = frozenset({"text/event-stream", "multipart/x-mixed-replace"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A recorded exchange to be asked again, with which header fields, and the names of those withheld."""

    operation: str
    consumer: str
    recorded: Exchange
    headers: tuple[tuple[str, str], ...]
    withheld: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """For people: `GET /orders/ord_1 (k3jx7qzt2m5aapw4)`."""
        one = self.recorded
        return f"{one.method} {one.path}{'?' if one.query else ''}{one.query} ({one.id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The requests to send, in order, and how many were left out, by reason."""

    requests: Sequence[Request]
    left_out: Mapping[str, int]


def choose(
    store: Store,
    names: Names,
    operations: Mapping[str, Collection[str]],
    *,
    since: int | None,
    until: int | None,
    headers: Mapping[str, str],
    per_operation: int,
    unsafe: bool,
    withheld: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Choice:
    """Choose requests.

    Args:
        store: what was recorded.
        names: what operations and consumers are called.
        operations: the operations with guarantees, by producer.
        since: Unix ns, of the recording.
        until: Unix ns, exclusive.
        headers: fields to send with every request, by their names in lower case; they stand in for withheld
            ones.
        per_operation: requests of one operation at most; safe ones are repeated up to it, so that times can
            be judged.
        unsafe: whether requests are sent that may change something; those once each.
        withheld: whether requests are chosen without the header fields that were withheld; else not at all.
        progress: called with the number of exchanges that were looked at.
    """
    left_out: Counter[str] = Counter()
    groups: dict[str, dict[tuple[str, int], dict[object, Request]]] = defaultdict(lambda: defaultdict(dict))
    for producer, keys in operations.items():
        newest = store.exchanges(producer=producer, since=since, until=until, newest=True, limit=MOST_READ)
        for number, exchange in enumerate(newest, start=1):
            progress(number)
            operation = names.operation(exchange)
            if operation not in keys or exchange.status is None:
                continue
            sent = tuple(_sent(exchange, headers))
            missing = tuple(sorted({name for name, value in sent if TOKEN.search(value)}))
            reason = _unfit(exchange, unsafe=unsafe)
            if not _is_http(exchange, sent):
                reason = reason or "it is no request that HTTP can carry"
            if missing and not withheld:
                reason = reason or f"header {missing[0]} was withheld (--header)"
            if reason:
                left_out[reason] += 1
                continue
            consumer = names.consumer(exchange.identity)
            group = groups[f"{producer} {operation}"][consumer, exchange.status]
            if len(group) >= per_operation:
                continue
            content = exchange.request_body.content if exchange.request_body else b""
            request = Request(
                operation=operation,
                consumer=consumer,
                recorded=exchange,
                headers=tuple((name, value) for name, value in sent if name not in missing),
                withheld=missing,
            )
            group.setdefault((exchange.method, exchange.path, exchange.query, content), request)
    chosen = [
        request
        for by_group in groups.values()
        for request in _in_turn([list(group.values()) for group in by_group.values()], per_operation)
    ]
    return Choice(requests=chosen, left_out=left_out)


def _unfit(exchange: Exchange, *, unsafe: bool) -> str:
    """Why a request cannot be sent again, `""` if it can."""
    body = exchange.request_body
    if exchange.outcome is not Outcome.COMPLETE or exchange.status == 101 or _is_stream(exchange):
        return "not one request with one whole answer"
    if any(value.startswith("application/grpc") for _, value in exchange.request_headers):
        return "calls of gRPC are not replayed"
    if exchange.method not in SAFE and not unsafe:
        return f"{exchange.method} may change something (--unsafe)"
    if body is not None and body.truncated:
        return "the body of the request was cut"
    content = body.content.decode("utf-8", "replace") if body else ""
    if any(map(TOKEN.search, (exchange.path, exchange.query, content))):
        return "it holds a value that was withheld"
    return ""


def _is_http(exchange: Exchange, sent: Sequence[tuple[str, str]]) -> bool:
    return (
        _TOKEN.fullmatch(exchange.method) is not None
        and _TARGET.fullmatch(exchange.path + exchange.query) is not None
        and all(_TOKEN.fullmatch(name) and _VALUE.fullmatch(value) for name, value in sent)
    )


def _is_stream(exchange: Exchange) -> bool:
    return exchange.response_body is not None and exchange.response_body.media_type in _STREAMS


def _sent(exchange: Exchange, headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The header fields of a request, with those that were given in their place."""
    dropped = _OF_CONNECTION if exchange.status == 304 else _OF_CONNECTION | _CONDITIONS
    for name, value in exchange.request_headers:
        if name not in headers and name not in dropped and not name.startswith(":"):
            yield name, value
    yield from headers.items()


def _in_turn(groups: Sequence[Sequence[Request]], most: int) -> Iterator[Request]:
    """One request of each group in turn; safe ones again from the start when all were sent."""
    filled = [group for group in groups if group]
    if not filled:
        return
    longest = max(map(len, filled))
    once = [group[turn] for turn in range(longest) for group in filled if turn < len(group)]
    yield from once[:most]
    again = [one for one in once if one.recorded.method in SAFE]
    if again:
        yield from islice(cycle(again), max(0, most - len(once)))
