"""The texts that an exchange carried, each with its subject: what value flow looks at.

Only what could be specific is given: no numbers below a thousand, no prose. A link that was delivered is
given a second time as the request-target that following it asks for; what is inside of a text (the last part
of a link, what base64 encodes) as well, with the form that it had; a redacted secret as its token, whatever
stood around it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from contract.content import OPAQUE
from contract.statuses import word_of
from contract.subject import ITEM, VALUE, Subject
from inference import forms
from inference.shape import MAX_DEPTH, MAX_FIELDS
from inference.specificity import followed
from store.tokens import PREFIX, TOKEN

if TYPE_CHECKING:
    from inference.observation import Observation

MAX_SPOTS = 50_000
"""Places of bodies whose written form is remembered, over all operations; no new ones past that."""

_LEAST = 1_000
"""Smaller numbers are never specific."""

_SHORT_WORD = 7
"""Words of fewer letters are never specific."""

Carried = tuple[str, str, str]
"""A text, the written subject of the place where it stood, and the form that it had there (`""`: its own)."""

_TAGS = frozenset({"etag", "if-none-match", "if-match"})
_DATES = frozenset({"last-modified", "if-modified-since", "if-unmodified-since"})


def sent(observation: Observation) -> list[Carried]:
    """Every text that a request carried, with its subject."""
    exchange = observation.exchange
    found = [(text, f"request.path.{index}", "") for index, text in enumerate(observation.segments)]
    for name, text in observation.pairs:
        subject = _subject("request", "query", name)
        found += [(part, subject, "") for part in text.split(",")]
    for name, text in exchange.request_headers:
        if name in observation.request_headers:
            subject = _subject("request", "header", name)
            found += [(part, subject, "") for part in _header(name, text)]
        elif name == "authorization":
            found.append((forms.credentials(text), "request.header.authorization", ""))
    if observation.request_body is not OPAQUE:
        _Spot.of("request.body").leaves(observation.request_body, found)
    found += _formed(found)
    target = f"{exchange.path}?{exchange.query}" if exchange.query else exchange.path
    found.append((target, "request.target", ""))
    return _unwrapped(found) if exchange.redacted else found


def received(observation: Observation) -> list[Carried]:
    """Every text that an answer carried, with its subject; a link also as the target that it leads to."""
    exchange = observation.exchange
    if exchange.status is None:
        return []
    status = word_of(exchange.status)
    found: list[Carried] = []
    for name, text in exchange.response_headers:
        if name in observation.response_headers:
            subject = _subject("response", status, "header", name)
            found += [(part, subject, "") for part in _header(name, text)]
    if observation.response_body is not OPAQUE:
        _Spot.of(f"response.{status}.body").leaves(observation.response_body, found)
    targets = [
        (target, at, "")
        for text, at, _ in found
        if "/" in text and (target := followed(text)) not in {None, text}
    ]
    found += _formed(found)
    found += targets
    return _unwrapped(found) if exchange.redacted else found


def _header(name: str, text: str) -> list[str]:
    """The texts that a header field holds."""
    if name in _TAGS:
        return forms.entity_tags(text)
    if name in _DATES:
        return [forms.moment(text)]
    return forms.links(text) if name == "link" else [text]


def _formed(found: list[Carried]) -> list[Carried]:
    """What is inside of the texts."""
    return [
        (inside[0], at, inside[1])
        for text, at, _ in found
        if ("/" in text or ":" in text or (len(text) > 11 and not text.isdigit()))
        and (inside := forms.core(text)) is not None
    ]


@lru_cache(maxsize=16_384)
def _subject(*parts: str) -> str:
    return Subject(parts).text


def _unwrapped(found: list[Carried]) -> list[Carried]:
    return [(_identity(text), subject, form) for text, subject, form in found]


def _identity(text: str) -> str:
    """The text itself; where a secret was redacted in it, what tells that secret from others."""
    if PREFIX in text:
        match = TOKEN.search(text)
        if match is not None:
            return PREFIX + match[3]
    return text


class _Spot:
    """A place in a body, with its written subject and the places below it.

    Spots are shared by all observations.
    """

    __slots__ = ("below", "subject", "text")

    _roots: ClassVar[dict[str, _Spot]] = {}
    _count: ClassVar[int] = 0

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.text = str(subject)
        self.below: dict[str, _Spot] = {}
        _Spot._count += 1

    @classmethod
    def of(cls, text: str) -> _Spot:
        """The spot of a body."""
        spot = cls._roots.get(text)
        if spot is None:
            spot = cls._roots[text] = cls(Subject(tuple(text.split("."))))
        return spot

    def leaves(self, value: Any, found: list[Carried], depth: int = 0) -> None:
        """Append every text, larger number and fraction below a value, with its subject."""
        kind = value.__class__
        if kind is dict:
            self.leaves_of_object(value, found, depth + 1)
        elif kind is list:
            self.leaves_of_array(value, found, depth + 1)
        elif kind is str:
            if len(value) > 2 and " " not in value and not (len(value) < _SHORT_WORD and value.isalpha()):
                found.append((value, self.text, ""))
        elif kind is float or (kind is int and not -_LEAST < value < _LEAST):
            found.append((str(value), self.text, ""))

    def leaves_of_object(self, value: dict[str, Any], found: list[Carried], depth: int) -> None:
        """Append the leaves of all fields."""
        if depth > MAX_DEPTH:
            return
        # the fields of an object are most of all leaves: looked at here, they cost no call each
        below, append = self.below, found.append
        for name, child in value.items():
            if child is None or child is True or child is False:
                continue
            spot = below.get(name) or self._grow(name)
            if spot is None:
                continue
            kind = child.__class__
            if kind is dict:
                spot.leaves_of_object(child, found, depth + 1)
            elif kind is list:
                spot.leaves_of_array(child, found, depth + 1)
            elif kind is str:
                if len(child) > 2 and " " not in child and not (len(child) < _SHORT_WORD and child.isalpha()):
                    append((child, spot.text, ""))
            elif kind is float or not -_LEAST < child < _LEAST:
                append((str(child), spot.text, ""))

    def leaves_of_array(self, value: list[Any], found: list[Carried], depth: int) -> None:
        """Append the leaves of all items."""
        spot = self.below.get(ITEM) or self._grow(ITEM)
        if spot is not None and depth <= MAX_DEPTH:
            for item in value:
                spot.leaves(item, found, depth)

    def _grow(self, name: str) -> _Spot | None:
        if _Spot._count >= MAX_SPOTS:
            return None
        if len(self.below) > MAX_FIELDS:
            name = VALUE
        spot = self.below.get(name)
        if spot is None:
            spot = self.below[name] = _Spot(self.subject.within(name))
        return spot
