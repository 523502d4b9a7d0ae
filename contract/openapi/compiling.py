"""Operations as written → operations as clauses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contract.clause import Clause
from contract.kinds import ContentType, Occurs
from contract.openapi.declared import DeclaredOperation, path_below
from contract.openapi.talking import announced, choices, version_in_path, versions
from contract.openapi.texts import said_of
from contract.schema import traced
from contract.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.openapi.declared import Traced
    from contract.openapi.texts import Said
    from contract.openapi.written import Content, Response, Written
    from contract.view import Viewer

_REQUEST = Subject(("request",))


def compiled(written: Written, producer: str, viewer: Viewer) -> DeclaredOperation:
    """The clauses of an operation."""
    path = path_below(written.bases[0], written.path)
    key = f"{written.method} {path}"
    compiler = _Compiler(producer, key, viewer)
    return DeclaredOperation(
        key=key,
        method=written.method,
        path=path,
        template=written.path,
        pointer=written.pointer,
        bases=written.bases,
        deprecated=written.deprecated,
        security=written.security,
        request=tuple(compiler.request(written)),
        responses={response.status: tuple(compiler.response(response)) for response in written.responses},
    )


class _Compiler:
    """Makes the clauses of one operation."""

    def __init__(self, producer: str, operation: str, viewer: Viewer) -> None:
        self._producer = producer
        self._operation = operation
        self._viewer = viewer

    def request(self, written: Written) -> Iterator[Traced]:
        """The clauses about requests, parameters before bodies.

        Whether a body must be there is not said: how often one was there is not observed for bodies of
        every type.
        """
        yield from self._clauses(written.callers)
        yield from self._clauses(version_in_path(self._operation, written.pointer))
        yield from self._clauses(choices(written.responses, written.pointer))
        whole = {segment[1:-1] for segment in written.path.split("/") if re.fullmatch(r"\{[^{}]*\}", segment)}
        for parameter in written.parameters:
            partial = parameter.place == "path" and parameter.name not in whole
            said = list(said_of(parameter, _REQUEST, self._viewer, partial=partial))
            yield from self._clauses((*said, *versions(said)))
        if written.content is not None:
            yield from self._content(_REQUEST, written.content)

    def response(self, response: Response) -> Iterator[Traced]:
        """The clauses about one response."""
        at = Subject(("response", response.status))
        yield from self._clauses([(at, Occurs(), response.pointer)])
        for header in response.headers:
            yield from self._clauses(said_of(header, at, self._viewer))
        yield from self._clauses(announced(response))
        if response.content is not None:
            yield from self._content(at, response.content)

    def _content(self, at: Subject, content: Content) -> Iterator[Traced]:
        if content.media_types:
            kind = ContentType(content.media_types)
            yield from self._clauses([(at.within("header", "content-type"), kind, content.pointer)])
        for fields in content.fields:
            yield from self._clauses(said_of(fields, at, self._viewer))
        if content.schema is not None:
            yield from traced(
                content.schema,
                self._viewer,
                at=at.within("body"),
                producer=self._producer,
                operation=self._operation,
            )

    def _clauses(self, said: Iterable[Said]) -> Iterator[Traced]:
        for subject, kind, pointer in said:
            clause = Clause(producer=self._producer, operation=self._operation, subject=subject, kind=kind)
            yield clause, pointer
