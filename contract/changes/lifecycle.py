"""What is said of whole operations, and the life of things: deprecated, with a sunset date, gone.

`x-sunset` holds a date, as other checkers of OpenAPI documents have it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from contract.changes.change import Change
from contract.changes.rules import RULES
from contract.changes.security import narrower

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.changes.facts import Facts, Side
    from contract.changes.security import Demand

_LEVELS = ("draft", "alpha", "beta", "stable")
_UNSTABLE = frozenset({"draft", "alpha"})
"""Levels of what is not to be relied upon yet: no change of it is worse than a warning."""


def removed(side: Side, today: date) -> Change:
    """The removal of an operation; deprecation and a sunset date that has come make it milder."""
    rule, message = "operation-removed", "the operation is gone"
    sunset = side.facts.get("deprecated")
    if sunset is not None or is_unstable(side):
        rule, message = "operation-removed-deprecated", "the operation is gone; it was not to be relied upon"
    if sunset:
        when = day(sunset)
        over = when is not None and when <= today
        rule = "operation-removed-after-sunset" if over else "operation-removed-before-sunset"
        message = f"the operation is gone; its sunset was to be {sunset}"
    return Change(
        rule=RULES[rule],
        operation=side.key,
        subject=None,
        message=message,
        pointer=side.pointer,
        keys=side.keys,
    )


def is_unstable(side: Side) -> bool:
    """Whether an operation is not to be relied upon yet."""
    return side.facts.get("x-stability-level") in _UNSTABLE


def whole(old: Side, new: Side, today: date) -> Iterator[Change]:
    """What is said differently of an operation that both sides have."""
    for rule, message, before, after in _whole(old.facts, new.facts):
        yield _change(rule, message, before, after, new)
    for rule, message in sunset(old.facts, new.facts, today, "operation-"):
        yield _change(rule, f"the operation {message}", None, None, new)
    if old.key != new.key:
        yield _change("path-parameter-renamed", f"{old.key} is {new.key} now", old.key, new.key, new)


def _change(rule: str, message: str, before: Any, after: Any, side: Side) -> Change:
    return Change(
        rule=RULES[rule],
        operation=side.key,
        subject=None,
        message=message,
        old=before,
        new=after,
        pointer=side.pointer,
    )


def _whole(old: Facts, new: Facts) -> Iterator[tuple[str, str, Any, Any]]:
    for aspect, rule in (
        ("operationId", "operation-id-changed"),
        ("summary", "description-changed"),
        ("description", "description-changed"),
    ):
        before, after = old.get(aspect), new.get(aspect)
        if before != after:
            yield rule, f"the {aspect} differs", before, after
    before, after = old.get("tags", frozenset()), new.get("tags", frozenset())
    if before != after:
        yield "tags-changed", f"the tags were {_listed(before)} and are {_listed(after)}", before, after
    yield from _stability(old, new)
    before, after = old.get("security"), new.get("security")
    for rule, message in admission(before, after):
        yield rule, message, before, after


def admission(before: frozenset[Demand] | None, after: frozenset[Demand] | None) -> Iterator[tuple[str, str]]:
    """The rule and words for other ways in which callers are let in; None where nothing is said of it."""
    if before is not None and after is not None and (narrower(before, after) or narrower(after, before)):
        rule = "security-tightened" if narrower(before, after) else "security-relaxed"
        yield rule, f"callers were let in by {_ways(before)}, and are by {_ways(after)}"


def _stability(old: Facts, new: Facts) -> Iterator[tuple[str, str, Any, Any]]:
    before, after = old.get("x-stability-level", "stable"), new.get("x-stability-level", "stable")
    if before != after and not (before in _LEVELS and after in _LEVELS):
        yield "stability-invalid", f"the stability level was {before} and is {after}", before, after
    elif before != after:
        lower = _LEVELS.index(after) < _LEVELS.index(before)
        rule = "stability-decreased" if lower else "stability-increased"
        yield rule, f"the stability level was {before} and is {after}", before, after


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _ways(alternatives: frozenset[Demand]) -> str:
    return " or ".join(sorted(" and ".join(sorted(map(str, one))) or "nothing" for one in alternatives))


def sunset(old: Facts, new: Facts, today: date, prefix: str) -> Iterator[tuple[str, str]]:
    """Rules and words for what became of a deprecation; `prefix` begins the names of milder rules."""
    before, after = old.get("deprecated"), new.get("deprecated")
    if before == after:
        return
    if after is None:
        yield f"{prefix}undeprecated", "is not deprecated any more"
    elif before is None:
        when = day(after)
        if after and (when is None or when <= today):
            yield "sunset-invalid", f"is deprecated, and its sunset {after} is no date to come"
        else:
            yield f"{prefix}deprecated", f"is deprecated{f', until {after}' if after else ''}"
    else:
        yield _moved(before, after)


def _moved(before: Any, after: Any) -> tuple[str, str]:
    words = f"had the sunset {before or 'none'}, and has {after or 'none'}"
    was, will_be = day(before), day(after)
    if before and (was is None or will_be is None):
        return "sunset-removed", words
    if was is not None and will_be is not None and will_be < was:
        return "sunset-earlier", words
    return "sunset-later", words


def day(text: Any) -> date | None:
    """A date, with or without a time; None for what is none."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
