"""Use across producers: what one gave is sent to another."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING
from uuid import UUID

from contract.claim import Level
from inference.contract_map import build
from inference.fold import fold
from store.store import Store
from tests.inference.traffic import call

if TYPE_CHECKING:
    from pathlib import Path

    from contract.claim import Claim


def uuid(seed: int) -> str:
    return str(UUID(int=random.Random(seed).getrandbits(128)))


def test_what_one_producer_gave_is_used_with_another(tmp_path: Path) -> None:
    exchanges = []
    for number in range(4):
        at, mine, known = 10 * number, uuid(number), uuid(90 + number)
        exchanges += [
            call(at, "GET", f"/people/{known}", producer="books", got={"by": known}),
            call(at + 1, "POST", "/orders", sent={"x": 1}, status=201, got={"id": mine, "by": known}),
            call(at + 2, "GET", f"/ledger/{mine}", producer="books", got={}),
            call(at + 3, "GET", f"/people/{known}", producer="books", got={"by": known}),
        ]
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write(exchanges)
        fold(store)
        books, shop = build(store).producers
        (alone,) = build(store, producer="shop").producers
    assert alone == shop

    def present(subject: str) -> Claim:
        (orders,) = shop.operations
        return next(
            one
            for one in orders.claims
            if str(one.clause.subject) == subject and one.clause.kind.name == "present"
        )

    assert [(link.level, link.basis) for link in present("response.201.body.id").dependence] == [
        (Level.USED, "sent to books as path ledger_id of GET /ledger/{ledger_id}")
    ]
    assert [link.level for link in present("response.201.body.by").dependence] == [Level.EXPOSED]
    assert not [
        link
        for operation in books.operations
        for one in operation.claims
        for link in one.dependence
        if "shop" in link.basis
    ]
