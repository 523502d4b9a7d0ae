"""One observation as its page shows it: both sides with their marks, how long it took, what it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote

from contract.claim import Standing
from contract.clause import Holds
from contract.content import pairs
from contract.place import Places
from contract.statuses import word_of
from contract.verification.checks import is_single
from inference.events import exchange_of
from reports.listing import clock
from reports.opened import about, status_words
from reports.opened_message import about_message
from reports.pretty import readable
from reports.web import links
from reports.web.bodies import ShownBody, shown_body
from reports.web.marks import marks_of
from reports.web.timing import Timing, timing_of
from reports.words import clipped, instant
from store.records import Exchange, Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contract.claim import Claim
    from contract.clause import Clause
    from inference.names import Names
    from reports.web.marks import Mark, Marks
    from reports.web.snapshot import Snapshot
    from store.glimpses import Glimpse
    from store.records import Body, Headers
    from store.store import Store

MOST_FIELDS = 200
"""Header fields and parameters of one side."""
LONGEST_VALUE = 2_000
LONGEST_TITLE = 140
MOST_BROKEN = 12
MOST_CARRIED = 100
"""Messages of one connection that its exchange lists."""
NEAR_SHOWN = 20
"""Other deliveries of a message that its page lists."""
NEAR = 500
"""Observations among which its neighbours are looked for, before and after."""

_SHOWN_ELSEWHERE = frozenset({"id", "operation", "outcome", "published", "delivered", "acknowledged"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A header field or a parameter, with the mark of its place."""

    kind: str
    name: str
    value: str
    mark: Mark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one side said. `parameters` are those of path and query, `headers` the rest of the head."""

    title: str
    parameters: tuple[Field, ...] = ()
    headers: tuple[Field, ...] = ()
    body: ShownBody | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A statement that this observation does not fulfil. `promised`: it is declared, else only usual.

    `held` says in how many observations it was true.
    """

    statement: str
    href: str
    promised: bool
    held: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Another observation beside this one. `at` is its time, `""` where it is not known."""

    relation: str
    id: str
    what: str
    at: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A message that an exchange carried, with the beginning of its payload."""

    id: str
    at: str
    what: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that the page of one observation says."""

    id: str
    event: bool
    title: str
    said: str
    producer: str
    operation: str
    known: bool
    """Whether the operation has a page: it was folded, or is declared."""
    consumer: str
    parties: tuple[tuple[str, str], ...]
    at: str
    facts: tuple[tuple[str, str], ...]
    sides: tuple[Side, ...]
    timing: Timing | None
    broken: tuple[Broken, ...]
    broken_more: int
    carried: tuple[Carried, ...]
    carried_more: bool
    near: tuple[Near, ...]
    carried_by: str = ""


def shown(
    record: Exchange | Message, glimpse: Glimpse, store: Store, names: Names, snapshot: Snapshot
) -> Shown:
    """The view of one observation."""
    exchange = exchange_of(record) if isinstance(record, Message) else record
    key = names.operation(exchange)
    consumer = names.consumer(exchange.identity)
    marks = marks_of(snapshot, exchange.producer, key, consumer)
    broken = list(_broken(exchange, key, snapshot))
    event = isinstance(record, Message)
    carried = [] if event else _carried(store, record.id)
    return Shown(
        id=record.id,
        event=event,
        title=clipped(_title(record), LONGEST_TITLE),
        said=_said(record),
        producer=exchange.producer,
        operation=key,
        known=(exchange.producer, key) in snapshot.compared,
        consumer=consumer,
        parties=tuple(_parties(record, names)),
        at=clock(instant(glimpse.at)) if glimpse.at is not None else "",
        facts=tuple(_facts(record, names)),
        sides=_sides_of_message(record, marks) if isinstance(record, Message) else _sides(record, key, marks),
        timing=timing_of(record, key, consumer, snapshot),
        broken=tuple(broken[:MOST_BROKEN]),
        broken_more=max(0, len(broken) - MOST_BROKEN),
        carried=tuple(carried[:MOST_CARRIED]),
        carried_more=len(carried) > MOST_CARRIED,
        near=tuple(_near(store, names, glimpse)),
        carried_by=record.exchange if isinstance(record, Message) else "",
    )


def _title(record: Exchange | Message) -> str:
    if isinstance(record, Message):
        way = "Published to" if record.consumer is None else "Delivered from"
        return f"{way} {record.channel} {record.type}".strip()
    return f"{record.method} {unquote(record.path)}"


def _said(record: Exchange | Message) -> str:
    """How it ended, in a few words."""
    if isinstance(record, Message):
        return record.acknowledgement or "not seen"
    answer = "no answer" if record.status is None else status_words(record.status)
    return f"{answer}, {record.outcome.value}"


def _parties(record: Exchange | Message, names: Names) -> Iterator[tuple[str, str]]:
    """Who took part, by what they did."""
    if isinstance(record, Exchange):
        yield "Consumer", names.consumer(record.identity)
        return
    for role, identity in (("Published by", record.publisher), ("Delivered to", record.consumer)):
        if identity is not None:
            yield role, names.consumer(identity)


def _facts(record: Exchange | Message, names: Names) -> Iterator[tuple[str, str]]:
    told = about_message(record, names) if isinstance(record, Message) else about(record, names)
    return ((name, value) for name, value in told if name not in _SHOWN_ELSEWHERE)


def _sides(exchange: Exchange, key: str, marks: Marks) -> tuple[Side, ...]:
    request = Side(
        title="Request",
        parameters=tuple(_parameters(exchange, key, marks))[:MOST_FIELDS],
        headers=_headers(exchange.request_headers, exchange.request_trailers, ("request",), marks),
        body=_body(exchange.request_body, ("request", "body"), marks),
        left_out=_left_out(exchange.request_headers),
    )
    if exchange.status is None:
        return (request,)
    root = ("response", word_of(exchange.status))
    response = Side(
        title=f"Response {status_words(exchange.status)}",
        headers=_headers(exchange.response_headers, exchange.response_trailers, root, marks),
        body=_body(exchange.response_body, (*root, "body"), marks),
        left_out=_left_out(exchange.response_headers),
    )
    return request, response


def _sides_of_message(message: Message, marks: Marks) -> tuple[Side, ...]:
    root = ("request",) if message.consumer is None else ("response", "message")
    return (
        Side(
            title="Message",
            headers=_headers(message.headers, (), root, marks),
            body=_body(message.payload, (*root, "body"), marks),
            left_out=_left_out(message.headers),
        ),
    )


def _parameters(exchange: Exchange, key: str, marks: Marks) -> Iterator[Field]:
    """What the path and the query say, by name."""
    for name, values in Places(exchange, key).request["path"].items():
        for value in values:
            yield _field("path", name, str(value), ("request", "path", name), marks)
    for name, text in pairs(exchange.query):
        yield _field("query", name, text, ("request", "query", name), marks)


def _headers(headers: Headers, trailers: Headers, root: tuple[str, ...], marks: Marks) -> tuple[Field, ...]:
    fields = [_field("header", name, value, (*root, "header", name), marks) for name, value in headers]
    fields += [Field(kind="trailer", name=name, value=value) for name, value in trailers]
    return tuple(fields[:MOST_FIELDS])


def _field(kind: str, name: str, value: str, place: tuple[str, ...], marks: Marks) -> Field:
    return Field(kind=kind, name=name, value=clipped(value, LONGEST_VALUE), mark=marks.at(place))


def _left_out(headers: Headers) -> int:
    return max(0, len(headers) - MOST_FIELDS)


def _body(body: Body | None, root: tuple[str, ...], marks: Marks) -> ShownBody | None:
    return None if body is None else shown_body(body, root, marks)


def _broken(exchange: Exchange, key: str, snapshot: Snapshot) -> Iterator[Broken]:
    """The statements about the operation that this one exchange makes untrue: promises first."""
    compared = snapshot.compared.get((exchange.producer, key))
    if compared is None:
        return
    places = Places(exchange, key)
    claims = [*compared.operation.claims, *compared.operation.explained]
    for claim in claims:
        if (promise := _promise(claim)) is not None and _is_broken(promise, places):
            yield _broken_of(claim, promise, promised=True)
    for claim in claims:
        usual = claim.standing is Standing.UNDECLARED and not claim.candidate
        if usual and claim.clause.kind.informative and _is_broken(claim.clause, places):
            yield _broken_of(claim, claim.clause, promised=False)


def _promise(claim: Claim) -> Clause | None:
    """What is declared about the place of a claim."""
    if claim.standing is Standing.UNOBSERVED:
        return claim.clause
    return claim.declared


def _is_broken(clause: Clause, places: Places) -> bool:
    return is_single(clause) and clause.hold(places) is Holds.NO


def _broken_of(claim: Claim, clause: Clause, *, promised: bool) -> Broken:
    return Broken(
        statement=clipped(clause.statement),
        href=links.clause(claim.clause.id),
        promised=promised,
        held=f"{claim.evidence.held:,} of {claim.evidence.total:,}" if claim.evidence.total else "",
    )


def _carried(store: Store, id_: str) -> list[Carried]:
    """The messages that an exchange carried, one more than is shown."""
    found = []
    for one in islice(store.messages(exchange=id_), MOST_CARRIED + 1):
        at = one.published_at or one.delivered_at
        payload = readable(one.payload.content) if one.payload else ""
        words = "binary" if payload is None else clipped(payload, 160)
        way = "sent" if one.consumer is None else "received"
        found.append(
            Carried(
                id=one.id,
                at=clock(instant(at)) if at else "",
                what=f"{way} {one.type}".strip(),
                payload=words,
            )
        )
    return found


def _near(store: Store, names: Names, glimpse: Glimpse) -> Iterator[Near]:
    """The same message elsewhere, and what came next before and after, of the connection and the consumer."""
    around = store.around(glimpse.kind, glimpse, limit=NEAR)
    consumer = names.consumer_of(glimpse.party)
    alike = [one for one in around if glimpse.group and one.group == glimpse.group]
    theirs = [one for one in around if names.consumer_of(one.party) == consumer]
    if glimpse.kind is Message:
        yield from (_as_near("the same message", one, names) for one in alike[:NEAR_SHOWN])
        alike = []
    told: set[str] = set()
    for some, of in ((alike, "on this connection"), (theirs, f"of {consumer}")):
        for near in _next_to(some, glimpse, names, of):
            if near.id not in told:
                yield near
            told.add(near.id)


def _next_to(some: Sequence[Glimpse], glimpse: Glimpse, names: Names, of: str) -> Iterator[Near]:
    """The nearest before and after in the order recorded."""
    before = max((one for one in some if one.seq < glimpse.seq), key=lambda one: one.seq, default=None)
    after = min((one for one in some if one.seq > glimpse.seq), key=lambda one: one.seq, default=None)
    for relation, one in ((f"before, {of}", before), (f"after, {of}", after)):
        if one is not None:
            yield _as_near(relation, one, names)


def _as_near(relation: str, one: Glimpse, names: Names) -> Near:
    what = f"{one.method} {one.path} → {one.status or 'nothing'}" if one.method else _event_words(one)
    return Near(
        relation=relation,
        id=one.id,
        what=clipped(what, LONGEST_TITLE),
        at=clock(instant(one.at)) if one.at is not None else "",
        who=names.consumer_of(one.party),
    )


def _event_words(one: Glimpse) -> str:
    return f"delivered from {one.path}" if one.delivered else f"published to {one.path}"
