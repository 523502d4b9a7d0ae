"""What consumers do about a message that comes again: the call once more, or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.claim import Level
from tests.inference.test_events import mapped, operation, order
from tests.inference.traffic import call, message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from contract.claim import Claim


def stated(
    tmp_path: Path,
    *,
    calls_at: Iterable[int],
    calls_again_at: Iterable[int],
    every: int = 2,
    method: str = "POST",
) -> list[Claim]:
    """Forty orders, of which some are delivered again after ten seconds, and the calls for them."""
    messages, calls = [], []
    for number in range(40):
        body, at = order(number), number * 100
        again = number % every == 0
        messages.append(message(at, "order.created", body, redeliveries=0))
        if again:
            messages.append(message(at + 10, "order.created", body, redeliveries=1))
        sent = {"order": body["order_id"]}
        calls += [
            call(at + later, method, "/shipments", sent=sent, status=201, got=sent)
            for later in (*calls_at, *(calls_again_at if again else ()))
        ]
    found = operation(mapped(tmp_path, messages, calls), "RECEIVE order.created")
    return [one for one in found.claims if one.clause.kind.name in {"repeats-effect", "deduplicates"}]


def test_who_calls_once_more_relies_on_once(tmp_path: Path) -> None:
    (one,) = stated(tmp_path, calls_at=[1], calls_again_at=[11])
    assert one.clause.statement == "consumers call POST /shipments once more for a message that comes again"
    assert one.doubt == ""
    assert [(link.consumer, link.level) for link in one.dependence] == [("billing", Level.USED)]
    assert (one.evidence.held, one.evidence.broken) == (20, 0)


def test_who_does_not_deduplicates(tmp_path: Path) -> None:
    (one,) = stated(tmp_path, calls_at=[1], calls_again_at=[])
    assert one.clause.statement == "consumers call POST /shipments only once for a message that comes again"
    assert one.doubt == ""
    assert one.evidence.held == 20


def test_what_is_called_twice_anyway_is_no_effect_of_the_second_delivery(tmp_path: Path) -> None:
    (one,) = stated(tmp_path, calls_at=[1, 12], calls_again_at=[])
    assert one.clause.kind.name == "repeats-effect"
    assert one.doubt == ("20 seen, 3 of one consumer needed, and more than where nothing came again")
    assert one.dependence == ()


def test_a_call_after_the_second_delivery_alone_says_nothing(tmp_path: Path) -> None:
    assert stated(tmp_path, calls_at=[20], calls_again_at=[]) == []


def test_few_are_not_enough(tmp_path: Path) -> None:
    (one,) = stated(tmp_path, calls_at=[1], calls_again_at=[], every=8)
    assert one.doubt == "5 seen, 10 of one consumer needed"


def test_reading_again_is_no_effect(tmp_path: Path) -> None:
    assert stated(tmp_path, calls_at=[1], calls_again_at=[11], method="GET") == []
