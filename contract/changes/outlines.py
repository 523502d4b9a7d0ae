"""What places there are: removed, added, and the pairs that both sides have."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from contract.changes.change import Change
from contract.changes.facts import EXPLODED, Place
from contract.changes.lifecycle import day
from contract.changes.relating import relate, said
from contract.changes.rules import RULES
from contract.changes.unions import WORDS
from contract.changes.wire import renumbered
from contract.clause import Direction, Relation
from contract.statuses import pattern_for
from contract.subject import ITEM, VALUE, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from contract.changes.facts import Facts, PlaceKey


@dataclass(slots=True)
class Outline:
    """Changes of what places there are, and the pairs of places to compare further."""

    changes: list[Change] = field(default_factory=list)
    pairs: list[tuple[Place, Place]] = field(default_factory=list)


def outline(
    old: Mapping[PlaceKey, Place], new: Mapping[PlaceKey, Place], today: date, *, exact: bool = False
) -> Outline:
    """Hold the places of two sides of one operation against each other.

    Args:
        old: what is in use.
        new: what would take its place.
        today: sunset dates before it are over.
        exact: whether a field that only one side describes is what the other says of additional ones.
    """
    found = Outline()
    before, after = _spelled(old, new), _spelled(new, old)
    medias = _shared_media(before, after)
    closed = [*_unions(before, after), *_renumbered(before, after, found)]
    statuses = _statuses(before)

    def is_compared(key: PlaceKey) -> bool:
        return _is_compared(key, medias) and not _is_inside(key, closed)

    for key, place in filter(lambda one: is_compared(one[0]), before.items()):
        other = _there(key, before, after, exact=exact)
        if other is not None:
            found.pairs.append((place, _one_of_many(place, other, after)))
        elif _has_parent(key, before, after):
            found.changes += _removed(place, today, statuses)
            if _is_any(key, after):
                found.pairs.append((place, replace(place, facts={})))
    for key, place in filter(lambda one: one[0] not in before and is_compared(one[0]), after.items()):
        other = _there(key, after, before, exact=exact)
        if other is not None:
            found.pairs.append((other, place))
        elif _has_parent(key, after, before):
            found.changes += _added(place)
            if _is_any(key, before):
                found.pairs.append((replace(place, facts={}), place))
    return found


def _there(
    key: PlaceKey, mine: Mapping[PlaceKey, Place], theirs: Mapping[PlaceKey, Place], *, exact: bool
) -> Place | None:
    """The place of the other side; with `exact` that of a field that it does not describe."""
    found = theirs.get(key)
    if found is not None or not exact or not _has_parent(key, mine, theirs):
        return found
    return _additional(key, theirs)


def _additional(key: PlaceKey, theirs: Mapping[PlaceKey, Place]) -> Place | None:
    """A field as a side that does not describe it has it; None if it may not be there, or for what is none.

    Patterns of names are not followed: with them nothing is known of a field.
    """
    media, subject = key
    parent = theirs.get((media, subject.parent))
    if parent is None or noun_of(subject) != "property" or subject.parts[-1] in {ITEM, VALUE}:
        return None
    if parent.facts.get("open") is False or "patternProperties" in parent.facts.get("keyword", ()):
        return None
    value = theirs.get((media, subject.parent.within(VALUE)))
    return Place(subject=subject, facts={**(value.facts if value else {}), "required": False})


def _one_of_many(old: Place, new: Place, after: Mapping[PlaceKey, Place]) -> Place:
    """An item of the newer side's array, where a single value is written as an array of one is.

    So it is with exploded forms (RFC 6570, section 3.2.8): `a=1` is the value 1, and the array of it.
    """
    item = after.get(("", new.subject.within(ITEM)))
    as_one = new.facts.get("encoding") == f"form{EXPLODED}"
    if not as_one or item is None or "array" in old.facts.get("type", {"array"}):
        return new
    if new.facts.get("type") != frozenset({"array"}):
        return new
    least = {name: number for name, number in new.facts.items() if name == "minItems" and number > 1}
    kept = {name: value for name, value in new.facts.items() if name in _OF_PARAMETERS}
    nullable = {"nullable": item.facts.get("nullable") or new.facts.get("nullable")}
    return replace(new, facts=item.facts | least | kept | nullable)


_OF_PARAMETERS = frozenset(
    {"required", "deprecated", "description", "encoding", "allowEmptyValue", "default"}
)


def _is_any(key: PlaceKey, theirs: Mapping[PlaceKey, Place]) -> bool:
    """Whether a side that does not speak of items, or of a map's values, lets anything stand there."""
    media, subject = key
    parent = theirs.get((media, subject.parent))
    open_ = parent is not None and parent.facts.get("open") is not False
    return subject.parts[-1] == ITEM or (subject.parts[-1] == VALUE and open_)


