"""A declared document is read by what its root names."""

from __future__ import annotations

import pytest

from contract.declared import load
from contract.openapi import DeclaredError

INFO = "info: {title: x, version: '1'}\n"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (
            "openapi: 3.1.0\n" + INFO + "paths: {/a: {get: {responses: {'200': {description: x}}}}}\n",
            "GET /a",
        ),
        (
            "swagger: '2.0'\n" + INFO + "paths: {/a: {get: {responses: {'200': {description: x}}}}}\n",
            "GET /a",
        ),
        ("asyncapi: 2.0.0\n" + INFO + "channels: {a: {publish: {message: {}}}}\n", "SEND a"),
    ],
)
def test_the_root_decides(text: str, key: str) -> None:
    assert load(text, producer="x").operations[0].key == key


@pytest.mark.parametrize("text", ["a: 1\nb: 2\n", "[]\n\n", "\n\n"])
def test_what_is_none_of_them_is_told(text: str) -> None:
    with pytest.raises(DeclaredError, match="openapi, swagger or asyncapi") as error:
        load(text, producer="x")
    assert "AsyncAPI 2.0 to 2.6, 3.0 and 3.1" in (error.value.hint or "")
