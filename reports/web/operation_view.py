"""The head of an operation's page, and what leads on from it: the answer, the matrix, doubts, examples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import PurePath
from typing import TYPE_CHECKING

from contract.claim import ProducerMap, Standing
from contract.kinds import Occurs
from contract.operation import RECEIVE, SEND, parse
from reports.finding import findings
from reports.json_form import to_json
from reports.matrix import depended_on, matrix, telling
from reports.places import map_verdict
from reports.reasons import gist, headline
from reports.selection import candidates
from reports.web import links
from reports.web.operation_clauses import judged, told
from reports.words import between, count, listed, moment, verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.claim import Claim, ContractMap, OperationMap
    from reports.finding import Compared, Finding
    from reports.matrix import Row
    from reports.web.operation_clauses import Told
    from reports.web.snapshot import Snapshot

MATTERS = 5
MAX_ROWS = 300
MAX_DOUBTS = 60
MAX_EXAMPLES = 12
MAX_SCHEMA = 60_000
"""Characters of a schema that a page shows."""
_NEAREST = 6
_LONGEST_KEY = 300


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A consumer of the operation; the number of its observations leads to them."""

    name: str
    href: str
    observations: int
    traffic: str


@dataclass(frozen=True, kw_only=True)
class Matter:
    """A finding in two lines."""

    headline: str
    gist: str
    href: str
    standing: str


@dataclass(frozen=True, kw_only=True)
class Field:
    """A row of the matrix; `mark` is `contradicted`, `outlined` (relied upon, and undeclared) or `""`."""

    row: Row
    href: str
    mark: str


@dataclass(frozen=True, kw_only=True)
class Fields:
    """The matrix; `hidden` places are left out as telling nothing, `cut` for their number."""

    consumers: tuple[Caller, ...]
    rows: tuple[Field, ...]
    hidden: int
    cut: int


@dataclass(frozen=True, kw_only=True)
class Schema:
    """What was seen of a body, as a schema."""

    place: str
    text: str
    cut: bool


@dataclass(frozen=True, kw_only=True)
class Example:
    """An exchange or a message to look at."""

    id: str
    href: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Nearest:
    """An operation that may have been meant."""

    producer: str
    key: str
    href: str


@dataclass(frozen=True, kw_only=True)
class OperationView:
    """What stands in the head, and what matters most. `declared` says where, in words."""

    producer: str
    operation: OperationMap
    protocol: str
    declared: str
    seen: str
    traffic: str
    callers: tuple[Caller, ...]
    answer: str
    matters: tuple[Matter, ...]
    further: int


def view(snapshot: Snapshot, compared: Compared) -> OperationView:
    """The head of the page."""
    operation, producer = compared.operation, compared.producer
    found = [one for one in findings(compared) if _hurts(one)]
    ranked = sorted(found, key=lambda one: (one.standing is not Standing.CONTRADICTED, one.rank))
    return OperationView(
        producer=producer,
        operation=operation,
        protocol=_PROTOCOLS.get(parse(operation.key).verb, "calls over HTTP"),
        declared=_declared(snapshot, compared),
        seen=_seen(operation),
        traffic=_traffic(producer, operation.key),
        callers=callers(compared),
        answer=_answer(snapshot, compared, ranked),
        matters=tuple(_matter(one) for one in ranked[:MATTERS]) if judged(compared) else (),
        further=max(0, len(ranked) - MATTERS) if judged(compared) else 0,
    )


