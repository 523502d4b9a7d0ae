"""What reading version 2 and 3 documents has in common. All of it accepts whatever a document holds."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from contract.openapi.written import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from contract.openapi.library import Library
    from contract.openapi.written import Response
    from contract.view import Leaf

MAX_HOPS = 32
"""References to references; a longer chain is a circle."""

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)|default")


def child(leaf: Leaf, *steps: str) -> Leaf | None:
    """The value some keys further down, its references followed; None where there is none, or null."""
    here: Leaf | None = leaf
    for step in steps:
        if here is None or not isinstance(here.schema, dict) or here.schema.get(step) is None:
            return None
        here = followed(here.below(step))
    return here


def followed(leaf: Leaf) -> Leaf | None:
    """What a reference object refers to, and anything else itself; None if it leads nowhere."""
    here: Leaf | None = leaf
    for _ in range(MAX_HOPS):
        if here is None or not isinstance(here.schema, dict) or not isinstance(here.schema.get("$ref"), str):
            return here
        here = here.resolve(here.schema["$ref"])
    return None


def entries(leaf: Leaf | None) -> Iterator[tuple[str, Leaf]]:
    """The values of an object by key, extensions (`x-…`) left out, references followed."""
    for key in leaf.schema if leaf is not None and isinstance(leaf.schema, dict) else ():
        if not key.startswith("x-"):
            value = child(leaf, key) if leaf else None
            if value is not None:
                yield key, value


def items(leaf: Leaf | None) -> Iterator[Leaf]:
    """The items of an array, references followed."""
    if leaf is not None and isinstance(leaf.schema, list):
        for index in range(len(leaf.schema)):
            item = followed(leaf.below(str(index)))
            if item is not None:
                yield item


def word(leaf: Leaf, key: str) -> str:
    """A field's text, `""` where it has none."""
    value = leaf.schema.get(key) if isinstance(leaf.schema, dict) else None
    return value if isinstance(value, str) else ""


def flag(leaf: Leaf, key: str) -> bool:
    """Whether a field is true."""
    return isinstance(leaf.schema, dict) and leaf.schema.get(key) is True


def schema_of(leaf: Leaf) -> Leaf | None:
    """The schema in a field `schema`, its reference not followed."""
    schema = leaf.schema.get("schema") if isinstance(leaf.schema, dict) else None
    return leaf.below("schema") if isinstance(schema, dict) else None


def overridden(*given: Iterable[Parameter]) -> tuple[Parameter, ...]:
    """Parameters, each place and name once: the later one counts, so that operations override path items."""
    return tuple({(one.place, one.name): one for one in chain(*given)}.values())


def security(operation: Leaf, root: Leaf) -> tuple[str, ...]:
    """The names of the security schemes that may be asked for; an operation's own list goes first."""
    found: Any = operation.schema.get("security", root.schema.get("security"))
    schemes = found if isinstance(found, list) else []
    return tuple(sorted({name for scheme in schemes if isinstance(scheme, dict) for name in scheme}))


def credentials(names: Iterable[str], schemes: Leaf | None) -> Iterator[Parameter]:
    """The API keys of some security schemes that stand in the query: texts that may be there.

    Which scheme a caller uses is its choice. Keys in headers and cookies say who the caller is, and
    observation does not look at their values (`contract/openapi/securing.py` says that they may be there).
    """
    for name in names:
        scheme = child(schemes, name) if schemes else None
        if scheme is not None and word(scheme, "type") == "apiKey" and word(scheme, "in") == "query":
            yield Parameter(place="query", name=word(scheme, "name"), required=False, pointer=scheme.pointer)


def responses(
    operation: Leaf, library: Library, read: Callable[[str, Leaf], Response]
) -> tuple[Response, ...]:
    """The responses of an operation, in the order of the document."""
    found = []
    for status, leaf in entries(child(operation, "responses")):
        pattern = status.replace("x", "X")
        if _STATUS.fullmatch(pattern):
            found.append(read(pattern, leaf))
        else:
            library.warn(f"{leaf.pointer}: {status!r} is no status")
    return tuple(found)


def media_type(text: str) -> str:
    """A media type in lower case, without parameters."""
    return text.partition(";")[0].strip().lower()
