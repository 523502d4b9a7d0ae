"""What a scene says of its operations."""

from __future__ import annotations

import pytest

from inference.asks import Asks
from inference.observation import Observation
from inference.paths import PathModel
from inference.scene import OperationScene, Scene
from tests.inference.traffic import call


@pytest.mark.parametrize(
    ("key", "selections", "is_safe"),
    [
        ("GET /orders", (), True),
        ("POST /orders", (), False),
        ("DELETE /orders/{id}", (), False),
        ("POST /graphql#Orders", ("query{orders{id}}",), True),
        ("POST /graphql#Orders", ("query($n:Int){orders{id}}", "query{orders{id}}"), True),
        ("POST /graphql#Paid", ("subscription{paid{id}}", "query{orders{id}}"), True),
        ("POST /graphql#Pay", ("mutation($id:ID!){pay{id}}",), False),
        ("POST /graphql#[Orders+Pay]", ("mutation{pay{id}}", "query{orders{id}}"), False),
        ("POST /graphql#persisted.0123456789ab", ("persisted.0123456789ab",), False),
        ("GET /graphql#persisted.0123456789ab", ("persisted.0123456789ab",), True),
    ],
)
def test_which_operations_mean_to_change_nothing(
    key: str, selections: tuple[str, ...], is_safe: bool
) -> None:
    asks = Asks()
    asks.observe(Observation(call(0, "POST", "/graphql"), "POST /graphql", selections=selections))
    known = OperationScene("shop", key, {Asks.family: asks}, {})
    scene = Scene(producer="shop", operations=PathModel().operations(()), scenes={key: known}, consumers={})
    assert scene.is_safe(key) is is_safe
