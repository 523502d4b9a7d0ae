"""A declared contract: the operations of a document as clauses, and which one a request belongs to."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote

from contract.operation import parse
from contract.statuses import pattern_for
from contract.subject import Subject
from contract.versions import path_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contract.claim import OperationMap
    from contract.clause import Clause

_NO_BASE = ("",)

Traced = tuple["Clause", str]
"""A clause, and the JSON pointer of the place in the document that states it."""


@dataclass(frozen=True, kw_only=True)
class DeclaredOperation:
    """An operation as declared.

    `path` is `template`, as the document has it, below the base path of the first server; `bases` are
    those of all servers. `pointer` is the JSON pointer of the operation in the document. `security` names
    the schemes that may be asked for. `request` and `responses` (by status pattern, see
    `contract/statuses.py`) are clauses with the pointers of the places that state them. `callers` are the
    consumers that use it in part, with the number of observations, where that is no operation of its own: a
    type of GraphQL.
    """

    key: str
    method: str
    path: str
    template: str
    pointer: str
    bases: tuple[str, ...] = ("",)
    deprecated: bool = False
    security: tuple[str, ...] = ()
    request: tuple[Traced, ...] = ()
    responses: Mapping[str, tuple[Traced, ...]] = field(default_factory=dict)
    callers: Mapping[str, int] = field(default_factory=dict)

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

    @property
    def ways(self) -> tuple[str, ...]:
        """The base paths that it can be called below, with none where a gateway strips it before we look."""
        return tuple(dict.fromkeys((*self.bases, "")))

    def under(self, base: str) -> DeclaredOperation:
        """The same operation, keyed by its path below another base path."""
        place, sharp, type_ = self.template.partition("#")
        path = path_below(base, place) + sharp + type_
        return replace(self._called(f"{self.method} {path}"), path=path)

    def of_type(self, type_: str) -> DeclaredOperation:
        """The same, of calls of one type: what is declared of a path is declared of all that it serves."""
        return self._called(f"{self.key}#{type_}")

    def _called(self, key: str) -> DeclaredOperation:
        versioned = bool(path_version(key))

        def moved(said: tuple[Traced, ...]) -> tuple[Traced, ...]:
            return tuple(
                (replace(clause, operation=key), pointer)
                for clause, pointer in said
                if versioned or clause.subject.parts != ("request", "path")
            )

        return replace(
            self,
            key=key,
            request=moved(self.request),
            responses={status: moved(said) for status, said in self.responses.items()},
        )


@dataclass(frozen=True, kw_only=True)
class DeclaredContract:
    """What a document declares. `source` names the document, `warnings` what in it could not be used."""

    producer: str
    title: str
    version: str
    source: str
    operations: tuple[DeclaredOperation, ...]
    warnings: tuple[str, ...] = ()

    @classmethod
    def nothing(cls, producer: str) -> Self:
        """The contract of a producer that declares nothing."""
        return cls(producer=producer, title="", version="", source="", operations=())

    def joined(self, other: DeclaredContract) -> DeclaredContract | None:
        """Both as one contract; None where they are two documents that both claim to be the whole."""
        del other
        return None

    def match(self, method: str, path: str) -> DeclaredOperation | None:
        """The operation of a request, None if none is declared: HEAD and OPTIONS are not implied by GET.

        The paths of all servers are accepted. What is fixed comes before what varies, from the left
        (OpenAPI 3.1, section 4.8.8). A slash at the end makes no difference.
        """
        return self._router.match(method, path)

    def as_called(self, keys: Iterable[str]) -> DeclaredContract:
        """The contract below the base paths that are really in use.

        A document may name several servers, and a gateway may strip the base path before the traffic comes
        by. An operation is keyed by each base path, or none, that calls of it were seen under. One that was
        not seen goes by the base path that most of the others have, or by its first server's.

        Args:
            keys: the observed operations, such as `GET /v2/pets/{id}`; the names of parameters do not matter.
        """
        used = _bases_in_use([one for one in self.operations if one.bases != _NO_BASE], keys)
        common = [base for base, _ in Counter(chain.from_iterable(used.values())).most_common()]
        moved: dict[str, DeclaredOperation] = {}
        for one in self.operations:
            ways = one.ways
            usual = [base for base in common if base in ways]
            bases = [base for base in ways if base in used.get(one.key, ())] or usual[:1]
            for found in [one.under(base) for base in bases] or [one]:
                moved.setdefault(found.key, found)
        return replace(self, operations=tuple(moved.values())) if common else self

    def observed(self, operations: Iterable[OperationMap]) -> DeclaredContract:
        """The contract, told apart as the observed operations are.

        A path that is declared as one operation and serves many (GraphQL, webhooks) is declared for each.
        """
        seen = {parse(one.key) for one in operations}
        types: dict[str, list[str]] = {}
        for one in sorted(seen):
            if one.type and not one.is_event:
                types.setdefault(one._replace(type="").text, []).append(one.type)
        found: list[DeclaredOperation] = []
        for declared in self.operations:
            known = parse(declared.key)
            typed = types.get(known.text, ())
            if not typed or known in seen:
                found.append(declared)
            found += map(declared.of_type, typed)
        return replace(self, operations=tuple(found))

    @cached_property
    def _router(self) -> _Router:
        return _Router(
            (path, operation)
            for operation in self.operations
            for path in {operation.path, *(path_below(base, operation.template) for base in operation.bases)}
        )


class _Router:
    """Finds the operation of a path among declared ones."""

    def __init__(self, operations: Iterable[tuple[str, DeclaredOperation]]) -> None:
        self._routes: dict[tuple[str, int], list[tuple[list[re.Pattern[str]], DeclaredOperation]]] = {}
        for path, operation in sorted(operations, key=lambda route: _concreteness(route[0])):
            segments = _segments(path)
            routes = self._routes.setdefault((operation.method, len(segments)), [])
            routes.append(([_form(segment) for segment in segments], operation))

    def joined(self, other: DeclaredContract) -> DeclaredContract | None:
        """Both as one contract; None where they are two documents that both claim to be the whole."""
        del other
        return None

    def match(self, method: str, path: str) -> DeclaredOperation | None:
        """The most concrete operation that a path fits."""
        segments = _segments(path)
        for forms, operation in self._routes.get((method.upper(), len(segments)), ()):
            if all(form.fullmatch(segment) for form, segment in zip(forms, segments, strict=True)):
                return operation
        return None


def _bases_in_use(operations: Iterable[DeclaredOperation], keys: Iterable[str]) -> dict[str, set[str]]:
    """By the key of an operation the base paths that observed operations have it under."""
    router = _Router(
        (path_below(base, one.template.partition("#")[0]), replace(one, bases=(base,)))
        for one in operations
        for base in one.ways
    )
    used: dict[str, set[str]] = {}
    for method, _, path in (key.partition(" ") for key in sorted(keys)):
        found = router.match(method, path.partition("#")[0])  # types do not decide where a path begins
        if found is not None:
            used.setdefault(found.key, set()).update(found.bases)
    return used


def path_below(base: str, template: str) -> str:
    """A path template below a base path, without a slash at the end."""
    return (base + template).rstrip("/") or "/"


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
