"""The schemas of a registry → declared messages: the latest version of each subject, and the ids of all.

A payload with a registry's framing says by which id it was written, and the recorder keeps that as its header
`schema` (`registry:17`); so an id that the subject does not have is a broken promise. Subjects that others
refer to are parts of them.
"""

from __future__ import annotations

import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from contract.grpc.files import of_parts, of_texts
from contract.grpc.messages import Messages
from contract.messages import schemas
from contract.messages.asking import Asking, Unanswered
from contract.messages.declared import DeclaredMessages
from contract.messages.placing import Placed, channel_of
from contract.openapi.errors import DeclaredError
from contract.openapi.library import Library
from contract.view import Leaf, nowhere

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    from contract.asyncapi.written import Message

MAX_SUBJECTS = 2_000
"""More are those of a whole company: `?subject=orders-*` says which are meant."""

MAX_VERSIONS = 50
"""Of subjects with more the ids are not compared."""

_PREFIX = "registry+"
_HINT = "Write registry+https://HOST/PATH, where PATH/subjects lists the subjects."
_WORKERS = 8
"""Questions at once: an answer takes mostly waiting."""


def is_registry(given: str | Path) -> bool:
    """Whether it is a registry's URL: `registry+https://…`."""
    return isinstance(given, str) and given.startswith((f"{_PREFIX}http://", f"{_PREFIX}https://"))


def read_registry(given: str, producer: str) -> DeclaredMessages:
    """What the subjects of a registry declare, all of them or those that `?subject=PATTERN` names.

    Raises:
        DeclaredError: it cannot be asked, or has no such subject.
    """
    parts = urlsplit(given.removeprefix(_PREFIX))
    patterns = [value for name, value in parse_qsl(parts.query) if name == "subject"] or ["*"]
    asking = Asking(parts._replace(query="", fragment="").geturl())
    try:
        subjects = [
            name for name in asking.subjects() if any(fnmatchcase(name, pattern) for pattern in patterns)
        ]
    except Unanswered as error:
        raise DeclaredError(f"{asking.url} lists no subjects: {error}", _hint(error)) from None
    if not subjects:
        raise DeclaredError(f"{asking.url} has no subject that is called {' or '.join(patterns)}")
    if len(subjects) > MAX_SUBJECTS:
        raise DeclaredError(
            f"{asking.url} has {len(subjects):,} subjects, and {MAX_SUBJECTS:,} are read",
            "Say which are meant: registry+https://HOST/PATH?subject=orders-*",
        )
    with ThreadPoolExecutor(_WORKERS) as pool:
        read = list(pool.map(lambda name: _read(asking, name), subjects))
    warnings = (told for one in read for told in one.warnings())
    return DeclaredMessages.of(producer, asking.url, _placed(read), warnings=warnings)


def _hint(error: Unanswered) -> str:
    if error.status in {401, 403}:
        return "Set DEFACTO_REGISTRY_USER and DEFACTO_REGISTRY_PASSWORD, or name the host in .netrc."
    return _HINT


@dataclass(slots=True)
class _Subject:
    """What was read of a subject; nothing where that cannot be had, and then it is told.

    `told_later` is filled when clauses are made of its messages.
    """

    name: str
    messages: tuple[Message, ...] = ()
    uses: frozenset[str] = frozenset()
    told: list[str] = field(default_factory=list)
    told_later: Mapping[str, None] = field(default_factory=dict)

    def warnings(self) -> Iterator[str]:
        """What in it could not be used."""
        yield from self.told
        yield from (f"{self.name}: {told}" for told in self.told_later)


def _read(asking: Asking, name: str) -> _Subject:
    if channel_of(name, "") is None:
        return _Subject(name, told=["subjects of keys are not compared: a key is kept as its text"])
    subject = _Subject(name)
    try:
        latest = asking.version(name)
        references = asking.references(latest)
        subject.uses = frozenset(used for used, _ in references.values())
        messages = _messages(asking, subject, latest, references)
        ids = _ids(asking, subject, latest)
        subject.messages = tuple(replace(one, headers=ids) for one in messages)
    except Unanswered as error:
        subject.told.append(f"{name}: {error}; it is not compared")
    except DeclaredError as error:
        subject.told.append(error.message)
    return subject


