"""Which places speak of the same kind of thing: `GET /orders`, `GET /orders/{id}` and `POST /orders` do."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from contract.operation import parse
from contract.subject import ITEM, VALUE
from inference.shapes import parameters

if TYPE_CHECKING:
    from contract.subject import Subject
    from inference.journal import Event, Mark

_PARAMETER = re.compile(r"\{[^{}]*\}")
_IDENTIFIER = re.compile(r"(.*?)[_.-]?(?:ids?|uuid|key|token|number|no|code|ref|reference|slug)")
_WRAPPERS = frozenset(
    """
    data items item results result values value entries entry records record list content rows row nodes
    node edges payload response body object objects attributes resource resources elements hits docs
    """.split()  # noqa: SIM905  # a list of words reads better than a list of strings
)
_ONE = (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"), ("s", ""))


def named(operation: str, event: Event) -> dict[str, Mark]:
    """The path parameters of a call, by segment index."""
    words = event.route.partition(" ")[2].strip("/").split("/")
    # a segment that only a later template leaves open stands in the route
    return {index: event.path.get(index, words[int(index)]) for index in parameters(operation)}


def noun_of_path(operation: str, index: int | None = None) -> str:
    """What the path is about, in the singular: `order` for `/orders/{id}`.

    Args:
        operation: an operation key.
        index: a segment; the last fixed word before it counts.
    """
    segments = parse(operation).segments[:index]
    words = [part for part in segments if not _PARAMETER.search(part)]
    return singular(words[-1]) if words else ""


def noun_of(operation: str, subject: Subject) -> str:
    """What an object at a place of an answer is: by the field that it stands in, or by the path."""
    names = [part for part in subject.parts[3:] if part not in {ITEM, VALUE}]
    names = [name for name in names if name.lower() not in _WRAPPERS]
    return singular(names[-1]) if names else noun_of_path(operation)


@lru_cache(maxsize=16_384)
def noun_of_id(name: str) -> str:
    """What a field or parameter identifies by its name: `order` for `order_id`, `""` for `id`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    match = _IDENTIFIER.fullmatch(words)
    return singular(match[1]) if match and match[1] else ""


@lru_cache(maxsize=16_384)
def singular(word: str) -> str:
    """A word in lower case, without what is no letter, in the singular as far as its end shows that."""
    plain = re.sub(r"[^a-z0-9]", "", word.lower())
    for end, other in _ONE:
        if plain.endswith(end) and len(plain) > len(end) + 1 and not plain.endswith("ss"):
            return plain[: -len(end)] + other
    return plain
