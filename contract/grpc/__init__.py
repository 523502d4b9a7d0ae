"""Declared protobuf descriptor sets → clauses about the methods of the services in them.

A call is a POST to the path `/package.Service/Method`, whose bodies are the messages as `proxy.grpc` makes
them JSON. Any method may fail with any code, which no set can say.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contract.clause import Clause
from contract.grpc.files import files_at, is_named
from contract.grpc.messages import Messages
from contract.kinds import ContentType, Occurs
from contract.openapi.declared import DeclaredContract, DeclaredOperation
from contract.openapi.errors import DeclaredError
from contract.schema import traced
from contract.statuses import DEFAULT
from contract.subject import Subject
from contract.view import Leaf, Viewer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor_pb2 import FileDescriptorSet, MethodDescriptorProto

    from contract.clause import Kind
    from contract.openapi.declared import Traced

__all__ = ["compiled", "files_at", "has_services", "is_named", "read"]

_MEDIA_TYPE = "application/json"


def read(path: str | Path, producer: str) -> DeclaredContract:
    """Read and compile a descriptor set, or the source text of one.

    Args:
        path: a file with a serialised `FileDescriptorSet`, or a .proto file.
        producer: whose interface it declares.

    Raises:
        DeclaredError: it cannot be read, is none, has no service, or protobuf is not installed.
    """
    path = Path(path)
    files = files_at(path)
    if not has_services(files):
        raise DeclaredError(f"{path.name} has no service: there is nothing to compare")
    return compiled(files, path, producer)


def has_services(files: FileDescriptorSet) -> bool:
    """Whether a set declares calls, not only messages."""
    return any(file.service for file in files.file)


def compiled(files: FileDescriptorSet, path: Path, producer: str) -> DeclaredContract:
    """What the services of a set declare."""
    messages = Messages(files)
    operations = {one.key: one for one in _operations(files, messages, producer)}
    return DeclaredContract(
        producer=producer,
        title=path.stem,
        version="",
        source=path.name,
        operations=tuple(operations.values()),
        warnings=tuple(messages.warnings),
    )


def _operations(files: FileDescriptorSet, messages: Messages, producer: str) -> Iterator[DeclaredOperation]:
    viewer = Viewer()
    for file in files.file:
        for service in file.service:
            owner = f"{file.package}.{service.name}" if file.package else service.name
            for method in service.method:
                path = f"/{owner}/{method.name}"
                yield _operation(path, method, _Compiler(producer, f"POST {path}", messages, viewer))


def _operation(path: str, method: MethodDescriptorProto, compiler: _Compiler) -> DeclaredOperation:
    pointer = f"#{path}"
    takes, gives = method.input_type, method.output_type
    request, response, failure = (
        Subject(parts) for parts in (("request",), ("response", "200"), ("response", DEFAULT))
    )
    return DeclaredOperation(
        key=f"POST {path}",
        method="POST",
        path=path,
        template=path,
        pointer=pointer,
        deprecated=method.options.deprecated,
        request=tuple(compiler.body(takes, request, pointer, streaming=method.client_streaming)),
        responses={
            "200": (
                (compiler.clause(response, Occurs()), pointer),
                *compiler.body(gives, response, pointer, streaming=method.server_streaming),
            ),
            DEFAULT: ((compiler.clause(failure, Occurs()), pointer),),
        },
    )


class _Compiler:
    """Makes the clauses of one operation."""

    def __init__(self, producer: str, operation: str, messages: Messages, viewer: Viewer) -> None:
        self._producer = producer
        self._operation = operation
        self._messages = messages
        self._viewer = viewer

    def body(self, name: str, at: Subject, pointer: str, *, streaming: bool) -> Iterator[Traced]:
        """The clauses about messages of a type."""
        yield self.clause(at.within("header", "content-type"), ContentType((_MEDIA_TYPE,))), pointer
        schema = self._messages.leaf(name)
        if streaming:
            schema = Leaf({"type": "array", "items": {"$ref": name}}, pointer, self._messages.leaf)
        yield from traced(
            schema,
            self._viewer,
            at=at.within("body"),
            producer=self._producer,
            operation=self._operation,
        )

    def clause(self, subject: Subject, kind: Kind) -> Clause:
        """One clause."""
        return Clause(producer=self._producer, operation=self._operation, subject=subject, kind=kind)
