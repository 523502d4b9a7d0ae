"""What follows from claims: which of them, if any, say what an invariant says."""

from __future__ import annotations

from dataclasses import dataclass
from re import _parser  # what parses patterns; nothing public shows the parse
from typing import TYPE_CHECKING, Any

from benchmarks.claims import NULLS, Claim, Claims, Proof, array_of, reached
from benchmarks.daikon import Term
from contract.formats import FORMATS, formats_of
from contract.subject import ITEM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.daikon import Invariant
    from contract.subject import Subject

_WIDTHS = {
    "uuid": 36, "ulid": 26, "http-date": 29, "date": 10, "currency": 3, "country": 2, "country-3": 3,
    "sha512": 128, "sha256": 64, "sha1": 40, "md5": 32,
}  # fmt: skip
_SAME_FORMAT = {
    "url": ("uri", "url"),
    # the test of AGORA's IsNumeric takes a sign and thousands, so E.164 numbers are numeric to it
    "numeric": ("numeric", "digits", "integer", "decimal", "unix-seconds", "unix-milliseconds", "phone"),
    "email": ("email",),
    "date-ymd": ("date",),
    "timestamp": ("date-time",),
    "time": ("time-local",),
    "time-seconds": ("time-local",),
}
"""By AGORA's formats those of ours that say as much."""


def proof(claims: Claims, invariant: Invariant, *, exactly: bool) -> Proof | None:
    """The claims that together say what an invariant says, None if they do not.

    Args:
        claims: of the invariant's operation.
        invariant: what may be said.
        exactly: bounds and sets must be the invariant's own; otherwise narrower ones say it, too, and so do
            the bounds of both sides of a comparison.
    """
    ask = _ANSWERS.get(invariant.form)
    return ask(_Question(claims, invariant.terms, invariant.constant, exactly)) if ask else None


