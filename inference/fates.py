"""Fates: which messages were published, and to whom each was delivered.

A message is known again by its id or its place in a stream, and by its content (`inference/receipts.py`).
What was published and what each consumer was given is sampled by the same hash, so that a message is looked
at on all sides or on none. What became of them is worked out when a map is made
(`inference/conduct/audiences.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from inference.events import is_retained
from inference.kept import Kept, digest_of
from inference.receipts import is_one_recipient, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.subject import Subject
    from inference.observation import Observation
    from inference.stated import Stated
    from inference.tally import Tally
    from store.records import Message

MAX_MESSAGES = 512
"""Messages that are looked at for each consumer and window: none in 512 is < 0.6 %."""

MAX_PASSAGES = 16
"""Times that one is noted: brokers give up sooner, or never."""


class Passed(NamedTuple):
    """When a message passed (Unix ns), and the hash of who was given it; 0 for its publication."""

    at: int
    who: int


class Fates(Kept[Passed]):
    """What passed of one channel and type, by the hash of the message."""

    family: ClassVar[str] = "fates"
    things = MAX_MESSAGES
    each = MAX_PASSAGES
    __slots__ = ()

    def observe(self, observation: Observation) -> None:
        """Note one message that has an id. One of a sample says nothing of the others."""
        message = observation.message
        if message is None or message.weight != 1 or message.payload is None:
            return
        body = observation.request_body if message.consumer is None else observation.response_body
        name = name_of(message, body)
        if not name or (message.consumer is not None and not _was_due(message)):
            return
        who = 0 if message.consumer is None else digest_of(message.consumer.key) >> 1 | 1
        digest = digest_of(f"{message.channel}\n{name}\n", message.payload.content)
        self.note(digest, Passed(observation.at, who))

    def claims(self, producer: str, operation: str) -> Iterator[Stated]:
        """Nothing by itself: what is published is told by another operation than what is delivered."""
        del producer, operation
        yield from ()

    def met(self, subject: Subject) -> Tally | None:
        """Nothing is stated of which this could be asked."""
        del subject
        return None

    @classmethod
    def from_state(cls, state: Any, entry: Any = Passed) -> Self:
        """Read the serial form."""
        return super().from_state(state, entry)


def _was_due(message: Message) -> bool:
    """Whether it was delivered to one recipient, and not for its subscription alone."""
    return is_one_recipient(message) and not is_retained(message)
