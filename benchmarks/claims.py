"""The claims of one operation, to be asked what they say about a place, and how places are tied together.

Read from the form that `defacto map --format json` prints, by names and values of kinds, so that a scorer
trusts nothing of the code that it scores.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.daikon import Term
from contract.subject import ITEM, Subject, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NULLS = ("", "N/A")
"""What the labelled data counts as no value."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is scored of a claim."""

    id: str
    statement: str
    operation: str
    kind: str
    place: Subject
    value: Any


Proof = tuple[Claim, ...]
"""The claims that together say something; empty: it is true by itself."""

Ways = dict[Term, list[tuple[Term, bool, Claim]]]
"""From each term to others: where to, whether it is strictly less than that, and who says so."""


class Claims:
    """The claims of one operation, by place, and as ways from one term to another."""

    def __init__(self, claims: Iterable[Claim]) -> None:
        self._at: dict[tuple[Subject, str], list[Claim]] = defaultdict(list)
        self.equal: Ways = defaultdict(list)
        self.at_most: Ways = defaultdict(list)
        self.within: Ways = defaultdict(list)
        self.member: Ways = defaultdict(list)
        for claim in claims:
            self._at[claim.place, claim.kind].append(claim)
            self._tie(claim)

    def at(self, place: Subject, kind: str) -> Iterator[Claim]:
        """The claims of a kind about a place."""
        yield from self._at.get((place, kind), ())

    def values(self, term: Term) -> tuple[list[Any], Claim] | None:
        """All values that an enum allows, without null-likes; None where there is no enum."""
        for claim in self.at(term.place, "enum") if not term.size else ():
            values = [value for value in claim.value if value not in NULLS]
            if values:
                return values, claim
        return None

    def bounds(self, term: Term) -> Iterator[tuple[float | None, float | None, Claim]]:
        """The least and the largest number that claims allow."""
        for claim in self.at(term.place, "size" if term.size else "range"):
            yield claim.value.get("min"), claim.value.get("max"), claim
        listed = self.values(term)
        if listed and all(isinstance(one, int | float) and not isinstance(one, bool) for one in listed[0]):
            yield min(listed[0]), max(listed[0]), listed[1]

    def constant(self, term: Term) -> tuple[Any, Proof] | None:
        """The only value that is allowed here, or at a place that is always equal."""
        for (same, _), steps in reached(term, self.equal).items():
            listed = self.values(same)
            if listed and len(listed[0]) == 1:
                return listed[0][0], (*steps, listed[1])
        return None

    def _tie(self, claim: Claim) -> None:
        other = claim.value.get("other", claim.value.get("of")) if isinstance(claim.value, dict) else None
        if not isinstance(other, str):
            return
        here, there = Term(claim.place), Term(parse(other))
        length = Term(there.place, size=True)
        match claim.kind:
            case "equal" | "echo" | "filter":
                self._alike(here, there, claim)
            case "count":
                self._alike(here, length, claim)
            case "limits":
                self.at_most[length].append((here, False, claim))
            case "at-most":
                for term in (here, Term(claim.place, size=True)):  # of an array its length is meant
                    self.at_most[term].append((there, bool(claim.value.get("strict")), claim))
            case "contains":
                self.within[there].append((here, False, claim))
            case "member":
                self.member[here].append((Term(array_of(there.place)), False, claim))

    def _alike(self, one: Term, two: Term, claim: Claim) -> None:
        for ways in (self.equal, self.at_most, self.within, self.member):
            ways[one].append((two, False, claim))
            ways[two].append((one, False, claim))


def reached(
    start: Term, ways: Mapping[Term, list[tuple[Term, bool, Claim]]]
) -> dict[tuple[Term, bool], Proof]:
    """All terms that ways lead to, whether strictly, with the claims on the shortest way."""
    found: dict[tuple[Term, bool], Proof] = {(start, False): ()}
    waiting = deque(found)
    while waiting:
        term, strict = waiting.popleft()
        for to, strictly, claim in ways.get(term, ()):
            step = (to, strict or strictly)
            if step not in found:
                found[step] = (*found[term, strict], claim)
                waiting.append(step)
    return found


def array_of(place: Subject) -> Subject:
    """The array that a place of items is in; an array itself."""
    return place.parent if place.parts[-1] == ITEM else place
