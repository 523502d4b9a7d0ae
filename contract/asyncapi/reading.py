"""What reading version 2 and 3 documents has in common. All of it accepts whatever a document holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contract.asyncapi.payloads import payload_of
from contract.asyncapi.written import Message
from contract.openapi.reading import child, entries, media_type, word
from contract.openapi.written import Parameter
from contract.view import Leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from contract.asyncapi.traits import Fields
    from contract.openapi.library import Library

_WITH_PATHS = frozenset({"http", "https", "ws", "wss"})
_NAMED = re.compile(r"\{([^{}]*)\}")


def address_of(name: str, channel: Leaf) -> str:
    """What messages of a channel are published to, `""` where that is not said.

    A Kafka binding may name another topic (Kafka bindings, Channel Binding Object, "topic"). An AMQP channel
    is a routing key; one that is a queue is reached by the queue's name, and what has no routing key goes by
    its exchange (AMQP bindings, Channel Binding Object).

    Args:
        name: what the document calls the address.
        channel: the channel.
    """
    queued = _text_at(channel, "bindings", "amqp", "is") == "queue"
    return (
        _text_at(channel, "bindings", "kafka", "topic")
        or (_text_at(channel, "bindings", "amqp", "queue", "name") if queued else "")
        or name
        or _text_at(channel, "bindings", "amqp", "exchange", "name")
    )


def below(servers: Sequence[Leaf], address: str) -> str:
    """An address at its servers: where all have paths it is one, with or without the slash before it."""
    paths = servers and all(word(server, "protocol") in _WITH_PATHS for server in servers)
    return f"/{address.lstrip('/')}" if paths and address else address


def bases_of(servers: Iterable[Leaf]) -> tuple[str, ...]:
    """The paths that servers put before an address: over HTTP and WebSocket it is a path below theirs.

    Version 2 has it in `url`, version 3 in `pathname`. Whether traffic shows it depends on where it is seen.
    """
    paths = (_path_of(server) for server in servers if word(server, "protocol") in _WITH_PATHS)
    return tuple(dict.fromkeys(("", *paths)))


def _path_of(server: Leaf) -> str:
    url = word(server, "url")
    rest = url.partition("://")[2] or url
    path = (word(server, "pathname") or rest.partition("/")[2]).strip("/")
    return f"/{path}" if path else ""


def _text_at(leaf: Leaf, *steps: str) -> str:
    """The text some keys further down, `""` where there is none."""
    owner = child(leaf, *steps[:-1])
    return word(owner, steps[-1]) if owner else ""


def parameters_of(channel: Leaf, address: str) -> Iterator[Parameter]:
    """The declared parameters of an address, in its order.

    Version 3 has no schemas here: a value is a text, and may be one of an `enum` (3.0, Parameter Object).
    """
    declared = dict(entries(child(channel, "parameters")))
    for name in dict.fromkeys(_NAMED.findall(address)):
        leaf = declared.get(name)
        if leaf is not None and isinstance(leaf.schema, dict):
            yield Parameter(
                place="path",
                name=name,
                required=True,
                pointer=leaf.pointer,
                schema=child(leaf, "schema")
                or Leaf({"type": "string"} | leaf.schema, leaf.pointer, leaf.resolve),
            )


def message_of(fields: Fields, pointer: str, key: str, library: Library) -> Message:
    """A message, from its fields with all traits merged in.

    Args:
        fields: as `with_traits` gives them.
        pointer: where the message is written.
        key: its key in `messages`, `""` if it has none.
        library: the document; is told what cannot be read.
    """
    headers = fields.get("headers")
    bindings = fields.get("bindings")
    if bindings is not None and child(bindings, "kafka", "key") is not None:
        library.warn(f"{pointer}: schemas of keys are not compared: a key is kept as its text")
    correlation = fields.get("correlationId")
    content_type = _text(fields, "contentType") or word(library.root, "defaultContentType")
    return Message(
        type=_text(fields, "name") or key,
        pointer=pointer,
        payload=payload_of(fields, library),
        headers=headers if headers and isinstance(headers.schema, dict) else None,
        media_type=media_type(content_type) if "/" in content_type else "",
        correlation=_text_at(correlation, "location") if correlation is not None else "",
    )


def _text(fields: Fields, name: str) -> str:
    """A field's text, `""` where it has none."""
    value = fields[name].schema if name in fields else None
    return value if isinstance(value, str) else ""
