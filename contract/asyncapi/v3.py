"""AsyncAPI 3.0 and 3.1 documents as channels."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from contract.asyncapi.reading import address_of, bases_of, below, message_of, parameters_of
from contract.asyncapi.traits import with_traits
from contract.asyncapi.written import Channel
from contract.openapi.reading import child, entries, items, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.openapi.library import Library
    from contract.view import Leaf


def channels(library: Library) -> Iterator[Channel]:
    """All channels, in the order of the document."""
    root = library.root
    security = _security(root)
    servers = [server for _, server in entries(child(root, "servers"))]
    for _, channel in entries(child(root, "channels")):
        own = list(items(child(channel, "servers"))) or servers
        address = below(own, address_of(word(channel, "address"), channel))
        yield Channel(
            address=address,
            pointer=channel.pointer,
            security=tuple(sorted(security[channel.pointer])),
            bases=bases_of(own),
            parameters=tuple(parameters_of(channel, address)),
            messages=tuple(
                message_of(with_traits(leaf, root, override=False), leaf.pointer, key, library)
                for key, leaf in entries(child(channel, "messages"))
            ),
        )


def _security(root: Leaf) -> dict[str, set[str]]:
    """By the pointer of a channel the schemes that its operations name (3.0, Operation Object, "security").

    Schemes are called by their names in the components; one that is written in place has none.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for _, operation in entries(child(root, "operations")):
        channel = child(operation, "channel")
        if channel is not None:
            asked = with_traits(operation, root, override=False).get("security")
            places = (scheme.pointer.rpartition("/securitySchemes/") for scheme in items(asked))
            found[channel.pointer] |= {name for _, components, name in places if components}
    return found
