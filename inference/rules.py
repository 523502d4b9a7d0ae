"""Which thresholds decide a claim of each kind, what they are and why: for whoever asks why it is claimed.

The reasons are those that `inference/thresholds.py` gives below each name.
"""

from __future__ import annotations

import ast
from functools import cache
from inspect import getsource
from typing import NamedTuple

from inference import thresholds


class Threshold(NamedTuple):
    """A named number that decides claims, and its reason in full sentences."""

    name: str
    value: float
    reason: str


_SHARED = ("MIN_RELATED", "MIN_DIFFERENT", "CHANCE")
_CHAINED = ("MIN_CHAIN", "MIN_CHAIN_ANSWERS", "MAX_CHAIN_BREAKS", "CHANCE")

_BY_KIND: dict[str, tuple[str, ...]] = {
    "present": ("MIN_PRESENCE",),
    "nullable": ("MIN_PRESENCE",),
    "latency": ("MIN_LATENCY",),
    "key-order": ("MIN_THINGS", "MIN_REVERSALS"),
    "acknowledgement": ("MIN_ACKNOWLEDGED",),
    "handling": ("MIN_LATENCY",),
    "format": ("MIN_FORMAT", "MIN_COMMON_FORMAT"),
    "pattern": ("MIN_PATTERN",),
    "length": ("MIN_LENGTH",),
    "enum": (
        "MIN_ENUM",
        "MIN_ENUM_EXCHANGES",
        "MAX_ENUM",
        "ENUM_PER_VALUE",
        "ENUM_UNSEEN",
        "FIRST_HALF",
        "MIN_ALWAYS",
    ),
    "range": ("MIN_NATURAL", "MIN_DENSE", "EDGE_EXPECTED"),
    "size": ("MIN_ARRAYS",),
    "equal": ("MIN_EQUAL", *_SHARED),
    "echo": _SHARED,
    "filter": _SHARED,
    "at-most": _SHARED,
    "member": _SHARED,
    "contains": _SHARED,
    "derived": ("MIN_DERIVED", *_SHARED),
    "sum": ("MIN_SUMS", "MIN_DIFFERENT", "MAX_ADDENDS"),
    "count": ("MIN_RELATED", "MIN_DIFFERENT"),
    "limits": ("MIN_RELATED", "MIN_FULL"),
    "sorted": ("MIN_SORTED", "CHANCE"),
    "unique": ("MIN_ARRAYS", "MIN_COLLISIONS"),
    "variant": ("MIN_CASE", "MAX_CASES", "CHANCE"),
    "together": ("MIN_TOGETHER", "CHANCE"),
    "never-repeats": ("MIN_SERIES", "CHANCE"),
    "increasing": ("MIN_SERIES", "CHANCE"),
    "lifecycle": ("MIN_CHANGED", "MIN_SAME_ENTITIES", "MAX_LIFE_STATES", "MAX_RETURNS", "CHANCE"),
    "preceded-by": _CHAINED,
    "followed-by": ("MIN_FOLLOWED", "MIN_FOLLOWED_SHARE", "CHANCE"),
    "pagination": ("MIN_PAGES", "MIN_FULL_PAGES", "MAX_CHAIN_BREAKS"),
    "duplicates": ("MIN_ONCE", "MIN_DOUBLED"),
    "requeued": ("MIN_REQUEUED", "MIN_GIVE_UPS"),
    "dead-letter": ("MIN_PROTOCOL",),
    "comes-after": ("MIN_CHAIN", "MAX_BEGUN_OFTEN", "MAX_CHAIN_BREAKS", "CHANCE"),
    "gaps": ("MIN_ONCE",),
    "delivery": ("MIN_ONCE",),
    "fan-out": ("MIN_FANNED",),
    "retained": ("MIN_PROTOCOL",),
    "schemas": ("MIN_PROTOCOL", "MIN_LOST"),
    "catch-up": ("MIN_AWAY_NS", "AWAY_FACTOR", "MIN_BACKLOG", "MIN_CATCH_UPS"),
    "handling-order": ("MIN_REVERSALS", "MIN_OVERTAKEN"),
    "in-flight": ("MIN_REFILLS", "MIN_REFILLED", "REFILL_SHARE", "REFILL_NS", "WAITED_NS"),
    "batch": ("MIN_CUTS", "MAX_SHORT_CUTS", "WAITED_NS"),
    "repeats-effect": ("MIN_EFFECTS_AGAIN", "MAX_AFTERMATH_NS", "CHANCE"),
    "deduplicates": ("MIN_DEDUPLICATED",),
}
_OF_USE = ("SPECIFIC_BITS", "MIN_RETURNED", "MIN_RETURNED_COMMON", "COMMON_BITS", "SINGULAR_BITS", "CHANCE")


def thresholds_of(kind: str, *, used: bool = False) -> tuple[Threshold, ...]:
    """The thresholds of a kind, none where every observation is told as it is.

    Args:
        kind: its name.
        used: whether those are wanted, too, that decide that a value was sent back on purpose.
    """
    names = (*_BY_KIND.get(kind, ()), *(_OF_USE if used else ()))
    return tuple(
        Threshold(name, getattr(thresholds, name), _reasons()[name]) for name in dict.fromkeys(names)
    )


@cache
def _reasons() -> dict[str, str]:
    """The text below each name: Python keeps those of modules and classes, not those of variables."""
    body = ast.parse(getsource(thresholds)).body
    texts: dict[str, str] = {}
    names: list[str] = []
    for node in body:
        if isinstance(node, ast.Assign):
            names = [
                target.id
                for one in node.targets
                for target in (one.elts if isinstance(one, ast.Tuple) else [one])
                if isinstance(target, ast.Name)
            ]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            texts |= dict.fromkeys(names, " ".join(str(node.value.value).split()))
    return texts
