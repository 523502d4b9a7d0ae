"""All that the pages show, read at one instant: observed, declared and decided. Requests read nothing else.

A page that reads summaries while it is asked for takes as long as there are operations; so they are read
once, in another process (`reports.web.keeper`), and again when something is new.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from contract.changing.writing import parse as parse_changes
from contract.declared import load as load_declared
from contract.incidents import path_beside
from contract.incidents import read as read_incidents
from contract.ledger.reading import load as load_ledger
from contract.ledger.reading import parse as parse_ledger
from contract.ledger.ruling import ruled
from contract.ledger.template import template
from contract.openapi import DeclaredContract
from inference.contract_map import build
from inference.fold import fold
from reports.compare import drift_between
from reports.decisions import decided_drift
from reports.places import map_verdict
from reports.reading import as_called
from reports.selection import claimed
from store.errors import QuestionError
from store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contract.changing.model import Planned
    from contract.claim import Claim, Consumer, ContractMap, OperationMap
    from contract.incidents import Incident
    from contract.ledger.model import Ledger
    from reports.drift import Drift
    from reports.finding import Compared


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What the pages are made of.

    `store` is an address that opens it (never shown), `declared` documents as `[PRODUCER=]FILE`, `ledger` the
    file, whether it is there or not. `infer`: fold what is new before reading.
    """

    store: str
    declared: tuple[str, ...] = ()
    ledger: Path = Path("contract.yaml")
    allow_remote: bool = False
    infer: bool = True

    @property
    def files(self) -> tuple[Path, ...]:
        """What is read besides the store, as far as it is in files."""
        parts = [one.partition("#")[0].split("=") for one in self.declared]
        documents = (Path("=".join(one[at:])) for one in parts for at in range(len(one)))
        return (self.ledger, path_beside(self.ledger), *documents)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What was known at one instant.

    `stamp` says of what state it is: equal stamps, equal pages. `whole` is all that was inferred,
    with what is in doubt; `drift` that beside what was declared and decided. `ledger_text` is None where
    there is no file.
    """

    stamp: str
    whole: ContractMap
    drift: Drift
    documents: tuple[DeclaredContract, ...]
    ledger: Ledger
    ledger_text: str | None
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    changes: Mapping[str, Planned] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    unfolded: int = 0

    @property
    def verdict(self) -> str:
        """The answer in a sentence or two: about drift where something is declared, else about the map."""
        return self.drift.verdict if self.drift.documents else map_verdict(claimed(self.whole))

    @cached_property
    def producers(self) -> tuple[str, ...]:
        """The names of all, sorted."""
        return tuple(sorted(one.name for one in self.whole.producers))

    @cached_property
    def compared(self) -> Mapping[tuple[str, str], Compared]:
        """Each operation beside its declaration, by producer and key."""
        return {(one.producer, one.operation.key): one for one in self.drift.compared}

    @cached_property
    def observed(self) -> Mapping[tuple[str, str], OperationMap]:
        """Each operation as it was inferred, with what is in doubt, by producer and key."""
        return {(each.name, one.key): one for each in self.whole.producers for one in each.operations}

    @cached_property
    def consumers(self) -> Mapping[str, Consumer]:
        """Each consumer by name; one of several producers is told once."""
        return {one.name: one for one in self.drift.consumers}

    @cached_property
    def claims(self) -> Mapping[str, Claim]:
        """All claims by id: as they stand in the drift, else as they were inferred."""
        found = {claim.clause.id: claim for one in self.whole.producers for claim in _claims(one.operations)}
        found |= {claim.clause.id: claim for claim in _claims(one.operation for one in self.drift.compared)}
        return found

    @cached_property
    def former(self) -> Mapping[str, str]:
        """The present id of a clause by each that it had."""
        return {old: id_ for id_, claim in self.claims.items() for old in claim.former_ids if old != id_}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a reading is: `done` of `total` things of one `step`, which says what things they are.

    `total` is 0 where it is not known.
    """

    step: str
    done: int
    total: int

    @property
    def words(self) -> str:
        """`12 of 500 operations understood`."""
        of = f" of {self.total:,}" if self.total else ""
        return f"{self.done:,}{of} {self.step}"


