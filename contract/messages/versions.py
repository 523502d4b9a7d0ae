"""One version of a registry's subject: its schema, in whichever language, with what it refers to."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.grpc.files import of_parts, of_texts
from contract.grpc.messages import Messages
from contract.messages import schemas
from contract.messages.asking import Unanswered
from contract.openapi.errors import DeclaredError
from contract.openapi.library import Library

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    from contract.asyncapi.written import Message
    from contract.messages.asking import Asking


@dataclass(frozen=True, slots=True)
class Version:
    """A version: its number, its id in the registry, its messages, and the subjects that it refers to.

    `told` is what could not be followed: it grows when clauses are made of the messages.
    """

    number: int
    id: int
    messages: tuple[Message, ...]
    uses: frozenset[str]
    told: Collection[str]

    @property
    def fields(self) -> frozenset[str]:
        """The names of all outer fields."""
        known = (one.payload.schema.get("properties") for one in self.messages if one.payload is not None)
        return frozenset(name for properties in known if isinstance(properties, dict) for name in properties)


def read_version(asking: Asking, subject: str, number: int | str = "latest") -> Version:
    """A version of a subject.

    Raises:
        Unanswered: the registry did not say.
        DeclaredError: its schema cannot be read.
    """
    answer = asking.version(subject, number)
    version, id_ = answer.get("version"), answer.get("id")
    if not isinstance(version, int) or not isinstance(id_, int):
        raise Unanswered("the answer has no version and id")
    references = asking.references(answer)
    uses = frozenset(used for used, _ in references.values())
    reading = _Reading(asking, subject, version, str(answer["schema"]), references)
    messages, told = reading.messages(str(answer.get("schemaType", "AVRO")))
    return Version(version, id_, messages, uses, told)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A schema as it is kept, and where what it refers to is."""

    asking: Asking
    subject: str
    number: int
    schema: str
    references: Mapping[str, tuple[str, int]]

    def messages(self, language: str) -> tuple[tuple[Message, ...], Collection[str]]:
        """The messages, and what is found wrong with them, now or later."""
        if language == "AVRO":
            return schemas.avro(self._json(self.schema), f"{self.subject}#", map(self._json, self._texts)), ()
        if language == "JSON":
            if not self.schema.lstrip().startswith("{"):  # any other text could be the path of a file
                raise DeclaredError("a schema that is no object restricts nothing")
            library = Library(self.schema, beside=dict(zip(self.references, self._texts, strict=True)))
            return schemas.json_schema(library.root), library.warnings
        if language == "PROTOBUF":
            return self._protobuf()
        raise DeclaredError(f"schemas in {language!r} are not read")

    @property
    def _texts(self) -> list[str]:
        return [str(self.asking.version(*where)["schema"]) for where in self.references.values()]

    def _json(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise DeclaredError("an Avro schema is no JSON") from None

    def _protobuf(self) -> tuple[tuple[Message, ...], Collection[str]]:
        """The first message of a file is what is meant: serializers name others by their place in it."""
        files = self._descriptors()
        messages = Messages(files)
        found = schemas.protobuf(files, messages)
        if not found:
            raise DeclaredError("the schema has no message")
        return (next(iter(found.values())),), messages.warnings

    def _descriptors(self) -> FileDescriptorSet:
        """The descriptors of the schema and its imports; compiled here where a registry has text alone."""
        places = (*self.references.values(), (self.subject, self.number))
        try:
            contents = [b64decode(self.asking.descriptor(*place), validate=True) for place in places]
        except ValueError:  # no base64: text of protobuf has spaces
            main = f"{self.subject}.proto"
            imported = dict(zip(self.references, self._texts, strict=True))
            return of_texts({**imported, main: self.schema}, main)
        return of_parts(contents, "the schema")
