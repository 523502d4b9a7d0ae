"""What traffic says of planned changes: who used what changes, where each stands, what consumers are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.changing.progress import QUIET_DAYS, Progress, State, progress
from contract.ledger.model import Ledger, Owner
from contract.subject import parse as parse_subject
from inference.usage_over_time import usage
from reports.change_notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from contract.changing.model import Planned
    from contract.changing.track import Usage
    from store.store import Store


def usage_of(store: Store, producer: str, planned: Planned, now: int) -> Usage:
    """Who used what changes, up to an instant (Unix ns)."""
    place = parse_subject(planned.place) if planned.place else None
    return usage(store, producer, planned.operation, place, until=now)


def progress_of(
    store: Store,
    producer: str,
    ledger: Ledger,
    changes: Mapping[str, Planned],
    now: int,
    quiet_days: int = QUIET_DAYS,
) -> list[Progress]:
    """Where changes stand at an instant (Unix ns)."""
    return [
        progress(id_, one, usage_of(store, producer, one, now), ledger.policy, now, quiet_days)
        for id_, one in changes.items()
    ]


def owners_of(store: Store, ledger: Ledger) -> dict[str, Owner]:
    """Who answers for each consumer: by the ledger, else by what the recorder's configuration says."""
    known = {one.name: Owner(name=one.owner, contact=one.contact) for one in store.consumers()}
    return {**known, **ledger.owners.consumers}


def notices(
    ledger: Ledger,
    producer: str,
    found: Progress,
    owners: Mapping[str, Owner],
    at: date,
    only: Iterable[str] = (),
) -> list[Notice]:
    """What each consumer concerned is told: those named, else all that depend or did when it was proposed."""
    seen = {one.consumer: one for one in found.standings}
    still = {one.consumer for one in found.standings if one.state not in {State.MIGRATED, State.LEFT}}
    concerned = tuple(only) or tuple(sorted({*still, *found.planned.consumers}))
    return [
        Notice(
            id=found.id,
            planned=found.planned,
            producer=producer,
            title=ledger.interface.title,
            consumer=name,
            owner=owners.get(name, Owner()),
            ask=ledger.owners.producer,
            at=at,
            seen=seen.get(name),
        )
        for name in concerned
    ]
