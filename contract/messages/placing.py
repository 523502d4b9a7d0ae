"""Subjects: the names that schemas are registered under, and which messages they speak of.

The strategies of serializers, as Confluent's and Apicurio's registries have them: `TopicNameStrategy`
(`orders-value`, `orders-key`), `TopicRecordNameStrategy` (`orders-shop.OrderPlaced`), `RecordNameStrategy`
(`shop.OrderPlaced`) and, of schemas without a name, the topic alone (`SimpleTopicIdStrategy`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract.asyncapi.written import Message

_CONTEXT = re.compile(r":\.[^:]*:")
"""What stands before the subjects of a context that is not the default one."""

_VALUE, _KEY = "-value", "-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A message and its channel, `""` where it is that of all channels with messages of its type.

    A `part` is mainly used within other messages: no message is missed where none of it is seen.
    """

    channel: str
    message: Message
    part: bool = False


def channel_of(subject: str, type_: str) -> str | None:
    """The channel that a subject speaks of.

    Args:
        subject: the name that a schema is registered under.
        type_: the schema's own name, `""` if it has none.

    Returns:
        `""` where it speaks of all messages of its type; None where it speaks of keys.
    """
    name = _CONTEXT.sub("", subject, count=1) if subject.startswith(":.") else subject
    if name.endswith(_KEY):
        return None
    if name.endswith(_VALUE):
        return name.removesuffix(_VALUE)
    if not type_:
        return name
    return name.removesuffix(f"-{type_}") if name.endswith(f"-{type_}") else ""
