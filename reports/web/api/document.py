"""The API's own OpenAPI document: what it promises is what requests are held to."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import yaml

ROOT = "/api/v1"
SOURCE = Path(__file__).parents[1] / "openapi.yaml"


@cache
def document() -> dict[str, Any]:
    """The document."""
    found: dict[str, Any] = yaml.safe_load(SOURCE.read_text("utf-8"))
    return found


@cache
def document_json() -> bytes:
    """The document as JSON."""
    return orjson.dumps(document(), option=orjson.OPT_INDENT_2)


def parameters(path: str) -> list[dict[str, Any]]:
    """The query parameters that the document gives for a path."""
    found = document()["paths"][path]["get"].get("parameters", [])
    resolved = (_resolved(one) for one in found)
    return [one for one in resolved if one["in"] == "query"]


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    if reference is None:
        return node
    found: Any = document()
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return _resolved(found)
