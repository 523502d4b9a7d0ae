"""What methods take and give: from descriptor sets, and from what servers tell clients by reflection."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from graphlib import TopologicalSorter
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from proxy.payloads.protobuf import Descriptors, files_of
from proxy.payloads.values import UnreadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from google.protobuf.descriptor_pb2 import MethodDescriptorProto

    from proxy.payloads.protobuf import ProtobufMessage

MAX_LEARNED_BYTES = 4 * 1024 * 1024
"""Of descriptors that were learned, of all servers together; the oldest go first."""

_SUFFIXES = {".desc", ".pb"}
"""Of descriptor sets in the folder of schemas (`proxy.payloads.Schemas`)."""
_REFLECTION = {
    f"grpc.reflection.{version}.ServerReflection/ServerReflectionInfo" for version in ("v1", "v1alpha")
}
_FILE_DESCRIPTOR_RESPONSE = 4
_SHIPPED = "google/protobuf/"


class Side(NamedTuple):
    """What one end of a method sends: messages of a type, one or a stream of them."""

    message: ProtobufMessage
    streaming: bool


class Method(NamedTuple):
    """What the client sends, and what the server sends."""

    request: Side
    response: Side


class Methods:
    """All methods that are known, by their full names: `shop.Orders/Get`.

    Args:
        folder: of schemas; its descriptor sets are those that `Schemas` could read.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._declared: dict[str, Method] = {}
        self._learned: OrderedDict[tuple[str, bytes], tuple[dict[str, Method], int]] = OrderedDict()
        """By server and digest of what it said: the methods, and how many bytes described them."""
        for path in sorted(folder.iterdir()) if folder is not None else ():
            if path.suffix in _SUFFIXES:
                self._declared |= _declared(path)

    def of(self, producer: str, name: str) -> Method | None:
        """The method of this name; a server's own word comes after the folder's."""
        known = self._declared.get(name)
        if known is not None:
            return known
        said = (
            methods for (server, _), (methods, _) in reversed(self._learned.items()) if server == producer
        )
        return next((methods[name] for methods in said if name in methods), None)

    def learn(self, producer: str, name: str, answers: Iterable[bytes]) -> None:
        """Take in what a server answered, if the method is that of reflection.

        The answers of one call have each file that they need: servers leave out only those that they have
        sent on the same stream (reflection.proto, `file_containing_symbol`).
        """
        if name not in _REFLECTION:
            return
        try:
            files = _described(answers)
            digest = blake2b(b"".join(content for _, content in files), digest_size=16).digest()
            if not files or (producer, digest) in self._learned:
                return
            size = sum(len(content) for _, content in files)
            self._learned[producer, digest] = _methods(files), size
        except Exception:  # noqa: BLE001 - descriptors that are none make protobuf raise anything
            return
        while sum(size for _, size in self._learned.values()) > MAX_LEARNED_BYTES:
            self._learned.popitem(last=False)


def _declared(path: Path) -> dict[str, Method]:
    try:
        return _methods(files_of(path.read_bytes()))
    except UnreadError:
        return {}  # without the library


def _methods(files: list[tuple[str, bytes]]) -> dict[str, Method]:
    """The methods of the services in files, those used by others first."""
    from google.protobuf import descriptor_pb2  # noqa: PLC0415 - an optional library

    descriptors = Descriptors(files)
    found = {}
    for _, content in files:
        file = descriptor_pb2.FileDescriptorProto.FromString(content)
        for service in file.service:
            owner = f"{file.package}.{service.name}" if file.package else service.name
            for method in service.method:
                with suppress(KeyError):  # compilers write the full names of types, and nobody else does
                    found[f"{owner}/{method.name}"] = _method(method, descriptors)
    return found


def _method(method: MethodDescriptorProto, descriptors: Descriptors) -> Method:
    takes, gives = (
        descriptors.message(name.removeprefix(".")) for name in (method.input_type, method.output_type)
    )
    return Method(Side(takes, method.client_streaming), Side(gives, method.server_streaming))


def _described(answers: Iterable[bytes]) -> list[tuple[str, bytes]]:
    """The files in `ServerReflectionResponse`s that have all they import, those used by others first.

    What ships with the library is left out, as compilers do.
    """
    files = {name: (content, needs) for answer in answers for name, content, needs in _files_in(answer)}
    order = TopologicalSorter({name: needs for name, (_, needs) in files.items()}).static_order()
    complete: dict[str, bytes] = {}
    for name in order:
        content, needs = files.get(name, (b"", []))
        if content and all(need in complete or need.startswith(_SHIPPED) for need in needs):
            complete[name] = content
    return list(complete.items())


def _files_in(answer: bytes) -> Iterator[tuple[str, bytes, list[str]]]:
    """The files in one answer: names, contents, imports.

    A `FileDescriptorResponse` is on the wire what a `FileDescriptorSet` is: files in field 1.
    """
    from google.protobuf import descriptor_pb2, empty_pb2, unknown_fields  # noqa: PLC0415

    fields: Any = unknown_fields.UnknownFieldSet(empty_pb2.Empty.FromString(answer))
    for field in fields:
        if field.field_number == _FILE_DESCRIPTOR_RESPONSE:
            for file in descriptor_pb2.FileDescriptorSet.FromString(field.data).file:
                if not file.name.startswith(_SHIPPED):
                    yield file.name, file.SerializeToString(), list(file.dependency)
