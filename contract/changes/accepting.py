"""Breaks that are expected: those of the gate that somebody has reviewed, and written to the ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from contract.changes.rules import Compatibility
from contract.changes.usage import Verdict
from contract.changing.writing import one_line
from contract.ledger.sections import put_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from contract.changes.change import Change
    from contract.changes.usage import Judged
    from contract.ledger.model import Accepted

_HIT = frozenset({Verdict.BREAKS, Verdict.MAY_BREAK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who accepts it, when, why, and until when."""

    by: str
    at: date
    reason: str
    until: date | None = None


def accept(judged: Iterable[Judged], accepted: Mapping[str, Accepted], today: date) -> tuple[Judged, ...]:
    """The changes, each with what was accepted of it."""
    by_place = {(one.rule, one.operation, one.place): one for one in accepted.values()}
    return tuple(_held(one, by_place.get(_named(one.change)), today) for one in judged)


def put(text: str, source: str, judged: Iterable[Judged], terms: Terms) -> str:
    """A ledger's text with every break among some changes accepted: as it is, for whom it hits.

    Raises:
        LedgerError: the text cannot be edited so.
    """
    for one in breaks(judged):
        rule, operation, place = _named(one.change)
        fields: dict[str, Any] = {
            "rule": rule,
            "operation": operation,
            "place": place,
            "consumers": [one_line(name) for name in _hit(one)],
            "by": one_line(terms.by),
            "at": terms.at,
            "reason": one_line(terms.reason),
            "until": terms.until,
        }
        text = put_in(text, source, "accepted", id_of(one.change), fields)
    return text


def breaks(judged: Iterable[Judged]) -> list[Judged]:
    """What can be accepted: what breaks somebody, and is not accepted yet."""
    return [one for one in judged if one.compatibility is Compatibility.BREAKING and not one.accepted]


def id_of(change: Change) -> str:
    """The name of an entry: the rule's, and a few characters that tell places apart."""
    named = "\0".join(_named(change))
    return f"{change.rule.name}-{blake2b(named.encode('utf-8', 'surrogatepass'), digest_size=3).hexdigest()}"


def _named(change: Change) -> tuple[str, str, str]:
    place = "" if change.subject is None else str(change.subject)
    return change.rule.name, one_line(change.operation), one_line(place)


def _hit(judged: Judged) -> list[str]:
    return sorted({hit.consumer for hit in judged.hits if hit.verdict in _HIT and not hit.left})


def _held(judged: Judged, entry: Accepted | None, today: date) -> Judged:
    if entry is None or judged.compatibility is Compatibility.COMPATIBLE:
        return judged
    if entry.until is not None and entry.until < today:
        return replace(judged, refused=f"it was accepted until {entry.until}, and that has passed")
    others = [name for name in _hit(judged) if one_line(name) not in entry.consumers]
    if others:
        known = ", ".join(entry.consumers) or "nobody"
        return replace(
            judged, refused=f"it was accepted for {known}; {', '.join(others)} would be hit as well"
        )
    return replace(judged, accepted=_sentence(entry))


def _sentence(entry: Accepted) -> str:
    said = "accepted"
    said += f" by {entry.by}" if entry.by else ""
    said += f" on {entry.at}" if entry.at else ""
    said += f", until {entry.until}" if entry.until else ""
    return f"{said}: {entry.reason}" if entry.reason else said
