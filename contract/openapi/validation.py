"""Is a document what it says it is? The official JSON Schemas, evaluated by jsonschema-rs.

Whole documents of 800 KB take milliseconds so. What only people read may be missing or unknown: that is
told as a warning, since nothing that consumers could rely on hangs on it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from contract.openapi.errors import DeclaredError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.openapi.library import Library

_MAX_TOLD = 5
_MAX_WARNED = 100
_MAX_MESSAGE = 200
_META = "https://json-schema.org/draft/2020-12/schema"
_SUPPORTED = "Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 are supported."
_FOR_PEOPLE = frozenset({"description", "title", "version", "operationId", "summary", "name", "url"})
"""Fields whose lack changes nothing of what is promised, where they are not part of a parameter."""
_ASIDE = frozenset({"tags", "info", "externalDocs", "contact", "license", "examples", "example", "xml"})
"""Objects that promise nothing."""
_NAMED = frozenset(
    {"properties", "patternProperties", "schemas", "definitions", "$defs", "headers", "responses", "paths"}
)
"""Maps whose keys are names that the author chose."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What a document breaks: the path of keys and indices to the place, why, and whether it matters."""

    steps: tuple[str, ...]
    message: str
    minor: bool


def check(library: Library, *, lenient: bool = False) -> str:
    """The version of a document (`2.0`, `3.0`, `3.1`, `3.2`), once it is known to have its parts.

    What is invalid inside of a part costs no more than itself: it is told, and the rest is read.

    Args:
        library: the document.
        lenient: whether it is so, too, with what is invalid at the root.

    Raises:
        DeclaredError: it is no such document, or one whose parts cannot be told.
    """
    version = _version(library)
    try:
        found = list({one.steps: one for one in _violations(version, library.tree)}.values())
    except (ValueError, RecursionError, OverflowError) as error:
        raise DeclaredError(f"{library.source} cannot be validated: {_short(str(error))}") from None
    grave = [one for one in found if len(one.steps) <= 1 and not (one.minor or lenient)]
    slight = [one for one in found if one not in grave]
    for violation in slight[:_MAX_WARNED]:
        library.warn(f"{library.where(violation.steps)}: {violation.message}")
    if len(slight) > _MAX_WARNED:
        library.warn(f"{len(slight) - _MAX_WARNED} more places are not as {_name(version)} has them")
    if grave:
        told = "; ".join(f"{library.where(one.steps)}: {one.message}" for one in grave[:_MAX_TOLD])
        more = f"; and {len(grave) - _MAX_TOLD} more" if len(grave) > _MAX_TOLD else ""
        raise DeclaredError(
            f"{library.source} is not a valid {_name(version)} document: {told}{more}",
            "Mend the document where the message points, then run this again.",
        )
    return version


def _name(version: str) -> str:
    return f"{'Swagger' if version == '2.0' else 'OpenAPI'} {version}"


def _version(library: Library) -> str:
    tree = library.tree
    if not isinstance(tree, dict):
        raise DeclaredError(f"{library.source} is no interface document: it holds no object", _SUPPORTED)
    given = str(tree.get("openapi", tree.get("swagger", "")))
    version = ".".join(given.split(".")[:2])
    if not given:
        raise DeclaredError(f"{library.source} names neither an openapi nor a swagger version", _SUPPORTED)
    if version not in ({"2.0"} if "openapi" not in tree else {"3.0", "3.1", "3.2"}):
        raise DeclaredError(f"{library.source} says that it is of version {given!r}", _SUPPORTED)
    if version == "2.0":
        tree["swagger"] = "2.0"  # YAML reads an unquoted 2.0 as a number, and everybody means this
    return version


@cache
def _validator(version: str) -> Any:
    """The official schema; from 3.1 on with schemas held to the dialect that the document's default is."""
    path = files("openapi_spec_validator") / "resources" / "schemas" / f"v{version}" / "schema.json"
    schema = json.loads(path.read_text("utf-8"))
    if version in {"2.0", "3.0"}:
        return jsonschema_rs.validator_for(schema)
    registry = jsonschema_rs.Registry([(schema["$id"], schema)])
    with_dialect = {
        "$schema": _META,
        "$ref": schema["$id"],
        "$defs": {"schema": {"$dynamicAnchor": "meta", "$ref": _META}},
    }
    return jsonschema_rs.validator_for(with_dialect, registry=registry)


def _violations(version: str, tree: Any) -> Iterator[Violation]:
    for error in _validator(version).iter_errors(tree):
        for cause in _causes(error):
            steps = tuple(map(str, cause.instance_path))
            yield Violation(steps, _short(cause.message), minor=_is_minor(cause, steps))


def _causes(error: Any) -> Iterator[Any]:
    """The errors behind "none of these fits": those of the alternative that was followed furthest."""
    branches = getattr(error.kind, "context", None)
    if not branches:
        yield error
        return
    causes = [[cause for inner in branch for cause in _causes(inner)] for branch in branches]
    yield from max(causes, key=_likeness)


def _likeness(causes: list[Any]) -> tuple[bool, int, int]:
    """How probable it is that an alternative was meant: not the reference, unless it is one; the deepest."""
    no_reference = any(
        cause.kind.name == "required" and getattr(cause.kind, "property", "") == "$ref" for cause in causes
    )
    return not no_reference, max((len(cause.instance_path) for cause in causes), default=0), -len(causes)


def _is_minor(error: Any, steps: tuple[str, ...]) -> bool:
    if error.kind.name in {"additionalProperties", "unevaluatedProperties", "format"}:
        return True
    if any(step in _ASIDE and before not in _NAMED for before, step in pairwise(("", *steps))):
        return True
    missing = getattr(error.kind, "property", "")
    return error.kind.name == "required" and missing in _FOR_PEOPLE and "parameters" not in steps


def _short(message: str) -> str:
    """A message without the whole of the value that it speaks of."""
    if len(message) <= _MAX_MESSAGE:
        return message
    return f"{message[: _MAX_MESSAGE // 2]} … {message[-_MAX_MESSAGE // 2 :]}"