def _spelled(mine: Mapping[PlaceKey, Place], theirs: Mapping[PlaceKey, Place]) -> dict[PlaceKey, Place]:
    """My places, with patterns of statuses spelled out for statuses that only the other side names."""
    patterns = _statuses(mine)
    copies: dict[str, list[str]] = {}
    for status in _statuses(theirs) - patterns:
        pattern = pattern_for(status, patterns)
        if pattern is not None:
            copies.setdefault(pattern, []).append(status)
    found = dict(mine)
    for (media, subject), place in mine.items():
        for status in copies.get(subject.status or "", ()):
            found[media, Subject(("response", status, *subject.parts[2:]))] = place
    return found


def _statuses(places: Mapping[PlaceKey, Place]) -> frozenset[str]:
    return frozenset(subject.status for _, subject in places if subject.status)


def _shared_media(
    old: Mapping[PlaceKey, Place], new: Mapping[PlaceKey, Place]
) -> frozenset[tuple[str, Subject]]:
    """The bodies, by media type and place, that both sides have."""
    return _bodies(old) & _bodies(new)


def _bodies(places: Mapping[PlaceKey, Place]) -> frozenset[tuple[str, Subject]]:
    return frozenset((media, body_of(subject)) for media, subject in places if media)


def body_of(subject: Subject) -> Subject:
    """The whole body, or parameter, that a place is inside of."""
    return Subject(subject.parts[: 2 if subject.direction is Direction.REQUEST else 3])


def _is_compared(key: PlaceKey, medias: frozenset[tuple[str, Subject]]) -> bool:
    media, subject = key
    return not media or (media, body_of(subject)) in medias


def _unions(old: Mapping[PlaceKey, Place], new: Mapping[PlaceKey, Place]) -> list[PlaceKey]:
    """The places whose unions have other members now: what is inside cannot be told apart by members."""
    return [
        key
        for key, place in old.items()
        if (other := new.get(key)) is not None
        and any(relate(word, *said(word, place, other), textual=False) is not Relation.SAME for word in WORDS)
    ]


def _is_inside(key: PlaceKey, closed: list[PlaceKey]) -> bool:
    media, subject = key
    return any(media == within and subject != above and subject.under(above) for within, above in closed)


def _has_parent(key: PlaceKey, mine: Mapping[PlaceKey, Place], theirs: Mapping[PlaceKey, Place]) -> bool:
    """Whether the nearest place above that I name is on the other side, and speaks of what is below."""
    media, subject = key
    above = subject.parent
    while len(above.parts) > 1:
        found = mine.get((media, above))
        if found is not None:
            other = theirs.get((media, above))
            if other is None or other.blank or other.cut:
                return False
            return _is_same_sort(found.facts, other.facts)
        above = above.parent
    status = subject.status
    return status is None or subject.parts[2:] == () or ("", Subject(subject.parts[:2])) in theirs


def _is_same_sort(mine: Facts, theirs: Facts) -> bool:
    """Whether two places share a type: of an object that is a text now the fields are not told."""
    one, other = mine.get("type"), theirs.get("type")
    return one is None or other is None or bool(one & other)


