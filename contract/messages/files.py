"""Files of schemas → declared messages: one file, one on a channel (`CHANNEL=FILE`), or a folder."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract import avro, grpc
from contract.graphql.reading import SUFFIXES as SDL
from contract.grpc.files import SOURCE
from contract.grpc.files import SUFFIXES as DESCRIPTORS
from contract.grpc.messages import Messages
from contract.messages import schemas
from contract.messages.declared import DeclaredMessages
from contract.messages.placing import Placed, channel_of
from contract.openapi.errors import DeclaredError
from contract.openapi.library import Library, is_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from contract.asyncapi.written import Message

AVRO = ".avsc"
_JSON = frozenset({".json", ".yaml", ".yml"})
SUFFIXES = frozenset({AVRO, SOURCE}) | DESCRIPTORS | _JSON
"""Of files that may hold schemas."""

_WHAT = "Avro (.avsc), JSON Schema and protobuf (.proto, .desc, .pb, .binpb) are read."
_WHERE = "Say of which channel it is: CHANNEL=FILE."


def is_folder(given: str | Path) -> bool:
    """Whether it is a folder of schemas: one that has such files, and none of SDL."""
    path = Path(given)
    if is_text(given) or not path.is_dir():
        return False
    suffixes = {file.suffix for file in path.rglob("*")}
    return bool(suffixes & SUFFIXES) and not suffixes & SDL


def is_on_channel(given: str | Path) -> bool:
    """Whether it is `CHANNEL=FILE`, and no file that is called so."""
    if not isinstance(given, str) or is_text(given):
        return False
    channel, equals, file = given.partition("=")
    return bool(channel and equals) and Path(file.partition("#")[0]).is_file() and not Path(given).exists()


def is_schema(library: Library) -> bool:
    """Whether a document is one schema, in Avro or as JSON Schema."""
    tree = library.tree
    if library.source.endswith(AVRO) or avro.is_schema(tree):
        return True
    return isinstance(tree, dict) and schemas.is_json_schema(tree)


def of_library(
    library: Library,
    producer: str,
    channel: str = "",
    others: Sequence[Any] = (),
    parts: frozenset[str] = frozenset(),
) -> DeclaredMessages:
    """What one schema declares: of the channel that is given, or that the file is named after.

    Args:
        library: the file.
        producer: whose messages they are.
        channel: what they are published to; `""` where the name of the file says it.
        others: Avro schemas whose types it may use.
        parts: the types that others use.

    Raises:
        DeclaredError: it is no schema, or nothing says what it is of.
    """
    placed = []
    for message in _messages(library, others):
        named = channel or channel_of(Path(library.source).stem, message.type)
        if named is None:
            raise DeclaredError(f"{library.source} is of keys, and these are not compared")
        if not named and not message.type:
            raise DeclaredError(f"{library.source} names no type of messages", _WHERE)
        placed.append(Placed(channel=named, message=message, part=message.type in parts))
    return DeclaredMessages.of(producer, library.source, placed, warnings=library.warnings)


def read(given: str, producer: str) -> DeclaredMessages:
    """What `CHANNEL=FILE` declares.

    Of a file of protobuf the first message is meant, unless another is named: `CHANNEL=FILE#shop.Order`.

    Raises:
        DeclaredError: the file cannot be read, is no schema, or lacks that message.
    """
    channel, _, rest = given.partition("=")
    name, _, wanted = rest.partition("#")
    if not grpc.is_named(name):
        return of_library(Library(name), producer, channel)
    files = grpc.files_at(Path(name))
    messages = Messages(files)
    known = schemas.protobuf(files, messages)
    if not known or (wanted and wanted not in known):
        told = f"has no message {wanted}" if wanted else "has no message"
        raise DeclaredError(f"{Path(name).name} {told}", f"There are: {', '.join(sorted(known)) or 'none'}.")
    placed = Placed(channel=channel, message=known[wanted or next(iter(known))])
    return DeclaredMessages.of(producer, Path(name).name, [placed], warnings=messages.warnings)


def read_descriptors(path: Path, producer: str) -> DeclaredMessages:
    """What a file of protobuf declares: calls of its services, and messages by their types.

    Raises:
        DeclaredError: it cannot be read, or has neither.
    """
    files = grpc.files_at(path)
    messages = Messages(files)
    known, parts = schemas.protobuf(files, messages), schemas.used(files)
    if not known and not grpc.has_services(files):
        raise DeclaredError(f"{path.name} has no service and no message: there is nothing to compare")
    calls = grpc.compiled(files, path, producer)
    placed = [Placed(channel="", message=one, part=name in parts) for name, one in known.items()]
    found = DeclaredMessages.of(
        producer,
        path.name,
        placed,
        warnings=chain(calls.warnings, messages.warnings),
        calls=calls.operations,
    )
    return replace(found, title=calls.title)


def read_folder(path: Path, producer: str) -> DeclaredMessages:
    """What the files of a folder declare, by their names; what is no schema is told and left out.

    Avro schemas may use each other's types.

    Raises:
        DeclaredError: there is no schema in it.
    """
    warnings: dict[str, None] = {}
    found: list[DeclaredMessages] = []
    libraries: list[Library] = []
    for file in sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file()):
        try:
            if grpc.is_named(file):
                found.append(read_descriptors(file, producer))
            else:
                libraries.append(Library(file))
        except DeclaredError as error:
            warnings[error.message] = None
    trees = [one.tree for one in libraries if avro.is_schema(one.tree)]
    parts = frozenset(_used(trees))
    for library in libraries:
        try:
            found.append(of_library(library, producer, others=trees, parts=parts))
        except DeclaredError as error:
            warnings[error.message] = None
    if not found:
        raise DeclaredError(f"{path.name} is a folder without a schema: {'; '.join(warnings)}")
    return DeclaredMessages.of(
        producer,
        path.name,
        (one for part in found for one in part.placed),
        warnings=chain(warnings, *(part.warnings for part in found)),
        calls=tuple(call for part in found for call in part.calls),
    )


def _messages(library: Library, others: Iterable[Any]) -> tuple[Message, ...]:
    if library.source.endswith(AVRO) or avro.is_schema(library.tree):
        return schemas.avro(library.tree, f"{library.source}#", others)
    if not is_schema(library):
        raise DeclaredError(f"{library.source} is no schema of messages", _WHAT)
    return schemas.json_schema(library.root)


def _used(trees: Sequence[Any]) -> Iterator[str]:
    """The types that some schemas use and others define."""
    for tree in trees:
        with suppress(ValueError, RecursionError):
            yield from avro.parts(tree, trees)
