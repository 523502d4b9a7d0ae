"""Who breaks if this is shipped: a document that is given, or a change announced in a sentence.

A sentence is an address to send around: `/check?change=remove GET /orders/{id} 200 body total`. A document is
posted, and its answer kept under a random id for as long as the server runs and others do not push it out.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import pairwise
from secrets import token_urlsafe
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aiohttp import web
from aiohttp.web_request import FileField

from contract.changes.facts import anonymous
from contract.openapi.errors import DeclaredError
from reports.check import check_form
from reports.check_ci import Located, check_sarif
from reports.check_text import check_markdown
from reports.checking import Question, of_traffic, under, understood
from reports.json_form import to_json
from reports.web import links
from reports.web.check_view import forms, proposals, shown
from reports.web.check_work import Answer, Base, Job, keys_known, perform
from reports.web.security import MAX_UPLOAD_BYTES
from reports.web.site import KEEPER, page, snapshot_of
from store.errors import QuestionError

if TYPE_CHECKING:
    from contract.claim import ContractMap
    from reports.web.keeper import Keeper
    from reports.web.snapshot import Snapshot, Sources

MOST_KEPT = 20
"""Answers that are kept."""
MOST_WAITING = 4
"""Checks that wait for the one under way; each holds a document."""
MOST_SHOWN_AGAIN = 1 << 20
"""Characters of a document that a form is given back with; more would make all others wait for the page."""
MOST_CHANGES = 20
"""Announced changes in one question."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The form as it was filled in, to be shown again."""

    producer: str = ""
    document: str = ""
    base: str = "declared"
    base_document: str = ""
    change: str = ""

    @property
    def changes(self) -> tuple[str, ...]:
        """The announced changes, one a line."""
        return tuple(line for one in self.change.splitlines() if (line := " ".join(one.split())))


@dataclass
class Bench:
    """Where one server checks: one at a time, and the latest answers by id."""

    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    waiting: int = 0
    kept: OrderedDict[str, Answer] = field(default_factory=OrderedDict)

    async def answer(self, job: Job) -> Answer:
        """Check when it is this one's turn.

        Raises:
            web.HTTPServiceUnavailable: too many wait already.
        """
        if self.waiting > MOST_WAITING:
            raise web.HTTPServiceUnavailable(text="Others are being checked. Try again in a minute.")
        self.waiting += 1
        try:
            async with self.turn:
                return await asyncio.to_thread(perform, job)
        finally:
            self.waiting -= 1

    def keep(self, answer: Answer) -> str:
        """Keep an answer, and say under which id."""
        id_ = token_urlsafe(12)
        self.kept[id_] = answer
        while len(self.kept) > MOST_KEPT:
            self.kept.popitem(last=False)
        return id_


_benches: WeakKeyDictionary[Keeper, Bench] = WeakKeyDictionary()


async def ask(request: web.Request) -> web.Response:
    """The form; with `change` in the query the answer at once."""
    asked = Asked(
        producer=request.query.get("producer", ""), change="\n".join(request.query.getall("change", []))
    )
    if not asked.changes:
        return await _form(request, asked)
    try:
        answer = await asyncio.to_thread(_announced, asked, snapshot_of(request))
    except (QuestionError, DeclaredError) as error:
        return await _form(request, asked, error.message)
    return await _told(request, answer)


async def take(request: web.Request) -> web.Response:
    """Check a document, and lead to its answer."""
    given = await request.post()
    asked = Asked(
        producer=str(given.get("producer", "")),
        document=_text(given.get("document")),
        base=str(given.get("base", "declared")),
        base_document=_text(given.get("base_document")),
    )
    try:
        asked = replace(
            asked,
            document=_uploaded(given.get("file")) or asked.document,
            base_document=_uploaded(given.get("base_file")) or asked.base_document,
        )
        job = _job(asked, _name(given.get("file")), snapshot_of(request), request.app[KEEPER].sources)
        bench = _bench(request)
        id_ = bench.keep(await bench.answer(job))
    except (QuestionError, DeclaredError) as error:
        return await _form(request, asked, error.message, getattr(error, "hint", ""))
    raise web.HTTPSeeOther(f"/check/{id_}")


async def result(request: web.Request) -> web.Response:
    """An answer that is kept."""
    answer = _bench(request).kept.get(request.match_info["id"])
    if answer is None:
        raise web.HTTPNotFound(
            text=f"This answer is not kept any more: the {MOST_KEPT} latest are. Check the document again."
        )
    return await _told(request, answer)


async def _form(request: web.Request, asked: Asked, trouble: str = "", hint: str = "") -> web.Response:
    snapshot = snapshot_of(request)
    if len(asked.document) + len(asked.base_document) > MOST_SHOWN_AGAIN:
        asked = replace(asked, document="", base_document="")
        hint = f"{hint} What you gave is too long to be shown again.".lstrip()
    return page(
        request,
        "check.html",
        status=422 if trouble else 200,
        styles=("check.css",),
        asked=asked,
        declared={one.producer: one.source for one in snapshot.documents},
        proposals=await asyncio.to_thread(proposals, snapshot),
        forms=forms(),
        largest=MAX_UPLOAD_BYTES >> 20,
        trouble=trouble,
        hint=hint,
    )


