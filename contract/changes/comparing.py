"""Two sides → changes: operations first, then what is said of their places, each thing told once.

What is inside of something that is gone or new is not told again, nor what is inside of a union whose
members changed. A change of an answer's media types is told as that, and bodies are compared where both
sides have the type.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from contract.changes.change import Change
from contract.changes.clauses import BODY
from contract.changes.facts import anonymous, numbered
from contract.changes.lifecycle import admission, is_unstable, removed, whole
from contract.changes.outlines import body_of, outline
from contract.changes.rules import ASPECTS, RULES, Compatibility
from contract.changes.values import values
from contract.content import FORM, is_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from contract.changes.facts import Document, Place, PlaceKey, Side
    from contract.changes.rules import Rule
    from contract.subject import Subject


def compare(
    old: Document, new: Document, *, rules: Mapping[str, Rule] = RULES, today: date | None = None
) -> tuple[Change, ...]:
    """What differs, the gravest first, then in the order of the older document.

    Args:
        old: what is in use.
        new: what would take its place.
        rules: how grave each change is.
        today: sunset dates before it are over; the current date in UTC by default.
    """
    moment = today or datetime.now(UTC).date()
    new = seen_as(old, new) if old.observed else new
    unstable = frozenset(side.key for side in old.operations.values() if is_unstable(side))
    differing = _together(list(_changes(old, new, moment)))
    found = [replace(one, rule=_rule(one, rules, unstable)) for one in differing]
    told: dict[tuple[object, ...], Change] = {}
    for one in found:
        told.setdefault((one.rule.name, one.operation, one.subject, one.message), one)
    return tuple(sorted(told.values(), key=lambda one: -one.compatibility.rank))


def _together(changes: list[Change]) -> list[Change]:
    """What was not compared as one change, where it is so in many places: nobody reads a list of those."""
    left_out = [one for one in changes if one.rule.name == _LEFT_OUT]
    if len(left_out) <= _MOST_LEFT_OUT:
        return changes
    first = left_out[0]
    where = f"{first.operation} {first.subject.readable if first.subject else ''}"
    message = (
        f"{len(left_out):,} schemas are too large or too dense: deep inside of them more differs than was"
        f" compared; the first is {where}"
    )
    others = [one for one in changes if one.rule.name != _LEFT_OUT]
    return [replace(first, operation="", subject=None, message=message, keys=()), *others]


_LEFT_OUT = "places-not-compared"
_MOST_LEFT_OUT = 5


def _rule(change: Change, rules: Mapping[str, Rule], unstable: frozenset[str]) -> Rule:
    """The rule of a change as it is graded; of what is not to be relied upon yet nothing is breaking."""
    rule = rules[change.rule.name]
    if change.operation in unstable and rule.kind != "x-stability-level":
        return replace(rule, compatibility=rule.compatibility.at_most(Compatibility.WARNING))
    return rule


def _changes(old: Document, new: Document, today: date) -> Iterator[Change]:
    yield from _servers(old, new)
    differing = sum(not _is_same(side, new.operations.get(one)) for one, side in old.operations.items())
    for document in (old, new):
        document.budget.share(differing)
    for identity, side in old.operations.items():
        after = new.operations.get(identity)
        if after is None:
            yield removed(side, today)
        else:
            exact = old.exact and new.exact
            yield from _operation(side, after, today, observed=old.observed, exact=exact)
    for identity, side in new.operations.items():
        if identity not in old.operations:
            yield Change(
                rule=RULES["operation-added"],
                operation=side.key,
                subject=None,
                message="the operation is new",
                pointer=side.pointer,
                keys=side.keys,
            )


def _servers(old: Document, new: Document) -> Iterator[Change]:
    """Servers by their addresses; of what is asked of callers there OpenAPI speaks with its operations."""
    before, after = old.facts.get("servers", {}), new.facts.get("servers", {})
    if old.observed:
        return
    for rule, urls, how in (
        ("server-removed", before.keys() - after.keys(), "not named any more"),
        ("server-added", after.keys() - before.keys(), "named newly"),
    ):
        for url in sorted(urls):
            yield Change(
                rule=RULES[rule], operation="", subject=None, message=f"the server {url} is {how}", old=url
            )
    for url in before.keys() & after.keys():
        for rule, words in admission(before[url], after[url]):
            yield Change(rule=RULES[rule], operation="", subject=None, message=f"at the server {url} {words}")


def _operation(old: Side, new: Side, today: date, *, observed: bool, exact: bool) -> Iterator[Change]:
    found: Iterable[Change] = (
        () if _is_same(old, new) else _places(old.places, new.places, today, observed=observed, exact=exact)
    )
    if not observed:
        found = (*whole(old, new, today), *found)
    keys = tuple(dict.fromkeys((*old.keys, *new.keys)))
    for change in found:
        yield replace(change, operation=old.key, keys=keys)


def _is_same(old: Side, new: Side | None) -> bool:
    """Whether it is known that two operations have the same places, without reading them."""
    return new is None or (bool(old.imprint) and old.imprint == new.imprint)


def _places(
    old: Mapping[PlaceKey, Place],
    new: Mapping[PlaceKey, Place],
    today: date,
    *,
    observed: bool,
    exact: bool,
) -> Iterator[Change]:
    if not observed:
        yield from _left_out(old, new)
    found = outline(old, new, today, exact=exact)
    yield from found.changes if not observed else _held(found.changes)
    for before, after in found.pairs:
        pair = list(values(before, after, today))
        yield from pair if not observed else _held(pair)


def _left_out(old: Mapping[PlaceKey, Place], new: Mapping[PlaceKey, Place]) -> Iterator[Change]:
    """What was too much to look into on either side, and is not the same on both: told once for each body."""
    missed: dict[Subject, list[Place]] = {}
    for key in dict.fromkeys((*old, *new)):
        sides = [side[key] for side in (old, new) if key in side]
        if len({place.missed for place in sides}) > 1 or (len(sides) == 1 and sides[0].missed):
            missed.setdefault(body_of(sides[0].subject), []).append(sides[0])
    for root, places in missed.items():
        what = f"{len(places):,} places" if len(places) > 1 else places[0].subject.readable
        yield Change(
            rule=RULES[_LEFT_OUT],
            operation="",
            subject=root,
            message=f"{root.readable} is too large or too dense: what is inside of {what} differs,"
            " and was not compared",
            pointer=places[0].pointer,
        )


def _held(changes: Iterable[Change]) -> Iterator[Change]:
    """The changes that traffic can speak of: what it shows and the new side does not allow or name.

    That the new side promises less than what was so is no change, nor are headers that it does not name.
    """
    for change in changes:
        asks = change.rule.name.startswith("request-") or change.rule.name in _GONE
        clashes = change.rule.name.endswith("-changed") and change.new is not None
        header = change.subject is not None and change.subject.section in {"header", "cookie"}
        unseen = change.rule.kind in ASPECTS and change.old is None
        harmless = change.compatibility is Compatibility.COMPATIBLE
        if (asks or clashes) and not (header or unseen or harmless):
            yield change


_GONE = frozenset({"response-property-removed", "response-body-removed", "response-media-type-removed"})


def seen_as(old: Document, new: Document) -> Document:
    """A document with its operations and bodies named as traffic knows them."""
    found = {}
    for identity, side in new.operations.items():
        known = (anonymous(key) for key in side.keys)
        places: dict[PlaceKey, Place] = {}
        for (media, _), place in side.places.items():
            json = is_json(media) or media in {"message", "*/*", FORM}
            places.setdefault((BODY if json else media, numbered(side.key, place.subject)), place)
        found[next((key for key in known if key in old.operations), identity)] = replace(side, places=places)
    return replace(new, operations=found)