@dataclass(frozen=True, slots=True)
class _Question:
    claims: Claims
    terms: tuple[Term, ...]
    constant: Any
    exactly: bool

    def one_of(self) -> Proof | None:
        term, wanted = self.terms[0], {_typed(one) for one in self.constant if one not in NULLS}
        listed = self.claims.values(term)
        if listed:
            ours = {_typed(value) for value in listed[0]}
            if ours == wanted or (ours <= wanted and not self.exactly):
                return (listed[1],)
        for low, high, claim in self.claims.bounds(term):
            if low is not None and low == high and wanted == {_typed(low)}:
                return (claim,)
        return None

    def length(self) -> Proof | None:
        def states(claim: Claim) -> bool:
            match claim.kind:
                case "length":
                    return claim.value == {"min": self.constant, "max": self.constant}
                case "pattern":
                    return _parser.parse(claim.value).getwidth() == (self.constant, self.constant)
            return _WIDTHS.get(claim.value) == self.constant

        return self._stated(("length", "pattern", "format"), states, lambda text: len(text) == self.constant)

    def format(self) -> Proof | None:
        names = set(_SAME_FORMAT.get(self.constant, ()))

        def states(claim: Claim) -> bool:
            if claim.kind == "format":
                return claim.value in names or bool(FORMATS[claim.value].within & names)
            start = literals(claim.value)[0]
            return self.constant == "url" and start.startswith(("http://", "https://"))

        return self._stated(("format", "pattern"), states, lambda text: bool(formats_of(text) & names))

    def minimum(self) -> Proof | None:
        for low, _, claim in self.claims.bounds(self.terms[0]):
            if low is not None and (low == self.constant or (low > self.constant and not self.exactly)):
                return (claim,)
        return None

    def maximum(self) -> Proof | None:
        for _, high, claim in self.claims.bounds(self.terms[0]):
            if high is not None and (high == self.constant or (high < self.constant and not self.exactly)):
                return (claim,)
        return None

    def never(self) -> Proof | None:
        listed = self.claims.values(self.terms[0])
        if listed and _typed(self.constant) not in map(_typed, listed[0]):
            return (listed[1],)
        if isinstance(self.constant, int | float):
            for low, high, claim in self.claims.bounds(self.terms[0]):
                if (low is not None and low > self.constant) or (high is not None and high < self.constant):
                    return (claim,)
        return None

    def equal(self) -> Proof | None:
        one, two = self.terms
        steps = reached(one, self.claims.equal).get((two, False))
        if steps is not None:
            return steps
        mine, theirs = self.claims.constant(one), self.claims.constant(two)
        if mine and theirs and _typed(mine[0]) == _typed(theirs[0]):
            return (*mine[1], *theirs[1])
        return None

    def at_most(self) -> Proof | None:
        one, two = self.terms
        ways = reached(one, self.claims.at_most)
        for strict in (True,) if self.constant else (False, True):
            if (two, strict) in ways:
                return ways[two, strict]
        for _, high, mine in self.claims.bounds(one) if not self.exactly else ():
            for low, _, theirs in self.claims.bounds(two):
                if high is not None and low is not None and high < low + (not self.constant):
                    return (mine, theirs)
        return None

    def substring(self) -> Proof | None:
        """Also a constant that stands in the fixed text of a pattern, or in all values of an enum."""
        part, text = self.terms
        steps = reached(part, self.claims.within).get((text, False))
        if steps is not None:
            return steps
        fixed = self.claims.constant(part)
        if fixed is None or not isinstance(fixed[0], str):
            return None
        return self._holding(text, *fixed)

    def member(self) -> Proof | None:
        one, array = self.terms
        return reached(one, self.claims.member).get((Term(array_of(array.place)), False))

    def subset(self) -> Proof | None:
        one, array = self.terms
        return reached(Term(array_of(one.place).within(ITEM)), self.claims.member).get(
            (Term(array_of(array.place)), False)
        )

    def sorted(self) -> Proof | None:
        array = array_of(self.terms[0].place)
        direction = "ascending" if "<" in self.constant else "descending"
        unique = tuple(self._unique(array))[:1]
        for claim in self.claims.at(array.within(ITEM), "sorted"):
            if claim.value == {"by": None, "direction": direction} and (unique or "=" in self.constant):
                return (claim,) if "=" in self.constant else (claim, *unique)
        return None

    def distinct(self) -> Proof | None:
        return tuple(self._unique(array_of(self.terms[0].place)))[:1] or None

    def _unique(self, place: Subject) -> Iterator[Claim]:
        for claim in (*self.claims.at(place, "unique"), *self.claims.at(place.within(ITEM), "unique")):
            if claim.value.get("by") is None:
                yield claim

    def _stated(
        self, kinds: tuple[str, ...], states: Callable[[Claim], bool], fits: Callable[[str], bool]
    ) -> Proof | None:
        """By a claim of some kinds, or by an enum all whose values fit."""
        place = self.terms[0].place
        for kind in kinds:
            for claim in self.claims.at(place, kind):
                if states(claim):
                    return (claim,)
        listed = self.claims.values(self.terms[0])
        if listed and all(isinstance(one, str) and fits(one) for one in listed[0]):
            return (listed[1],)
        return None

    def _holding(self, text: Term, part: str, steps: Proof) -> Proof | None:
        for claim in self.claims.at(text.place, "pattern"):
            if any(part in run for run in literals(claim.value)):
                return (*steps, claim)
        listed = self.claims.values(text)
        if listed and all(isinstance(one, str) and part in one for one in listed[0]):
            return (*steps, listed[1])
        return None


_ANSWERS: dict[str, Callable[[_Question], Proof | None]] = {
    "one-of": _Question.one_of,
    "length": _Question.length,
    "format": _Question.format,
    "minimum": _Question.minimum,
    "maximum": _Question.maximum,
    "not": _Question.never,
    "equal": _Question.equal,
    "at-most": _Question.at_most,
    "substring": _Question.substring,
    "member": _Question.member,
    "subset": _Question.subset,
    "sorted": _Question.sorted,
    "distinct": _Question.distinct,
}


def literals(pattern: str) -> list[str]:
    """The runs of fixed text that every text of a pattern has, in order; the first is how it begins."""
    runs = [""]
    for code, argument in _parser.parse(pattern):
        if str(code) == "LITERAL":
            runs[-1] += chr(argument)
        elif str(code) != "AT":
            runs.append("")
    return runs


def _typed(value: Any) -> tuple[bool, Any]:
    """Python's True equals 1; JSON's does not."""
    return isinstance(value, bool), value
