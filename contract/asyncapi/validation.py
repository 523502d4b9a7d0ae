"""Is a document what it says it is? Its version, and the shape of what is read of it."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from contract.asyncapi.shapes import SHAPES
from contract.openapi.errors import DeclaredError

if TYPE_CHECKING:
    from contract.openapi.library import Library

_MAX_TOLD = 5
_VERSION = re.compile(r"(2)\.[0-6](\..+)?|(3)\.0(\..+)?")
_SUPPORTED = "AsyncAPI 2.0 to 2.6 and 3.0 are supported."


def check(library: Library) -> str:
    """The major version of a document (`2`, `3`), once it is known to have its shape.

    Raises:
        DeclaredError: it is of another version, or has another shape; the message says where and why.
    """
    major = _major(library)
    try:
        found = list(islice(_validator(major).iter_errors(library.tree), _MAX_TOLD))
    except (ValueError, RecursionError, OverflowError) as error:
        raise DeclaredError(f"{library.source} cannot be validated: {error}") from None
    if found:
        told = "; ".join(
            f"{library.where(tuple(map(str, error.instance_path)))}: {error.message}" for error in found
        )
        raise DeclaredError(
            f"{library.source} is not a valid AsyncAPI {major} document: {told}",
            "Mend the document where the message points, then run this again.",
        )
    return major


def _major(library: Library) -> str:
    given = library.tree.get("asyncapi") if isinstance(library.tree, dict) else None
    if given is None:
        raise DeclaredError(f"{library.source} names no asyncapi version", _SUPPORTED)
    match = _VERSION.fullmatch(str(given))
    if match is None:
        raise DeclaredError(f"{library.source} says that it is of AsyncAPI version {given!r}", _SUPPORTED)
    return match[1] or match[3]


@cache
def _validator(major: str) -> Any:
    """Messages do not repeat the value that they speak of: it may be long."""
    return jsonschema_rs.validator_for(SHAPES[major], mask="this")
