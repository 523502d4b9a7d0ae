"""Which messages a subject speaks of."""

from __future__ import annotations

import pytest

from contract.messages.placing import channel_of


@pytest.mark.parametrize(
    ("subject", "type_", "channel"),
    [
        ("orders-value", "shop.Order", "orders"),
        ("orders-value", "", "orders"),
        ("orders-key", "shop.Order", None),
        ("orders.eu-value", "Order", "orders.eu"),
        ("orders-shop.Order", "shop.Order", "orders"),
        ("shop.Order", "shop.Order", ""),
        ("order", "shop.Order", ""),
        ("orders", "", "orders"),
        (":.tenant:orders-value", "", "orders"),
        (":.tenant:orders", "", "orders"),
        ("-value", "", ""),
    ],
)
def test_subjects(subject: str, type_: str, channel: str | None) -> None:
    assert channel_of(subject, type_) == channel
