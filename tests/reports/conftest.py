"""Hand-built models: a shop that is almost honest, and one whose traffic attacks whoever reads the report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.claim import (
    Claim,
    Consumer,
    ContractMap,
    Dependence,
    Durations,
    Evidence,
    Level,
    OperationMap,
    ProducerMap,
    Standing,
)
from contract.clause import Clause, Kind
from contract.kinds import ContentType, Latency, Occurs, Present, Type
from contract.subject import Subject, parse
from reports.drift import Drift
from reports.finding import Compared
from store.records import Capture

SECOND = 10**9
MORNING = 1_772_442_000 * SECOND  # 2026-03-02 09:00 UTC

EXPOSED, REQUESTED, USED = Level.EXPOSED, Level.REQUESTED, Level.USED


ALWAYS, SOMETIMES = Present(always=True), Present(always=False)
JSON = ContentType(("application/json",))
ENVELOPE = Latency(p50_ms=12.0, p95_ms=41.0, p99_ms=88.0, n=400)
STRING, OBJECT = Type(("string",)), Type(("object",))


def depends(consumer: str, level: Level, basis: str = "was sent it", count: int = 40) -> Dependence:
    return Dependence(
        consumer=consumer,
        level=level,
        basis=basis,
        count=count,
        first_seen=MORNING,
        last_seen=MORNING + 2400 * SECOND,
    )


def claim(
    operation: str,
    subject: str,
    kind: Kind,
    *who: Dependence,
    held: int = 400,
    broken: int = 0,
    standing: Standing = Standing.UNDECLARED,
    declared: Kind | None = None,
    producer: str = "shop",
) -> Claim:
    def clause(of: Kind) -> Clause:
        return Clause(producer=producer, operation=operation, subject=parse(subject), kind=of)

    seen = held + broken > 0
    return Claim(
        clause=clause(kind),
        evidence=Evidence(
            held=held,
            broken=broken,
            first_seen=MORNING if seen else None,
            last_seen=MORNING + 2400 * SECOND if seen else None,
            examples=("k3jx7qzt2m5aapw4", "m5aapw4k3jx7qzt2") if seen else (),
        ),
        dependence=tuple(who),
        standing=standing,
        declared=clause(declared) if declared else None,
    )


ORDER, CREATE, EXPORT, REFUND = (
    "GET /orders/{id}",
    "POST /orders",
    "GET /internal/export",
    "POST /orders/{id}/refund",
)
IN_ORDER = (
    "request.path.id",
    "response.200",
    "response.200.body",
    "response.200.body.id",
    "response.200.body.total",
)


def order_claims() -> tuple[Claim, ...]:
    kept = Standing.DECLARED
    store, billing = depends("storefront", EXPOSED), depends("billing", EXPOSED, count=360)
    links = depends("storefront", USED, "sent back as path id of POST /orders/{id}/refund", 38)
    return (
        claim(ORDER, "request.path.id", STRING, depends("billing", REQUESTED, "sends it"), standing=kept),
        claim(ORDER, "response.200", Occurs(), store, billing, standing=kept),
        claim(ORDER, "response.200.body", OBJECT, store, billing, standing=kept),
        claim(ORDER, "response.200.body.id", ALWAYS, links, billing, standing=kept),
        claim(ORDER, "response.200.body.id", STRING, links, billing, standing=kept),
        claim(
            ORDER, "response.200.body.total", Type(("integer", "string")), store, billing,
            standing=Standing.CONTRADICTED, declared=Type(("number",)),
        ),
        claim(
            ORDER, "response.200.body.paid", SOMETIMES, store, billing, held=388, broken=12,
            standing=Standing.CONTRADICTED, declared=ALWAYS,
        ),
        claim(ORDER, "response.200.body.courier", ALWAYS, store, billing),
        claim(ORDER, "response.200.body.courier", OBJECT, store, billing),
        claim(
            ORDER, "response.200.body.courier.tracking", ALWAYS,
            depends("storefront", USED, "sent back as path code of GET /tracking/{code}", 31), billing,
        ),
        claim(ORDER, "response.200.body.courier.tracking", STRING, store, billing),
        claim(ORDER, "response.200.body.note", ALWAYS, store, billing, held=400),
        claim(ORDER, "response.200.header.content-type", JSON, store, billing, standing=kept),
        claim(ORDER, "response.200.latency", ENVELOPE, store, billing, held=396, broken=4),
        claim(ORDER, "response.404", Occurs(), held=0, standing=Standing.UNOBSERVED),
        claim(ORDER, "response.404.body.title", STRING, held=0, standing=Standing.UNOBSERVED),
    )  # fmt: skip


def create_claims() -> tuple[Claim, ...]:
    sends = depends("storefront", REQUESTED, "sends it", 38)
    return (
        claim(CREATE, "request.body.items[].sku", ALWAYS, sends, held=38, standing=Standing.DECLARED),
        claim(CREATE, "request.body.gift", ALWAYS, sends, held=38),
        claim(CREATE, "request.header.idempotency-key", ALWAYS, sends, held=38),
        claim(CREATE, "request.header.idempotency-key", STRING, sends, held=38),
        claim(
            CREATE,
            "response.201",
            Occurs(),
            depends("storefront", EXPOSED),
            held=38,
            standing=Standing.DECLARED,
        ),
    )


def export_claims() -> tuple[Claim, ...]:
    night = depends("unidentified", REQUESTED, "sends it", 2)
    return (
        claim(EXPORT, "request.query.day", ALWAYS, night, held=2),
        claim(EXPORT, "response.200", Occurs(), depends("unidentified", EXPOSED, count=2), held=2),
        claim(EXPORT, "response.200.body[].id", ALWAYS, depends("unidentified", EXPOSED, count=2), held=2),
    )


def consumer(
    name: str, observations: int, bases: tuple[str, ...] = ("user-agent",), owner: str = ""
) -> Consumer:
    return Consumer(
        name=name,
        identities=tuple(f"{basis}:{name}" for basis in bases),
        bases=bases,
        observations=observations,
        first_seen=MORNING,
        last_seen=MORNING + 2400 * SECOND,
        owner=owner,
        contact=f"{owner}@example.org" if owner else "",
    )


def operation(
    key: str,
    claims: tuple[Claim, ...],
    consumers: dict[str, int],
    durations: tuple[Durations, ...] = (),
) -> OperationMap:
    return OperationMap(
        key=key,
        protocol="http/1.1",
        observations=sum(consumers.values()),
        consumers=consumers,
        claims=claims,
        durations=durations,
    )


def durations(consumer: str, count: int, p50: float, p95: float, p99: float) -> Durations:
    return Durations(consumer=consumer, status="200", count=count, p50_ms=p50, p95_ms=p95, p99_ms=p99)


OPERATIONS = (
    operation(
        ORDER,
        order_claims(),
        {"storefront": 40, "billing": 360},
        (durations("storefront", 40, 14.0, 120.0, 310.0), durations("billing", 360, 11.5, 36.0, 71.0)),
    ),
    operation(CREATE, create_claims(), {"storefront": 38}),
    operation(EXPORT, export_claims(), {"unidentified": 2}),
)
NEVER = operation(
    REFUND,
    (
        claim(REFUND, "request.path.id", STRING, held=0, standing=Standing.UNOBSERVED),
        claim(REFUND, "response.204", Occurs(), held=0, standing=Standing.UNOBSERVED),
    ),
    {},
)
PROMISED = {
    ORDER: (
        *IN_ORDER, "response.200.body.paid", "response.200.body.note", "response.200.header.content-type",
        "response.404", "response.404.body.title",
    ),
    CREATE: ("request.body.items[].sku", "request.body.gift", "response.201"),
    REFUND: ("request.path.id", "response.204"),
}  # fmt: skip
CAPTURE = Capture(observed=440, lost={"queue-full": 9, "undecodable": 2}, truncated=3, redacted=118)
CONSUMERS = (
    consumer("billing", 360, ("mtls",), owner="finance"),
    consumer("storefront", 78, ("jwt", "user-agent"), owner="checkout"),
    consumer("unidentified", 2, ("none",)),
)


@pytest.fixture
def shop_map() -> ContractMap:
    return ContractMap(
        generated_at=MORNING + 3600 * SECOND,
        window=(MORNING, MORNING + 2400 * SECOND),
        capture=CAPTURE,
        producers=(ProducerMap(name="shop", operations=OPERATIONS, consumers=CONSUMERS),),
    )


@pytest.fixture
def shop_drift(shop_map: ContractMap) -> Drift:
    return drift_of(shop_map)


def drift_of(contract_map: ContractMap) -> Drift:
    compared = tuple(
        Compared(
            producer="shop",
            operation=one,
            promised=frozenset(map(parse, PROMISED[one.key])) if one.key in PROMISED else None,
        )
        for one in (*contract_map.producers[0].operations, NEVER)
    )
    return Drift(
        generated_at=contract_map.generated_at,
        window=contract_map.window,
        capture=contract_map.capture,
        documents={"shop": "openapi.yaml"},
        compared=compared,
        consumers=contract_map.producers[0].consumers,
    )


@pytest.fixture
def nothing(shop_map: ContractMap) -> ContractMap:
    """A map of nothing observed."""
    return replace(shop_map, window=None, capture=Capture(), producers=())


HOSTILE = (
    "<script>document.title='owned'</script>",
    "<svg/onload=document.title='owned'><image href=x onerror=document.title='owned'>",
    "\"'--></style></title><img src=x onerror=alert(1)>",
    "\x1b]0;owned\x07\x1b[2J\x9b31m\r\nforged line",
    "abc\u202ecba\u2066\u200b\ufeff",
    "=HYPERLINK(0)|+1|@SUM(A1)",
    "| a | `` ` `` | **b** | [c](javascript:d) @all #1 https://e.example",
    "{{ 7*7 }}{% raw %}[bold red]x[/]",
    "lone \ud800 surrogate",
)
"""Text that acts on whoever shows it raw: pages, terminals, spreadsheets, Markdown, templates, encoders."""


def hostile_operation(number: int, text: str) -> OperationMap:
    key = f"GET /{number}/{text}"
    who = (depends(f"{text}{number}", USED, text), depends(text, EXPOSED, text))
    named = Subject(("response", "200", "body", text))
    made = claim(key, "response.200", Occurs(), *who)
    claims = (
        replace(made, evidence=replace(made.evidence, examples=(text,))),
        replace(made, clause=Clause(producer="shop", operation=key, subject=named, kind=ALWAYS)),
        replace(
            made,
            clause=Clause(producer="shop", operation=key, subject=named.within(text), kind=STRING),
            standing=Standing.CONTRADICTED,
            declared=Clause(producer="shop", operation=key, subject=named.within(text), kind=OBJECT),
        ),
    )
    return operation(key, claims, {f"{text}{number}": 3, text: 2}, (durations(text, 300, 1.0, 2.0, 3.0),))


@pytest.fixture
def hostile_map(shop_map: ContractMap) -> ContractMap:
    operations = tuple(hostile_operation(number, text) for number, text in enumerate(HOSTILE))
    who = tuple(consumer(text, 5, (text,), owner=text) for text in HOSTILE)
    return replace(
        shop_map,
        capture=Capture(observed=9, lost=dict.fromkeys(HOSTILE, 2), flaws=dict.fromkeys(HOSTILE, 1)),
        producers=(ProducerMap(name=HOSTILE[0], operations=operations, consumers=who),),
    )


@pytest.fixture
def hostile_drift(hostile_map: ContractMap) -> Drift:
    return replace(drift_of(hostile_map), documents=dict(zip(HOSTILE, HOSTILE, strict=True)))
