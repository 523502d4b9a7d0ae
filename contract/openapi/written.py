"""What a document says of one operation, in the same records for every version of OpenAPI and Swagger.

`v2` and `v3` read documents into these, `operation` makes clauses of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract.openapi.texts import Said
    from contract.view import Leaf, Node

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A named text in a request or a header of a response.

    `place` is `path`, `query`, `header` or `cookie`, or `body` for the fields of a form. With
    `repeated` each item of an array stands under the name by itself; with `spread` each field of an
    object stands under its own name; with `deep` as `name[field]`. What is none of these is one text.
    `schema` is None where the text has a form of its own, which is not looked into.
    """

    place: str
    name: str
    required: bool
    pointer: str
    schema: Leaf | None = None
    repeated: bool = False
    spread: bool = False
    deep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The bodies of a request or response: media types, and what a JSON body is (None: nothing is said).

    `fields` are the fields of a form, where a form is all that is declared.
    """

    media_types: tuple[str, ...]
    pointer: str
    schema: Node | None = None
    fields: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A declared response. `status` is a pattern (`contract/statuses.py`)."""

    status: str
    pointer: str
    headers: tuple[Parameter, ...] = ()
    content: Content | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An operation as written. `path` has no base path; `bases` are those of all servers, at least one.

    `callers` is what is said of how callers say who they are.
    """

    method: str
    path: str
    bases: tuple[str, ...]
    pointer: str
    deprecated: bool
    security: tuple[str, ...]
    callers: tuple[Said, ...]
    parameters: tuple[Parameter, ...]
    content: Content | None
    responses: tuple[Response, ...]
