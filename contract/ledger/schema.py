"""The JSON Schema of a ledger's file, made of the types that read it (`docs/contract.schema.json`)."""

from __future__ import annotations

from typing import Any

import msgspec

from contract.ledger.model import File

_NULL = {"type": "null"}


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12. Keys that it does not name are read, kept and named; here they are errors."""
    made = msgspec.json.schema(File)
    definitions = made.pop("$defs")
    for one in definitions.values():
        if one.get("type") == "object":
            one["additionalProperties"] = False
    clauses = definitions["File"]["properties"]["clauses"]
    clauses["propertyNames"] = {"pattern": "^[a-z2-7]{12}$"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The contract ledger, contract.yaml",
        **made,
        "$defs": {name: _optional(one) for name, one in sorted(definitions.items())},
    }


def _optional(definition: dict[str, Any]) -> dict[str, Any]:
    """A definition whose values may be left empty, which YAML reads as null, and whose texts are plain."""
    if "description" in definition:
        definition["description"] = " ".join(definition["description"].split())
    required = definition.pop("required", [])
    names = {
        name: one if name in required or _NULL in one.get("anyOf", ()) else {"anyOf": [one, _NULL]}
        for name, one in definition.pop("properties", {}).items()
    }
    return {
        **definition,
        **({"properties": names} if names else {}),
        **({"required": required} if required else {}),
    }
