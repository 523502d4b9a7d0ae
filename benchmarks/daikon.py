"""Reads invariants as Daikon prints them, with those that AGORA adds, and says what places they are about.

The vocabulary is that of the Daikon user manual (section 5.5, "Invariant list") and of AGORA's additions (the
README of isa-group/Beet, "Added invariants"). A program point (`ppt`) such as
`main.albums{id}tracks.getAlbumTracks&200&items&artists(…):::EXIT` names a status and the way down to an
object, through objects and arrays alike; variables are `input.x`, a parameter or field of the request,
`return.x`, a field of that object, and `x[]`, the elements of an array. A root array is passed by unnamed;
`%array` at the end is an array itself, one more for each array in an array, and is called `return.array`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.subject import ITEM, VALUE, Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


@dataclass(frozen=True, slots=True)
class Term:
    """What an invariant compares: the values at a place, or with `size` the length of the array there."""

    place: Subject
    size: bool = False


@dataclass(frozen=True, slots=True)
class Invariant:
    """One statement, whatever way it was written.

    `form` and `constant`: `one-of` (the values), `length` (characters), `format` (AGORA's name of it),
    `minimum` and `maximum` (inclusive), `not` (the value), `equal`, `at-most` (whether always less), of the
    first term to the second, `substring`, `member`, `subset`, the same, `sorted` (the relation), `distinct`.
    `other` is what was understood and what no kind of clause states.
    """

    form: str
    terms: tuple[Term, ...] = ()
    constant: Any = None


def read(text: str, ppt: str, places: Collection[Subject]) -> Invariant | None:
    """The invariant, None if it cannot be read.

    Args:
        text: as printed: `return.type == "artist"`.
        ppt: the program point.
        places: all places that are known of the operation, with all that they lie in.
    """
    whereabouts = _Whereabouts(ppt, places)
    text = " ".join(text.split())
    for pattern, build in _FORMS:
        found = pattern.fullmatch(text)
        if found:
            return build(found, whereabouts)
    return None


class _Whereabouts:
    """The place that each variable at one program point stands for."""

    def __init__(self, ppt: str, places: Collection[Subject]) -> None:
        self._places = places
        point, *arrays = ppt.partition("(")[0].split("%")
        status, *way = point.split("&")[1:] or ["200"]
        self._within = Subject(("response", status, "body"))
        for name in way:
            self._within = self._step(self._items(self._within), name)
        if not arrays:
            self._within = self._items(self._within)
            if way and self._within.parts[-1] != ITEM and not self._knows(self._within):
                self._within = self._within.within(ITEM)
        else:
            # The root array is the first %array itself; a field's first one is the array in its array.
            self._within = self._within.within(*[ITEM] * (len(arrays) - (not way)))
        self._is_array = bool(arrays)

    def term(self, text: str) -> Term | None:
        """The place of a variable, None if it is derived in a way that is not read."""
        size = re.fullmatch(r"size\((.+)\)", text)
        name = size[1] if size else text
        head, _, path = name.partition(".")
        if head not in {"input", "return"} or re.search(r"[()+*]|\[[^\]]|\.\.", name):
            return None
        items = path.count("[]")
        parts = [part for part in path.replace("[]", "").split(".") if part]
        if head == "input":
            place = self._parameter(parts)
        elif self._is_array and parts[:1] == ["array"]:
            place = self._within
        else:
            place = self._within
            for part in parts:
                place = self._step(place, part)
        return Term(place.within(*[ITEM] * (items - bool(size))), size=bool(size))

    def _knows(self, place: Subject) -> bool:
        return place in self._places

    def _step(self, place: Subject, name: str) -> Subject:
        """A field; of a map, whose names are data, any of its values."""
        named, any_value = place.within(name), place.within(VALUE)
        return any_value if self._knows(any_value) and not self._knows(named) else named

    def _items(self, place: Subject) -> Subject:
        """What is in an array and in the arrays therein; the place itself where it is none."""
        while self._knows(place.within(ITEM)):
            place = place.within(ITEM)
        return place

    def _parameter(self, parts: list[str]) -> Subject:
        """Where the request has a value of that name: invariants do not say in which part of it."""
        name, *rest = parts or [""]
        for section in ("query", "body", "path", "header"):
            place = Subject(("request", section, name.lower() if section == "header" else name, *rest))
            if self._knows(place):
                return place
        in_path = [
            one for one in self._places if one.parts[:2] == ("request", "path") and len(one.parts) == 3
        ]
        alike = [one for one in in_path if one.parts[2].endswith(f"_{name}")] or in_path
        return alike[0] if len(alike) == 1 else Subject(("request", "query", name, *rest))


def _of(form: str, constant: Callable[[re.Match[str]], Any] = lambda _: None) -> Callable[..., Any]:
    """A builder for a form whose variables are the groups `x` and `y`."""

    def build(found: re.Match[str], where: _Whereabouts) -> Invariant | None:
        groups = found.groupdict()
        terms = [where.term(groups[name]) for name in ("x", "y") if groups.get(name)]
        if groups.get("each"):
            terms[0] = terms[0] and _each(terms[0])
        if None in terms:
            return None
        return Invariant(form, tuple(term for term in terms if term), constant(found))

    return build


def _each(term: Term) -> Term:
    place = term.place
    return term if place.parts[-1] == ITEM else Term(place.within(ITEM))


def _format_of(found: re.Match[str]) -> str:
    words = found["format"].lower()
    return next((name for pattern, name in _FORMATS if re.search(pattern, words)), words)


_FORMATS = (
    (r"\burls?\b", "url"),
    (r"numeric", "numeric"),
    (r"emails?", "email"),
    (r"dates?\b.*dd/mm/yyyy", "date-dmy"),
    (r"dates?\b.*mm/dd/yyyy", "date-mdy"),
    (r"dates?\b.*yyyy[/-]mm[/-]dd", "date-ymd"),
    (r"timestamp", "timestamp"),
    (r"hours?\b.*hh:mm:ss", "time-seconds"),
    (r"hours?\b.*(12-hour|am/pm)", "time-12"),
    (r"hours?\b|time of day", "time"),
)
"""AGORA's formats, by how they are printed."""

_CONSTANT = r'"(?:[^"\\]|\\.)*"|[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null|NaN'


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # Daikon escapes a little differently from JSON
        return text.strip('"').replace('\\"', '"')


def _set_of(found: re.Match[str]) -> tuple[Any, ...]:
    return tuple(_value(one) for one in re.findall(_CONSTANT, found["set"]))


def _to_constant(found: re.Match[str], where: _Whereabouts) -> Invariant | None:
    form = {"==": "one-of", "!=": "not", ">=": "minimum", "<=": "maximum"}.get(found["relation"], "other")
    constant = _value(found["constant"])
    return _of(form, lambda _: (constant,) if form == "one-of" else constant)(found, where)


def _between(found: re.Match[str], where: _Whereabouts) -> Invariant | None:
    relation = found["relation"]
    if found["how"] or relation == "!=":  # of whole arrays, or what no clause states
        return _of("other")(found, where)
    if relation == "==":
        return _of("equal")(found, where)
    made = _of("at-most", lambda _: relation in {"<", ">"})(found, where)
    if made and relation.startswith(">"):
        made = Invariant(made.form, made.terms[::-1], made.constant)
    return made


def _subset(found: re.Match[str], where: _Whereabouts) -> Invariant | None:
    made = _of("subset")(found, where)
    return Invariant(made.form, made.terms[::-1]) if made and found["how"].startswith("super") else made


_X, _Y = r"(?P<x>size\(\S+?\)|\S+)", r"(?P<y>size\(\S+?\)|\S+)"
_ELEMENTS = r"(?P<each> elements)?"
_RELATION = r"(?P<relation>==|!=|<=|>=|<|>)"
_OTHER = r"(?P<y>size\(\S+?\)|(?:input|return)\S*)(?P<how> \((?:elementwise|lexically)\))?"

_FORMS: tuple[tuple[re.Pattern[str], Callable[..., Any]], ...] = tuple(
    (re.compile(pattern), build)
    for pattern, build in (
        (
            r"(?P<each>All the elements of) (?P<x>\S+) have LENGTH\s?=\s?(?P<n>\d+)",
            _of("length", lambda found: int(found["n"])),
        ),
        (r"(?P<each>All the elements of) (?P<x>\S+) are (?P<format>.+)", _of("format", _format_of)),
        (r"LENGTH\((?P<x>\S+)\)\s?==\s?(?P<n>\d+)", _of("length", lambda found: int(found["n"]))),
        (rf"{_X} is a substring of {_Y}", _of("substring")),
        (rf"{_X} is a (?P<how>subset|superset|subsequence|supersequence) of {_Y}", _subset),
        (rf"{_X} is (the reverse of|a power of|even|printable|boolean|a pointer|a bitwise).*", _of("other")),
        (rf"{_X} is (?P<format>.+)", _of("format", _format_of)),
        (rf"{_X} in {_Y}", _of("member")),
        (rf"{_X}{_ELEMENTS} one of \{{(?P<set>[^\[\]]*)\}}", _of("one-of", _set_of)),
        (rf"{_X}{_ELEMENTS} has only one value", _of("other")),
        (rf"{_X} sorted by (?P<relation><=|>=|<|>)", _of("sorted", lambda found: found["relation"])),
        (rf"{_X} contains no duplicates", _of("distinct")),
        (rf"{_X}{_ELEMENTS} {_RELATION} (?P<constant>{_CONSTANT})", _to_constant),
        (rf"{_X}{_ELEMENTS} {_RELATION} {_OTHER}", _between),
        # sets of arrays, elements alike, moduli, linear and other functions: no kind of clause says that
        (rf"{_X}( one of \{{ \[.*| == \[.*| elements are equal|.* \(mod \d+\))", _of("other")),
        (r"\{.*\} subset of \S+|[^\"]*[-+*/%] [^\"]* == [^\"]+|\S+ == [^\"]*[-+*/%(] ?[^\"]+", _of("other")),
    )
)
"""How invariants are printed; the first that fits is taken."""