def _removed(place: Place, today: date, statuses: frozenset[str]) -> Iterator[Change]:
    subject, facts = place.subject, place.facts
    noun = noun_of(subject)
    if ("hidden" in facts and _hides(subject, facts)) or _is_never(facts):
        return
    if "status" in facts:
        rule = f"response-{'status' if _is_success(subject, statuses) else 'error'}-removed"
        yield _change(rule, place, f"{subject.readable} is not declared any more")
    elif noun == "parameter":
        yield _parameter(place, today)
    elif noun in {"property", "header", "body"} and "required" in facts:
        yield _change(f"{subject.direction.value}-{noun}-removed", place, f"{subject.readable} is gone")


def _renumbered(
    before: dict[PlaceKey, Place], after: dict[PlaceKey, Place], found: Outline
) -> Iterator[PlaceKey]:
    """Takes out the fields whose numbers are others now, and tells them; what is inside is read by nobody."""
    for old, new in renumbered(before, after):
        place = before.pop(old)
        del after[new]
        words = f"had the number {old[1].parts[-1]} and has {new[1].parts[-1]}"
        message = f"{place.subject.readable} {words}: what is sent as one is not read as the other"
        found.changes.append(_change("protobuf-number-changed", place, message))
        yield from (old, new)


def _is_never(facts: Facts) -> bool:
    """Whether nothing may stand at a place: its schema is false."""
    return facts.get("type") == frozenset() and not facts.get("nullable")


def _is_success(subject: Subject, statuses: frozenset[str]) -> bool:
    """Whether a status is one; `default` is where no other one is declared (OpenAPI 3.1, section 4.8.16)."""
    successes = {status for status in statuses if status.startswith(("2", "3"))}
    return subject.status in (successes or {"default"})


def _parameter(place: Place, today: date) -> Change:
    rule, sunset = "request-parameter-removed", place.facts.get("deprecated")
    if sunset is not None:
        when = day(sunset)
        due = not sunset or (when is not None and when <= today)
        rule += "-deprecated" if due else "-before-sunset"
    return _change(rule, place, f"{place.subject.readable} is gone")


def _added(place: Place) -> Iterator[Change]:
    subject, facts = place.subject, place.facts
    noun, side = noun_of(subject), subject.direction.value
    if "hidden" in facts and _hides(subject, facts):
        return
    if "status" in facts:
        success = (subject.status or "").startswith("2")
        rule = "response-status-added" if success else "response-error-added"
        yield _change(rule, place, f"{subject.readable} is new")
    elif noun and "required" in facts:
        must = facts["required"] and subject.direction is Direction.REQUEST
        rule = f"{side}-{noun}-added{'-required' if must else ''}"
        if must and "undescribed" in facts:
            rule = "request-property-added-undescribed"
        if must and noun == "property" and "default" in facts:
            rule += "-with-default"
        yield _change(rule, place, f"{subject.readable} is new{', and must be sent' if must else ''}")


def _hides(subject: Subject, facts: Facts) -> bool:
    """Whether a field does not occur on its side: read-only in requests, write-only in answers."""
    return ("readOnly" if subject.direction is Direction.REQUEST else "writeOnly") in facts["hidden"]


def noun_of(subject: Subject) -> str:
    """What a place is called in rules: `parameter`, `header`, `body`, `property`; `""` for whole answers."""
    depth = 1 if subject.direction is Direction.REQUEST else 2
    inside = len(subject.parts) - depth
    if inside < 1:
        return ""
    if subject.section == "body":
        return "body" if inside == 1 else "property"
    if inside > 2:
        return "property"
    return "parameter" if subject.direction is Direction.REQUEST else "header"


def _change(rule: str, place: Place, message: str) -> Change:
    return Change(
        rule=RULES[rule],
        operation="",
        subject=place.subject,
        message=message,
        old=place.facts.get("required"),
        pointer=place.pointer,
    )
