"""Checking what visitors give, in a process that can be ended: a document may be made to take for ever."""

from __future__ import annotations

import resource
import signal
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from contract.changes.facts import Document, anonymous
from contract.changes.reading import load
from contract.ledger.ruling import ruled
from inference.contract_map import build
from reports.check_ci import Located, check_sarif
from reports.checking import Question, of_traffic, under
from reports.web.check_document import side, warnings
from store.errors import DefactoError, QuestionError
from store.processes import processes
from store.store import Store

if TYPE_CHECKING:
    from datetime import date
    from multiprocessing.connection import Connection

    from contract.changes.reading import Loaded
    from contract.claim import ContractMap
    from contract.ledger.model import Ledger
    from reports.check import Checked

SECONDS = 30.0
"""How long one check may take."""
MEMORY_BYTES = 4 << 30
"""Address space of the process that checks; a document of 8 MiB needs a small part of it."""
MOST_CHANGES = 10_000
"""More is no new version of an interface, but another interface."""


@dataclass(frozen=True, kw_only=True)
class Base:
    """The side in use: a text that was given, or a document of whoever runs the page, by its path.

    With neither it is what traffic shows.
    """

    text: str = ""
    path: str = ""
    allow_remote: bool = False


@dataclass(frozen=True, kw_only=True)
class Job:
    """One check. `observed` is the map of one producer, `known` the keys of operations that it is made by."""

    text: str
    name: str
    base: Base
    observed: ContractMap
    known: frozenset[str]
    store: str
    ledger: Ledger
    today: date


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a check, and the same for pipelines (which needs the document, and so is made here)."""

    checked: Checked
    sarif: str
    warnings: tuple[str, ...] = ()


def perform(job: Job, seconds: float = SECONDS) -> Answer:
    """Check in a process of its own. Blocks.

    Raises:
        QuestionError: the document cannot be read, or not in the time or the memory that there is.
        DefactoError: the store cannot be read.
    """
    context = processes()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, job), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(seconds):
            raise QuestionError(f"Checking took longer than {seconds:g} seconds, and was given up.")
        return _received(ours)
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def checked(job: Job) -> Answer:
    """Check here.

    Raises:
        DefactoError: a document or the store cannot be read.
    """
    new, old = side(job.text), _base(job.base)
    question = Question(old=old, new=new)
    found = of_traffic(question, _map(job, question))
    if len(found.judged) > MOST_CHANGES:
        raise QuestionError(f"The sides differ in {len(found.judged):,} places: are they one interface?")
    found = under(replace(found, new=job.name), job.ledger, job.today)
    return Answer(
        checked=found,
        sarif=check_sarif(found, Located(job.name, job.text), version("defacto")),
        warnings=warnings(new),
    )


def keys_known(observed: ContractMap, declared: frozenset[str]) -> frozenset[str]:
    """The keys of operations, without the names of parameters, that a map is made by."""
    seen = {one.key for producer in observed.producers for one in producer.operations}
    return frozenset(map(anonymous, seen | declared))


def _received(ours: Connection) -> Answer:
    try:
        outcome = ours.recv()
    except (EOFError, OSError):  # it ended before it sent anything, or while it did
        raise QuestionError("Reading the document needs more than there is, and was given up.") from None
    if isinstance(outcome, Answer):
        return outcome
    kind, message, hint = outcome
    raise kind(message, hint)


def _work(theirs: Connection, job: Job) -> None:
    """What the process does: send the answer, or what is wrong. A reader that dies sends nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this
    with suppress(ValueError, OSError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        theirs.send(checked(job))
    except DefactoError as error:
        theirs.send((type(error), error.message, error.hint))
    except (RecursionError, MemoryError):
        theirs.send((QuestionError, "The document is too large, or nested too deep, to be read.", ""))


def _base(base: Base) -> Loaded | None:
    if base.text:
        return side(base.text)
    return load(base.path, allow_remote=base.allow_remote) if base.path else None


def _map(job: Job, question: Question) -> ContractMap:
    """The map keyed as the sides key it: the one at hand where it is, else made anew."""
    sides = [one for one in (question.old, question.new) if isinstance(one, Document)]
    operations = [one for document in sides for one in document.operations.values()]
    if all(any(anonymous(key) in job.known for key in one.keys) for one in operations):
        return job.observed
    name = job.observed.producers[0].name
    with Store.open(job.store, create=False) as store:
        whole = build(store, producer=name, declared={name: question.keys})
    return ruled(whole, whole, job.ledger, job.today)
