"""A small interface for tests of what is written about it, by hand: claims, decisions, a document."""

from __future__ import annotations

from datetime import date

from contract.claim import (
    Claim,
    Consumer,
    ContractMap,
    Dependence,
    Evidence,
    Level,
    OperationMap,
    ProducerMap,
)
from contract.clause import Clause, Kind
from contract.declared import load
from contract.definition.terms import Definition, define
from contract.kinds import (
    Auth,
    ContentType,
    Enum,
    Format,
    Latency,
    Lifecycle,
    Nullable,
    Occurs,
    Present,
    Type,
)
from contract.ledger.model import Ledger
from contract.ledger.reading import parse as read_ledger
from contract.ledger.ruling import ruled
from contract.operation import parse as parse_operation
from contract.subject import parse
from reports.compare import stood
from reports.selection import claimed
from store.records import Capture

NOON = 1_772_452_800 * 10**9  # 2026-03-02 12:00 UTC
DAY = date(2026, 3, 2)
ORDER = "GET /orders/{id}"
CREATED = "RECEIVE orders.created#OrderCreated"

ALWAYS, NEVER_NULL = Present(always=True), Nullable(value=False)
STRING, OBJECT, INTEGER = Type(("string",)), Type(("object",)), Type(("integer",))
JSON = ContentType(("application/json",))
SLOW = Latency(p50_ms=12.0, p95_ms=41.0, p99_ms=88.0, n=400)
STAGES = Lifecycle((("placed", "paid"),), ("placed",), ("paid",))


def link(consumer: str, level: Level = Level.USED) -> Dependence:
    return Dependence(
        consumer=consumer, level=level, basis="sent back", count=40, first_seen=NOON, last_seen=NOON
    )


def claim(subject: str, kind: Kind, *who: Dependence, operation: str = ORDER) -> Claim:
    return Claim(
        clause=Clause(producer="shop", operation=operation, subject=parse(subject), kind=kind),
        evidence=Evidence(
            held=400, broken=0, first_seen=NOON, last_seen=NOON, examples=("k3jx7qzt2m5aapw4",)
        ),
        dependence=who or (link("billing", Level.EXPOSED),),
    )


def order_claims() -> list[Claim]:
    body = "response.200.body"
    return [
        claim("request.path.id", ALWAYS),
        claim("request.path.id", STRING),
        claim("request.query.expand", Enum.of(["items", "customer"])),
        claim("request.header.authorization", Auth(("bearer",))),
        claim("response.200", Occurs()),
        claim("response.200.header.content-type", JSON),
        claim("response.200.header.etag", ALWAYS),
        claim("response.200.latency", SLOW),
        claim(body, OBJECT),
        claim(body, NEVER_NULL),
        claim(f"{body}.id", ALWAYS, link("billing")),
        claim(f"{body}.id", STRING, link("billing")),
        claim(f"{body}.id", NEVER_NULL, link("billing")),
        claim(f"{body}.id", Format("uuid")),
        claim(f"{body}.status", ALWAYS, link("billing")),
        claim(f"{body}.status", STRING),
        claim(f"{body}.status", Enum.of(["placed", "paid"])),
        claim(f"{body}.status", STAGES),
        claim(f"{body}.items", Type(("array",)), link("warehouse")),
        claim(f"{body}.items[]", OBJECT, link("warehouse")),
        claim(f"{body}.items[].quantity", INTEGER, link("warehouse")),
        claim("response.404", Occurs()),
    ]


def created_claims() -> list[Claim]:
    body = "response.message.body"
    said: list[tuple[str, Kind]] = [
        ("response.message.header.content-type", JSON),
        ("response.message.latency", SLOW),
        (body, OBJECT),
        (body, NEVER_NULL),
        (f"{body}.order_id", ALWAYS),
        (f"{body}.order_id", STRING),
        (f"{body}.order_id", NEVER_NULL),
        (f"{body}.total", Type(("number",))),
        (f"{body}.currency", STRING),
        (f"{body}.currency", Enum.of(["EUR", "GBP"])),
    ]
    return [claim(subject, kind, operation=CREATED) for subject, kind in said]


def mapped(*claims: Claim) -> ContractMap:
    keys = dict.fromkeys(one.clause.operation for one in claims)
    operations = tuple(
        OperationMap(
            key=key,
            protocol="event" if parse_operation(key).is_event else "http",
            observations=400,
            consumers={"billing": 400},
            claims=tuple(one for one in claims if one.clause.operation == key),
        )
        for key in keys
    )
    consumers = tuple(
        Consumer(
            name=name,
            identities=(f"jwt:{name}",),
            bases=("jwt",),
            observations=400,
            first_seen=NOON,
            last_seen=NOON,
        )
        for name in ("billing", "warehouse")
    )
    return ContractMap(
        generated_at=NOON,
        window=(NOON, NOON),
        capture=Capture(observed=400),
        producers=(ProducerMap(name="shop", operations=operations, consumers=consumers),),
    )


def ledger_of(decisions: dict[str, str], *, more: str = "") -> Ledger:
    """A ledger with decisions by id, and further lines of YAML at its end."""
    entries = [f"  {id_}: {{decision: {decision}, by: ann}}" for id_, decision in decisions.items()]
    head = (
        'interface: {producer: shop, title: Orders, version: "2", channels: {mail: orders@example.org}}\n'
        "owners: {producer: {name: Orders team, contact: orders@example.org}}\n"
    )
    return read_ledger("\n".join([head, "clauses:", *entries, more]), "contract.yaml")


def defined(
    *claims: Claim,
    ledger: Ledger | None = None,
    document: str | None = None,
    observed_too: bool = False,
) -> Definition:
    """The definition of an interface, as the command makes it."""
    whole = mapped(*claims)
    declared = load(document, producer="shop") if document else None
    told = stood(whole, declared) if declared else claimed(whole)
    if ledger is not None:
        told = ruled(told, whole, ledger, DAY)
    return define(told.producers[0], declared, ledger, observed_too=observed_too)


def all_guaranteed(*claims: Claim) -> Ledger:
    return ledger_of({one.clause.id: "guaranteed" for one in claims})
