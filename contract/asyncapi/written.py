"""What a document says of one channel, in the same records for versions 2 and 3 of AsyncAPI.

`v2` and `v3` read documents into these, `compiling` makes clauses of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract.kinds import Schemas
    from contract.openapi.written import Parameter
    from contract.view import Leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as written, its traits merged in.

    `type` is its name, else its key in `messages`, `""` where it has neither. `headers` describes an object.
    `schemas` are the ids that payloads may name. `correlation` is where the id stands that ties it to others.
    What is None or `""` is not said, or in a format that is not read.
    """

    type: str
    pointer: str
    payload: Leaf | None
    headers: Leaf | None
    media_type: str
    schemas: Schemas | None = None
    correlation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as written.

    `address` is what messages are published to, `{parameters}` in it, `""` if that is not said. `parameters`
    are those in the address. `bases` are paths that servers put before it, `""` for none. `security` names
    the schemes of all its operations.
    """

    address: str
    pointer: str
    security: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    messages: tuple[Message, ...]
    bases: tuple[str, ...] = ("",)