def callers(compared: Compared) -> tuple[Caller, ...]:
    """The consumers, the busiest first."""
    operation = compared.operation
    ranked = sorted(operation.consumers.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple(
        Caller(
            name=name,
            href=links.consumer(name),
            observations=number,
            traffic=_traffic(compared.producer, operation.key, name),
        )
        for name, number in ranked
    )


def fields(compared: Compared, *, every: bool) -> Fields:
    """Consumers × fields of the operation: every place that anybody has to do with, or only what tells."""
    found = matrix([compared.operation], depended_on if every else telling)
    rows = found.groups[0].rows if found.groups else ()
    everything = matrix([compared.operation], depended_on)
    total = len(everything.groups[0].rows) if everything.groups else 0
    return Fields(
        consumers=callers(compared),
        rows=tuple(_field(row, judged=judged(compared)) for row in rows[:MAX_ROWS]),
        hidden=total - len(rows),
        cut=max(0, len(rows) - MAX_ROWS),
    )


def nearly(snapshot: Snapshot, compared: Compared) -> tuple[Told, ...]:
    """What is in doubt, and not told as kept or broken either: the most often seen first."""
    at = (compared.producer, compared.operation.key)
    observed = snapshot.observed.get(at)
    if observed is None:
        return ()
    alone = ProducerMap(name=compared.producer, operations=(observed,))
    known = {claim.clause.id for claim in compared.operation.claims}
    doubted = candidates(replace(snapshot.whole, producers=(alone,)))[at]
    return tuple(told(claim) for claim in doubted if claim.clause.id not in known)


def schemas(operation: OperationMap) -> tuple[Schema, ...]:
    """The schemas of all bodies seen, as formatted JSON."""
    texts = ((place, to_json(dict(schema))) for place, schema in sorted(operation.schemas.items()))
    return tuple(
        Schema(place=place, text=text[:MAX_SCHEMA], cut=len(text) > MAX_SCHEMA) for place, text in texts
    )


def examples(compared: Compared) -> tuple[Example, ...]:
    """A few observations to look at: of what broke a promise, of each status, of anything."""
    found: dict[str, str] = {}
    for why, claim in _witnesses(compared.operation.claims):
        for id_ in claim.evidence.examples[:2]:
            if len(found) < MAX_EXAMPLES:
                found.setdefault(id_, why)
    return tuple(Example(id=id_, href=links.observation(id_), why=why) for id_, why in found.items())


def renamed(snapshot: Snapshot, producer: str, key: str) -> str | None:
    """The present key of an operation that had another one, or whose parameters are called otherwise.

    A clause keeps the ids that it had under former keys: one of them is what its id would be under this.
    """
    for one in snapshot.observed.values():
        claim = next((claim for claim in one.claims if claim.clause.subject.section != "path"), None)
        if claim is not None and claim.clause.producer == producer:
            then = replace(claim.clause, operation=key).id
            if then == claim.clause.id or then in claim.former_ids:
                return one.key
    return None


def nearest(snapshot: Snapshot, producer: str, key: str) -> tuple[Nearest, ...]:
    """Operations whose keys are like one that is not there, of its producer before those of others."""
    wanted = key[:_LONGEST_KEY]
    every = [at for at in snapshot.compared if at[0] == producer] or list(snapshot.compared)
    keys = list(dict.fromkeys(one for _, one in every))
    close = get_close_matches(wanted, keys, n=_NEAREST, cutoff=0.4) if wanted else keys[:_NEAREST]
    ranked = sorted((at for at in every if at[1] in close), key=lambda at: (close.index(at[1]), at[0]))
    return tuple(
        Nearest(producer=name, key=one, href=links.operation(name, one)) for name, one in ranked[:_NEAREST]
    )


_PROTOCOLS = {SEND: "messages, as published", RECEIVE: "messages, as delivered"}


def _traffic(producer: str, key: str, consumer: str = "") -> str:
    return links.to("/exchanges", producer=producer, operation=key, consumer=consumer)


def _declared(snapshot: Snapshot, compared: Compared) -> str:
    document = snapshot.drift.documents.get(compared.producer, "")
    if not document:
        return "no document given"
    name = PurePath(document).name
    return f"in {name}" if judged(compared) else f"no, not in {name}"


def _seen(operation: OperationMap) -> str:
    times = [
        time
        for claim in operation.claims
        for time in (claim.evidence.first_seen, claim.evidence.last_seen)
        if time is not None
    ]
    if not times:
        return "never"
    first, last = min(times), max(times)
    return moment(first) if first == last else between(first, last)


def _hurts(finding: Finding) -> bool:
    if finding.standing is Standing.CONTRADICTED:
        return True
    return finding.standing is Standing.UNDECLARED and bool(finding.reliant)


def _answer(snapshot: Snapshot, compared: Compared, found: Iterable[Finding]) -> str:
    """The sentence that matters most."""
    operation = compared.operation
    how = {SEND: "published", RECEIVE: "delivered"}.get(parse(operation.key).verb, "called")
    if not operation.observations:
        return f"It is declared, and was never {how}."
    if compared.producer not in snapshot.drift.documents:
        return map_verdict(_alone(snapshot, compared))
    if not judged(compared):
        callers = listed(sorted(operation.consumers))
        return f"It is {how}, by {callers}, and declared nowhere: all that follows is promised by nobody."
    broken = [one for one in found if one.standing is Standing.CONTRADICTED]
    relied = [one for one in found if one.standing is Standing.UNDECLARED]
    if not (broken or relied):
        return (
            "No promise was seen broken, and nobody was seen to rely on what nobody promised. "
            "What is only received leaves no trace."
        )
    parts = []
    if broken:
        parts.append(f"{count(len(broken), 'promise')} {verb(len(broken), 'is', 'are')} not kept")
    if relied:
        who = sorted({link.consumer for one in relied for link in one.reliant})
        parts.append(
            f"{listed(who)} {verb(len(who), 'relies', 'rely')} on "
            f"{count(len(relied), 'thing')} that nobody promised"
        )
    return f"{'; '.join(parts)}."


def _alone(snapshot: Snapshot, compared: Compared) -> ContractMap:
    alone = ProducerMap(name=compared.producer, operations=(compared.operation,))
    return replace(snapshot.whole, producers=(alone,))


def _matter(finding: Finding) -> Matter:
    return Matter(
        headline=headline(finding),
        gist=gist(finding),
        href=links.clause(finding.lead.clause.id),
        standing=finding.standing.value,
    )


def _field(row: Row, *, judged: bool) -> Field:
    foremost = row.place.foremost
    mark = ""
    if foremost.standing is Standing.CONTRADICTED:
        mark = "contradicted"
    elif judged and foremost.standing is Standing.UNDECLARED and not row.place.only_received:
        mark = "outlined"
    return Field(row=row, href=links.clause(foremost.clause.id), mark=mark)


def _witnesses(claims: Iterable[Claim]) -> Iterator[tuple[str, Claim]]:
    claims = list(claims)
    broken = [claim for claim in claims if claim.standing is Standing.CONTRADICTED]
    yield from ((f"breaks a promise: {claim.clause.statement}", claim) for claim in broken[:4])
    for claim in claims:
        if isinstance(claim.clause.kind, Occurs):
            yield f"answered {claim.clause.subject.status}", claim
    yield from (("one of those seen", claim) for claim in claims)
