"""Claims and ledgers for tests of what is decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from contract.claim import Claim, ContractMap, Dependence, Evidence, Level, OperationMap, ProducerMap
from contract.clause import Clause
from contract.kinds import Enum, Present
from contract.ledger.model import Ledger
from contract.ledger.reading import parse
from contract.ledger.splicing import put
from contract.ledger.template import template
from contract.subject import parse as place
from store.records import Capture

DAY = date(2026, 3, 2)
NOON = 1_772_452_800 * 10**9  # 2026-03-02 12:00 UTC
ORDER = "GET /orders/{id}"
ALWAYS, SOMETIMES = Present(always=True), Present(always=False)


def link(consumer: str, level: Level = Level.USED, count: int = 40) -> Dependence:
    return Dependence(
        consumer=consumer, level=level, basis="sent back", count=count, first_seen=NOON, last_seen=NOON
    )


def claim(
    field: str = "ref",
    kind: Present | Enum = ALWAYS,
    *who: Dependence,
    held: int = 400,
    broken: int = 0,
    operation: str = ORDER,
) -> Claim:
    subject = place(f"response.200.body.{field}")
    return Claim(
        clause=Clause(producer="shop", operation=operation, subject=subject, kind=kind),
        evidence=Evidence(held=held, broken=broken, first_seen=NOON, last_seen=NOON, examples=("e1",)),
        dependence=who or (link("billing"),),
    )


def map_of(*claims: Claim) -> ContractMap:
    keys = dict.fromkeys(one.clause.operation for one in claims)
    operations = tuple(
        OperationMap(
            key=key,
            protocol="http",
            observations=400,
            consumers={"billing": 400},
            claims=tuple(one for one in claims if one.clause.operation == key),
        )
        for key in keys
    )
    return ContractMap(
        generated_at=NOON,
        window=(NOON, NOON),
        capture=Capture(observed=400),
        producers=(ProducerMap(name="shop", operations=operations),),
    )


def empty() -> Ledger:
    return parse(template("shop"), "contract.yaml")


def formerly(now: Claim, *ids: str) -> Claim:
    return replace(now, former_ids=ids)


def written(*edits: object, text: str | None = None) -> str:
    return put(template("shop") if text is None else text, "contract.yaml", edits)  # type: ignore[arg-type]
