"""What documents declare, in a form that is easy to compare."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from contract.declared import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract.openapi import DeclaredContract


def loaded(source: Mapping[str, Any]) -> DeclaredContract:
    return load(json.dumps(source), producer="lights")


def document(channels: Mapping[str, Any], *, version: str = "2.6.0", **rest: Any) -> dict[str, Any]:
    return {"asyncapi": version, "info": {"title": "x", "version": "1"}, "channels": channels, **rest}


def published(message: Any) -> dict[str, Any]:
    """A channel of version 2 with one message."""
    return {"publish": {"message": message}}


def said(contract: DeclaredContract, key: str) -> dict[str, Any]:
    """Of one operation `subject kind` → value."""
    (operation,) = (one for one in contract.operations if one.key == key)
    clauses = operation.clauses_for(["message"])
    assert {clause.operation for clause in clauses} <= {key}
    return {f"{clause.subject} {clause.kind.name}": clause.kind.value for clause in clauses}
