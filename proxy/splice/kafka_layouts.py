"""Where Kafka's replies carry the addresses of brokers, version by version.

The layouts are those of Kafka's message definitions (`clients/src/main/resources/common/message`), each field
named in a comment. What stands after the last address of a reply is not described. Versions that are flexible
(KIP-482) have compact lengths, and every structure of theirs ends with tagged fields.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto


class Kind(Enum):
    """What a field is."""

    FIXED = auto()
    """`size` bytes."""
    STRING = auto()
    """A string or null; in flexible versions bytes and records are written alike."""
    ARRAY = auto()
    """A count, and so often `fields`."""
    TAGS = auto()
    """Tagged fields, of which none carries an address."""
    TAGGED = auto()
    """Tagged fields, of which number 0 is `fields`."""
    ADDRESS = auto()
    """Node id, host and port: int32, string, int32."""


_EVERY = 2**15


@dataclass(frozen=True, slots=True)
class Field:
    """One field, or several of fixed size in a row. It is in the versions from `since` to `until`."""

    kind: Kind
    size: int = 0
    fields: tuple[Field, ...] = ()
    since: int = 0
    until: int = _EVERY


@dataclass(frozen=True, slots=True)
class Layout:
    """The body of one version of a reply.

    `addressed` has all addresses. `leading` is what may be long before it, records above all; where there is
    any, `addressed` reaches to the reply's end.
    """

    flexible: bool
    leading: tuple[Field, ...]
    addressed: tuple[Field, ...]


def is_unknown(key: int, version: int) -> bool:
    """Whether such a reply may have addresses, and nobody knows where."""
    reply = _REPLIES.get(key)
    return reply is not None and version >= reply.since and (key, version) not in LAYOUTS


@dataclass(frozen=True, slots=True)
class _Reply:
    """All versions of a reply: addresses are in those from `since` on, known are `oldest` to `newest`."""

    since: int
    oldest: int
    newest: int
    flexible: int
    addressed: tuple[Field, ...]
    leading: tuple[Field, ...] = ()

    def layout(self, version: int) -> Layout:
        flexible = version >= self.flexible
        return Layout(flexible, _at(self.leading, version, flexible), _at(self.addressed, version, flexible))


def _fixed(size: int, since: int = 0, until: int = _EVERY) -> Field:
    return Field(Kind.FIXED, size, since=since, until=until)


def _string(since: int = 0, until: int = _EVERY) -> Field:
    return Field(Kind.STRING, since=since, until=until)


def _array(*fields: Field, since: int = 0) -> Field:
    return Field(Kind.ARRAY, fields=fields, since=since)


_TAGS = Field(Kind.TAGS)
_ADDRESS = Field(Kind.ADDRESS)
_RECORDS = _string()
_UUID = 16

_NODE_ENDPOINTS = _array(
    _ADDRESS,  # NodeId, Host, Port
    _string(),  # Rack
    _TAGS,
)
_TAGGED_ENDPOINTS = Field(Kind.TAGGED, fields=(_NODE_ENDPOINTS,))


def _responses(*partition: Field) -> Field:
    """Responses of topics, each with its id, and of their partitions."""
    return _array(
        _fixed(_UUID),  # TopicId
        _array(*partition, _TAGS),  # Partitions
        _TAGS,
    )


_PRODUCE = _Reply(  # ProduceResponse.json
    since=10,
    oldest=10,
    newest=13,
    flexible=9,
    leading=(
        _array(  # Responses
            _string(until=12),  # Name
            _fixed(_UUID, since=13),  # TopicId
            _array(  # PartitionResponses
                _fixed(4 + 2 + 8 + 8 + 8),  # Index, ErrorCode, BaseOffset, LogAppendTimeMs, LogStartOffset
                _array(_fixed(4), _string(), _TAGS),  # RecordErrors: BatchIndex, BatchIndexErrorMessage
                _string(),  # ErrorMessage
                _TAGS,  # 0: CurrentLeader
            ),
            _TAGS,
        ),
        _fixed(4),  # ThrottleTimeMs
    ),
    addressed=(_TAGGED_ENDPOINTS,),
)

_FETCH = _Reply(  # FetchResponse.json
    since=16,
    oldest=16,
    newest=18,
    flexible=12,
    leading=(
        _fixed(4 + 2 + 4),  # ThrottleTimeMs, ErrorCode, SessionId
        _responses(
            _fixed(4 + 2 + 8 + 8 + 8),  # PartitionIndex, ErrorCode, HighWatermark, LastStableOffset,
            # LogStartOffset
            _array(_fixed(8 + 8), _TAGS),  # AbortedTransactions: ProducerId, FirstOffset
            _fixed(4),  # PreferredReadReplica
            _RECORDS,  # and tags 0: DivergingEpoch, 1: CurrentLeader, 2: SnapshotId
        ),
    ),
    addressed=(_TAGGED_ENDPOINTS,),
)

_METADATA = _Reply(  # MetadataResponse.json
    since=0,
    oldest=0,
    newest=13,
    flexible=9,
    addressed=(
        _fixed(4, since=3),  # ThrottleTimeMs
        _array(  # Brokers
            _ADDRESS,  # NodeId, Host, Port
            _string(since=1),  # Rack
            _TAGS,
        ),
    ),
)

_FIND_COORDINATOR = _Reply(  # FindCoordinatorResponse.json
    since=0,
    oldest=0,
    newest=6,
    flexible=3,
    addressed=(
        _fixed(4, since=1),  # ThrottleTimeMs
        _fixed(2, until=3),  # ErrorCode
        _string(since=1, until=3),  # ErrorMessage
        replace(_ADDRESS, until=3),  # NodeId, Host, Port
        _array(  # Coordinators
            _string(),  # Key
            _ADDRESS,  # NodeId, Host, Port
            _fixed(2),  # ErrorCode
            _string(),  # ErrorMessage
            _TAGS,
            since=4,
        ),
    ),
)

_DESCRIBE_CLUSTER = _Reply(  # DescribeClusterResponse.json
    since=0,
    oldest=0,
    newest=2,
    flexible=0,
    addressed=(
        _fixed(4 + 2),  # ThrottleTimeMs, ErrorCode
        _string(),  # ErrorMessage
        _fixed(1, since=1),  # EndpointType
        _string(),  # ClusterId
        _fixed(4),  # ControllerId
        _array(  # Brokers
            _ADDRESS,  # BrokerId, Host, Port
            _string(),  # Rack
            _fixed(1, since=2),  # IsFenced
            _TAGS,
        ),
    ),
)

_SHARE_FETCH = _Reply(  # ShareFetchResponse.json; version 0 was an early access that changed under its number
    since=0,
    oldest=1,
    newest=2,
    flexible=0,
    leading=(
        _fixed(4 + 2),  # ThrottleTimeMs, ErrorCode
        _string(),  # ErrorMessage
        _fixed(4),  # AcquisitionLockTimeoutMs
        _responses(
            _fixed(4 + 2),  # PartitionIndex, ErrorCode
            _string(),  # ErrorMessage
            _fixed(2),  # AcknowledgeErrorCode
            _string(),  # AcknowledgeErrorMessage
            _fixed(4 + 4),  # CurrentLeader: LeaderId, LeaderEpoch
            _TAGS,
            _RECORDS,
            _array(_fixed(8 + 8 + 2), _TAGS),  # AcquiredRecords: FirstOffset, LastOffset, DeliveryCount
        ),
    ),
    addressed=(_NODE_ENDPOINTS, _TAGS),
)

_SHARE_ACKNOWLEDGE = _Reply(  # ShareAcknowledgeResponse.json; version 0 as above
    since=0,
    oldest=1,
    newest=2,
    flexible=0,
    leading=(
        _fixed(4 + 2),  # ThrottleTimeMs, ErrorCode
        _string(),  # ErrorMessage
        _fixed(4, since=2),  # AcquisitionLockTimeoutMs
        _responses(
            _fixed(4 + 2),  # PartitionIndex, ErrorCode
            _string(),  # ErrorMessage
            _fixed(4 + 4),  # CurrentLeader: LeaderId, LeaderEpoch
            _TAGS,
        ),
    ),
    addressed=(_NODE_ENDPOINTS, _TAGS),
)

_REPLIES = {
    0: _PRODUCE,
    1: _FETCH,
    3: _METADATA,
    10: _FIND_COORDINATOR,
    60: _DESCRIBE_CLUSTER,
    78: _SHARE_FETCH,
    79: _SHARE_ACKNOWLEDGE,
}
"""By API key."""


def _at(fields: tuple[Field, ...], version: int, flexible: bool) -> tuple[Field, ...]:  # noqa: FBT001
    """What a version has of these."""
    return tuple(
        replace(field, fields=_at(field.fields, version, flexible))
        for field in fields
        if field.since <= version <= field.until and (flexible or field.kind is not Kind.TAGS)
    )


LAYOUTS = {
    (key, version): reply.layout(version)
    for key, reply in _REPLIES.items()
    for version in range(reply.oldest, reply.newest + 1)
}
"""The replies with addresses, by API key and version."""
