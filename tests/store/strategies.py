"""Records as traffic could make them: any text, NUL and lone surrogates included, and any 64-bit number."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from store.records import Body, Exchange, Identity, KnownConsumer, Lane, Message, Outcome, Summary, record_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from store.records import SummaryKey

HOUR = 3_600 * 10**9

any_text: SearchStrategy[str] = st.text(
    st.characters(exclude_categories=()) | st.sampled_from("\0\x10\ud800\udfff\n"), max_size=20
)
numbers = st.integers(min_value=-(2**62), max_value=2**63 - 1)
counts = st.integers(min_value=0, max_value=10**6)
weights = st.floats(min_value=1, max_value=2**40)
headers = st.lists(st.tuples(any_text, any_text), max_size=4).map(tuple)
texts = st.lists(any_text, max_size=3).map(tuple)
identities = st.builds(Identity, basis=any_text, value=any_text, source=any_text, verified=st.booleans())
bodies = st.builds(
    Body,
    content=st.binary(max_size=40) | st.binary(max_size=4).map(lambda part: part * 300),
    size=st.integers(min_value=0, max_value=2**40),
    wire_size=numbers,
    media_type=any_text,
    truncated=st.booleans(),
)

_ids = count()
_fresh_ids = st.builds(lambda: record_id("test", next(_ids)))

exchanges = st.builds(
    Exchange,
    id=_fresh_ids,
    producer=any_text,
    identity=identities,
    lane=st.sampled_from(Lane),
    source=any_text,
    protocol=any_text,
    started_at=numbers,
    method=any_text,
    scheme=any_text,
    authority=any_text,
    path=any_text,
    query=any_text,
    request_headers=headers,
    request_trailers=headers,
    request_body=st.none() | bodies,
    status=st.none() | numbers,
    response_headers=headers,
    response_trailers=headers,
    response_body=st.none() | bodies,
    request_ns=st.none() | numbers,
    wait_ns=st.none() | numbers,
    duration_ns=st.none() | numbers,
    outcome=st.sampled_from(Outcome),
    connection=any_text,
    peer=any_text,
    flaws=texts,
    redacted=counts,
    weight=weights,
)
messages = st.builds(
    Message,
    id=_fresh_ids,
    producer=any_text,
    lane=st.sampled_from(Lane),
    source=any_text,
    protocol=any_text,
    channel=any_text,
    type=any_text,
    publisher=st.none() | identities,
    consumer=st.none() | identities,
    key=st.none() | any_text,
    partition=st.none() | numbers,
    sequence=st.none() | numbers,
    headers=headers,
    payload=st.none() | bodies,
    published_at=st.none() | numbers,
    delivered_at=st.none() | numbers,
    acknowledged_at=st.none() | numbers,
    acknowledgement=any_text,
    redeliveries=st.none() | numbers,
    exchange=any_text,
    flaws=texts,
    redacted=counts,
    weight=weights,
)
summaries = st.builds(
    Summary,
    producer=any_text,
    window_start=numbers,
    route=any_text,
    consumer=any_text,
    family=any_text,
    state=st.binary(max_size=40),
)
known_consumers = st.builds(KnownConsumer, name=any_text, identities=texts, owner=any_text, contact=any_text)


def an_exchange(
    number: int, *, producer: str = "orders", started_at: int | None = None, **fields: object
) -> Exchange:
    """An everyday exchange; the same number gives the same one."""
    content = b'{"id": %d, "items": [{"sku": "a-%d"}]}' % (number, number)
    given = {
        "id": record_id(producer, number),
        "producer": producer,
        "identity": Identity(basis="header", value="web", source="header x-consumer-id"),
        "lane": Lane.SPLICE,
        "source": "127.0.0.1:8080",
        "protocol": "http/1.1",
        "started_at": 1_700_000_000 * 10**9 + number * 10**9 if started_at is None else started_at,
        "method": "GET",
        "scheme": "http",
        "authority": "localhost",
        "path": f"/orders/{number}",
        "request_headers": (("accept", "application/json"),),
        "status": 200,
        "response_body": Body(
            content=content, size=len(content), wire_size=len(content), media_type="application/json"
        ),
    }
    return Exchange(**(given | fields))  # type: ignore[arg-type]


def a_message(number: int, *, producer: str = "orders", **fields: object) -> Message:
    """An everyday message."""
    given = {
        "id": record_id(producer, "message", number),
        "producer": producer,
        "lane": Lane.SPLICE,
        "source": "127.0.0.1:8080",
        "protocol": "websocket",
        "channel": "/updates",
        "delivered_at": 1_700_000_000 * 10**9 + number * 10**9,
    }
    return Message(**(given | fields))  # type: ignore[arg-type]


def put(*given: Summary) -> dict[SummaryKey, Callable[[bytes | None], bytes]]:
    """What `Store.save` takes, to put summaries in the place of what was there."""
    return {summary.key: lambda _, state=summary.state: state for summary in given}  # type: ignore[misc]
