"""Clauses as assertions in Python, for tests that run without defacto.

An assertion is an expression over `answer` (`status`, `media_type`, `seconds`) and the helpers of the module
that is written beside the tests (`reports/export/support.py`). A property test holds each against `hold`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from contract.kinds import (
    Closed,
    ContentType,
    Enum,
    Latency,
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

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract.clause import Clause
    from contract.subject import Subject

_SECTIONS = frozenset({"body", "header"})


def assertion(clause: Clause) -> str | None:
    """The assertion of a clause about one answer; None where there is none, or it is about a request."""
    subject = clause.subject
    writer = _WRITERS.get(type(clause.kind))
    if writer is None or subject.status is None:
        return None
    if len(subject.parts) > 2 and subject.section not in _SECTIONS and not isinstance(clause.kind, Latency):
        return None
    return writer(subject, clause.kind)


def _way(subject: Subject) -> str:
    """The parts below the status, as arguments."""
    return ", ".join(repr(part) for part in subject.parts[2:])


def _each(subject: Subject, test: str) -> str:
    return f"all({test} for value in values(answer, {_way(subject)}))"


def _present(subject: Subject, kind: Present) -> str | None:
    return f"missing(answer, {_way(subject)}) == 0" if kind.always else None


def _type(subject: Subject, kind: Type) -> str:
    if subject.textual and "string" in kind.types:
        return _each(subject, "isinstance(value, str | int | float)")
    return _each(subject, f"value is None or typed(value, {', '.join(map(repr, kind.types))})")


def _nullable(subject: Subject, kind: Nullable) -> str | None:
    return None if kind.value else _each(subject, "value is not None")


def _enum(subject: Subject, kind: Enum) -> str:
    return _each(subject, f"among(value, {kind.value!r})")


def _between(amount: str, kind: Range | Length | Size) -> str:
    low = f"{kind.least!r} <= " if kind.least is not None else ""
    high = f" <= {kind.most!r}" if kind.most is not None else ""
    return f"{low}{amount}{high}"


def _range(subject: Subject, kind: Range) -> str:
    return _each(subject, f"not typed(value, 'number') or {_between('value', kind)}")


def _length(subject: Subject, kind: Length) -> str:
    return _each(subject, f"blank(value) or not isinstance(value, str) or {_between('len(value)', kind)}")


def _size(subject: Subject, kind: Size) -> str:
    return _each(subject, f"not isinstance(value, list) or {_between('len(value)', kind)}")


def _pattern(subject: Subject, kind: Pattern) -> str | None:
    try:
        re.compile(kind.expression)
    except re.error:  # ECMA 262 has forms that Python has not
        return None
    return _each(subject, f"matches(value, {kind.expression!r})")


def _unique(subject: Subject, kind: Unique) -> str:
    by = () if kind.by is None else tuple(kind.by.split("."))
    return _each(subject, f"not isinstance(value, list) or distinct(value, {by!r})")


def _closed(subject: Subject, kind: Closed) -> str:
    return _each(subject, f"not isinstance(value, dict) or set(value) <= set({list(kind.names)!r})")


def _content_type(subject: Subject, kind: ContentType) -> str | None:
    del subject
    if any("*" in name for name in kind.media_types):
        return None
    return f"answer.media_type in {('', *kind.media_types)!r}"


def _occurs(subject: Subject, kind: Occurs) -> str | None:
    del kind
    status = subject.status or ""
    return f"answer.status == {status}" if status.startswith("2") and status.isdigit() else None


def _latency(subject: Subject, kind: Latency) -> str:
    del subject
    return f"answer.seconds <= {kind.p99_ms / 1000:.3f}"


_WRITERS: dict[type, Callable[[Subject, Any], str | None]] = {
    Present: _present,
    Type: _type,
    Nullable: _nullable,
    Enum: _enum,
    Range: _range,
    Length: _length,
    Size: _size,
    Pattern: _pattern,
    Unique: _unique,
    Closed: _closed,
    ContentType: _content_type,
    Occurs: _occurs,
    Latency: _latency,
}
