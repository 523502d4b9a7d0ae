"""The kinds of statements, one file each. A new kind is a new file and a row in `KINDS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from contract.kinds.acknowledgement import Acknowledgement
from contract.kinds.at_most import AtMost
from contract.kinds.auth import Auth
from contract.kinds.batch import Batch
from contract.kinds.catch_up import CatchUp
from contract.kinds.cause import Cause
from contract.kinds.closed import Closed
from contract.kinds.comes_after import ComesAfter
from contract.kinds.compression import Compression
from contract.kinds.contains import Contains
from contract.kinds.content_type import ContentType
from contract.kinds.cors import Cors
from contract.kinds.count import Count
from contract.kinds.dead_letter import DeadLetter
from contract.kinds.deduplicates import Deduplicates
from contract.kinds.delivery import Delivery
from contract.kinds.deprecated import Deprecated
from contract.kinds.derived import Derived
from contract.kinds.duplicates import Duplicates
from contract.kinds.echo import Echo
from contract.kinds.effect_within import EffectWithin
from contract.kinds.effectful_read import EffectfulRead
from contract.kinds.enum import Enum
from contract.kinds.equal import Equal
from contract.kinds.error_inside import ErrorInside
from contract.kinds.fallback import Fallback
from contract.kinds.fan_out import FanOut
from contract.kinds.filter import Filter
from contract.kinds.followed_by import FollowedBy
from contract.kinds.format import Format
from contract.kinds.freshness import Freshness
from contract.kinds.gaps import Gaps
from contract.kinds.handling import Handling
from contract.kinds.handling_order import HandlingOrder
from contract.kinds.idempotency_key import IdempotencyKey
from contract.kinds.in_flight import InFlight
from contract.kinds.increasing import Increasing
from contract.kinds.key_order import KeyOrder
from contract.kinds.latency import Latency
from contract.kinds.latency_growth import LatencyGrowth
from contract.kinds.length import Length
from contract.kinds.lifecycle import Lifecycle
from contract.kinds.limits import Limits
from contract.kinds.member import Member
from contract.kinds.negotiation import Negotiation
from contract.kinds.never_repeats import NeverRepeats
from contract.kinds.nullable import Nullable
from contract.kinds.occurs import Occurs
from contract.kinds.pagination import Pagination
from contract.kinds.partial_success import PartialSuccess
from contract.kinds.pattern import Pattern
from contract.kinds.polling import Polling
from contract.kinds.preceded_by import PrecededBy
from contract.kinds.present import Present
from contract.kinds.range import Range
from contract.kinds.rate import Rate
from contract.kinds.rate_limit import RateLimit
from contract.kinds.read_your_writes import ReadYourWrites
from contract.kinds.redelivered import Redelivered
from contract.kinds.redirect import Redirect
from contract.kinds.repeats_effect import RepeatsEffect
from contract.kinds.replay import Replay
from contract.kinds.requeued import Requeued
from contract.kinds.retained import Retained
from contract.kinds.retry import Retry
from contract.kinds.schemas import Schemas
from contract.kinds.size import Size
from contract.kinds.sorted import Sorted
from contract.kinds.stalls import Stalls
from contract.kinds.sum import Sum
from contract.kinds.timeout import Timeout
from contract.kinds.together import Together
from contract.kinds.type import Type
from contract.kinds.unique import Unique
from contract.kinds.unsafe_retry import UnsafeRetry
from contract.kinds.validator import Validator
from contract.kinds.variant import Variant
from contract.kinds.versioning import Versioning

if TYPE_CHECKING:
    from contract.clause import Family, Kind

__all__ = [
    "KINDS",
    "Acknowledgement",
    "AtMost",
    "Auth",
    "Batch",
    "CatchUp",
    "Cause",
    "Closed",
    "ComesAfter",
    "Compression",
    "Contains",
    "ContentType",
    "Cors",
    "Count",
    "DeadLetter",
    "Deduplicates",
    "Delivery",
    "Deprecated",
    "Derived",
    "Duplicates",
    "Echo",
    "EffectWithin",
    "EffectfulRead",
    "Enum",
    "Equal",
    "ErrorInside",
    "Fallback",
    "FanOut",
    "Filter",
    "FollowedBy",
    "Format",
    "Freshness",
    "Gaps",
    "Handling",
    "HandlingOrder",
    "IdempotencyKey",
    "InFlight",
    "Increasing",
    "KeyOrder",
    "Latency",
    "LatencyGrowth",
    "Length",
    "Lifecycle",
    "Limits",
    "Member",
    "Negotiation",
    "NeverRepeats",
    "Nullable",
    "Occurs",
    "Pagination",
    "PartialSuccess",
    "Pattern",
    "Polling",
    "PrecededBy",
    "Present",
    "Range",
    "Rate",
    "RateLimit",
    "ReadYourWrites",
    "Redelivered",
    "Redirect",
    "RepeatsEffect",
    "Replay",
    "Requeued",
    "Retained",
    "Retry",
    "Schemas",
    "Size",
    "Sorted",
    "Stalls",
    "Sum",
    "Timeout",
    "Together",
    "Type",
    "Unique",
    "UnsafeRetry",
    "Validator",
    "Variant",
    "Versioning",
    "kind_from",
]


class _Readable(Protocol):
    name: str
    family: Family

    def from_value(self, value: object) -> Kind: ...


KINDS: dict[str, _Readable] = {
    kind.name: kind
    for kind in (
        Present,
        Type,
        Nullable,
        Closed,
        Variant,
        Together,
        Format,
        Enum,
        Range,
        Length,
        Size,
        Pattern,
        Unique,
        Equal,
        AtMost,
        Sum,
        Count,
        Member,
        Contains,
        Derived,
        Echo,
        Filter,
        Limits,
        NeverRepeats,
        Sorted,
        Increasing,
        PrecededBy,
        FollowedBy,
        Lifecycle,
        ReadYourWrites,
        Replay,
        IdempotencyKey,
        UnsafeRetry,
        EffectfulRead,
        Occurs,
        Cause,
        Retry,
        Fallback,
        ErrorInside,
        PartialSuccess,
        ContentType,
        Negotiation,
        Auth,
        Validator,
        RateLimit,
        Deprecated,
        Versioning,
        Compression,
        Redirect,
        Cors,
        Latency,
        Timeout,
        Polling,
        Rate,
        Freshness,
        LatencyGrowth,
        Stalls,
        EffectWithin,
        Pagination,
        KeyOrder,
        ComesAfter,
        Gaps,
        Redelivered,
        Duplicates,
        Delivery,
        FanOut,
        Retained,
        Schemas,
        CatchUp,
        Acknowledgement,
        Handling,
        HandlingOrder,
        InFlight,
        Batch,
        Requeued,
        DeadLetter,
        RepeatsEffect,
        Deduplicates,
    )
}


def kind_from(name: str, value: object) -> Kind:
    """Read a kind back from its name and `Kind.value`.

    Raises:
        ValueError: no kind has that name, or the value is not one of its.
    """
    if name not in KINDS:
        raise ValueError(f"no kind of clause is called {name!r}; there are {', '.join(KINDS)}")
    return KINDS[name].from_value(value)
