"""Schemas as older versions of OpenAPI write them: 3.0 has `nullable`, and one type (3.0, section 4.7.24)."""

from __future__ import annotations

from typing import Any


def as_written_in(version: str, form: Any) -> Any:
    """What was written for 3.1, in the words of another version 3."""
    return _older(form) if version.startswith("3.0") else form


def _older(form: Any) -> Any:
    if isinstance(form, list):
        return [_older(item) for item in form]
    if not isinstance(form, dict):
        return form
    found = {name: _older(value) for name, value in form.items()}
    types = found.get("type")
    if isinstance(types, list):
        return _one_type(found, types)
    return {**found, "items": found.get("items", {})} if types == "array" else found


def _one_type(schema: dict[str, Any], types: list[str]) -> Any:
    """Several types as alternatives; null is no type."""
    named = [name for name in types if name != "null"]
    rest = {name: value for name, value in schema.items() if name != "type"}
    null = {"nullable": True} if "null" in types else {}
    if len(named) == 1:
        return {"type": named[0], **null, **rest}
    return {
        "anyOf": [{"type": name, **({"items": {}} if name == "array" else {}), **null} for name in named],
        **rest,
    }
