"""Takes a recording into the store: read, made safe by the recorder, written in batches, and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from proxy.importers.formats import open_recording
from proxy.importers.recording import Cut, Recorded, Skipped
from proxy.raw import RawBody, RawEvent, RawMessage, Sender
from proxy.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.config import Config
    from proxy.importers.recording import Item
    from store.records import Exchange, Message
    from store.store import Store

BATCH_COUNT = 1000
BATCH_BYTES = 16 << 20
"""Of bodies held at once: a thousand large ones would not fit into memory."""
NAMED = 5
"""How many entries that were left out are kept by name, the rest only by number."""
_UNSTORABLE = "it has a number that 64 bits do not hold"


@dataclass(slots=True, kw_only=True)
class Taken:
    """What came of one recording.

    `added` and `duplicates` count exchanges, `messages` those added. `skipped` counts what was left out by
    reason, and `named` are the first few of them. `cut` says why the recording could not be read to its
    end, `""` if it was.
    """

    format: str
    added: int = 0
    duplicates: int = 0
    messages: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    named: list[Skipped] = field(default_factory=list)
    cut: str = ""

    @property
    def unreadable(self) -> bool:
        """Whether there was something and nothing of it could be read."""
        return not self.added + self.duplicates and bool(self.cut or self.skipped)


class Intake:
    """Takes recordings into one store.

    Raises:
        DefactoError: the configuration names keys that cannot be used.
    """

    def __init__(self, config: Config, store: Store) -> None:
        self._recorder = Recorder.from_config(config)
        self._store = store
        self._exchanges: list[Exchange] = []
        self._messages: list[Message] = []
        self._held_bytes = 0

    def take(self, stream: IO[bytes], *, name: str, producer: str = "") -> Taken:
        """Read a recording to its end.

        Args:
            stream: the file, at its beginning.
            name: what the file is called, for messages and for the exchanges' `source`.
            producer: whose traffic this is; `""` takes the host of each exchange.

        Raises:
            DefactoError: it has no format that is known.
            StoreError: the store refuses.
        """
        known_as, items = open_recording(stream, name, producer)
        taken = Taken(format=known_as)
        try:
            for item in items:
                self._add(item, taken)
        except OSError as error:
            taken.cut = f"it cannot be read any further: {error.strerror or error}"
        self._flush(taken)
        return taken

    def _add(self, item: Item, taken: Taken) -> None:
        match item:
            case Recorded():
                self._record(item)
                if len(self._exchanges) >= BATCH_COUNT or self._held_bytes >= BATCH_BYTES:
                    self._flush(taken)
            case RawMessage():
                self._messages.append(self._recorder.message(item))
            case RawEvent():
                self._messages.append(self._recorder.event(item))
            case Skipped(reason=reason):
                taken.skipped[reason] += 1
                if len(taken.named) < NAMED:
                    taken.named.append(item)
            case Cut(reason=reason):
                taken.cut = reason

    def _record(self, item: Recorded) -> None:
        exchange = self._recorder.exchange(item.exchange)
        messages = [self._recorder.message(raw) for raw in _messages(item)]
        bodies = (exchange.request_body, exchange.response_body, *(message.payload for message in messages))
        self._held_bytes += sum(len(body.content) for body in bodies if body)
        self._exchanges.append(exchange)
        self._messages += messages

    def _flush(self, taken: Taken) -> None:
        unstorable = 0
        if self._exchanges:
            written = self._store.write(self._exchanges)
            taken.added += written.added
            taken.duplicates += written.duplicates
            unstorable += written.unstorable
        if self._messages:
            written = self._store.write(messages=self._messages)
            taken.messages += written.added
            unstorable += written.unstorable
        if unstorable:
            taken.skipped[_UNSTORABLE] += unstorable
        self._exchanges, self._messages, self._held_bytes = [], [], 0


def _messages(item: Recorded) -> Iterator[RawMessage]:
    """What followed the upgrade, as a lane would hand it over."""
    for ordinal, frame in enumerate(item.frames):
        yield RawMessage(
            carrier=item.exchange,
            ordinal=ordinal,
            protocol="websocket",
            sender=Sender.CLIENT if frame.from_client else Sender.SERVER,
            at=frame.sent_at,
            payload=RawBody(data=frame.data, size=len(frame.data), decoded=True),
            type="text" if frame.text else "binary",
        )
