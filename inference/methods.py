"""The method of an exchange, with what tells it from others of the same path.

`POST#OrderById` is a GraphQL operation, `POST#order.paid` an event that comes by a call (a webhook).
Nothing else has more than its method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference import graphql, webhooks

if TYPE_CHECKING:
    from inference.graphql import Asked
    from store.records import Exchange


def method_of(exchange: Exchange, asked: Asked | None) -> str:
    """The method, given what is asked where GraphQL is spoken."""
    return webhooks.method_of(exchange) if asked is None else graphql.method_of(exchange, asked)
