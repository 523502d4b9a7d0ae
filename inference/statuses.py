"""Which statuses occur, and with which content types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.claim import Evidence
from contract.clause import Clause
from contract.kinds import ContentType, Occurs
from contract.statuses import MESSAGE, word_of
from contract.subject import Subject
from inference.stated import Stated
from inference.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.observation import Observation
    from store.records import Body

MAX_TYPES = 32
"""Media types remembered per status; a service that sends more is sending something made up."""

_Media = dict[str, dict[str, Tally]]


class Statuses:
    """Counts by status, and by (place of a body, media type).

    The type of a message that does not name it is told by its payload: those are `guessed`.
    """

    family: ClassVar[str] = "status"

    def __init__(self) -> None:
        self.statuses: dict[str, Tally] = {}
        self.media: _Media = {}
        self.guessed: _Media = {}

    def observe(self, observation: Observation) -> None:
        """Count one exchange's status and content types; without an answer there is nothing to count."""
        exchange = observation.exchange
        self._media("request", exchange.request_body, observation)
        if exchange.status is None:
            return
        status = word_of(exchange.status)
        self.statuses.setdefault(status, Tally()).add(observation.at, exchange.id)
        self._media(f"response.{status}", exchange.response_body, observation)

    def _media(self, place: str, body: Body | None, observation: Observation) -> None:
        if body is None or not body.media_type:
            return
        seen = (self.media if _says_type(observation) else self.guessed).setdefault(place, {})
        if body.media_type in seen or len(seen) < MAX_TYPES:
            seen.setdefault(body.media_type, Tally()).add(observation.at, observation.exchange.id)

    def merge(self, other: Statuses) -> None:
        """Add the counts."""
        _merge(self.statuses, other.statuses)
        _merge_media(self.media, other.media)
        _merge_media(self.guessed, other.guessed)

    def claims(self, producer: str, operation: str) -> Iterator[Stated]:
        """One `occurs` a status, one `content-type` a place with a body.

        Where no message said its type, the guess confirms a declared one and is not claimed.
        """
        for status, tally in sorted(self.statuses.items()):
            if status == word_of(MESSAGE):
                continue  # that a message came is no answer to anything
            subject = Subject(("response", status))
            yield Stated(
                clause=Clause(producer=producer, operation=operation, subject=subject, kind=Occurs()),
                evidence=Evidence(
                    held=tally.count,
                    broken=0,
                    first_seen=tally.first,
                    last_seen=tally.last,
                    examples=(tally.example,),
                ),
            )
        for place, media in sorted({**self.guessed, **self.media}.items()):
            subject = Subject((*place.split("."), "header", "content-type"))
            total = Tally()
            for tally in media.values():
                total.merge(tally)
            yield Stated(
                clause=Clause(
                    producer=producer,
                    operation=operation,
                    subject=subject,
                    kind=ContentType(tuple(sorted(media))),
                ),
                evidence=Evidence(
                    held=total.count,
                    broken=0,
                    first_seen=total.first,
                    last_seen=total.last,
                    examples=tuple(sorted({tally.example for tally in media.values()}))[:3],
                ),
                doubt="" if place in self.media else "no message says its type; the payloads look like it",
            )

    def met(self, subject: Subject) -> Tally | None:
        """The count of a status, of answers with it, or of bodies with a type."""
        if subject.parts[-1] == "content-type":
            total = Tally()
            place = ".".join(subject.parts[:-2])
            for tally in (self.media.get(place) or self.guessed.get(place, {})).values():
                total.merge(tally)
            return total if total.count else None
        return self.statuses.get(subject.status or "")

    def state(self) -> Any:
        """The serial form."""
        return [
            {status: tally.state() for status, tally in sorted(self.statuses.items())},
            _state(self.media),
            _state(self.guessed),
        ]

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        self = cls()
        statuses, media, *guessed = state  # what was stored before guesses were told apart has none
        self.statuses = {status: Tally.from_state(tally) for status, tally in statuses.items()}
        self.media = _from_state(media)
        self.guessed = _from_state(guessed[0]) if guessed else {}
        return self


def _says_type(observation: Observation) -> bool:
    """Whether what was sent says of which type it is; a body of HTTP has its type from nowhere else."""
    message = observation.message
    return message is None or any(name.lower() == "content-type" for name, _ in message.headers)


def _merge(mine: dict[str, Tally], theirs: dict[str, Tally]) -> None:
    for name, tally in theirs.items():
        mine.setdefault(name, Tally()).merge(tally)


def _merge_media(mine: _Media, theirs: _Media) -> None:
    for place, media in theirs.items():
        known = mine.setdefault(place, {})
        _merge(known, media)
        for name in sorted(known)[MAX_TYPES:]:
            del known[name]


def _state(media: _Media) -> Any:
    return {
        place: {name: tally.state() for name, tally in sorted(types.items())}
        for place, types in sorted(media.items())
    }


def _from_state(state: Any) -> _Media:
    return {
        place: {name: Tally.from_state(tally) for name, tally in types.items()}
        for place, types in state.items()
    }
