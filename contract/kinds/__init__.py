"""The kinds of statements, one file each. A new kind is a new file and a row in `KINDS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from contract.kinds.closed import Closed
from contract.kinds.content_type import ContentType
from contract.kinds.latency import Latency
from contract.kinds.nullable import Nullable
from contract.kinds.occurs import Occurs
from contract.kinds.present import Present
from contract.kinds.type import Type

if TYPE_CHECKING:
    from contract.clause import Kind

__all__ = [
    "KINDS",
    "Closed",
    "ContentType",
    "Latency",
    "Nullable",
    "Occurs",
    "Present",
    "Type",
    "kind_from",
]


class _Readable(Protocol):
    name: str

    def from_value(self, value: object) -> Kind: ...


KINDS: dict[str, _Readable] = {
    kind.name: kind for kind in (Present, Type, Nullable, Closed, Occurs, ContentType, Latency)
}


def kind_from(name: str, value: object) -> Kind:
    """Read a kind back from its name and `Kind.value`.

    Raises:
        ValueError: no kind has that name, or the value is not one of its.
    """
    if name not in KINDS:
        raise ValueError(f"no kind of clause is called {name!r}; there are {', '.join(KINDS)}")
    return KINDS[name].from_value(value)
