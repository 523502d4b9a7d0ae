"""AsyncAPI 2.0 to 2.6 documents as channels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contract.asyncapi.reading import address_of, bases_of, below, message_of, parameters_of
from contract.asyncapi.traits import with_traits
from contract.asyncapi.written import Channel
from contract.openapi.reading import child, entries, items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.openapi.library import Library
    from contract.view import Leaf

_KEY = re.compile(r"/messages/([^/]+)")


def channels(library: Library) -> Iterator[Channel]:
    """All channels, in the order of the document. Whoever publishes, a message is sent and received."""
    root = library.root
    for name, channel in entries(child(root, "channels")):
        servers = _servers(channel, root)
        address = below(servers, address_of(name, channel))
        operations = [
            operation
            for action in ("publish", "subscribe")
            if (operation := child(channel, action)) is not None
        ]
        messages = {leaf.pointer: leaf for operation in operations for leaf in _messages(operation)}
        yield Channel(
            address=address,
            pointer=channel.pointer,
            security=_security(operations, root),
            bases=bases_of(servers),
            parameters=tuple(parameters_of(channel, address)),
            messages=tuple(
                message_of(with_traits(leaf, root, override=True), pointer, _key(pointer), library)
                for pointer, leaf in messages.items()
            ),
        )


def _messages(operation: Leaf) -> Iterator[Leaf]:
    """The messages of an operation: one, or any of several (2.6, Operation Object, "message")."""
    message = child(operation, "message")
    several = child(message, "oneOf") if message else None
    if several is not None:
        yield from items(several)
    elif message is not None:
        yield message


def _servers(channel: Leaf, root: Leaf) -> list[Leaf]:
    """Those that a channel names, else all (2.6, Channel Item Object, "servers")."""
    named = [name.schema for name in items(child(channel, "servers"))]
    return [server for key, server in entries(child(root, "servers")) if not named or key in named]


def _key(pointer: str) -> str:
    """The key of a message that is written in `messages`."""
    found = _KEY.search(pointer)
    return found[1].replace("~1", "/").replace("~0", "~") if found and found.end() == len(pointer) else ""


def _security(operations: Iterable[Leaf], root: Leaf) -> tuple[str, ...]:
    """The schemes that operations name (2.6, Security Requirement Object)."""
    asked = (with_traits(operation, root, override=True).get("security") for operation in operations)
    requirements = (requirement for leaf in asked for requirement in items(leaf))
    return tuple(sorted({name for requirement in requirements for name, _ in entries(requirement)}))
