"""Two periods of one store held against each other, clause by clause.

Only what the other period could have shown is told as a difference. Of all differences that a test finds,
only as many are told as keeps the share of chance finds within `PERIODS_FALSE` (Benjamini-Hochberg over all
clauses compared, those that are the same included).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from contract.clause import Relation
from contract.subject import Subject
from inference.counted import Held
from inference.statistics import benjamini_hochberg
from inference.thresholds import PERIODS_FALSE
from reports import period_tests as tests
from reports.periods import Change, Comparison, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contract.claim import Claim, OperationMap
    from inference.counted import Counted
    from reports.periods import Observed


def compare_periods(before: Observed, after: Observed) -> Comparison:
    """What differs between two periods of one store."""
    drafts = list(_drafts(before, after))
    told = [one for one in drafts if one.state is not None]
    chances = [one.tested.chance for one in drafts if one.tested.chance is not None]
    stands = iter(benjamini_hochberg(chances, PERIODS_FALSE))
    beyond = [one.tested.chance is not None and next(stands) for one in drafts]
    changes = tuple(one.change(certain) for one, certain in zip(drafts, beyond, strict=True) if one.state)
    return Comparison(before=before, after=after, changes=changes, same=len(drafts) - len(told))


class _Draft(NamedTuple):
    """A comparison before it is known which of all stand: `state` if it does, `otherwise` if not.

    `state` is None where both periods say the same.
    """

    state: State | None
    otherwise: State
    operation: str
    place: Subject | None
    before: tuple[Claim, ...]
    after: tuple[Claim, ...]
    tested: tests.Tested
    relation: Relation | None = None

    def change(self, certain: bool) -> Change:  # noqa: FBT001  # what the test of all tests says
        claims = self.before or self.after
        return Change(
            producer=claims[0].clause.producer,
            operation=self.operation,
            place=self.place,
            state=self.state if certain and self.state else self.otherwise,
            before=self.before,
            after=self.after,
            relation=self.relation,
            chance=self.tested.chance,
            why=self.tested.words,
        )


def _drafts(before: Observed, after: Observed) -> Iterator[_Draft]:
    maps = [{one.name: one for one in period.map.producers} for period in (before, after)]
    for name in sorted(maps[0].keys() | maps[1].keys()):
        sides = []
        for producers, period in zip(maps, (before, after), strict=True):
            operations = producers[name].operations if name in producers else ()
            known = {one.key: one for one in operations if one.observations}
            sides.append(_Side(known, period.counted.get(name, {})))
        for key in sorted(sides[0].operations.keys() | sides[1].operations.keys()):
            yield from _of_operation(key, *sides)


class _Side(NamedTuple):
    """One period of one producer."""

    operations: Mapping[str, OperationMap]
    counted: Mapping[str, Counted]

    @property
    def observations(self) -> int:
        return sum(one.observations for one in self.operations.values())


def _of_operation(key: str, before: _Side, after: _Side) -> Iterator[_Draft]:
    one, two = before.operations.get(key), after.operations.get(key)
    if one is None or two is None:
        yield from _of_uncalled(key, before, after)
        return
    yield from _Pair(key, one, two, before.counted[key], after.counted[key]).drafts()


def _of_uncalled(key: str, before: _Side, after: _Side) -> Iterator[_Draft]:
    """An operation that was called in one period only: of what it answers in the other nothing is known."""
    one, two = before.operations.get(key), after.operations.get(key)
    claims = tuple(claim for claim in (one or two or before.operations[key]).claims if _told(claim))
    if not claims:
        return
    if one is not None:
        words = "It was not called after; whether it still answers as before cannot be seen."
        tested = tests.Tested(None, words)
        yield _Draft(State.GONE, State.UNSEEN_AFTER, key, None, claims, (), tested)
        return
    calls, all_calls = two.observations if two else 0, after.observations
    chance = tests.chance_of(Held(calls, all_calls - calls), Held(0, before.observations))
    said = f"Called {calls:,} times in {all_calls:,} exchanges after, never in {before.observations:,} before"
    tested = tests.Tested(chance if before.observations else None, f"{said}.")
    yield _Draft(State.NEW, State.UNSEEN_BEFORE, key, None, (), claims, tested)


class _Pair(NamedTuple):
    """One operation that both periods saw."""

    key: str
    one: OperationMap
    two: OperationMap
    counted_one: Counted
    counted_two: Counted

    def drafts(self) -> Iterator[_Draft]:
        """All that is claimed in either period, held against the other."""
        olds = {claim.clause.id: claim for claim in self.one.claims}
        news = {claim.clause.id: claim for claim in self.two.claims}
        missing: dict[tuple[Subject, bool], list[Claim]] = {}
        for id_ in dict.fromkeys((*news, *olds)):
            old, new = olds.get(id_), news.get(id_)
            if not any(claim is not None and _told(claim) for claim in (old, new)):
                continue
            if old and new and _comparable(old, new):
                yield self._both(old, new)
                continue
            later = new is not None and _told(new)
            claim = new if later and new else old
            place = self._unknown(claim.clause.subject, later=later) if claim else None
            if place is not None and claim:
                missing.setdefault((place, later), []).append(claim)
            elif claim:
                yield self._one(claim, new if claim is old else old, later=later)
        for (place, later), claims in missing.items():
            yield self._missing(place, tuple(claims), later=later)

    def _sides(self, *, later: bool) -> tuple[Counted, Counted]:
        """Where something is claimed, and the other period."""
        pair = (self.counted_one, self.counted_two)
        return pair[::-1] if later else pair

    def _both(self, old: Claim, new: Claim) -> _Draft:
        place, relation = old.clause.subject, new.clause.compare(old.clause)
        if relation is Relation.SAME:
            tested = tests.Tested(1.0, "")  # it was compared, too, and counts towards the correction
            return _Draft(None, State.CHANCE, self.key, place, (old,), (new,), tested, relation)
        if relation is Relation.INCOMPATIBLE:
            relation = self._as_seen(old, new)
        tested = tests.of_values(old, new, (self.counted_one, self.counted_two))
        return _Draft(State.CHANGED, State.CHANCE, self.key, place, (old,), (new,), tested, relation)

    def _as_seen(self, old: Claim, new: Claim) -> Relation:
        """How two statements relate that cannot be compared as such: by what each says of the other's time.

        Which of two regular expressions allows more is not known; which texts came is.
        """
        still, already = self.counted_two.tried(old.clause), self.counted_one.tried(new.clause)
        if not sum(still) or not sum(already):
            return Relation.INCOMPATIBLE
        relation = Relation.of(not still.no, not already.no)
        return Relation.INCOMPATIBLE if relation is Relation.SAME else relation

    def _one(self, claim: Claim, other: Claim | None, *, later: bool) -> _Draft:
        """A claim of one period alone, about a place that both saw."""
        here, there = self._sides(later=later)
        tested = tests.of_statement(claim, here, there, later=later)
        if tested.chance is None and other is not None and other.doubt:
            tested = tests.Tested(None, f"{tested.words} {other.doubt[0].upper()}{other.doubt[1:]}.")
        held = tested.chance is None
        state, unseen = (State.NEW, State.UNSEEN_BEFORE) if later else (State.GONE, State.UNSEEN_AFTER)
        old, new = ((), (claim,)) if later else ((claim,), ())
        otherwise = unseen if held else State.CHANCE
        return _Draft(state, otherwise, self.key, claim.clause.subject, old, new, tested)

    def _missing(self, place: Subject, claims: tuple[Claim, ...], *, later: bool) -> _Draft:
        """A place that one period never saw, with all that is claimed there."""
        here, there = self._sides(later=later)
        if there.knows_as_map(place):
            when = "before" if later else "after"
            tested = tests.Tested(None, f"{when.capitalize()}, the names around it were taken for data.")
        else:
            tested = tests.of_place(place, here, there, later=later)
        if later:
            return _Draft(State.NEW, State.UNSEEN_BEFORE, self.key, place, (), claims, tested)
        return _Draft(State.GONE, State.UNSEEN_AFTER, self.key, place, claims, (), tested)

    def _unknown(self, subject: Subject, *, later: bool) -> Subject | None:
        """The highest place on the way to a subject that the other period never saw; None: it saw all."""
        _, there = self._sides(later=later)
        way = (Subject(subject.parts[:size]) for size in range(2, len(subject.parts) + 1))
        return next((place for place in way if not there.met(place)), None)


def _told(claim: Claim) -> bool:
    return claim.clause.kind.informative and not claim.candidate


def _comparable(old: Claim, new: Claim) -> bool:
    """Whether both say something that is not in doubt; one of them may rule nothing out."""
    return not old.candidate and not new.candidate
