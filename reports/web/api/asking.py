"""What a request asks for, held to the document: what that does not know, or knows otherwise, is refused."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import jsonschema_rs
from aiohttp import web

from reports.web.api.document import parameters
from reports.words import clipped, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema_rs import Draft202012Validator

Asked = dict[str, Any]
"""The parameters by name: those that were given, and the defaults of the others; None where there is none."""

_INTEGER = re.compile(r"-?\d{1,18}")
_BOOLEAN = {"true": True, "false": False}


class _Parameter(NamedTuple):
    schema: Mapping[str, Any]
    validator: Draft202012Validator
    required: bool

    def read(self, text: str) -> object:
        """The value that a text stands for; of another type, the text."""
        kind = self.schema["type"]
        if kind == "integer" and _INTEGER.fullmatch(text):
            return int(text)
        return _BOOLEAN.get(text, text) if kind == "boolean" else text


def asked(request: web.Request, path: str) -> Asked:
    """The query of a request to a path of the document.

    Raises:
        HTTPBadRequest: it is not as documented.
    """
    known, query = _parameters(path), request.query
    unknown = sorted(query.keys() - known.keys())
    if unknown:
        has = f"Known are {listed(list(known), most=len(known))}." if known else "It takes none."
        raise web.HTTPBadRequest(text=f"There is no parameter {clipped(repr(unknown[0]), 80)} here. {has}")
    return {name: _value(name, one, query.getall(name, [])) for name, one in known.items()}


def _value(name: str, parameter: _Parameter, given: list[str]) -> object:
    if not given:
        if parameter.required:
            raise web.HTTPBadRequest(text=f"The parameter {name} is missing.")
        return parameter.schema.get("default")
    if len(given) > 1:
        raise web.HTTPBadRequest(text=f"The parameter {name} is given more than once.")
    value = parameter.read(given[0])
    for error in parameter.validator.iter_errors(value):
        raise web.HTTPBadRequest(text=f"The parameter {name} is wrong: {clipped(error.message, 200)}.")
    return value


@cache
def _parameters(path: str) -> dict[str, _Parameter]:
    return {
        one["name"]: _Parameter(
            schema=one["schema"],
            validator=jsonschema_rs.Draft202012Validator(one["schema"], validate_formats=True),
            required=one.get("required", False),
        )
        for one in parameters(path)
    }
