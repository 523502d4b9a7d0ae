"""Channels as written → operations as clauses: for each type of message one to send it, one to receive it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.clause import Clause
from contract.kinds import ContentType
from contract.openapi.declared import DeclaredOperation
from contract.openapi.texts import said_of
from contract.openapi.written import Parameter
from contract.operation import RECEIVE, SEND, of_channel
from contract.schema import traced
from contract.statuses import MESSAGE, word_of
from contract.subject import Subject
from contract.view import Group, Leaf

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from contract.asyncapi.written import Channel, Message
    from contract.openapi.declared import Traced
    from contract.openapi.texts import Said
    from contract.view import Viewer

_MESSAGE = word_of(MESSAGE)
_REQUEST = Subject(("request",))
_RECEIVED = Subject(("response", _MESSAGE))


def compiled(channel: Channel, producer: str, viewer: Viewer) -> Iterator[DeclaredOperation]:
    """The operations of a channel. Messages of one type are alternatives."""
    by_type: dict[str, list[Message]] = {}
    for one in channel.messages:
        by_type.setdefault(one.type, []).append(one)
    for name, messages in by_type.items():
        for verb, at in ((SEND, _REQUEST), (RECEIVE, _RECEIVED)):
            operation = of_channel(verb, channel.address, name)
            key = operation.text
            path = key.partition(" ")[2]
            compiler = _Compiler(producer, key, viewer)
            parameters = tuple(compiler.parameters(channel.parameters, operation.segments))
            message = tuple(compiler.message(messages, at))
            yield DeclaredOperation(
                key=key,
                method=verb,
                path=path,
                template=path,
                pointer=messages[0].pointer,
                bases=channel.bases,
                security=channel.security,
                request=parameters if at is _RECEIVED else parameters + message,
                responses={_MESSAGE: message} if at is _RECEIVED else {},
            )


class _Compiler:
    """Makes the clauses of one operation."""

    def __init__(self, producer: str, operation: str, viewer: Viewer) -> None:
        self._producer = producer
        self._operation = operation
        self._viewer = viewer

    def parameters(self, parameters: Iterable[Parameter], segments: Collection[str]) -> Iterator[Traced]:
        """The clauses about the parameters of an address."""
        for parameter in parameters:
            partial = f"{{{parameter.name}}}" not in segments
            yield from self._clauses(said_of(parameter, _REQUEST, self._viewer, partial=partial))

    def message(self, messages: Sequence[Message], at: Subject) -> Iterator[Traced]:
        """The clauses about messages of one type, as they are at one side."""
        yield from self._clauses(_media_types(messages, at))
        yield from self._clauses(_shared([list(self._around(message, at)) for message in messages]))
        payloads = [message.payload for message in messages if message.payload is not None]
        if len(payloads) == len(messages):
            yield from traced(
                Group(tuple(payloads), every=False),
                self._viewer,
                at=at.within("body"),
                producer=self._producer,
                operation=self._operation,
            )

    def _around(self, message: Message, at: Subject) -> Iterator[Said]:
        """What is said of a message beside its payload."""
        if message.schemas is not None:
            yield at, message.schemas, message.pointer
        yield from self._headers(message, at)

    def _headers(self, message: Message, at: Subject) -> Iterator[Said]:
        """What is said of headers. Their names are in lower case; the schema is an object's in any case."""
        if message.headers is None:
            return
        schema = Leaf(
            {**message.headers.schema, "type": "object"}, message.headers.pointer, message.headers.resolve
        )
        headers = Parameter(
            place="header", name="", required=True, pointer=schema.pointer, schema=schema, spread=True
        )
        for subject, kind, pointer in said_of(headers, at, self._viewer):
            name = subject.parts[-1].lower()
            if name != "content-type":
                yield at.within("header", name), kind, pointer

    def _clauses(self, said: Iterable[Said]) -> Iterator[Traced]:
        for subject, kind, pointer in said:
            clause = Clause(producer=self._producer, operation=self._operation, subject=subject, kind=kind)
            yield clause, pointer


def _media_types(messages: Sequence[Message], at: Subject) -> Iterator[Said]:
    """The media types, where every message names one."""
    names = {message.media_type for message in messages}
    if "" not in names:
        yield at.within("header", "content-type"), ContentType(tuple(sorted(names))), messages[0].pointer


def _shared(alternatives: Sequence[list[Said]]) -> Iterator[Said]:
    """What all of some messages say alike."""
    first, *others = [{(subject, kind): pointer for subject, kind, pointer in said} for said in alternatives]
    for (subject, kind), pointer in first.items():
        if all((subject, kind) in other for other in others):
            yield subject, kind, pointer
