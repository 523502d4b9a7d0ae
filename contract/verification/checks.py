"""How a guarantee can be checked: on the document, against a live build, on what was recorded, by a test.

And which cannot be, with the reason: a plan that leaves gaps unsaid is no plan.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from contract.clause import Direction
from contract.kinds import (
    Acknowledgement,
    Batch,
    Closed,
    ContentType,
    Enum,
    Fallback,
    FollowedBy,
    Format,
    Handling,
    HandlingOrder,
    InFlight,
    Length,
    Nullable,
    Occurs,
    Pattern,
    Polling,
    PrecededBy,
    Present,
    Range,
    Rate,
    Retry,
    Size,
    Timeout,
    Type,
    Unique,
    UnsafeRetry,
)
from contract.kinds.across import Across
from contract.operation import parse
from contract.verification.assertions import assertion

if TYPE_CHECKING:
    from contract.clause import Clause

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110 section 9.2.1), as far as they can be tried by anybody."""

_CONDUCT = (
    Acknowledgement,
    Batch,
    Fallback,
    FollowedBy,
    Handling,
    HandlingOrder,
    InFlight,
    Polling,
    PrecededBy,
    Rate,
    Retry,
    Timeout,
    UnsafeRetry,
)
_WRITTEN = (
    Closed,
    ContentType,
    Enum,
    Format,
    Length,
    Nullable,
    Occurs,
    Pattern,
    Present,
    Range,
    Size,
    Type,
    Unique,
)
"""What OpenAPI, AsyncAPI and JSON Schema have words for."""


class Check(StrEnum):
    """A way to check a guarantee, the earliest first."""

    GATE = "gate"
    REPLAY = "replay"
    TEST = "test"
    STORE = "store"


RUNS = {
    Check.GATE: "in CI, on each change of the document: defacto check",
    Check.REPLAY: "in CI, against a build: defacto verify --target",
    Check.TEST: "in the team's own pipeline: defacto export",
    Check.STORE: "nightly, on what was recorded: defacto verify --since 1d",
}
"""Where each check runs."""


def of_consumers(clause: Clause) -> bool:
    """Whether it says what consumers do, which no producer can promise."""
    return isinstance(clause.kind, _CONDUCT)


def is_single(clause: Clause) -> bool:
    """Whether one exchange alone can fulfil or break it."""
    return not isinstance(clause.kind, Across)


def checks_of(clause: Clause, *, declared: bool) -> tuple[Check, ...]:
    """The ways to check a clause; none where there is no way.

    Args:
        clause: what is guaranteed.
        declared: whether the producer has a document that a gate can compare.
    """
    if of_consumers(clause):
        return ()
    found = [Check.GATE] if declared and isinstance(clause.kind, _WRITTEN) else []
    answer = clause.subject.direction is Direction.RESPONSE
    if is_single(clause) and answer and parse(clause.operation).verb in SAFE:
        found.append(Check.REPLAY)
        found += [Check.TEST] if assertion(clause) else []
    return (*found, Check.STORE)


def uncovered(clause: Clause) -> str:
    """What no check sees before consumers do, and why; `""` where one does."""
    operation = parse(clause.operation)
    if of_consumers(clause):
        return "it says what consumers do; no producer can promise that"
    if operation.is_event:
        return "messages are not replayed: seen only once it was recorded"
    if clause.subject.direction is Direction.REQUEST:
        return "it is about what consumers send: seen only once it was recorded"
    if not is_single(clause):
        return "it takes several exchanges in their order: seen only once it was recorded"
    if operation.verb not in SAFE:
        return f"{operation.verb} is not replayed without --unsafe"
    return ""
