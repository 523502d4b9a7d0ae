"""Deciding: what waits, one clause or several with their evidence, and the diff before anything is written.

The page shows what would be written, and gives it as a patch. Only where it was started with a ledger it also
writes, and only what was shown: a ledger that changed meanwhile is shown again first.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aiohttp import web

from contract.claim import Decision
from contract.ledger.errors import LedgerError
from contract.ledger.model import Role
from contract.ledger.writing import save
from reports.decisions import SAID
from reports.web import links
from reports.web.decide_form import MOST_TOGETHER, OWNER, Said, draft
from reports.web.decide_view import FILTERS, card, chosen, families, proposed, queue
from reports.web.site import KEEPER, VISITOR, WRITABLE, page, snapshot_of
from store.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from contract.claim import Claim
    from reports.web.decide_form import Draft
    from reports.web.keeper import Keeper
    from reports.web.snapshot import Snapshot

    Then = Callable[[web.Request, Said, Draft], Awaitable[web.Response]]

FRESH_SECONDS = 5.0
"""How long whoever wrote a decision waits for a snapshot that knows it."""
MOST_FILTER = 300
MEANING = {
    Decision.GUARANTEED: "it is promised",
    Decision.MAY_CHANGE: "true today; nobody is told when it changes",
    Decision.OUT_OF_CONTRACT: "nobody should rely on it",
    Decision.DEPRECATED: "promised until a day, and goes then",
    Decision.UNDECIDED: "takes an earlier position back",
}
"""What there is to choose from, in a few words each."""

_turns: WeakKeyDictionary[Keeper, asyncio.Lock] = WeakKeyDictionary()
"""One writer at a time in each server; what others do to the file, `save` finds out."""


async def ask(request: web.Request) -> web.Response:
    """What waits; with ids, or filters and `together`, the form about those."""
    snapshot = snapshot_of(request)
    filters = {name: request.query.get(name, "").strip()[:MOST_FILTER] for name in FILTERS}
    filters = {name: value for name, value in filters.items() if value}
    if "id" in request.query:
        claims = _claims(request.query.getall("id"), snapshot)
    elif request.query.get("together"):
        claims = (await asyncio.to_thread(chosen, snapshot, filters))[: MOST_TOGETHER + 1]
        if not claims:
            raise web.HTTPNotFound(text="Nothing that waits for a decision is like this.")
        _ensure_few(claims)
    else:
        return await _waiting(request, filters)
    said = Said(ids=tuple(one.clause.id for one in claims), by=request[VISITOR].name)
    return _form(request, said, claims)


async def preview(request: web.Request) -> web.Response:
    """Show what would be written."""
    return await _drafted(request, _previewed)


async def download(request: web.Request) -> web.Response:
    """The same as a patch, once it was shown."""
    return await _drafted(request, _patched)


async def write(request: web.Request) -> web.Response:
    """Write it, once it was shown."""
    if not request.app[WRITABLE]:
        raise web.HTTPNotFound(text="Decisions are not written here: download the patch.")
    async with _turns.setdefault(request.app[KEEPER], asyncio.Lock()):
        return await _drafted(request, _written)


async def _waiting(request: web.Request, filters: dict[str, str]) -> web.Response:
    number = request.query.get("page", "")
    snapshot = snapshot_of(request)
    view = await asyncio.to_thread(
        queue, snapshot, filters, int(number) if number.isdecimal() and len(number) < 8 else 1, MOST_TOGETHER
    )
    return page(
        request,
        "decide.html",
        styles=("decide.css",),
        view=view,
        families=families(),
        consumers=sorted(snapshot.consumers),
    )


async def _drafted(request: web.Request, then: Then) -> web.Response:
    """Read the form, and go on with what it would write; or show it again, with what is wrong."""
    given = await request.post()
    ids = [value for value in given.getall("id", []) if isinstance(value, str)]
    claims = _claims(ids, snapshot_of(request))
    said = Said.of(given, [one.clause.id for one in claims])
    if given.get("step") == "change":
        return _form(request, said, claims)
    if said.troubles:
        return _form(request, said, claims, troubles=said.troubles)
    path = request.app[KEEPER].sources.ledger
    try:
        made = await asyncio.to_thread(draft, said, claims, path)
        return await then(request, said, made)
    except (LedgerError, QuestionError) as error:
        return _form(request, said, claims, trouble=error.message)


async def _previewed(request: web.Request, said: Said, made: Draft) -> web.Response:
    return _shown(request, said, made)


async def _patched(request: web.Request, said: Said, made: Draft) -> web.Response:
    if said.state != made.state:
        return _shown(request, said, made, changed=True)
    response = web.Response(text=made.patch, content_type="text/x-diff", charset="utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="decision.patch"'
    return response


async def _written(request: web.Request, said: Said, made: Draft) -> web.Response:
    keeper = request.app[KEEPER]
    if said.state != made.state:
        return _shown(request, said, made, changed=True)
    await asyncio.to_thread(save, keeper.sources.ledger, made.after, made.before)
    await _known(keeper, made)
    goal = links.clause(said.ids[0]) if len(said.ids) == 1 else "/decide"
    raise web.HTTPSeeOther(goal)


async def _known(keeper: Keeper, made: Draft) -> None:
    """Wait a little until the pages know what was written, so that whoever wrote it finds it."""
    with keeper.listening() as news:
        keeper.look_now()
        try:
            async with asyncio.timeout(FRESH_SECONDS):
                while keeper.snapshot.ledger_text != made.after and await news.get() is not None:
                    pass
        except TimeoutError:
            pass


def _claims(ids: Sequence[str], snapshot: Snapshot) -> list[Claim]:
    """The claims that are meant, each once, under the ids that they have now."""
    present = dict.fromkeys(snapshot.former.get(id_, id_) for id_ in ids)
    missing = next((id_ for id_ in present if id_ not in snapshot.claims), None)
    if missing is not None:
        raise web.HTTPNotFound(text=f"No clause has the id {missing[:40]}.")
    if not present:
        raise web.HTTPBadRequest(text="Decide about what? Name a clause.")
    claims = [snapshot.claims[id_] for id_ in present]
    _ensure_few(claims)
    return claims


def _ensure_few(claims: Sequence[Claim]) -> None:
    if len(claims) > MOST_TOGETHER:
        raise web.HTTPBadRequest(text=f"At most {MOST_TOGETHER} clauses are decided together.")


def _form(
    request: web.Request,
    said: Said,
    claims: Sequence[Claim],
    *,
    troubles: dict[str, str] | None = None,
    trouble: str = "",
) -> web.Response:
    cards = [card(one, snapshot_of(request)) for one in claims]
    return page(
        request,
        "decide_form.html",
        status=422 if troubles or trouble else 200,
        styles=("decide.css",),
        said=said,
        cards=cards,
        proposed=proposed(cards),
        choices=[(one.value, SAID[one], meaning) for one, meaning in MEANING.items()],
        roles=[role.value for role in Role],
        owner=OWNER,
        troubles=troubles or {},
        trouble=trouble,
    )


def _shown(request: web.Request, said: Said, made: Draft, *, changed: bool = False) -> web.Response:
    """The diff. `changed`: the ledger is not what the last diff was made against, and nothing was done."""
    return page(
        request,
        "decided.html",
        status=409 if changed else 200,
        styles=("decide.css",),
        said=said,
        draft=made,
        changed=changed,
        ledger=request.app[KEEPER].sources.ledger.name,
    )


ROUTES = [
    web.get("/decide", ask),
    web.post("/decide", preview),
    web.post("/decide/patch", download),
    web.post("/decide/write", write),
]