def read(sources: Sources, tell: Callable[[Progress], None] = lambda _: None) -> Snapshot:
    """Read everything.

    Args:
        sources: where it is.
        tell: is told how far it is, every now and then.

    Raises:
        DefactoError: the store, a document or the ledger cannot be read.
        QuestionError: a document could be of several producers.
    """

    def told(step: str, done: int, total: int) -> None:
        tell(Progress(step=step, done=done, total=total))

    stamp = stamp_of(sources)
    with Store.open(sources.store, create=False) as store:
        if sources.infer:
            done, total = count(1), len(store.unfolded())
            fold(store, progress=lambda: told("batches of records folded", next(done), total))
        producers = store.producers()
        given = as_called(store, _documents(sources, producers))
        keys = {name: [one.key for one in document.operations] for name, document in given.items()}
        whole = build(store, declared=keys, progress=told)
        unfolded = len(store.unfolded())
    documents = tuple(given.get(name) or DeclaredContract.nothing(name) for name in producers)
    drift = drift_between(whole, *documents)
    drift = replace(drift, documents={name: source for name, source in drift.documents.items() if source})
    text = load_ledger(sources.ledger) if sources.ledger.exists() else None
    ledger = parse_ledger(text, str(sources.ledger)) if text is not None else parse_ledger(template(""), "")
    today = datetime.now(UTC).date()
    drift = decided_drift(drift, whole, ledger, today)
    drift.sections  # noqa: B018  # found here, and not while somebody waits for the first page
    return Snapshot(
        stamp=stamp,
        whole=ruled(whole, whole, ledger, today),
        drift=drift,
        documents=tuple(given.values()),
        ledger=ledger,
        ledger_text=text,
        incidents=read_incidents(path_beside(sources.ledger)),
        changes=parse_changes(text, str(sources.ledger)) if text is not None else {},
        warnings=tuple(warning for one in given.values() for warning in one.warnings),
        unfolded=unfolded,
    )


def stamp_of(sources: Sources) -> str:
    """What tells a state of the sources from another one, quick to find.

    Raises:
        DefactoError: the store cannot be read.
    """
    with Store.open(sources.store, create=False) as store:
        capture = store.capture()
        parts: list[object] = [store.latest_batch(), capture.observed, sorted(capture.lost.items())]
        parts += [store.consumers(), *(() if sources.infer else (len(store.unfolded()),))]
    parts.append(datetime.now(UTC).date())  # days that pass change what the ledger says
    for path in sources.files:
        parts.append(path.stat().st_mtime_ns if path.exists() else None)
    return sha256(repr(parts).encode()).hexdigest()[:16]


def _documents(sources: Sources, producers: Sequence[str]) -> dict[str, DeclaredContract]:
    found: dict[str, DeclaredContract] = {}
    for given in sources.declared:
        name, path = _whose(given, producers)
        loaded = load_declared(path, producer=name, allow_remote=sources.allow_remote)
        whole = found[name].joined(loaded) if name in found else loaded
        if whole is None:
            raise QuestionError(f"Of {name} there are two documents.")
        found[name] = whole
    return found


def _whose(given: str, producers: Sequence[str]) -> tuple[str, str]:
    """The producer of a document, and its path, which may hold `=` as well: only a producer's name counts."""
    name, equals, path = given.partition("=")
    if equals and name in producers:
        return name, path
    if len(producers) == 1:
        return producers[0], given
    names = ", ".join(producers) or "none yet"
    raise QuestionError(f"Whose document is it? --declared PRODUCER=FILE. There are: {names}.")


def _claims(operations: object) -> list[Claim]:
    return [claim for one in operations for claim in (*one.claims, *one.explained)]  # type: ignore[attr-defined]
