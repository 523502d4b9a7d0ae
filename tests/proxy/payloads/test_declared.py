"""What messages say of themselves, in the words of every protocol."""

from __future__ import annotations

import pytest

from proxy.payloads.declared import media_type_of, type_of_envelope, type_of_headers


@pytest.mark.parametrize(
    "name",
    [
        "ce-type",
        "ce_type",
        "cloudEvents:type",
        "cloudevents_type",
        "type",
        "event-type",
        "event_type",
        "X-Event-Type",
        "message-type",
        "__TypeId__",
        "Nats-Msg-Type",
    ],
)
def test_headers_that_name_the_type(name: str) -> None:
    assert type_of_headers((("x", "y"), (name, "order.placed"), (name, "second"))) == "order.placed"


def test_cloudevents_are_believed_before_others() -> None:
    assert type_of_headers((("type", "a"), ("ce_type", "b"), ("__typeid__", "c"))) == "b"
    assert type_of_headers((("ce_type", ""), ("__typeid__", "c"))) == "c"
    assert not type_of_headers(())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"specversion":"1.0","type":"order.placed"}', "order.placed"),
        (b'{"specversion":"1.0","type":7}', ""),
        (b'{"specversion":"1.0"}', ""),
        (b'{"type":"order.placed"}', ""),
        (b'{"data":{"specversion":"1.0"},"type":"other"}', ""),
        (b'["specversion"]', ""),
        (b'{"specversion":"1.0","type":"cut', ""),
    ],
)
def test_envelopes(text: bytes, expected: str) -> None:
    assert type_of_envelope(text) == expected


def test_the_first_media_type_counts() -> None:
    assert media_type_of((("Content-Type", "a/b; c=d"), ("content-type", "e/f"))) == "a/b; c=d"
    assert not media_type_of(())
