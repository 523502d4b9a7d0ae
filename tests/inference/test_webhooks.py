"""Webhooks: what is one, of which type, and which attempt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.webhooks import Delivery, delivery_of, event_type_of, method_of
from store.records import Body
from tests.inference.traffic import call, json_body

TOKEN = "redacted.secret.string.p3imjy276l5bhpfo"
PAID = {"id": "evt_1", "type": "order.paid", "data": {"id": "o-1"}}


def hook(sent: Any = None, **fields: str) -> Any:
    headers = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    return call(0, "POST", "/hooks/orders", sent=sent, request_headers=headers)


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        (hook(PAID, stripe_signature=TOKEN), Delivery("order.paid", "evt_1", None)),
        (
            hook({"a": 1}, x_github_event="issues", x_github_delivery="7", x_hub_signature_256=TOKEN),
            Delivery("issues", "7", None),
        ),
        (hook({}, x_gitlab_event="Push Hook", x_gitlab_token=TOKEN), Delivery("Push_Hook", "", None)),
        (hook({}, x_event_key="repo:push", x_request_uuid="1"), Delivery("repo:push", "", None)),
        (
            hook({}, x_shopify_topic="orders/paid", x_shopify_webhook_id="9", x_shopify_hmac_sha256=TOKEN),
            Delivery("orders.paid", "9", None),
        ),
        (hook(PAID, webhook_id="msg_1", webhook_signature=TOKEN), Delivery("order.paid", "msg_1", None)),
        (hook(PAID, svix_id="msg_2", svix_signature=TOKEN), Delivery("order.paid", "msg_2", None)),
        (
            hook({"event_type": "order_paid"}, x_shop_delivery="3", x_shop_attempt="2"),
            Delivery("order_paid", "3", 2),
        ),
        (
            hook({"type": "url_verification"}, x_slack_signature=TOKEN, x_slack_retry_num="1"),
            Delivery("", "", 2),
        ),
        (hook({"a": 1}, ce_type="com.shop.paid", ce_id="5"), Delivery("com.shop.paid", "5", None)),
        (hook({"a": 1}, x_webhook_signature=TOKEN, x_webhook_attempt="many"), Delivery("", "", None)),
        (hook([1], x_hub_signature=TOKEN), Delivery("", "", None)),
    ],
)
def test_deliveries(exchange: Any, expected: Delivery) -> None:
    assert delivery_of(exchange) == expected


def test_cloud_events_in_their_envelope() -> None:
    body = replace(
        json_body({"specversion": "1.0", "id": "A-1", "type": "com.shop.order.paid", "source": "/shop"}),
        media_type="application/cloudevents+json",
    )
    exchange = replace(hook(), request_body=body)
    assert delivery_of(exchange) == Delivery("com.shop.order.paid", "A-1", None)


@pytest.mark.parametrize(
    "exchange",
    [
        hook(PAID),
        hook(PAID, signature=TOKEN, signature_input="sig1=()"),
        hook(PAID, x_retry_count="1", retry_after="3"),
        hook(PAID, x_github_hook_id="1"),
        call(0, "GET", "/hooks", request_headers=(("x-github-event", "issues"),)),
    ],
)
def test_what_is_none(exchange: Any) -> None:
    assert delivery_of(exchange) is None
    assert event_type_of(exchange) == ""
    assert method_of(exchange) == exchange.method


def test_the_method_has_the_type() -> None:
    assert event_type_of(hook(PAID, stripe_signature=TOKEN)) == "order.paid"
    assert method_of(hook(PAID, stripe_signature=TOKEN)) == "POST#order.paid"
    assert method_of(hook({}, stripe_signature=TOKEN)) == "POST"


@given(st.binary(), st.text(max_size=9), st.booleans())
def test_it_is_total(content: bytes, value: str, enveloped: bool) -> None:
    media_type = "application/cloudevents+json" if enveloped else ""
    body = Body(content=content, size=len(content), wire_size=len(content), media_type=media_type)
    delivery = delivery_of(
        replace(hook(x_event_type=value, webhook_id=value, x_attempt=value), request_body=body)
    )
    assert delivery is not None
    assert delivery.id == value
