"""GraphQL schemas → changes, as graphql-core finds them, and whom they hit by what was selected.

A schema promises types, and selections say which of their fields stand where. A change of `Order.total` is
one of all places at which an observed operation selects it; who selects other fields of `Order` and never
this one is unaffected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from contract.changes.change import Change
from contract.changes.rules import RULES, Compatibility
from contract.changes.usage import ENOUGH, GRAVITY, Hit, Judged, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contract.changes.rules import Rule
    from contract.claim import Consumer, ProducerMap
    from contract.graphql.declared import DeclaredSchema
    from contract.openapi.declared import DeclaredContract, Traced

_PLACE = re.compile(r"@\w+|[_A-Za-z]\w*\.[_A-Za-z]\w*")
_OF = re.compile(r"(?:union|enum) type (\w+)|implemented by (\w+)")
"""What a member, a value or an interface was added to or removed from."""
_WHOLE = re.compile(r"type (\w+)|^(\w+) ")


@dataclass(frozen=True, slots=True)
class Sdl:
    """A GraphQL schema."""

    contract: DeclaredSchema

    @property
    def source(self) -> str:
        """What the document is called."""
        return self.contract.source


def compare_schemas(old: Sdl, new: Sdl, rules: Mapping[str, Rule] = RULES) -> tuple[Change, ...]:
    """What differs, the gravest first; the operation is the field or type that it is about."""
    from contract.changes.sdl_diff import differences  # noqa: PLC0415  # graphql-core takes 0.2 s

    found = [
        Change(rule=rules[f"graphql-{name}"], operation=coordinate(words), subject=None, message=words)
        for name, words in differences(old.contract.schema, new.contract.schema)
    ]
    return tuple(sorted(found, key=lambda one: -one.compatibility.rank))


def coordinate(description: str) -> str:
    """What a change is about: `Order.total` or `@live`, else `Order`."""
    place = _PLACE.search(description)
    if place:
        return place[0]
    named = _OF.search(description) or _WHOLE.search(description)
    return next(filter(None, named.groups()), "") if named else description.partition(" ")[0]


def judge_schemas(changes: Iterable[Change], old: Sdl, producer: ProducerMap) -> tuple[Judged, ...]:
    """Each change with whom it hits, by what the consumers of a producer selected."""
    seen = old.contract.observed(producer.operations)
    consumers = {one.name: one for one in producer.consumers}
    found = [_judged(change, seen, producer, consumers) for change in changes]
    return tuple(sorted(found, key=lambda one: -one.compatibility.rank))


def _judged(
    change: Change, seen: DeclaredContract, producer: ProducerMap, consumers: Mapping[str, Consumer]
) -> Judged:
    if change.compatibility is Compatibility.COMPATIBLE:
        return Judged(change=change)
    rule = RULES["response-property-removed"]  # what is selected is relied upon, whatever becomes of it
    places = [
        replace(
            change, rule=rule, operation=clause.operation, subject=clause.subject, keys=(clause.operation,)
        )
        for clause, pointer in _said(seen)
        if pointer == change.operation or pointer.startswith(f"{change.operation}.")
    ]
    hits: dict[str, Hit] = {}
    for one in judge(places, producer):
        for hit in one.hits:
            known = hits.get(hit.consumer)
            if known is None or GRAVITY.index(hit.verdict) > GRAVITY.index(known.verdict):
                hits[hit.consumer] = hit
    others = _others(change, seen, consumers) if not hits else ()
    return Judged(change=change, hits=(*hits.values(), *others))


def _said(seen: DeclaredContract) -> Iterable[Traced]:
    """What is said of answers of operations that were observed."""
    for operation in seen.operations:
        if not operation.callers:
            for said in operation.responses.values():
                yield from said


def _others(change: Change, seen: DeclaredContract, consumers: Mapping[str, Consumer]) -> Iterable[Hit]:
    """Who selects from the type, and never the field; where nobody does, nothing is known of anybody."""
    name = change.operation.partition(".")[0]
    callers = next((one.callers for one in seen.operations if one.key == f"type {name}"), {})
    for consumer, calls in sorted(callers.items()):
        enough = calls >= ENOUGH
        yield Hit(
            consumer=consumer,
            owner=consumers[consumer].owner if consumer in consumers else "",
            verdict=Verdict.UNAFFECTED if enough else Verdict.UNKNOWN,
            basis=f"selects from {name}, and never this, in {'' if enough else 'only '}{calls:,} calls",
            calls=calls,
        )
    if not callers:
        for one in consumers.values():
            never = f"nobody was seen to select from {name}"
            yield Hit(consumer=one.name, owner=one.owner, verdict=Verdict.UNKNOWN, basis=never, calls=0)
