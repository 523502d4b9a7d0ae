"""Declared AsyncAPI 2.0 to 2.6, 3.0 and 3.1 documents → clauses.

Each type of message of each channel is two operations: `SEND orders.{tenant}.created#OrderCreated` is what
publishers do, `RECEIVE …` what subscribers get. Which of them the documented application itself does is of no
account: the interface is the channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.asyncapi import v2, v3
from contract.asyncapi.compiling import compiled
from contract.asyncapi.validation import check
from contract.openapi.declared import DeclaredContract
from contract.openapi.errors import DeclaredError
from contract.view import Viewer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.openapi.declared import DeclaredOperation
    from contract.openapi.library import Library

__all__ = ["read"]


def read(library: Library, producer: str) -> DeclaredContract:
    """Validate and compile a document.

    Args:
        library: the document.
        producer: whose interface it declares.

    Raises:
        DeclaredError: the document is invalid; the message says where and why.
    """
    major = check(library)
    info = library.tree.get("info", {})
    try:
        operations = tuple(_operations(library, producer, major))
    except RecursionError:
        raise DeclaredError(f"{library.source} is nested too deep") from None
    return DeclaredContract(
        producer=producer,
        title=str(info.get("title", "")),
        version=str(info.get("version", "")),
        source=library.source,
        operations=operations,
        warnings=tuple(library.warnings),
    )


def _operations(library: Library, producer: str, major: str) -> Iterator[DeclaredOperation]:
    """The compiled operations; of two channels with one address the first counts."""
    viewer = Viewer()
    seen: dict[str, str] = {}
    for channel in (v2 if major == "2" else v3).channels(library):
        if not channel.address:
            library.warn(f"{channel.pointer}: the channel has no address; it is not compared")
            continue
        for operation in compiled(channel, producer, viewer):
            if operation.key in seen:
                told = f"{operation.key} is declared already at {seen[operation.key]}"
                library.warn(f"{operation.pointer}: {told}")
                continue
            seen[operation.key] = operation.pointer
            yield operation
