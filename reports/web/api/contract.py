"""What the API tells of the contract, all from memory: operations, consumers, clauses, findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from reports.doubts import doubts
from reports.json_form import head_form
from reports.listing import same
from reports.untrusted import for_terminal
from reports.web.api import forms
from reports.web.api.answering import answer, page_of
from reports.web.api.document import ROOT
from reports.web.site import KEEPER, snapshot_of
from store.records import record_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from contract.claim import Claim, Consumer, Dependence
    from reports.finding import Compared, Finding
    from reports.web.api.asking import Asked
    from reports.web.snapshot import Snapshot


async def status(request: web.Request, asked: Asked) -> web.Response:
    """What is known, as of when, and what it cannot see."""
    del asked
    keeper = request.app[KEEPER]
    snapshot = keeper.snapshot
    whole = snapshot.whole
    form = {
        **head_form(whole.generated_at, whole.window, whole.capture),
        "stamp": snapshot.stamp,
        "verdict": snapshot.verdict,
        "doubts": list(doubts(whole.capture, whole.window)),
        "warnings": list(snapshot.warnings),
        "declared_documents": dict(snapshot.drift.documents),
        "unfolded_batches": snapshot.unfolded,
        "trouble": keeper.news.trouble,
    }
    return answer(request, form)


async def producers(request: web.Request, asked: Asked) -> web.Response:
    """All producers."""
    snapshot = snapshot_of(request)
    return page_of(
        request, asked, snapshot.producers, record_id, lambda name: forms.producer_form(snapshot, name)
    )


async def operations(request: web.Request, asked: Asked) -> web.Response:
    """The operations and channels, of either side."""
    found = [
        one
        for one in snapshot_of(request).drift.compared
        if _wanted(asked["producer"], one.producer) and _mentions(asked["q"], one.operation.key)
    ]
    return page_of(request, asked, found, _operation_id, forms.operation_head_form)


async def operation(request: web.Request, asked: Asked) -> web.Response:
    """One operation."""
    snapshot = snapshot_of(request)
    found = snapshot.compared.get((asked["producer"], asked["key"]))
    if found is None:
        raise web.HTTPNotFound(text=f"There is no operation {_named(asked['key'])} of that producer.")
    return answer(request, forms.whole_operation_form(snapshot, found))


async def consumers(request: web.Request, asked: Asked) -> web.Response:
    """All consumers, or those of one producer."""
    snapshot = snapshot_of(request)
    calling = {
        name
        for one in snapshot.drift.compared
        if _wanted(asked["producer"], one.producer)
        for name in one.operation.consumers
    }
    found = [
        one
        for name, one in sorted(snapshot.consumers.items())
        if (asked["producer"] is None or name in calling) and _mentions(asked["q"], name)
    ]
    return page_of(request, asked, found, _consumer_id, lambda one: forms.consumer_head_form(snapshot, one))


async def consumer(request: web.Request, asked: Asked) -> web.Response:
    """One consumer."""
    snapshot = snapshot_of(request)
    found = snapshot.consumers.get(asked["name"])
    if found is None:
        raise web.HTTPNotFound(text=f"There is no consumer {_named(asked['name'])}.")
    return answer(request, forms.whole_consumer_form(snapshot, found))


async def clauses(request: web.Request, asked: Asked) -> web.Response:
    """The clauses that reports tell, in the order of the map."""
    snapshot = snapshot_of(request)
    found = list(_clauses(snapshot, asked))
    return page_of(request, asked, found, _clause_id, lambda one: forms.clause_form(snapshot, one))


async def clause(request: web.Request, asked: Asked) -> web.Response:
    """One clause, told or nearly claimed."""
    del asked
    snapshot, id_ = snapshot_of(request), request.match_info["id"]
    found = snapshot.claims.get(id_)
    if found is not None:
        return answer(request, forms.clause_form(snapshot, found))
    present = snapshot.former.get(id_)
    if present is not None:
        raise web.HTTPMovedPermanently(f"{ROOT}/clauses/{present}")
    raise web.HTTPNotFound(text=f"There is no clause {_named(id_)}.")


async def findings(request: web.Request, asked: Asked) -> web.Response:
    """Where observed and declared contract part, what would hurt most first."""
    found = [one for one in snapshot_of(request).drift.findings if _finding_fits(one, asked)]
    return page_of(request, asked, found, _finding_id, forms.finding_form)


def _clauses(snapshot: Snapshot, asked: Asked) -> Iterator[Claim]:
    tests = [test for name, test in _TESTS.items() if asked[name] is not None]
    for one in snapshot.drift.compared:
        if _wanted(asked["producer"], one.producer) and _matches(asked["operation"], one.operation.key):
            yield from (claim for claim in one.operation.claims if all(test(claim, asked) for test in tests))


_TESTS: dict[str, Callable[[Claim, Asked], bool]] = {
    "family": lambda claim, asked: claim.clause.kind.family.value == asked["family"],
    "kind": lambda claim, asked: claim.clause.kind.name == asked["kind"],
    "standing": lambda claim, asked: claim.standing.value == asked["standing"],
    "decision": lambda claim, asked: claim.decision.value == asked["decision"],
    "consumer": lambda claim, asked: any(one.consumer == asked["consumer"] for one in claim.dependence),
    "q": lambda claim, asked: _mentions(asked["q"], claim.clause.statement, claim.clause.key),
}
"""What a filter asks of a clause, what costs most last; one that is not asked for is not tried."""


def _finding_fits(finding: Finding, asked: Asked) -> bool:
    return (
        _wanted(asked["producer"], finding.producer)
        and _wanted(asked["standing"], finding.standing.value)
        and (asked["relied_upon"] is None or asked["relied_upon"] == _has(asked["consumer"], finding.reliant))
        and any(_matches(asked["operation"], key) for key in finding.operations)
        and (asked["consumer"] is None or _has(asked["consumer"], finding.dependence))
    )


def _has(consumer: str | None, links: Iterable[Dependence]) -> bool:
    """Whether a consumer, or anybody, is among some."""
    return any(consumer in {None, one.consumer} for one in links)


def _wanted(asked: str | None, value: str) -> bool:
    return asked is None or asked == value


def _matches(asked: str | None, key: str) -> bool:
    return asked is None or same(key, asked)


def _mentions(asked: str | None, *texts: str) -> bool:
    return asked is None or any(asked.casefold() in text.casefold() for text in texts)


def _named(given: str) -> str:
    return for_terminal(repr(given[:100]))


def _operation_id(one: Compared) -> str:
    return record_id(one.producer, one.operation.key)


def _consumer_id(one: Consumer) -> str:
    return record_id(one.name)


def _clause_id(one: Claim) -> str:
    return one.clause.id


def _finding_id(one: Finding) -> str:
    return one.id
