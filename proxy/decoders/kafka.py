"""Kafka seen from the side: what a client publishes, what it fetches, and which offsets it commits.

A published record waits for the reply to its request, which gives its offset. A fetched one is an event at
once. A commit that was answered is an event by itself: it goes to the group's coordinator, often over another
connection. For the same reason a connection that fetches often knows its client's id only. Of requests that
say nothing of all this the head alone is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kio.schema.errors import ErrorCode

from proxy.decoders.broker import BrokerDecoder
from proxy.decoders.kafka_calls import Call, Calls, Publication, Reply
from proxy.decoders.kafka_client import Client, Groups
from proxy.decoders.kafka_events import Events
from proxy.decoders.kafka_fetches import ENTRY_BYTES, FetchSession, Topics, topic_of
from proxy.decoders.kafka_frames import FrameReader
from proxy.decoders.kafka_wire import METADATA, Undecoded, reply_of, request_head, request_of
from proxy.raw import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from proxy.decoders.decoder import Instant, Limits, Origin
    from proxy.decoders.kafka_fetches import Offsets, Topic
    from proxy.decoders.kafka_frames import Frame
    from proxy.raw import RawEvent
    from store.records import Identity

PRODUCE, FETCH, OFFSET_COMMIT, JOIN_GROUP, HEARTBEAT, SYNC_GROUP = 0, 1, 8, 11, 12, 14
SASL_HANDSHAKE, ADD_OFFSETS_TO_TXN, TXN_OFFSET_COMMIT, SASL_AUTHENTICATE = 17, 25, 28, 36
CONSUMER_GROUP_HEARTBEAT = 68

_GROUP_SAID_BY = {
    OFFSET_COMMIT: "OffsetCommit",
    JOIN_GROUP: "JoinGroup",
    HEARTBEAT: "Heartbeat",
    SYNC_GROUP: "SyncGroup",
    ADD_OFFSETS_TO_TXN: "AddOffsetsToTxn",
    TXN_OFFSET_COMMIT: "TxnOffsetCommit",
    CONSUMER_GROUP_HEARTBEAT: "ConsumerGroupHeartbeat",
}
_ALL = -1


class Commit(NamedTuple):
    """One partition of a request to commit: the offset of what comes next."""

    topic: Topic
    partition: int
    offset: int
    client: tuple[Identity, ...]


class KafkaDecoder(BrokerDecoder):
    """One connection of a client to a broker."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._readers = {Sender.CLIENT: FrameReader(limits), Sender.SERVER: FrameReader(limits)}
        self._calls = Calls(limits)
        self._events = Events(origin, limits)
        self._client = Client(origin.peer, origin.common.setdefault("kafka groups", Groups()))
        self._topics: Topics = origin.common.setdefault("kafka topics", Topics())
        self._session = FetchSession()
        self._has_replied = False
        self._takers: dict[int, Callable[[Call, Any, Instant], Iterable[RawEvent]]] = {
            PRODUCE: self._publishes,
            FETCH: self._fetches,
            OFFSET_COMMIT: self._commits,
            TXN_OFFSET_COMMIT: self._commits,
            SASL_HANDSHAKE: self._shakes_hands,
            SASL_AUTHENTICATE: self._authenticates,
        }
        self._givers: dict[int, Callable[[Call, Any, Instant], Iterable[RawEvent]]] = {
            PRODUCE: self._published,
            FETCH: self._fetched,
            METADATA: self._described,
            OFFSET_COMMIT: self._committed,
            TXN_OFFSET_COMMIT: self._committed,
        }
        self._read_apis = self._takers.keys() | _GROUP_SAID_BY.keys()

    @property
    def held_bytes(self) -> int:
        """Bytes of frames that have not ended, of what waits for a reply, and of what is remembered."""
        frames = sum(reader.held_bytes for reader in self._readers.values())
        remembered = self._session.held_bytes + self._client.held_bytes
        return frames + self._calls.held_bytes + remembered

    @property
    def _is_sure(self) -> bool:
        return self._has_replied

    def _events_of(self, sender: Sender, data: bytes, at: Instant) -> Iterator[RawEvent]:
        take = self._asked if sender is Sender.CLIENT else self._answered
        for frame in self._readers[sender].feed(data):
            yield from take(frame, at)

    def _released(self, at: Instant) -> Iterator[RawEvent]:
        del at
        for publication in self._calls.release():
            yield from self._unconfirmed(publication)

    def _asked(self, frame: Frame, at: Instant) -> Iterator[RawEvent]:
        """A request, or a token in its place."""
        if self._client.sends_bare_token():
            self._client.authenticates(frame.data)
            call = Call(SASL_AUTHENTICATE, 0, None)
        else:
            head = request_head(frame.data)
            self._client.has_id(head.client_id)
            call = Call(head.api, head.version, head.correlation)
            if call.api in self._read_apis:
                yield from self._take(call, frame, at)
        if call.reply is not Reply.NONE:
            for publication in self._calls.add(call):
                yield from self._unconfirmed(publication)

    def _take(self, call: Call, frame: Frame, at: Instant) -> Iterable[RawEvent]:
        request = self._decoded(request_of, call, frame)
        if request is None:
            call.reply = Reply.MAY_COME if call.api == PRODUCE else Reply.COMES
            return ()
        if call.api in _GROUP_SAID_BY:
            self._client.is_in(request.group_id, _GROUP_SAID_BY[call.api])
        taker = self._takers.get(call.api)
        return taker(call, request, at) if taker is not None else ()

    def _answered(self, frame: Frame, at: Instant) -> Iterator[RawEvent]:
        """A reply."""
        start = frame.data[:4]
        call = self._calls.replied(int.from_bytes(start, "big", signed=True) if len(start) == 4 else None)
        self._has_replied = True
        giver = self._givers.get(call.api)
        if giver is None:
            return
        reply = self._decoded(reply_of, call, frame)
        if reply is not None:
            yield from giver(call, reply, at)
        elif call.publication is not None:
            yield from self._unconfirmed(call.publication)

    def _decoded(self, read: Callable[[int, int, bytes], Any], call: Call, frame: Frame) -> Any:
        """A request or a reply; None, which is a flaw, where it cannot be read."""
        if not frame.whole:
            self._events.flaw("frame-too-large")
            return None
        try:
            return read(call.api, call.version, frame.data)
        except Undecoded:
            self._events.flaw("frame-undecoded")
            return None

    def _publishes(self, call: Call, request: Any, at: Instant) -> Iterable[RawEvent]:
        publication = Publication(
            parts=tuple(
                (topic_of(topic), part.index, part.records)
                for topic in request.topic_data
                for part in topic.partition_data
                if part.records
            ),
            acks=request.acks,
            at=at.wall_ns,
            client=self._client.identities,
        )
        if request.acks == 0:
            call.reply = Reply.NONE
            return self._unconfirmed(publication, acknowledgement="acks=0")
        call.publication = publication
        return ()

    def _unconfirmed(self, publication: Publication, acknowledgement: str = "") -> Iterator[RawEvent]:
        for topic, partition, records in publication.parts:
            yield from self._records_of(
                publication, topic, partition, records, None, acknowledgement=acknowledgement
            )

    def _published(self, call: Call, reply: Any, at: Instant) -> Iterator[RawEvent]:
        publication = call.publication
        if publication is None:  # it did not wait so long
            return
        told = {
            (topic_of(topic), part.index): part
            for topic in reply.responses
            for part in topic.partition_responses
        }
        for topic, partition, records in publication.parts:
            part = told.get((topic, partition))
            if part is None:
                word, offset = "", -1
            elif part.error_code is ErrorCode.none:
                word, offset = "acks=all" if publication.acks == _ALL else "acks=1", part.base_offset
            else:
                word, offset = part.error_code.name.upper(), -1
            yield from self._records_of(
                publication,
                topic,
                partition,
                records,
                offset if offset >= 0 else None,
                acknowledgement=word,
                acknowledged_at=at.wall_ns if word else None,
            )

    def _records_of(
        self,
        publication: Publication,
        topic: Topic,
        partition: int,
        records: bytes,
        base_offset: int | None,
        **became: Any,
    ) -> Iterator[RawEvent]:
        name, flaws = self._topics.name_of(topic)
        return self._events.published(
            records,
            base_offset,
            flaws,
            channel=name,
            partition=partition,
            at=publication.at,
            client=publication.client,
            **became,
        )

    def _fetches(self, call: Call, request: Any, at: Instant) -> Iterable[RawEvent]:
        del at
        call.asked = self._session.asked(request)
        call.size = ENTRY_BYTES * len(call.asked)
        return ()

    def _fetched(self, call: Call, reply: Any, at: Instant) -> Iterator[RawEvent]:
        asked: Offsets = call.asked or {}
        for topic in reply.responses:
            key = topic_of(topic)
            name, flaws = self._topics.name_of(key)
            for part in topic.partitions:
                if part.records:
                    yield from self._events.delivered(
                        part.records,
                        asked.get((key, part.partition_index), 0),
                        part.aborted_transactions or (),
                        flaws,
                        channel=name,
                        partition=part.partition_index,
                        at=at.wall_ns,
                        client=self._client.identities,
                    )

    def _commits(self, call: Call, request: Any, at: Instant) -> Iterable[RawEvent]:
        del at
        client = self._client.identities
        call.asked = [
            Commit(topic_of(topic), part.partition_index, part.committed_offset, client)
            for topic in request.topics
            for part in topic.partitions
        ]
        call.size = ENTRY_BYTES * len(call.asked)
        return ()

    def _committed(self, call: Call, reply: Any, at: Instant) -> Iterator[RawEvent]:
        done = {
            (topic_of(topic), part.partition_index)
            for topic in reply.topics
            for part in topic.partitions
            if part.error_code is ErrorCode.none
        }
        for commit in call.asked or ():
            if commit.offset > 0 and (commit.topic, commit.partition) in done:
                name, flaws = self._topics.name_of(commit.topic)
                yield self._events.commit(
                    commit.offset,
                    flaws,
                    channel=name,
                    partition=commit.partition,
                    client=commit.client,
                    at=at.wall_ns,
                )

    def _described(self, call: Call, reply: Any, at: Instant) -> Iterable[RawEvent]:
        del call, at
        self._topics.learn(reply)
        return ()

    def _shakes_hands(self, call: Call, request: Any, at: Instant) -> Iterable[RawEvent]:
        del at
        self._client.shakes_hands(request.mechanism, call.version)
        return ()

    def _authenticates(self, call: Call, request: Any, at: Instant) -> Iterable[RawEvent]:
        del call, at
        self._client.authenticates(request.auth_bytes)
        return ()
