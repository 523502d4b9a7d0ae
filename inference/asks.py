"""What consumers ask for by name: media types in Accept, fields in a selection, Prefer and Range.

A selection is a parameter that names fields, or the selection set of GraphQL.

It makes no claims of its own; it turns `exposed` into `requested` for what was asked.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.kinds import Present, Together
from contract.subject import parse
from inference import graphql
from inference.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from contract.clause import Clause
    from contract.subject import Subject
    from inference.observation import Observation
    from inference.stated import Stated

SELECTORS = frozenset(
    {"fields", "field", "select", "include", "expand", "embed", "_fields", "$select", "$expand"}
)
"""Query parameters that name parts of the answer: JSON:API, OData 4.01, partial responses elsewhere."""

_HEADERS = frozenset({"accept", "prefer", "range"})
"""Request headers that ask for a kind of answer."""

_SELECTION, _DOCUMENT = "selection", "document"
"""Under which the selections of GraphQL are counted, whole and in normal form, and those that have a hash."""

MAX_ASKS = 256
"""Different things asked for that are remembered, per kind."""


class Asks:
    """Counts by (`accept`, the selecting parameter, `selection` or `document`, what it named)."""

    family: ClassVar[str] = "asks"

    def __init__(self) -> None:
        self.asked: dict[str, dict[str, Tally]] = {}

    def observe(self, observation: Observation) -> None:
        """Note what one request asked for."""
        exchange = observation.exchange
        for name, value in exchange.request_headers:
            if name in _HEADERS:
                for what in _ASKED[name](value):
                    self._add(name, what, observation)
        for name in SELECTORS & observation.query.keys():
            value = observation.query[name]
            if isinstance(value, str):
                for field in value.replace("(", ",").replace(")", ",").split(","):
                    if field.strip():
                        self._add(name, field.strip(), observation)
        for selection in observation.selections:
            self._add(_SELECTION, selection, observation)
        for document in observation.documents:
            self._add(_DOCUMENT, document, observation)

    def _add(self, name: str, what: str, observation: Observation) -> None:
        asked = self.asked.setdefault(name, {})
        if what in asked or len(asked) < MAX_ASKS:
            asked.setdefault(what, Tally()).add(observation.at, observation.exchange.id)

    def merge(self, other: Asks) -> None:
        """Add the counts."""
        for name, asked in other.asked.items():
            mine = self.asked.setdefault(name, {})
            for what, tally in asked.items():
                mine.setdefault(what, Tally()).merge(tally)
            for what in sorted(mine)[MAX_ASKS:]:
                del mine[what]

    @property
    def selections(self) -> tuple[str, ...]:
        """What of GraphQL was asked for: normal forms, and what stands for the ones that are not known."""
        return tuple(sorted(self.asked.get(_SELECTION, {})))

    def documents(self) -> dict[str, str]:
        """The selections that hashes were said to stand for."""
        return dict(document.split(" ", 1) for document in sorted(self.asked.get(_DOCUMENT, {})))

    def resolve(self, documents: Mapping[str, str]) -> None:
        """Put the selections in the place of their hashes."""
        mine = self.asked.get(_SELECTION, {})
        for hashed in mine.keys() & documents.keys():
            mine.setdefault(documents[hashed], Tally()).merge(mine.pop(hashed))

    def claims(self, producer: str, operation: str) -> Iterator[Stated]:
        """Asking promises nothing."""
        del producer, operation
        yield from ()

    def met(self, subject: Subject) -> Tally | None:
        """Nothing stands at a place because it was asked for."""
        del subject
        return None

    def selected(self, subject: Subject) -> tuple[str, Tally] | None:
        """Whether a place in an answer is one that GraphQL selected: the words for it, and how often."""
        if subject.section != "body" or subject.status is None:
            return None
        total, always = Tally(), False
        for selection, tally in sorted(self.asked.get(_SELECTION, {}).items()):
            found = graphql.selected(selection, subject)
            if found is not None:
                total.merge(tally)
                always = always or found
        if not total.count:
            return None
        return "selects it" if always else "selects it under a condition", total

    def explains(self, clause: Clause) -> bool:
        """Whether fields are there, alone or together, because GraphQL selected them.

        That is no promise of the producer. Counted over consumers who select different fields, it would say
        how many ask for one.
        """
        if isinstance(clause.kind, Present):
            return self.selected(clause.subject) is not None
        if isinstance(clause.kind, Together):
            return any(map(self._is_asked_at_times, (clause.subject, parse(clause.kind.other))))
        return False

    def _is_asked_at_times(self, subject: Subject) -> bool:
        """Whether a place is selected by some, and not by all."""
        selections = self.asked.get(_SELECTION, {})
        return self.selected(subject) is not None and not all(
            graphql.selected(selection, subject) for selection in selections
        )

    def request_for(self, subject: Subject, media_types: frozenset[str]) -> tuple[str, Tally] | None:
        """Whether a response subject was asked for: the words for it, and how often.

        Args:
            subject: a place in a response.
            media_types: what the answers at that status came as.
        """
        if subject.parts[-2:] == ("header", "content-type"):
            for media, tally in sorted(self.asked.get("accept", {}).items()):
                if media in media_types:
                    return f"asks for {media} (Accept)", tally
        if len(subject.parts) > 3 and subject.parts[2] == "body":
            name = ".".join(part for part in subject.parts[3:] if part not in {"[]", "{}"})
            for parameter, asked in sorted(self.asked.items()):
                if parameter in SELECTORS and (name in asked or subject.parts[-1] in asked):
                    return f"asks for it ({parameter}=)", asked.get(name) or asked[subject.parts[-1]]
        return self._by_header(subject)

    def _by_header(self, subject: Subject) -> tuple[str, Tally] | None:
        """Whether the whole answer, or the header that tells of it, is what a request header asked for."""
        wanted: list[tuple[str, str]] = []
        if subject.status == "206" or subject.parts[-1] in {"content-range", "accept-ranges"}:
            wanted += [("range", what) for what in self.asked.get("range", {})]
        if subject.parts[-1] == "preference-applied":
            wanted += [("prefer", what) for what in self.asked.get("prefer", {})]
        elif subject.section == "body" and (subject.status or "").startswith("2"):
            wanted.append(("prefer", "return=representation"))
        if subject.status in {"202", "204"}:
            wanted.append(("prefer", "respond-async" if subject.status == "202" else "return=minimal"))
        for name, what in sorted(wanted):
            tally = self.asked.get(name, {}).get(what)
            if tally is not None:
                return f"asks for it ({name.capitalize()}: {what})", tally
        return None

    def state(self) -> Any:
        """The serial form."""
        return {
            name: {what: tally.state() for what, tally in sorted(asked.items())}
            for name, asked in sorted(self.asked.items())
        }

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        self = cls()
        self.asked = {
            name: {what: Tally.from_state(tally) for what, tally in asked.items()}
            for name, asked in state.items()
        }
        return self


@lru_cache(maxsize=1024)
def media_types(accept: str) -> tuple[str, ...]:
    """The media types that an Accept header names (RFC 9110 section 12.5.1); a range asks for nothing."""
    named = (part.partition(";")[0].strip() for part in accept.lower().split(","))
    return tuple(media for media in named if media and "*" not in media)


@lru_cache(maxsize=1024)
def _preferences(prefer: str) -> tuple[str, ...]:
    """What a Prefer header names (RFC 7240 section 2), without parameters; of `wait=10` the name alone."""
    named = (part.partition(";")[0].strip().lower().replace('"', "") for part in prefer.split(","))
    return tuple(name if name.startswith("return=") else name.partition("=")[0] for name in named if name)


def _units(range_: str) -> tuple[str, ...]:
    """The unit that a Range header counts in (RFC 9110 section 14.2)."""
    unit, equals, _ = range_.partition("=")
    return (unit.strip().lower(),) if equals else ()


_ASKED: dict[str, Callable[[str], tuple[str, ...]]] = {
    "accept": media_types,
    "prefer": _preferences,
    "range": _units,
}
