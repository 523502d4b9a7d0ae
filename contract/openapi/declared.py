"""A declared contract: the operations of a document as clauses, and which one a request belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from contract.statuses import pattern_for
from contract.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contract.clause import Clause

Traced = tuple["Clause", str]
"""A clause, and the JSON pointer of the place in the document that states it."""


@dataclass(frozen=True, kw_only=True)
class DeclaredOperation:
    """An operation as declared.

    `path` begins with the base path of the first server, `bases` are those of all servers. `pointer` is
    the JSON pointer of the operation in the document. `security` names the schemes that may be asked
    for. `request` and `responses` (by status pattern, see `contract/statuses.py`) are clauses with the
    pointers of the places that state them.
    """

    key: str
    method: str
    path: str
    pointer: str
    bases: tuple[str, ...] = ("",)
    deprecated: bool = False
    security: tuple[str, ...] = ()
    request: tuple[Traced, ...] = ()
    responses: Mapping[str, tuple[Traced, ...]] = field(default_factory=dict)

    def clauses_for(self, observed_statuses: Iterable[str]) -> list[Clause]:
        """The declared clauses, with patterns spelled out for the statuses that were observed.

        An observed status is spoken of by its exact pattern, else its class (`4XX`), else `default`
        (OpenAPI 3.1, section 4.8.16). A pattern that none was observed for stays as it is.
        """
        return [clause for clause, _ in self._traced_for(observed_statuses)]

    def pointers_for(self, observed_statuses: Iterable[str]) -> dict[str, str]:
        """The JSON pointer of each clause of `clauses_for`, by the clause's id."""
        return {clause.id: pointer for clause, pointer in self._traced_for(observed_statuses)}

    def _traced_for(self, observed_statuses: Iterable[str]) -> list[Traced]:
        meant: dict[str, set[str]] = {}
        for status in observed_statuses:
            pattern = pattern_for(status, self.responses)
            if pattern is not None:
                meant.setdefault(pattern, set()).add(status)
        spoken = {status: name for name in self.responses for status in meant.get(name, {name})}
        found = list(self.request)
        for status, name in sorted(spoken.items()):
            found += self.responses[name] if status == name else self._instance(name, status)
        return found

    def _instance(self, pattern: str, status: str) -> list[Traced]:
        """The clauses of a pattern, for one status."""
        return [
            (replace(clause, subject=Subject(("response", status, *clause.subject.parts[2:]))), pointer)
            for clause, pointer in self.responses[pattern]
        ]


@dataclass(frozen=True, kw_only=True)
class DeclaredContract:
    """What a document declares. `source` names the document, `warnings` what in it could not be used."""

    producer: str
    title: str
    version: str
    source: str
    operations: tuple[DeclaredOperation, ...]
    warnings: tuple[str, ...] = ()

    def match(self, method: str, path: str) -> DeclaredOperation | None:
        """The operation of a request, None if none is declared: HEAD and OPTIONS are not implied by GET.

        The paths of all servers are accepted. What is fixed comes before what varies, from the left
        (OpenAPI 3.1, section 4.8.8). A slash at the end makes no difference.
        """
        segments = _segments(path)
        for pattern, operation in self._routes.get((method.upper(), len(segments)), ()):
            if all(form.fullmatch(segment) for form, segment in zip(pattern, segments, strict=True)):
                return operation
        return None

    @cached_property
    def _routes(self) -> dict[tuple[str, int], list[tuple[list[re.Pattern[str]], DeclaredOperation]]]:
        """Patterns of decoded segments by method and number of segments, the most concrete first."""
        routes: dict[tuple[str, int], list[tuple[str, DeclaredOperation]]] = {}
        for operation in self.operations:
            relative = operation.path.removeprefix(operation.bases[0])
            for base in operation.bases:
                path = base + relative
                routes.setdefault((operation.method, len(_segments(path))), []).append((path, operation))
        return {
            at: [
                ([_form(segment) for segment in _segments(path)], operation)
                for path, operation in sorted(found, key=lambda route: _concreteness(route[0]))
            ]
            for at, found in routes.items()
        }


def _segments(path: str) -> list[str]:
    return [unquote(segment) for segment in path.rstrip("/").split("/")]


def _form(segment: str) -> re.Pattern[str]:
    fixed = [re.escape(text) for text in re.split(r"\{[^{}]*\}", segment)]
    return re.compile("(?s:.+)".join(fixed))


def _concreteness(path: str) -> list[int]:
    """By segment 0 if it is fixed, 1 if a part of it is, 2 if it varies."""
    return [
        2 if segment.startswith("{") and segment.endswith("}") else int("{" in segment)
        for segment in _segments(path)
    ]
