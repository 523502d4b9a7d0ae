"""Webhooks: exchanges that deliver an event, and which one.

One path often takes events of every type, so such a call is told from others by the type of its event: its
method becomes `POST#order.paid`, as the method of a message has the message's type. A call is a delivery
where its header fields say so: by the signatures that senders prove themselves with, by fields that name an
event or a delivery, or as CloudEvents of either mode (HTTP Protocol Binding, section 3). Redaction keeps the
names of such fields and makes equal values equal tokens, which is all that is needed here.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from inference.events import type_of

if TYPE_CHECKING:
    from store.records import Exchange

_METHODS = frozenset({"POST", "PUT"})
_CLOUD_EVENT = "application/cloudevents+json"
_WORDS = r"(?:[a-z0-9]+-)*"


class Delivery(NamedTuple):
    """An event on its way.

    `type` and `id` are `""` where nothing says them; `id` is the same when the delivery is repeated.
    `attempt` counts from 1, None where the sender does not.
    """

    type: str
    id: str
    attempt: int | None


class _Role(Enum):
    """What a header field says of a delivery."""

    TYPE = auto()
    ID = auto()
    ATTEMPT = auto()
    SIGNATURE = auto()


_ROLES = {
    _Role.TYPE: re.compile(
        rf"ce-type|x-{_WORDS}(?:event|topic)(?:-(?:type|key|name))?|webhook-(?:event|topic|type)"
        r"|twitch-eventsub-subscription-type"
    ),
    _Role.ID: re.compile(
        rf"(?:ce|svix|webhook|x-shopify-webhook)-id|x-{_WORDS}delivery(?:-(?:id|uuid|guid))?"
        rf"|x-{_WORDS}event-(?:id|uuid)|paypal-transmission-id|twitch-eventsub-message-id"
    ),
    _Role.ATTEMPT: re.compile(rf"{_WORDS}(?:attempt|retry)(?:-(?:num|number|count))?"),
    _Role.SIGNATURE: re.compile(
        rf"{_WORDS}(?:event|hook|webhook)-(?:hmac|signature)(?:-(?:sha)?\d+)?"
        r"|(?:linear|stripe|svix|typeform)-signature|x-hub-signature(?:-256)?|x-gitlab-token"
        r"|x-(?:pagerduty|slack|twilio|zm)-signature|x-shopify-hmac-sha256|x-square-hmacsha256-signature"
        r"|paypal-transmission-sig|twitch-eventsub-message-signature"
    ),
}
"""By the field's name. Not `signature` alone: RFC 9421 signs calls of every kind with it. Nor ids of hooks
(`x-github-hook-id`, `x-wc-webhook-id`), which are the same for all that they deliver."""


def delivery_of(exchange: Exchange) -> Delivery | None:
    """The event that an exchange delivers, None where it delivers none. Total."""
    if exchange.method.upper() not in _METHODS:
        return None
    said: dict[_Role, tuple[str, str]] = {}
    for name, value in exchange.request_headers:
        role = _role_of(name)
        if role is not None:
            said.setdefault(role, (name, value))
    body = exchange.request_body
    enveloped = body is not None and body.media_type == _CLOUD_EVENT
    if not enveloped and not said.keys() - {_Role.ATTEMPT}:
        return None
    named = said.get(_Role.TYPE, ("", ""))[1]
    event = _event(exchange)
    type_ = event.get("type") if enveloped else named
    id_ = said[_Role.ID][1] if _Role.ID in said else event.get("id")
    return Delivery(
        type=type_of(_word(type_) if isinstance(type_, str) else "", body),
        id=id_ if isinstance(id_, str) else "",
        attempt=_attempt(*said.get(_Role.ATTEMPT, ("", ""))),
    )


def event_type_of(exchange: Exchange) -> str:
    """The type of the event that an exchange delivers, `""` where it delivers none or nothing says it."""
    delivery = delivery_of(exchange)
    return delivery.type if delivery is not None else ""


def method_of(exchange: Exchange) -> str:
    """The method of an exchange, with the type of the event that it delivers."""
    type_ = event_type_of(exchange)
    return f"{exchange.method}#{type_}" if type_ else exchange.method


def _word(type_: str) -> str:
    """A type as one word: `Push Hook`, and `orders/paid`, which would look like a path."""
    return "_".join(type_.split()).replace("/", ".")


@lru_cache(maxsize=4096)
def _role_of(name: str) -> _Role | None:
    return next((role for role, pattern in _ROLES.items() if pattern.fullmatch(name)), None)


def _event(exchange: Exchange) -> dict[str, Any]:
    """The payload, where it is an envelope: an object that says its own type (CloudEvents, Stripe)."""
    body = exchange.request_body
    if body is None or body.truncated or not body.content.startswith(b"{"):
        return {}
    try:
        value = orjson.loads(body.content)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) and "type" in value else {}


def _attempt(name: str, value: str) -> int | None:
    """Which attempt it is. A retry counts what came after the first."""
    if not value.isascii() or not value.isdecimal() or len(value) > 4:
        return None
    return int(value) + ("retry" in name)
