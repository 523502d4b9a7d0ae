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


class Statuses:
    """Counts by status, and by (place of a body, media type)."""

    family: ClassVar[str] = "status"

    def __init__(self) -> None:
        self.statuses: dict[str, Tally] = {}
        self.media: dict[str, dict[str, Tally]] = {}

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
        seen = self.media.setdefault(place, {})
        if body.media_type in seen or len(seen) < MAX_TYPES:
            seen.setdefault(body.media_type, Tally()).add(observation.at, observation.exchange.id)

    def merge(self, other: Statuses) -> None:
        """Add the counts."""
        _merge(self.statuses, other.statuses)
        for place, media in other.media.items():
            mine = self.media.setdefault(place, {})
            _merge(mine, media)
            for name in sorted(mine)[MAX_TYPES:]:
                del mine[name]

    def claims(self, producer: str, operation: str) -> Iterator[Stated]:
        """One `occurs` a status, one `content-type` a place with a body."""
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
        for place, media in sorted(self.media.items()):
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
            )

    def met(self, subject: Subject) -> Tally | None:
        """The count of a status, of answers with it, or of bodies with a type."""
        if subject.parts[-1] == "content-type":
            total = Tally()
            for tally in self.media.get(".".join(subject.parts[:-2]), {}).values():
                total.merge(tally)
            return total if total.count else None
        return self.statuses.get(subject.status or "")

    def state(self) -> Any:
        """The serial form."""
        return [
            {status: tally.state() for status, tally in sorted(self.statuses.items())},
            {
                place: {name: tally.state() for name, tally in sorted(media.items())}
                for place, media in sorted(self.media.items())
            },
        ]

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        self = cls()
        self.statuses = {status: Tally.from_state(tally) for status, tally in state[0].items()}
        self.media = {
            place: {name: Tally.from_state(tally) for name, tally in media.items()}
            for place, media in state[1].items()
        }
        return self


def _merge(mine: dict[str, Tally], theirs: dict[str, Tally]) -> None:
    for name, tally in theirs.items():
        mine.setdefault(name, Tally()).merge(tally)
