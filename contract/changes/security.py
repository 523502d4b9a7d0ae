"""Security requirements → facts: the ways in which a caller may say who it is.

OpenAPI 3.1, section 4.8.30: requirements are alternatives, each a set of schemes with scopes. A scheme is
known by what it is and where its tokens come from; the name that a document gives it tells apart those that
are alike.
"""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING, Any, NamedTuple

from contract.openapi.reading import child, entries, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.view import Leaf


MAX_WAYS = 64
"""Ways to fulfil one requirement: each of its schemes by each of its flows."""


class Asked(NamedTuple):
    """A scheme that a caller must fulfil, in words, with the name that the document gives it, and a scope."""

    scheme: str
    name: str
    scope: str = ""

    def __str__(self) -> str:
        return f"{self.scheme}:{self.scope}" if self.scope else self.scheme


Demand = frozenset[Asked]
"""All that one alternative asks for: each scheme, and each of its scopes."""


_TYPED = ("type", "scheme", "in", "name")
_URLS = ("authorizationUrl", "tokenUrl")
_FLOWS = {"accessCode": "authorizationCode", "application": "clientCredentials"}
"""What Swagger 2.0 calls flows, and OpenAPI 3 does. So it is with `basic` for `http` and `basic`."""
_SAID = (*_TYPED, *_URLS, "openIdConnectUrl", "flow")


def ways_in(operation: Leaf, root: Leaf, schemes: Leaf | None) -> frozenset[Demand]:
    """The alternatives; one that asks for nothing where nothing is required."""
    listed: Any = operation.schema.get("security", root.schema.get("security"))
    given = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return frozenset(way for one in given for way in _ways(one, schemes)) or frozenset([frozenset()])


def demanded(schemes: Iterable[str]) -> frozenset[Demand]:
    """One alternative that asks for all of some schemes, in words."""
    return frozenset([frozenset(Asked(scheme, scheme) for scheme in schemes)])


def _ways(requirement: dict[str, Any], schemes: Leaf | None) -> Iterator[Demand]:
    """What a requirement asks for: once for each way in which its schemes can be fulfilled."""
    choices = []
    for name, scopes in requirement.items():
        scheme = child(schemes, name) if schemes else None
        sketches = [_sketch(one) for one in _flows(scheme)] if scheme else [str(name)]
        wanted = [scope for scope in scopes if isinstance(scope, str)] if isinstance(scopes, list) else []
        choices.append([frozenset(Asked(one, name, scope) for scope in ("", *wanted)) for one in sketches])
    for chosen in islice(product(*choices), MAX_WAYS):
        yield Demand().union(*chosen)


def _flows(scheme: Leaf) -> list[dict[str, str]]:
    """What a scheme says of itself, once for each flow: a token from any of them lets in (section 4.8.28)."""
    said = {key: word(scheme, key) for key in _SAID}
    if said["type"] == "basic":
        said |= {"type": "http", "scheme": "basic"}
    said["flow"] = _FLOWS.get(said["flow"], said["flow"])
    flows = entries(child(scheme, "flows"))
    return [said | {"flow": name} | {key: word(flow, key) for key in _URLS} for name, flow in flows] or [said]


def _sketch(said: dict[str, str]) -> str:
    words = [said[key].lower() if key in _TYPED else said[key] for key in _SAID]
    return " ".join(one for one in words if one)


def narrower(old: frozenset[Demand], new: frozenset[Demand]) -> bool:
    """Whether a caller that fulfilled an older alternative may now fulfil none.

    A scheme may have got another name, if neither side knows the other's.
    """
    before, after = _names(old), _names(new)

    def is_shown(asked: Asked, given: Demand) -> bool:
        renamed = (one for one in given if one.name not in after and asked.name not in before)
        return asked in given or any(one._replace(name=asked.name) == asked for one in renamed)

    return not all(any(all(is_shown(one, given) for one in demand) for demand in new) for given in old)


def _names(alternatives: frozenset[Demand]) -> frozenset[str]:
    return frozenset(asked.name for demand in alternatives for asked in demand)
