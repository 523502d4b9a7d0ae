"""The lists of a review that begin at the ledger: disputes, what is due, what was decided and held."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from contract.claim import Decision, Level, Standing
from contract.ledger.model import Role
from reports import change
from reports.decisions import SAID
from reports.reasons import depends
from reports.review import Item
from reports.review_material import day_of
from reports.words import count, listed, verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from contract.changing.progress import Progress
    from contract.claim import Dependence
    from contract.ledger.model import Entry, Ledger
    from reports.review_material import Material

AHEAD_DAYS = 31
"""Decisions that fall due until the next meeting of once a month are shown in this one."""

_NOBODY = "Nobody was seen to rely on it."


def disputed(material: Material) -> Iterator[Item]:
    """What the sides differ on, with its age."""
    for id_, entry in material.ledger.entries.items():
        if entry.disputed:
            began = _began(entry)
            yield _of_entry(
                material, id_, entry, "; ".join(_sides(entry)), since=began, why=(_age(began, material.day),)
            )


def _began(entry: Entry) -> date | None:
    """The day on which the sides first differed, as far as days are known."""
    stances = [(one.at, one.position) for one in entry.positions.values()] + [(entry.at, entry.decision)]
    seen: set[Decision] = set()
    known = [(day, stance) for day, stance in stances if day is not None]
    for day, stance in sorted(known, key=lambda one: one[0]):
        if stance is not Decision.UNDECIDED:
            seen.add(stance)
        if len(seen) > 1:
            return day
    return None


def awaiting(material: Material) -> Iterator[Item]:
    """What somebody has a position on, and nobody has decided."""
    for id_, entry in material.ledger.entries.items():
        if entry.decision is Decision.UNDECIDED and entry.stances and not entry.disputed:
            days = [one.at for one in entry.positions.values() if one.at is not None]
            began = min(days, default=None)
            said = "; ".join(_sides(entry))
            yield _of_entry(material, id_, entry, said, since=began, why=(_age(began, material.day),))


def due(material: Material) -> Iterator[Item]:
    """Days of review and removal that have passed, or do soon."""
    horizon = material.day + timedelta(days=AHEAD_DAYS)
    for id_, entry in material.ledger.entries.items():
        for what, day in (("review", entry.review), ("removal", entry.remove)):
            if day is not None and day <= horizon:
                late = day < material.day
                said = f"{what} {'was' if late else 'is'} due on {day}"
                yield _of_entry(
                    material, id_, entry, said, since=day, mark="overdue" if late else what, bad=late
                )


def changes(material: Material) -> Iterator[Item]:
    """What is planned or deprecated, and who still depends on it."""
    for one in material.planned:
        if one.planned.closed is None or one.planned.closed >= material.begin:
            yield _planned(one, material.ledger)
    for id_, entry in material.ledger.entries.items():
        if entry.decision is Decision.DEPRECATED:
            yield _deprecated(material, id_, entry)


def _deprecated(material: Material, id_: str, entry: Entry) -> Item:
    relying, sent = material.relying(id_), [*filter(material.still, material.sent(id_))]
    still = [*filter(material.still, relying)]
    asleep = sorted(link.consumer for link in relying if material.asleep(link))
    then = entry.evidence.consumers if entry.evidence else {}
    relied = {who for who, level in then.items() if level is not Level.EXPOSED}
    relied |= {link.consumer for link in relying}
    gone = sorted(relied.difference(asleep, (link.consumer for link in still)))
    why = [_last(link) for link in still]
    why += [] if relied else [_NOBODY]
    why += [f"Only sent it: {listed(sorted(link.consumer for link in sent))}."] if sent else []
    why += [f"No more seen to depend: {', '.join(gone)}."] if gone else []
    why += [f"Has not called since, and may come back: {', '.join(asleep)}."] if asleep else []
    said = f"to be removed by {entry.remove}" if entry.remove else "deprecated"
    return _of_entry(
        material,
        id_,
        entry,
        f"{said} in favour of {entry.successor}" if entry.successor else said,
        since=entry.remove,
        mark=_left([link.level for link in (*still, *sent)]),
        bad=bool(still) and entry.remove is not None and entry.remove < material.day,
        why=tuple(why),
    )


def _planned(found: Progress, ledger: Ledger) -> Item:
    planned, mark = found.planned, _left([one.level for one in found.depending])
    return Item(
        about=found.id,
        said=planned.words,
        why=(
            change.when(found),
            *change.warnings(found),
            *(change.standing(one, ledger.owners.consumers) for one in found.standings),
        ),
        change=found.id,
        since=planned.effective,
        mark=planned.outcome or "closed" if planned.closed else mark,
        bad=found.failing,
    )


def _left(levels: Sequence[Level]) -> str:
    """How many still rely on what goes, and how many are only sent it, who may need it all the same."""
    sent = levels.count(Level.EXPOSED)
    still = len(levels) - sent
    said = [f"{still:,} still {verb(still, 'relies', 'rely')} on it"] if still else []
    said += [f"{sent:,} {verb(sent, 'is', 'are')} only sent it"] if sent else []
    return ", ".join(said) or "clear"


def decisions(material: Material) -> Iterator[Item]:
    """Each decision of the period, the latest first, and whether it holds."""
    found = [
        (entry.at, id_, entry)
        for id_, entry in material.ledger.entries.items()
        if entry.decision is not Decision.UNDECIDED
        and entry.at is not None
        and material.begin <= entry.at <= material.day
    ]
    for at, id_, entry in sorted(found, key=lambda one: (-one[0].toordinal(), one[1])):
        failing, why = _outcome(material, id_, entry)
        said = SAID[entry.decision] + (f": {entry.reason.rstrip('.')}" if entry.reason else "")
        by = f"Decided by {entry.by} on {at}." if entry.by else f"Decided on {at}."
        yield _of_entry(
            material,
            id_,
            entry,
            said,
            since=at,
            mark={True: "does not hold", False: "holds", None: "unknown"}[failing],
            bad=bool(failing),
            why=(by, why),
        )


def _outcome(material: Material, id_: str, entry: Entry) -> tuple[bool | None, str]:
    """Whether traffic speaks against a decision, None: nothing can be seen; and why."""
    claim = material.kept.get(id_)
    relying = sorted(link.consumer for link in material.relying(id_))
    rely = f"{listed(relying)} {verb(len(relying), 'relies', 'rely')} on it"
    if entry.decision is Decision.OUT_OF_CONTRACT:
        return (True, f"{rely} all the same.") if relying else (False, _NOBODY)
    if entry.decision is Decision.MAY_CHANGE:
        then = entry.evidence.consumers if entry.evidence else {}
        came = [name for name in relying if then.get(name, Level.EXPOSED) is Level.EXPOSED]
        if came:
            return True, f"New since it was decided: {listed(came)}."
        return False, f"{rely}, as when it was decided." if relying else _NOBODY
    if claim is None or not claim.evidence.total:
        return None, "Nothing was seen of it in this period."
    if claim.standing is Standing.CONTRADICTED:
        found = claim.evidence
        return True, f"Not kept: {claim.clause.statement} ({found.total:,} seen, {found.broken:,} otherwise)."
    return False, f"Kept in all {claim.evidence.total:,} seen in this period."


def agreement(material: Material) -> Iterator[Item]:
    """Where the producer's view and a consumer's differ: as each said, or as its traffic shows."""
    for id_, entry in material.ledger.entries.items():
        producer = next(
            (
                one.position
                for one in entry.positions.values()
                if one.role is Role.PRODUCER and one.position is not Decision.UNDECIDED
            ),
            entry.decision,
        )
        if producer is Decision.UNDECIDED:
            continue
        theirs = {
            who: one.position
            for who, one in entry.positions.items()
            if one.role is Role.CONSUMER and one.position not in {Decision.UNDECIDED, producer}
        }
        silent = [
            link
            for link in material.relying(id_)
            if producer in {Decision.MAY_CHANGE, Decision.OUT_OF_CONTRACT}
            and link.level.rank >= Level.USED.rank
            and link.consumer not in entry.positions
        ]
        points = [f"{who} says {SAID[position]}" for who, position in theirs.items()]
        points += [
            f"{link.consumer} uses it"
            if material.still(link)
            else f"{link.consumer} used it until {day_of(link.last_seen)}"
            for link in silent
        ]
        if points:
            yield _of_entry(
                material,
                id_,
                entry,
                f"the producer says {SAID[producer]}; {'; '.join(points)}",
                why=tuple(map(_last, silent)),
            )


def _last(link: Dependence) -> str:
    return f"{depends(link)}, last on {day_of(link.last_seen)}."


def _of_entry(
    material: Material,
    id_: str,
    entry: Entry,
    said: str,
    *,
    since: date | None = None,
    mark: str = "",
    bad: bool = False,
    why: tuple[str, ...] = (),
) -> Item:
    claim = material.claims.get(id_)
    return Item(
        about=claim.clause.key if claim else entry.key or id_,
        said=said,
        why=tuple(one for one in why if one),
        who=claim.dependence if claim else (),
        id=id_,
        since=since,
        mark=mark,
        bad=bad,
    )


def _sides(entry: Entry) -> Iterator[str]:
    for who, one in entry.positions.items():
        if one.position is not Decision.UNDECIDED:
            reason = f", {one.reason.rstrip('.')}" if one.reason else ""
            yield f"{who} ({one.role.value}) says {SAID[one.position]}{reason}"
    if entry.decision is not Decision.UNDECIDED:
        yield f"decided: {SAID[entry.decision]}"


def _age(began: date | None, day: date) -> str:
    return "" if began is None else f"Open for {count((day - began).days, 'day')}."


def by_age(items: Iterable[Item]) -> tuple[Item, ...]:
    """The oldest first, what has no day last."""
    return tuple(sorted(items, key=lambda item: (item.since is None, item.since or date.min, item.about)))
