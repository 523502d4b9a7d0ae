"""What was published, known again when it is delivered."""

from __future__ import annotations

import pytest

from proxy import publications
from proxy.publications import Publication, Publications, published_at
from proxy.raw import Link, RawBody, RawEvent, Sender
from store.records import Identity, Lane

API = Identity(basis="client-id", value="api")
LINK = Link("events", Lane.SPLICE, "here", "amqp", connection="c", peer="10.0.0.7")
SECOND = 10**9


def event(payload: bytes = b"{}", at: int = 5, **more: object) -> RawEvent:
    given = {
        "link": LINK,
        "ordinal": 0,
        "sender": Sender.CLIENT,
        "channel": "order.created",
        "at": at,
        "payload": RawBody(data=payload, size=len(payload)),
        **more,
    }
    return RawEvent(**given)  # type: ignore[arg-type]


def test_a_delivery_is_known_by_its_content() -> None:
    known = Publications()
    known.published(event(b"1"), API)
    assert known.of(event(b"1", at=9, sender=Sender.SERVER)) == Publication(5, API)
    assert known.of(event(b"2", at=9)) is None
    assert known.of(event(b"1", at=9, channel="order.paid")) is None
    assert known.of(event(b"1", at=9, link=LINK._replace(producer="other"))) is None


def test_an_id_tells_equal_contents_apart() -> None:
    known = Publications()
    for at, name in ((1, "a"), (2, "b")):
        known.published(event(at=at, headers=(("message-id", name),)), API)
    found = known.of(event(at=9, headers=(("message-id", "a"), ("x-extra", "1"))))
    assert found is not None
    assert found.at == 1


def test_of_the_same_content_the_last_counts_and_what_comes_later_does_not() -> None:
    known = Publications()
    known.published(event(at=1), API)
    known.published(event(at=4), API)
    assert known.of(event(at=9)) == Publication(4, API)
    assert known.of(event(at=3)) is None


def test_no_more_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publications, "MAX_PUBLICATIONS", 2)
    known = Publications()
    for name in (b"1", b"2", b"1", b"3"):
        known.published(event(name), API)
    assert known.of(event(b"2", at=9)) is None
    assert known.of(event(b"1", at=9)) is not None


def test_what_was_seen_says_more_than_whole_seconds() -> None:
    said = event(published_at=3 * SECOND)
    assert published_at(said, None) is None
    assert published_at(said, Publication(7, API)) == 7
    assert published_at(said._replace(published_at=3 * SECOND + 1_000_000), None) == 3_001_000_000
