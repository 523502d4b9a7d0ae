"""AMQP 0-9-1: what becomes of messages, from sessions by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.proxy.decoders.amqp_by_hand import (
    B,
    Session,
    at,
    consuming,
    delivery,
    message,
    published,
    sent,
    told,
)

from pamqp import commands  # isort: skip

from proxy.decoders.decoder import Instant, Limits
from proxy.raw import Sender

Tx = commands.Tx
CONFIRM = sent(commands.Confirm.Select())
RETURN = message(B.Return(312, "NO_ROUTE", "shop", "order.created"))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (B.Ack(7), "ack"),
        (B.Nack(7, multiple=False, requeue=False), "nack"),
        (B.Nack(7, multiple=False, requeue=True), "nack-requeue"),
        (B.Reject(7, requeue=False), "reject"),
        (B.Reject(7, requeue=True), "reject-requeue"),
        (B.Recover(requeue=True), "recover"),
    ],
)
def test_a_delivery_is_told_when_it_is_answered(answer: Any, word: str) -> None:
    session = consuming()
    assert session.server(delivery(7, b"x", redelivered=True)) == []
    (event,) = session.client(sent(answer))
    assert (event.acknowledgement, event.acknowledged_at, event.sequence) == (word, at(5).wall_ns, 7)
    assert (event.at, event.redeliveries, event.sender) == (at(4).wall_ns, 1, Sender.SERVER)
    assert [one.key for one in event.client] == [
        "connection-name:billing-7",
        "user:billing",
        "queue:billing.orders",
    ]
    assert event.client[-1].source == "Basic.Consume queue"
    assert session.end() == []


def test_one_answer_for_many() -> None:
    session = consuming()
    session.server(b"".join(delivery(tag) for tag in range(1, 7)))
    assert told(session.client(sent(B.Ack(3, multiple=True)))) == [(1, "ack"), (2, "ack"), (3, "ack")]
    assert told(session.client(sent(B.Ack(5)))) == [(5, "ack")]
    assert told(session.client(sent(B.Ack(5)))) == []
    everything = sent(B.Nack(0, multiple=True, requeue=False))
    assert told(session.client(everything)) == [(4, "nack"), (6, "nack")]


def test_answers_are_of_one_channel() -> None:
    session = consuming()
    session.server(delivery(1) + message(B.Deliver("c1", 1, False, "", "other"), channel=2))
    assert [one.channel for one in session.client(sent(B.Ack(1), channel=2))] == ["other"]
    assert [one.channel for one in session.client(sent(B.Ack(1)))] == ["order.created"]


def test_without_acknowledgement_it_is_told_at_once() -> None:
    (event,) = consuming(no_ack=True).server(delivery(1))
    assert (event.acknowledgement, event.acknowledged_at) == ("auto", event.at)


def test_the_broker_names_a_queue_and_a_consumer() -> None:
    session = Session()
    session.client(sent(commands.Queue.Declare(queue="first")))
    session.client(sent(commands.Queue.Declare(queue="")))
    session.server(sent(commands.Queue.DeclareOk("amq.gen-1", 0, 0)))
    session.client(sent(B.Consume(queue="", consumer_tag="", no_ack=True)))
    session.client(sent(B.Consume(queue="other", consumer_tag="c1", no_ack=True)))
    session.server(sent(B.ConsumeOk("ctag-1"), B.ConsumeOk("c1")))
    (event,) = session.server(message(B.Deliver("ctag-1", 1, False, "", "x")))
    assert event.client[-1].key == "queue:amq.gen-1"
    (event,) = session.server(message(B.Deliver("c1", 1, False, "", "x")))
    assert event.client[-1].key == "queue:other"


def test_a_message_that_was_asked_for() -> None:
    session = Session()
    session.client(sent(*(B.Get(queue=name, no_ack=name == "auto") for name in ("jobs", "more", "auto"))))
    session.server(sent(B.GetEmpty()))
    assert session.server(message(B.GetOk(4, False, "", "more", 0))) == []
    (event,) = session.server(message(B.GetOk(5, False, "", "auto", 0)))
    assert (event.acknowledgement, event.client[-1].key) == ("auto", "queue:auto")
    (event,) = session.client(sent(B.Ack(4)))
    assert event.client[-1].key == "queue:more"
    assert event.client[-1].source == "Basic.Get queue"


def test_what_was_not_answered_is_told_at_the_end_once() -> None:
    session = consuming()
    before = session.decoder.held_bytes
    session.server(delivery(1) + delivery(2))
    assert told(session.end()) == [(1, ""), (2, "")]
    assert session.end() == []
    assert session.decoder.held_bytes == before


def test_a_number_that_stands_for_another_channel_is_another_channel() -> None:
    session = consuming()
    session.server(delivery(1))
    assert session.client(sent(commands.Channel.Close(200, "", 0, 0)) + CONFIRM + published("lost")) == []
    session.server(delivery(2))
    closed = session.server(sent(commands.Channel.CloseOk()))
    assert [(one.channel, one.acknowledgement) for one in closed] == [
        ("lost", ""),
        ("order.created", ""),
        ("order.created", ""),
    ]
    assert session.client(sent(B.Ack(1))) == []
    assert len(session.client(published())) == 1


@pytest.mark.parametrize(("count", "redeliveries"), [(3, 3), (0, 0), (-1, 1), ("x", 1)])
def test_quorum_queues_count(count: Any, redeliveries: int) -> None:
    session = consuming(no_ack=True)
    (event,) = session.server(delivery(1, redelivered=True, headers={"x-delivery-count": count}))
    assert event.redeliveries == redeliveries
    assert session.server(delivery(2))[0].redeliveries == 0


def test_messages_that_wait_are_bounded() -> None:
    session = consuming()
    data = b"".join(delivery(tag) for tag in range(1, 1003))
    assert told(session.server(data)) == [(1, ""), (2, "")]
    assert told(session.client(sent(B.Ack(3, multiple=True)))) == [(3, "ack")]
    session = consuming(limits=Limits(body_bytes=1000))
    assert told(session.server(b"".join(delivery(tag, b"x" * 900) for tag in range(1, 7)))) == [
        (1, ""),
        (2, ""),
    ]
    assert 3600 <= session.decoder.held_bytes <= 5000
    session = consuming(limits=Limits(body_bytes=1))
    assert told(session.server(delivery(1, b"xy"))) == [(1, "")]


def test_a_delivery_tag_that_comes_twice() -> None:
    session = consuming()
    assert told(session.server(delivery(1, b"a") + delivery(1, b"b"))) == [(1, "")]
    (event,) = session.client(sent(B.Ack(1)))
    assert event.payload is not None
    assert event.payload.data == b"b"


def test_publications_are_told_when_they_are_confirmed() -> None:
    session = Session()
    (early,) = session.client(published("early"))
    assert (early.sequence, early.acknowledgement) == (None, "")
    assert session.client(CONFIRM + b"".join(published(str(n)) for n in range(1, 6))) == []
    session.server(sent(commands.Confirm.SelectOk()))
    first = session.server(sent(B.Ack(2, multiple=True)))
    assert told(first) == [(1, "confirm"), (2, "confirm")]
    assert [one.channel for one in first] == ["1", "2"]
    assert (first[0].at, first[0].acknowledged_at) == (at(3).wall_ns, at(5).wall_ns)
    assert told(session.server(sent(B.Nack(4)))) == [(4, "nack")]
    assert told(session.server(sent(B.Ack(0, multiple=True)))) == [(3, "confirm"), (5, "confirm")]
    session.client(published())
    assert told(session.end()) == [(6, "")]


def test_what_is_returned_is_confirmed_all_the_same() -> None:
    session = Session()
    session.client(CONFIRM + published() + published(mandatory=True) + published(mandatory=True))
    assert session.server(RETURN) == []
    found = session.server(sent(B.Ack(3, multiple=True)))
    assert [one.flaws for one in found] == [(), ("returned",), ()]
    assert told(found) == [(1, "confirm"), (2, "confirm"), (3, "confirm")]
    assert session.server(RETURN) == []


def test_without_confirms_a_return_is_waited_for_a_second() -> None:
    session = Session()
    assert session.client(published(mandatory=True) + published(payload=b"other", mandatory=True)) == []
    (returned,) = session.server(RETURN)
    assert (returned.flaws, returned.sequence, returned.acknowledgement) == (("returned",), None, "")
    assert session.server(RETURN) == []
    assert list(session.decoder.server_data(b"", Instant(0, 10**9))) == []
    (routed,) = session.decoder.server_data(b"", Instant(0, 10**9 + 2))
    assert (routed.flaws, routed.fingerprint[-1]) == ((), 1)


def test_a_transaction_that_is_committed() -> None:
    session = consuming()
    session.server(delivery(1) + delivery(2) + delivery(3))
    session.client(sent(Tx.Select()))
    assert session.client(published(mandatory=True) + sent(B.Ack(1), B.Reject(2)) + sent(Tx.Commit())) == []
    assert session.client(published("next")) == []
    assert session.server(RETURN) == []
    found = session.server(sent(Tx.CommitOk()))
    assert told(found) == [(None, "commit"), (1, "ack"), (2, "reject-requeue")]
    assert found[0].flaws == ("returned",)
    assert {one.acknowledged_at for one in found} == {at(9).wall_ns}
    session.client(sent(Tx.Commit()))
    assert [one.channel for one in session.server(sent(Tx.CommitOk()))] == ["next"]
    assert told(session.end()) == [(3, "")]


def test_a_transaction_that_is_rolled_back() -> None:
    session = consuming()
    session.server(delivery(1))
    session.client(sent(Tx.Select()) + published() + sent(B.Ack(1)) + sent(Tx.Rollback()))
    (undone,) = session.server(sent(Tx.RollbackOk()))
    assert (undone.sender, undone.flaws, undone.acknowledgement) == (
        Sender.CLIENT,
        ("rolled-back",),
        "rollback",
    )
    session.client(sent(B.Nack(1, requeue=False)) + sent(Tx.Commit()))
    assert told(session.server(sent(Tx.CommitOk()))) == [(1, "nack")]
