"""Contract incidents in words and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text

from reports.untrusted import for_terminal
from reports.words import count, length, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from rich.console import RenderableType

    from contract.incidents import Incident


def incidents_text(incidents: Mapping[str, Incident]) -> RenderableType:
    """Those of a ledger, the latest first, each in two lines."""
    hurt = sum(one.kind == "incident" for one in incidents.values())
    near = count(len(incidents) - hurt, "near-miss", "near-misses")
    parts: list[RenderableType] = [Text(f"{count(hurt, 'incident')}, {near}.", "bold")]
    for id_, one in reversed(list(incidents.items())):
        head = f"{id_}  {one.at:%Y-%m-%d %H:%M}  {one.kind}"
        parts += [Text(), Text(head, "dim"), Text(for_terminal(f"  {one.what}"))]
    return Group(*parts)


def incident_text(id_: str, incident: Incident) -> RenderableType:
    """One, in full."""
    return Group(
        Text(for_terminal(f"{id_}  {incident.what}"), "bold"),
        *(Text(for_terminal(f"  {sentence}")) for sentence in sentences(incident)),
    )


def sentences(incident: Incident) -> Iterator[str]:
    """What is known of one, a sentence each."""
    told = f" (told by {incident.by})" if incident.by else ""
    yield f"{incident.kind.capitalize()} of {incident.at:%Y-%m-%d %H:%M} UTC{told}."
    if incident.surprised:
        yield f"Surprised: {listed(incident.surprised, most=8)}."
    for name in ("understood", "resolved"):
        later: datetime | None = getattr(incident, name)
        if later is None:
            yield f"Not {name} yet."
        else:
            yield f"{name.capitalize()} after {_took(incident.at, later)}."
    if incident.clauses:
        yield f"About {', '.join(incident.clauses)}."
    yield from (f"What follows: {one.rstrip('.')}." for one in incident.follow_ups)


def incident_form(id_: str, incident: Incident) -> dict[str, Any]:
    """One as JSON's own types; times in RFC 3339, durations in seconds."""
    return {
        "id": id_,
        "kind": incident.kind,
        "at": incident.at.isoformat(),
        "what": incident.what,
        "by": incident.by,
        "clauses": list(incident.clauses),
        "surprised": list(incident.surprised),
        "understood": _instant(incident.understood),
        "resolved": _instant(incident.resolved),
        "seconds_to_understand": _seconds(incident.at, incident.understood),
        "seconds_to_resolve": _seconds(incident.at, incident.resolved),
        "follow_ups": list(incident.follow_ups),
    }


def _took(start: datetime, end: datetime) -> str:
    return length(int((end - start).total_seconds()) * 10**9)


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _seconds(start: datetime, end: datetime | None) -> int | None:
    return None if end is None else int((end - start).total_seconds())
