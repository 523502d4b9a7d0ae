"""Audiences: how much of what is published comes to each consumer, and which of them share a message.

Looked at is what was published, or delivered to somebody, while a consumer was there: between the first and
the last that it was given, less the time that messages take.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.claim import Evidence
from contract.clause import Clause
from contract.kinds import Delivery, FanOut
from contract.operation import RECEIVE, SEND
from contract.subject import Subject
from inference.deliveries import Deliveries
from inference.fates import Fates
from inference.scene import of_view
from inference.stated import Stated
from inference.thresholds import MIN_FANNED, MIN_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.clause import Kind
    from inference.scene import OperationScene, Scene

_MESSAGE = Subject(("response", "message"))

Times = dict[int, list[int]]
"""When each message passed (Unix ns), by its hash."""


@dataclass(slots=True)
class _Recipient:
    """What one recipient was given: a queue, a group, a client."""

    consumer: str
    given: Times = field(default_factory=lambda: defaultdict(list))

    def there(self, late: int) -> tuple[int, int]:
        """From when until when it was certainly given what came, though some came so late (ns)."""
        times = [at for moments in self.given.values() for at in moments]
        return min(times) + late, max(times) - late


def audiences(scene: Scene) -> Iterator[Stated]:
    """`delivery` and `fan-out`: one of each for an operation of which enough messages are known again."""
    for key, one in sorted(scene.scenes.items()):
        if not key.startswith(RECEIVE):
            continue
        sent = scene.scenes.get(key.replace(RECEIVE, SEND, 1))
        published, recipients = _looked_at(one, sent)
        if published and recipients:
            yield from _delivery(one, published, recipients)
        if len(recipients) > 1:
            yield from _fan_out(one, recipients)


def _looked_at(one: OperationScene, sent: OperationScene | None) -> tuple[Times, list[_Recipient]]:
    """When messages of the sample were published, and what each recipient was given of them."""
    fates = {name: of_view(view, Fates) for name, view in sorted(one.views.items())}
    source = sent.of(Fates) if sent is not None else Fates()
    ceiling = min(known.ceiling for known in (source, *fates.values()))
    published = {
        digest: [passed.at for passed in entries]
        for digest, entries in source.entries.items()
        if digest < ceiling
    }
    found: dict[tuple[str, int], _Recipient] = {}
    for name, known in fates.items():
        for digest, entries in known.entries.items():
            for passed in entries if digest < ceiling else ():
                recipient = found.setdefault((name, passed.who), _Recipient(name))
                recipient.given[digest].append(passed.at)
    return published, [found[key] for key in sorted(found)]


def _delivery(one: OperationScene, published: Times, recipients: list[_Recipient]) -> Iterator[Stated]:
    given, doubled, missed = 0, 0, dict[str, int]()
    for recipient in recipients:
        lags = [
            min(at) - min(published[digest]) for digest, at in recipient.given.items() if digest in published
        ]
        begin, end = recipient.there(max(0, *lags)) if lags else (0, 0)
        due = [digest for digest, at in published.items() if begin <= min(at) <= end]
        came = [digest for digest in due if digest in recipient.given]
        given += len(came)
        doubled += sum(len(recipient.given[digest]) > len(published[digest]) for digest in came)
        if len(came) < len(due):
            missed[recipient.consumer] = missed.get(recipient.consumer, 0) + len(due) - len(came)
    if not given:
        return
    how = "at-least-once" if doubled else "at-most-once" if missed else "exactly-once"
    doubt = "" if given >= MIN_ONCE else f"{given} seen, {MIN_ONCE} needed"
    if missed:
        told = ", ".join(f"{count} to {name}" for name, count in sorted(missed.items()))
        doubt = f"some did not come ({told}), which may not have been meant for them"
    came_again = f"{doubled} of them came more often than they were published"
    reasons = (
        f"{given} deliveries came that were due: one for each message and consumer that was there",
        came_again,
    )
    lost = sum(missed.values())
    yield _stated(one, Delivery(how, given + lost), doubt, reasons, given, lost)


def _fan_out(one: OperationScene, recipients: list[_Recipient]) -> Iterator[Stated]:
    """Each message is held against the consumers that were there when it came to the first of them."""
    by_consumer: dict[str, _Recipient] = {}
    first: dict[int, int] = {}
    spread = 0
    for recipient in recipients:
        whole = by_consumer.setdefault(recipient.consumer, _Recipient(recipient.consumer))
        for digest, moments in recipient.given.items():
            whole.given[digest] += moments
            first[digest] = min(first.get(digest, moments[0]), *moments)
    for recipient in by_consumer.values():
        spread = max(spread, *(min(moments) - first[digest] for digest, moments in recipient.given.items()))
    there = {name: recipient.there(spread) for name, recipient in by_consumer.items()}
    to_all, to_one, others = 0, 0, 0
    for digest, at in first.items():
        could = [name for name, (begin, end) in there.items() if begin <= at <= end]
        did = sum(digest in by_consumer[name].given for name in could)
        if len(could) > 1 and did:
            to_all += did == len(could)
            to_one += did == 1
            others += 1 < did < len(could)
    total = to_all + to_one + others
    if not total:
        return
    held = max(to_all, to_one)
    doubt = f"{total} seen, {MIN_FANNED} needed" if total < MIN_FANNED else ""
    if held < total:
        doubt = f"{to_all} of {total} came to all, {to_one} to one"
    reasons = (f"consumers that are given it: {', '.join(sorted(by_consumer))}",)
    kind = FanOut("all" if to_all >= to_one else "one", total)
    yield _stated(one, kind, doubt, reasons, held, total - held)


def _stated(
    one: OperationScene, kind: Kind, doubt: str, reasons: tuple[str, ...], held: int, broken: int
) -> Stated:
    every = one.of(Deliveries).all
    return Stated(
        clause=Clause(producer=one.producer, operation=one.operation, subject=_MESSAGE, kind=kind),
        evidence=Evidence(
            held=held,
            broken=broken,
            first_seen=every.first,
            last_seen=every.last,
            examples=(every.example,),
        ),
        doubt=doubt,
        reasons=reasons,
    )
