"""Security requirements: how a document says that callers say who they are.

OpenAPI 3.1, sections 4.8.27 and 4.8.30; Swagger 2.0, "Security Definitions Object". Requirements are
alternatives, each of which may ask for several schemes at once; an empty one asks for none. Scopes are not
compared: they stand in tokens, which are redacted before anything is observed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.kinds.auth import API_KEY, NOBODY, Auth
from contract.openapi.reading import child, word
from contract.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.openapi.texts import Said
    from contract.view import Leaf

_AUTHORIZATION = Subject(("request", "header", "authorization"))
_PLACES = frozenset({"query", "header", "cookie"})


def callers(operation: Leaf, root: Leaf, schemes: Leaf | None) -> Iterator[Said]:
    """One `auth` for each place in which callers may say who they are; none where nothing is asked.

    Args:
        operation: its own list of requirements goes before the document's.
        root: the document.
        schemes: the schemes by name.
    """
    required: Any = operation.schema.get("security", root.schema.get("security"))
    alternatives = [one for one in required if isinstance(one, dict)] if isinstance(required, list) else []
    words: dict[Subject, dict[str, str]] = {}
    for name in dict.fromkeys(name for one in alternatives for name in one):
        scheme = child(schemes, name) if schemes else None
        said = _said(scheme) if scheme is not None else None
        if scheme is not None and said is not None:
            words.setdefault(said[0], {}).setdefault(said[1], scheme.pointer)
    optional = {NOBODY} if any(not one for one in alternatives) else set()
    for subject, named in words.items():
        yield subject, Auth(tuple(sorted({*named, *optional}))), next(iter(named.values()))


def _said(scheme: Leaf) -> tuple[Subject, str] | None:
    """The place that a scheme speaks of, and the word for it; None for one that is not known."""
    kind = word(scheme, "type")
    if kind == "http" and word(scheme, "scheme"):
        return _AUTHORIZATION, word(scheme, "scheme").lower()
    if kind == "basic":
        return _AUTHORIZATION, kind
    if kind in {"oauth2", "openIdConnect"}:
        return _AUTHORIZATION, "bearer"
    if kind == "mutualTLS":
        return Subject(("request",)), "mtls"
    place, name = word(scheme, "in"), word(scheme, "name")
    if kind != "apiKey" or place not in _PLACES or not name:
        return None
    name = name.lower() if place == "header" else name
    return Subject(("request", place, name)), "session" if place == "cookie" else API_KEY
