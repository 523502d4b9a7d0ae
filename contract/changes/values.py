"""What is said of one place on both sides → changes, an aspect at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.changes.change import Change
from contract.changes.lifecycle import sunset
from contract.changes.outlines import noun_of
from contract.changes.relating import relate, said
from contract.changes.rules import ASPECTS, RULES, value_rule
from contract.changes.unions import WORDS, gone
from contract.changes.wire import told as told_of_bytes
from contract.clause import Direction, Relation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date

    from contract.changes.facts import Place

_HOW = {
    Relation.NARROWER: "narrowed",
    Relation.WIDER: "widened",
    Relation.INCOMPATIBLE: "changed",
}
_ORDER = sorted(ASPECTS - {"type"})
_BOTH_SAY = frozenset({"nullable", "open", "encoding", "allowEmptyValue", "encoded", "symbols", "together"})
"""Aspects of which silence means that nothing is known, not that all is allowed."""
_SHOWN = 6


def values(old: Place, new: Place, today: date) -> Iterator[Change]:
    """The changes of a place that both sides have."""
    unseen = _unseen(old), _unseen(new)
    if all(unseen) or old.facts == new.facts:
        return
    if any(unseen):
        rule = f"{_side(old)}-property-{'hidden' if unseen[1] else 'shown'}"
        if _side(old) == "request" and unseen[0] and new.facts.get("required"):
            rule += "-required"
        flag = "read-only" if old.subject.direction is Direction.REQUEST else "write-only"
        yield _change(rule, old, new, "hidden", f"is {flag}{'' if unseen[1] else ' no more'}")
        return
    yield from _required(old, new)
    yield from _content(old, new)
    yield from _told(old, new, today)
    if "encoded" in old.facts and "encoded" in new.facts:
        for rule, aspect, words in told_of_bytes(old, new):
            yield _change(rule, old, new, aspect, words)
    yield from _stated(old, new)


def _unseen(place: Place) -> bool:
    word = "readOnly" if place.subject.direction is Direction.REQUEST else "writeOnly"
    return word in place.facts.get("hidden", ())


def _required(old: Place, new: Place) -> Iterator[Change]:
    before, after = old.facts.get("required"), new.facts.get("required")
    noun = noun_of(old.subject)
    if before is None or after is None or before == after or (noun, _side(old)) == ("body", "response"):
        return
    rule = f"{_side(old)}-{noun}-became-{'required' if after else 'optional'}"
    if after and _side(old) == "request" and noun == "property" and "default" in new.facts:
        rule += "-with-default"
    words = "must be there now" if after else "may be missing now"
    yield _change(rule, old, new, "required", words)


def _side(place: Place) -> str:
    return place.subject.direction.value


def _content(old: Place, new: Place) -> Iterator[Change]:
    before, after = old.facts.get("content"), new.facts.get("content")
    if _side(old) == "response" and before and not after and "status" in new.facts:
        yield _change("response-body-removed", old, new, "content", "has no body any more")
        return
    if not before or not after:
        return
    for name in sorted(before - after):
        covered = any(_covers(one, name) if _side(old) == "request" else _covers(name, one) for one in after)
        if not covered:
            rule = f"{_side(old)}-media-type-removed"
            yield _change(rule, old, new, "content", f"is {name} no more; it is {_listed(after)}")
    for name in sorted(after - before):
        rule = f"{_side(old)}-media-type-added"
        yield _change(rule, old, new, "content", f"may be {name} now")


def _covers(general: str, special: str) -> bool:
    """Whether a media type or range has all that another one has: `application/json` has `…/x+json`."""
    kind, _, name = special.partition("/")
    plain = f"{kind}/{name.rpartition('+')[2]}"
    return general in {"*/*", f"{kind}/*", special, plain}


def _told(old: Place, new: Place, today: date) -> Iterator[Change]:
    """What only people read, and what is deprecated."""
    before, after = old.facts.get("description", ""), new.facts.get("description", "")
    if before != after:
        yield _change("description-changed", old, new, "description", "is described otherwise")
    was, will_be = old.facts.get("correlation"), new.facts.get("correlation")
    if was and was != will_be:
        now = f"at {_listed(will_be)}" if will_be else "nowhere"
        words = f"had the id that ties it to others at {_listed(was)}, and has it {now}"
        yield _change("message-correlation-changed", old, new, "correlation", words)
    for rule, message in sunset(old.facts, new.facts, today, f"{_side(old)}-"):
        yield _change(rule, old, new, "deprecated", message)


def _stated(old: Place, new: Place) -> Iterator[Change]:
    """The aspects of values. Where the types have nothing in common the rest is not told."""
    types = _relation("type", old, new)
    if types is not Relation.SAME:
        yield _value("type", types, old, new)
    if types is Relation.INCOMPATIBLE:
        return
    for aspect in _ORDER:
        if aspect == "format" and types is not Relation.SAME:
            continue
        relation = _relation(aspect, old, new)
        if relation is not Relation.SAME:
            yield _value(aspect, relation, old, new)


def _relation(aspect: str, old: Place, new: Place) -> Relation:
    before, after = said(aspect, old, new)
    if aspect in _BOTH_SAY and (before is None or after is None):
        return Relation.SAME
    return relate(aspect, before, after, textual=old.subject.textual and not old.facts.get("parsed"))


def _value(aspect: str, relation: Relation, old: Place, new: Place) -> Change:
    rule = value_rule(_side(old), aspect, _HOW[relation]).name
    optional = not (old.facts.get("required") or new.facts.get("required"))
    if aspect == "default" and noun_of(old.subject) == "parameter" and _side(old) == "request" and optional:
        rule = "request-parameter-default-changed"
    if aspect == "encoding" and not _is_packed(old) and not _is_packed(new):
        rule = f"{_side(old)}-encoding-scalar-changed"
    return _change(rule, old, new, aspect, _words(aspect, *said(aspect, old, new)))


def _is_packed(place: Place) -> bool:
    """Whether several values may stand in one text: how they are written matters for these alone."""
    return bool(place.facts.get("type", frozenset()) & {"array", "object"})


def _words(aspect: str, before: Any, after: Any) -> str:
    if aspect in WORDS and before and after:
        less, more = gone(before, after), gone(after, before)
        parts = [f"without {_listed(less)}" if less else "", f"with {_listed(more)}" if more else ""]
        return f"{aspect} has other members: {', '.join(filter(None, parts)) or 'another number of them'}"
    if aspect in {"enum", "x-extensible-enum"} and before and after:
        return f"{aspect} is now {_change_of(before - after, after - before)}"
    if aspect == "symbols":
        return _symbols(before, after)
    if aspect == "together":
        return "cannot be sent together with the same fields as before (oneof)"
    return f"{_NAMES.get(aspect, aspect)} was {_shown(before)} and is {_shown(after)}"


def _symbols(before: dict[str, int], after: dict[str, int]) -> str:
    moved = [
        f"{name} was {number} and is {after[name]}"
        for name, number in before.items()
        if after.get(name, number) != number
    ]
    if moved:
        return f"has other numbers for its values: {', '.join(moved[:_SHOWN])}"
    if not before.keys() & after.keys():
        return f"is another enum: {_listed(before)} before, {_listed(after)} now"
    known = set(before.values()), set(after.values())
    less = [name for name, number in before.items() if number not in known[1]]
    more = [name for name, number in after.items() if number not in known[0]]
    return f"enum is now {_change_of(less, more)}"


_NAMES = {"open": "additionalProperties", "encoded": "the encoding"}


def _change_of(less: Collection[str], more: Collection[str]) -> str:
    parts = [f"without {_listed(less)}" if less else "", f"with {_listed(more)}" if more else ""]
    return " and ".join(filter(None, parts))


def _shown(value: Any) -> str:
    if value is None:
        return "not given"
    if isinstance(value, frozenset):
        return _listed(value - {"integer"} if "number" in value else value)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], bool):
        return f"{value[0]}{' (itself shut out)' if value[1] else ''}"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _listed(names: Any) -> str:
    ordered = sorted(map(str, names))
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return f"{', '.join(ordered[:_SHOWN])}{more}"


def _change(rule: str, old: Place, new: Place, aspect: str, words: str) -> Change:
    return Change(
        rule=RULES[rule],
        operation="",
        subject=old.subject,
        message=f"{old.subject.readable} {words}",
        old=old.facts.get(aspect),
        new=new.facts.get(aspect),
        pointer=new.pointer,
    )