def _placed(read: list[_Subject]) -> list[Placed]:
    used = frozenset().union(*(one.uses for one in read))
    return [
        Placed(channel=channel_of(one.name, message.type) or "", message=message, part=one.name in used)
        for one in read
        for message in one.messages
    ]


def _messages(
    asking: Asking, subject: _Subject, latest: Mapping[str, Any], references: Mapping[str, tuple[str, int]]
) -> tuple[Message, ...]:
    """The messages of a schema, in whichever language."""
    name, language = subject.name, latest.get("schemaType", "AVRO")
    if language == "PROTOBUF":
        return _of_protobuf(asking, subject, latest, references)
    texts = {key: str(asking.version(*where)["schema"]) for key, where in references.items()}
    if language == "AVRO":
        others = [_parsed(key, text) for key, text in texts.items()]
        return schemas.avro(_parsed(name, latest["schema"]), f"{name}#", others)
    if language == "JSON":
        library = Library(_text(name, latest["schema"]), beside=texts)
        subject.told_later = library.warnings
        return schemas.json_schema(library.root)
    raise DeclaredError(f"{name}: schemas in {language!r} are not compared")


def _of_protobuf(
    asking: Asking, subject: _Subject, latest: Mapping[str, Any], references: Mapping[str, tuple[str, int]]
) -> tuple[Message, ...]:
    """The first message of a file is what is meant: serializers name others by their place in it."""
    files = _descriptors(asking, subject.name, latest, references)
    messages = Messages(files)
    subject.told_later = messages.warnings
    found = schemas.protobuf(files, messages)
    if not found:
        raise DeclaredError(f"{subject.name}: the schema has no message")
    return (next(iter(found.values())),)


def _descriptors(
    asking: Asking, name: str, latest: Mapping[str, Any], references: Mapping[str, tuple[str, int]]
) -> FileDescriptorSet:
    """The descriptors of a schema and of what it imports; compiled here where the registry has text alone."""
    try:
        given = [asking.descriptor(*where) for where in references.values()]
        given.append(asking.descriptor(name, int(latest.get("version", 0)) or "latest"))
        contents = [b64decode(one, validate=True) for one in given]
    except ValueError:  # not base64: text of protobuf has spaces
        texts = {key: str(asking.version(*where)["schema"]) for key, where in references.items()}
        main = f"{name}.proto"
        return of_texts({**texts, main: str(latest["schema"])}, main)
    return of_parts(contents, name)


def _ids(asking: Asking, subject: _Subject, latest: Mapping[str, Any]) -> Leaf | None:
    """The headers of messages: the id of a schema is that of one of the subject's versions."""
    name = subject.name
    versions = asking.versions(name)
    if len(versions) > MAX_VERSIONS:
        subject.told.append(f"{name} has {len(versions)} versions, and ids are compared up to {MAX_VERSIONS}")
        return None
    newest = latest.get("version")
    known = [latest, *(asking.version(name, number) for number in versions if number != newest)]
    ids = sorted({one["id"] for one in known if isinstance(one.get("id"), int)})
    said = {"properties": {"schema": {"type": "string", "enum": [f"registry:{number}" for number in ids]}}}
    return Leaf(said, f"{name}#", nowhere) if ids else None


def _text(name: str, schema: str) -> str:
    """The text of a JSON Schema that is an object: any other text could be read as the path of a file."""
    if not schema.lstrip().startswith("{"):
        raise DeclaredError(f"{name}: a schema that is no object restricts nothing")
    return schema


def _parsed(name: str, schema: str) -> Any:
    """An Avro schema as parsed JSON."""
    try:
        return json.loads(schema)
    except (ValueError, RecursionError):
        raise DeclaredError(f"{name}: the Avro schema is no JSON") from None
