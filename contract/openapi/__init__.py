"""Declared OpenAPI 3.0, 3.1, 3.2 and Swagger 2.0 documents → clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.openapi import v2, v3
from contract.openapi.compiling import compiled
from contract.openapi.declared import DeclaredContract, DeclaredOperation
from contract.openapi.errors import DeclaredError
from contract.openapi.library import Library
from contract.openapi.validation import check
from contract.view import Viewer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from contract.openapi.written import Written

__all__ = ["DeclaredContract", "DeclaredError", "DeclaredOperation", "load", "read"]


def load(path_or_text: str | Path, *, producer: str, allow_remote: bool = False) -> DeclaredContract:
    """Read, validate and compile a document.

    Args:
        path_or_text: a path, a URL, or the document itself (more than one line, or beginning with a brace).
        producer: whose interface it declares.
        allow_remote: whether the document, or documents it refers to, may be fetched over HTTP.

    Raises:
        DeclaredError: the document cannot be read or is invalid; the message says where and why.
    """
    return read(Library(path_or_text, allow_remote=allow_remote), producer)


def read(library: Library, producer: str) -> DeclaredContract:
    """Validate and compile a document (`load`)."""
    version = check(library)
    written = (v2 if version == "2.0" else v3).operations(library)
    info = library.tree.get("info")
    about = info if isinstance(info, dict) else {}
    return DeclaredContract(
        producer=producer,
        title=str(about.get("title", "")),
        version=str(about.get("version", "")),
        source=library.source,
        operations=tuple(_distinct(written, producer, library)),
        warnings=tuple(library.warnings),
    )


def _distinct(written: Iterable[Written], producer: str, library: Library) -> Iterable[DeclaredOperation]:
    """The compiled operations; of two with one key the first counts."""
    viewer = Viewer()
    seen: dict[str, str] = {}
    for one in written:
        operation = compiled(one, producer, viewer)
        if operation.key in seen:
            library.warn(f"{one.pointer}: {operation.key} is declared already at {seen[operation.key]}")
            continue
        seen[operation.key] = one.pointer
        yield operation
