"""Guarantees held against a store: exchange by exchange, message by message, and by summaries alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete

from contract.clause import Clause, Kind
from contract.kinds import KeyOrder, Latency, Occurs, Present, Type
from contract.subject import parse
from contract.verification.evaluation import Verdict
from contract.verification.guarantees import Guarantee, with_statuses
from inference.fold import fold
from reports.verification_forms import junit, verification_form
from reports.verification_store import verify_store
from store.store import Store
from store.tables import exchanges, messages
from tests.inference.traffic import SECOND, START, call, message

if TYPE_CHECKING:
    from pathlib import Path

    from contract.verification.evaluation import Finding
    from reports.verification import Verification

ORDER, CREATED = "GET /orders/{order_id}", "RECEIVE orders.created"


def guarantee(
    operation: str, subject: str, kind: Kind, producer: str = "shop", tolerated: float = 0.0
) -> Guarantee:
    clause = Clause(producer=producer, operation=operation, subject=parse(subject), kind=kind)
    return Guarantee(clause=clause, consumers=("billing",), tolerated=tolerated)


PRESENT = guarantee(ORDER, "response.200.body.ref", Present(always=True))


def orders(
    number: int, *, without: int = 0, status: int = 200, duration_ns: int = SECOND // 100
) -> list[Any]:
    return [
        call(
            at,
            "GET",
            f"/orders/{1000 + at}",
            got={"id": at} | ({"ref": f"r{at}"} if at >= without else {}),
            status=status,
            duration_ns=duration_ns,
        )
        for at in range(number)
    ]


def verified(
    folder: Path, records: list[Any], *guarantees: Guarantee, raw: bool = True, since: int | None = None
) -> Verification:
    with Store.open(str(folder / "defacto.db")) as store:
        calls = [one for one in records if hasattr(one, "method")]
        store.write(calls, [one for one in records if not hasattr(one, "method")])
        fold(store)
        if not raw:
            forget(store)
        return verify_store(store, guarantees, since=since, until=None, progress=lambda _: None)


def forget(store: Store) -> None:
    """What `defacto prune` does, of all that is raw."""
    with store.database.writing() as connection:
        connection.execute(delete(exchanges))
        connection.execute(delete(messages))


def only(found: Verification) -> Finding:
    (one,) = found.findings
    return one


def test_every_exchange_is_looked_at(tmp_path: Path) -> None:
    found = verified(tmp_path, orders(20, without=1), PRESENT)
    assert (only(found).verdict, only(found).held, only(found).broken) == (Verdict.BROKEN, 19, 1)
    assert found.observed == 20
    assert found.failing(on_open=False)
    assert found.verdict == "1 guarantee is broken: 0 of 1 hold."


@pytest.mark.parametrize(
    ("without", "expected"), [(0, Verdict.HOLDS), (3, Verdict.BROKEN), (20, Verdict.BROKEN)]
)
def test_summaries_say_the_same_where_nothing_raw_is_kept(
    tmp_path: Path, without: int, expected: Verdict
) -> None:
    records = orders(20, without=without)
    found = verified(tmp_path, records, PRESENT, raw=False)
    assert only(found).verdict is expected
    assert found.observed > 0


def test_slower_answers_are_found_in_summaries(tmp_path: Path) -> None:
    limit = guarantee(
        ORDER, "response.200.latency", Latency(p50_ms=1, p95_ms=5, p99_ms=9, n=900), tolerated=0.01
    )
    assert only(verified(tmp_path, orders(40), limit, raw=False)).verdict is Verdict.BROKEN


def test_a_success_that_took_the_place_of_another_is_found(tmp_path: Path) -> None:
    found = verified(tmp_path, orders(20, status=201), *with_statuses([PRESENT]))
    verdicts = {one.guarantee.clause.kind.name: one.verdict for one in found.findings}
    assert verdicts == {"present": Verdict.NOT_ENOUGH, "occurs": Verdict.BROKEN}


def test_messages_are_looked_at(tmp_path: Path) -> None:
    records = [
        message(at, "orders.created", {"order_id": f"o{at}"} if at else {"x": 1}, producer="shop")
        for at in range(9)
    ]
    one = guarantee(CREATED, "response.message.body.order_id", Present(always=True))
    found = only(verified(tmp_path, records, one))
    assert (found.verdict, found.held, found.broken, found.hit) == (Verdict.BROKEN, 8, 1, ("billing",))


def test_what_takes_several_messages_is_left_open_without_them(tmp_path: Path) -> None:
    found = only(verified(tmp_path, orders(9), guarantee(CREATED, "response.message", KeyOrder("order_id"))))
    assert found.verdict is Verdict.NOT_ENOUGH


def test_nothing_observed_is_no_pass(tmp_path: Path) -> None:
    found = verified(tmp_path, orders(9), PRESENT, since=START + 10**6 * SECOND)
    assert only(found).verdict is Verdict.NOT_ENOUGH
    assert found.verdict == "Nothing was observed: of 1 guarantee nothing can be said."
    assert found.failing(on_open=True)
    assert not found.failing(on_open=False)


def test_text_from_traffic_does_no_harm_in_any_format(tmp_path: Path) -> None:
    evil = 'a"<b>\x1b[31m\u202e'
    one = guarantee(
        ORDER, f'response.200.body["{evil.replace(chr(34), "")}"]'.replace("\x1b", ""), Type(("object",))
    )
    found = verified(tmp_path, orders(3), one, guarantee(ORDER, "response.404", Occurs()))
    written = junit(found)
    assert "\x1b" not in written
    assert "\u202e" not in written
    assert "<b>" not in written
    assert verification_form(found)["counts"]["not-applicable"] == 1
