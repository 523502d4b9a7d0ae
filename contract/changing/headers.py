"""Fields that tell of a deprecation in every answer: RFC 9745 (`Deprecation`) and RFC 8594 (`Sunset`).

They speak of a whole resource. What concerns one of its fields, a status or a behaviour cannot be said with
them: a client would take the resource for going.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from contract.operation import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from contract.changing.model import Planned


class Sent(NamedTuple):
    """The fields to send in answers of one operation, `path` being its template."""

    id: str
    method: str
    path: str
    fields: tuple[tuple[str, str], ...]


def sent(changes: Mapping[str, Planned]) -> tuple[list[Sent], dict[str, str]]:
    """What to send for changes that were announced and are not closed, and why for others nothing can be.

    Of several changes of an operation the one that comes first is told.
    """
    found: dict[tuple[str, str], Sent] = {}
    left: dict[str, str] = {}
    for id_, planned in sorted(changes.items(), key=lambda item: (item[1].effective, item[0])):
        if planned.closed:
            continue
        reason = _unfit(planned)
        if reason:
            left[id_] = reason
            continue
        operation = parse(planned.operation)
        path = f"/{'/'.join(operation.segments)}"
        found.setdefault((operation.verb, path), Sent(id_, operation.verb, path, fields_of(planned)))
    return list(found.values()), left


def fields_of(planned: Planned) -> tuple[tuple[str, str], ...]:
    """The fields of an announced change; the sunset is never before the deprecation (RFC 9745 section 5)."""
    begins = planned.deprecated_from
    if begins is None:
        return ()
    fields = [
        ("Deprecation", f"@{int(_midnight(begins).timestamp())}"),
        ("Sunset", format_datetime(_midnight(planned.effective), usegmt=True)),
    ]
    if planned.link:
        fields += [("Link", f'<{_uri(planned.link)}>; rel="{rel}"') for rel in ("deprecation", "sunset")]
    if planned.successor.startswith(("/", "http://", "https://")):
        fields.append(("Link", f'<{_uri(planned.successor)}>; rel="successor-version"'))
    return tuple(fields)


def _unfit(planned: Planned) -> str:
    if planned.announced is None:
        return "it was not announced yet"
    operation = parse(planned.operation) if planned.is_of_operation else None
    if operation is None:
        return "it is not about a whole operation, and these fields speak of nothing less"
    if operation.is_event or operation.type:
        return "it is about no resource of its own"
    return ""


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _uri(text: str) -> str:
    """A URI reference (RFC 3986) in which nothing ends the field or its brackets, or is nginx's variable."""
    return quote(text, safe="/:?#[]@!&'()*+,;=-._~%", errors="replace")
