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
_MAX_WARNED = 100
_VERSION = re.compile(r"(2)\.[0-6](\..+)?|(3)\.[01](\..+)?")
_SUPPORTED = "AsyncAPI 2.0 to 2.6, 3.0 and 3.1 are supported."


def check(library: Library, *, lenient: bool = False) -> str:
    """The major version of a document (`2`, `3`), once it is known to have its parts.

    What has another shape inside of a part costs no more than itself: it is told, and the rest is read.

    Args:
        library: the document.
        lenient: whether it is so, too, with what has another shape at the root.

    Raises:
        DeclaredError: it is of another version, or its parts cannot be told; the message says where and why.
    """
    major = _major(library)
    try:
        found = list(islice(_validator(major).iter_errors(library.tree), _MAX_WARNED))
    except (ValueError, RecursionError, OverflowError) as error:
        raise DeclaredError(f"{library.source} cannot be validated: {error}") from None
    grave = [_told(one, library) for one in found if len(one.instance_path) <= 1 and not lenient]
    if grave:
        raise DeclaredError(
            f"{library.source} is not a valid AsyncAPI {major} document: {'; '.join(grave[:_MAX_TOLD])}",
            "Mend the document where the message points, then run this again.",
        )
    for one in found:
        library.warn(_told(one, library))
    return major


def _told(error: jsonschema_rs.ValidationError, library: Library) -> str:
    return f"{library.where(tuple(map(str, error.instance_path)))}: {error.message}"


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
