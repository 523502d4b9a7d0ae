"""The shape that a document must have for its channels to be read, as JSON Schema, by major version.

AsyncAPI publishes schemas of its own, and no package carries them. These say only what decides which
messages there are and what is said of them: a document that they let pass is read as it was meant.
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_OBJECT = {"type": "object"}


def _or_reference(schema: dict[str, Any]) -> dict[str, Any]:
    """An object, or a reference to one; what stands beside a reference is ignored."""
    reference = {"type": "object", "required": ["$ref"]}
    return {"if": reference, "then": {"properties": {"$ref": _TEXT}}, "else": schema}


def _map(schema: dict[str, Any]) -> dict[str, Any]:
    """An object with names that the author chose, extensions aside."""
    return {"type": "object", "patternProperties": {"^(?!x-)": schema}}


def _list(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def _fields(*required: str, **fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": fields}


_REFERENCE = _fields("$ref", **{"$ref": _TEXT})
_TRAITS = _list(_OBJECT)
_MESSAGE = _or_reference(
    _fields(
        name=_TEXT,
        contentType=_TEXT,
        schemaFormat=_TEXT,
        headers={"type": ["object", "boolean"]},
        bindings=_OBJECT,
        traits=_TRAITS,
    )
)
_COMMON = {"info": _OBJECT, "defaultContentType": _TEXT}

_MESSAGES_2 = {
    "if": _fields("oneOf"),
    "then": _fields(oneOf=_list(_MESSAGE)),
    "else": _MESSAGE,
}
_OPERATION_2 = _fields(message=_MESSAGES_2, traits=_TRAITS, security=_list(_OBJECT))
_CHANNELS_2 = _map(
    _fields(
        parameters=_map(_OBJECT),
        publish=_OPERATION_2,
        subscribe=_OPERATION_2,
        bindings=_OBJECT,
    )
)

_CHANNELS_3 = _map(
    _or_reference(
        _fields(
            address={"type": ["string", "null"]},
            parameters=_map(_OBJECT),
            messages=_map(_MESSAGE),
            bindings=_OBJECT,
        )
    )
)
_OPERATIONS_3 = _map(
    _or_reference(
        _fields(
            "action",
            "channel",
            action={"enum": ["send", "receive"]},
            channel=_REFERENCE,
            messages=_list(_REFERENCE),
            traits=_TRAITS,
            security=_list(_OBJECT),
        )
    )
)


SHAPES = {
    "2": _fields(
        "channels",
        **_COMMON,
        channels=_CHANNELS_2,
        components=_fields(messages=_map(_MESSAGE), channels=_CHANNELS_2, schemas=_OBJECT),
    ),
    "3": _fields(
        **_COMMON,
        channels=_CHANNELS_3,
        operations=_OPERATIONS_3,
        components=_fields(
            messages=_map(_MESSAGE), channels=_CHANNELS_3, operations=_OPERATIONS_3, schemas=_OBJECT
        ),
    ),
}
