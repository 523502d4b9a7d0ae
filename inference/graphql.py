"""GraphQL over HTTP: which requests are some, what they are called, and what they select.

One path serves all operations of GraphQL, so a call is told from others by what it asks for: its method
becomes `POST#OrderById`, as the method of a message has the message's type. Requests are read as the GraphQL
over HTTP draft says (POST of JSON, GET), and as servers take them besides: `application/graphql`, several
requests in one array, and the hash of a document that the server knows (automatic persisted queries, or a
`documentId`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from contract.content import OPAQUE, pairs, parsed
from contract.subject import ITEM, VALUE

if TYPE_CHECKING:
    from contract.subject import Subject
    from store.records import Exchange

_MEDIA_TYPE = "application/graphql"
"""A body that is the document itself."""

_HASH = re.compile(r"(?:sha256:)?([0-9a-f]{12})[0-9a-f]{52}")
"""The hash of a document, and as much of it as tells the documents of one server apart."""

_UNKNOWN = "too.long"
"""What stands for the selection of a document that is too long."""


class Asked(NamedTuple):
    """What a request asks for: the name, and the selections in normal form (`contract/selections.py`).

    Where a document is not known, be it that a request names it by its hash or that it is too long, what
    stands for its selection is a text that selects nothing. `documents` are hashes with the selections that a
    request says they stand for (`persisted.0123456789ab query{a}`).
    """

    name: str
    selections: tuple[str, ...]
    documents: tuple[str, ...] = ()


def asked(exchange: Exchange) -> Asked | None:
    """What a request asks for of a GraphQL server, None where it is no GraphQL. Total."""
    requests = _requests(exchange)
    if isinstance(requests, list):
        return _batch([_one(request) for request in requests])
    return _one(requests)


def method_of(exchange: Exchange, request: Asked | None) -> str:
    """The method of an exchange, with what a request of GraphQL is called."""
    return exchange.method if request is None else f"{exchange.method}#{request.name}"


def selected(selection: str, subject: Subject) -> bool | None:
    """Whether a place of an answer's body is selected unconditionally; None where it is not selected."""
    from contract.selections import places  # noqa: PLC0415  # see there

    named = places(selection)
    names = [part for part in subject.parts[3:] if part != ITEM]
    if VALUE not in names:
        return named.get(".".join(names))
    # many aliases of one field look like a map
    alike = [always for name, always in named.items() if _fits(name.split("."), names)]
    return any(alike) if alike else None


def _fits(name: list[str], pattern: list[str]) -> bool:
    return len(name) == len(pattern) and all(
        wanted in {part, VALUE} for part, wanted in zip(name, pattern, strict=True)
    )


def _requests(exchange: Exchange) -> Any:
    """The parameters of a request, or a list of them, or something else. Cheap where it is no GraphQL."""
    query, body = exchange.query, exchange.request_body
    if exchange.method == "GET":
        return _parameters(query) if "query=" in query or "sha256" in query else None
    if exchange.method != "POST" or body is None or not body.content:
        return None
    if body.media_type == _MEDIA_TYPE:
        return {**_parameters(query), "query": body.content.decode("utf-8", "replace")}
    if b'"query"' in body.content or b"sha256" in body.content:
        value = parsed(body)
        return None if value is OPAQUE else value
    return None


def _parameters(query: str) -> dict[str, Any]:
    """The parameters in a URL, where those that are no texts are JSON."""
    found: dict[str, Any] = dict(pairs(query))
    try:
        found["extensions"] = orjson.loads(found.get("extensions", "null"))
    except orjson.JSONDecodeError:
        del found["extensions"]
    return found


def _batch(requests: list[Asked | None]) -> Asked | None:
    """Several requests as one, `[Cart+Stock]`; none where one of them is no GraphQL."""
    from contract.selections import joined  # noqa: PLC0415  # see there

    known = [one for one in requests if one is not None]
    if not known or len(known) < len(requests):
        return None
    return Asked(
        f"[{joined((one.name for one in known), 'many')}]",
        tuple(dict.fromkeys(selection for one in known for selection in one.selections)),
        tuple(dict.fromkeys(document for one in known for document in one.documents)),
    )


def _one(request: Any) -> Asked | None:
    if not isinstance(request, dict):
        return None
    name = request.get("operationName") or ""
    document = request.get("query") or ""
    if not isinstance(name, str) or not isinstance(document, str):
        return None
    hashed = _hash(request)
    if document:
        return _read(document, name, hashed) if "{" in document else None
    return _persisted(hashed, name) if hashed else None


def _read(document: str, name: str, hashed: str) -> Asked | None:
    from contract.selections import read  # noqa: PLC0415  # see there

    found = read(document, name)
    if found is None:
        return None
    registers = hashed and found.selection
    return Asked(
        found.name, (found.selection or _UNKNOWN,), (f"{hashed} {found.selection}",) if registers else ()
    )


def _persisted(hashed: str, name: str) -> Asked:
    """A request for a document that the server knows by its hash."""
    from contract.selections import is_telling  # noqa: PLC0415  # see there

    return Asked(name if is_telling(name) else hashed, (hashed,))


def _hash(request: dict[str, Any]) -> str:
    """What stands for the hash that a request gives, `persisted.0123456789ab`, `""` where it gives none."""
    extensions = request.get("extensions")
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    said = persisted.get("sha256Hash") if isinstance(persisted, dict) else request.get("documentId")
    known = _HASH.fullmatch(said) if isinstance(said, str) else None
    return f"persisted.{known[1]}" if known else ""