async def _told(request: web.Request, answer: Answer) -> web.Response:
    """An answer as a page, or as a file where `format` names one."""
    made = {"json": _json, "markdown": _markdown, "sarif": _sarif}.get(request.query.get("format", ""))
    if made is not None:
        return await asyncio.to_thread(made, answer)
    view = await asyncio.to_thread(shown, answer.checked, snapshot_of(request))
    here = {name: value for name, value in request.query.items() if name == "producer"}
    changes = "\n".join(request.query.getall("change", [])) or None
    return page(
        request,
        "checked.html",
        styles=("check.css",),
        view=view,
        warnings=answer.warnings,
        downloads=[
            (name, links.to(request.path, **here, change=changes, format=format_))
            for name, format_ in (("JSON", "json"), ("Markdown", "markdown"), ("SARIF", "sarif"))
        ],
        fleeting=not changes,
    )


def _json(answer: Answer) -> web.Response:
    return _file(to_json(check_form(answer.checked)), "application/json", "check.json")


def _markdown(answer: Answer) -> web.Response:
    return _file(check_markdown(answer.checked), "text/markdown", "check.md")


def _sarif(answer: Answer) -> web.Response:
    return _file(answer.sarif, "application/sarif+json", "check.sarif")


def _file(text: str, media_type: str, name: str) -> web.Response:
    response = web.Response(text=text, content_type=media_type, charset="utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _bench(request: web.Request) -> Bench:
    return _benches.setdefault(request.app[KEEPER], Bench())


def _announced(asked: Asked, snapshot: Snapshot) -> Answer:
    """What announced changes do. They are short and have few forms, and need no process of their own."""
    changes = asked.changes
    if len(changes) > MOST_CHANGES:
        raise QuestionError(f"{len(changes):,} changes are too many for one question: ask of {MOST_CHANGES}.")
    for one in changes:
        understood(one, {})  # what nobody understands is no question of whose it is
    observed = _map_of(_producer(asked, snapshot), snapshot)
    found = of_traffic(Question(announced=changes), observed)
    checked = under(found, snapshot.ledger, datetime.now(UTC).date())
    return Answer(checked=checked, sarif=check_sarif(checked, Located("announced", ""), version("defacto")))


def _job(asked: Asked, name: str, snapshot: Snapshot, sources: Sources) -> Job:
    if not asked.document.strip():
        raise QuestionError("Check what? Paste the new document, or choose a file.")
    producer = _producer(asked, snapshot)
    document = next((one for one in snapshot.documents if one.producer == producer), None)
    declared = frozenset(one.key for one in document.operations) if document else frozenset()
    observed = _map_of(producer, snapshot)
    return Job(
        text=asked.document,
        name=name or "the document",
        base=_base(asked, producer, snapshot, sources),
        observed=observed,
        known=keys_known(observed, declared),
        store=sources.store,
        ledger=snapshot.ledger,
        today=datetime.now(UTC).date(),
    )


def _base(asked: Asked, producer: str, snapshot: Snapshot, sources: Sources) -> Base:
    """The side in use. A path is only ever one that the page was started with."""
    if asked.base == "document":
        if not asked.base_document.strip():
            raise QuestionError("In the place of what? Paste the document in use, or choose another side.")
        return Base(text=asked.base_document)
    if asked.base == "traffic":
        return Base()
    for given, document in zip(sources.declared, snapshot.documents, strict=False):
        if document.producer == producer:
            name, _, path = given.partition("=")
            return Base(path=path if name == producer else given, allow_remote=sources.allow_remote)
    return Base()


def _producer(asked: Asked, snapshot: Snapshot) -> str:
    """Whose interface it is: as it was said, or the one that has the operation of a change."""
    if asked.producer in snapshot.producers:
        return asked.producer
    if asked.producer:
        raise QuestionError(f"There is no producer {asked.producer!r}.")
    if len(snapshot.producers) == 1:
        return snapshot.producers[0]
    words = {anonymous(word) for one in asked.changes for word in _keys(one)}
    having = {name for name, key in snapshot.compared if anonymous(key) in words}
    if len(having) == 1:
        return having.pop()
    if not snapshot.producers:
        raise QuestionError("Nothing was recorded yet, so nobody is known who could break.")
    raise QuestionError("Whose interface is it? Choose the producer.")


def _keys(change: str) -> list[str]:
    """What in a sentence could be the key of an operation: any two words that follow each other."""
    words = change.split()
    return [f"{one} {other}" for one, other in pairwise(words)]


def _map_of(producer: str, snapshot: Snapshot) -> ContractMap:
    mine = tuple(one for one in snapshot.whole.producers if one.name == producer)
    return replace(snapshot.whole, producers=mine)


def _text(given: object) -> str:
    return given.replace("\r\n", "\n") if isinstance(given, str) else ""


def _name(given: object) -> str:
    return given.filename if isinstance(given, FileField) else ""


def _uploaded(given: object) -> str:
    """The text of a file; `""`: none was chosen."""
    if not isinstance(given, FileField):
        return ""
    try:
        return given.file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise QuestionError(
            f"The file is not UTF-8 (byte {error.start:,}). Descriptor sets are checked by defacto check."
        ) from None


ROUTES = [web.get("/check", ask), web.post("/check", take), web.get("/check/{id}", result)]
