"""Clauses on how callers say who they are → security schemes and requirements.

`contract.openapi.securing` the other way round. Clauses about different places are alternatives.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from contract.kinds.auth import API_KEY, NOBODY, Auth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.clause import Clause
    from contract.subject import Subject

_PLACES = frozenset({"query", "header", "cookie"})


class Schemes:
    """The security schemes of a document, found as its operations name them."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Any]] = {}

    @property
    def form(self) -> dict[str, dict[str, Any]]:
        """By name."""
        return dict(sorted(self._found.items()))

    def required(self, clauses: Iterable[Clause]) -> list[dict[str, list[str]]]:
        """The requirements of one operation; none where a way of saying it has no word in OpenAPI."""
        asked: dict[str, list[str]] = {}
        optional = False
        for clause in clauses:
            if isinstance(clause.kind, Auth):
                named = [name for name in clause.kind.names if name != NOBODY]
                schemes = [_scheme(clause.subject, name) for name in named]
                optional |= NOBODY in clause.kind.names
                if None not in schemes:
                    known = {_name(scheme): scheme for scheme in schemes if scheme}
                    self._found |= known
                    asked |= {key: [] for key in known}
        alternatives: list[dict[str, list[str]]] = [{name: scopes} for name, scopes in sorted(asked.items())]
        return [*alternatives, *([{}] if optional else [])] if alternatives else []


def _scheme(subject: Subject, word: str) -> dict[str, Any] | None:
    """A Security Scheme Object, None where there is none (OpenAPI 3.1, section 4.8.27)."""
    if word == "mtls":
        return {"type": "mutualTLS"} if subject.parts == ("request",) else None
    place, name = subject.section, subject.parts[-1]
    if place not in _PLACES:
        return None
    if word == API_KEY or (word == "session" and place == "cookie"):
        return {"type": "apiKey", "in": place, "name": name}
    return {"type": "http", "scheme": word} if name == "authorization" else None


def _name(scheme: dict[str, Any]) -> str:
    place = [scheme[part] for part in ("in", "name") if part in scheme]
    words = [scheme.get("scheme", scheme["type"]), *place]
    return re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(words))
