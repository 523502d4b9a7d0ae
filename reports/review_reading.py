"""What a review is made from: traffic of all times, of the period and by windows; the last review."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from contract.verification.guarantees import of_document
from contract.verification.promises import decided, of_ledger
from inference.contract_map import build
from inference.counted import counted
from reports.compare import drift_between
from reports.decisions import decided_drift
from reports.period_diff import compare_periods
from reports.periods import Observed
from reports.review import OPEN, Earlier, Review
from reports.review_changes import planned_changes
from reports.review_material import Material, day_of
from reports.review_metrics import Seen, ledger_of, metrics, windows
from reports.review_parts import parts
from reports.when import read_instant
from store.errors import DefactoError, QuestionError
from store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from contract.claim import ContractMap
    from contract.incidents import Incident
    from contract.ledger.model import Ledger
    from contract.openapi import DeclaredContract
    from contract.verification.guarantees import Guarantee
    from reports.drift import Drift
    from reports.review_metrics import Window


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads the traffic of some producers before `now` (Unix ns), with what a ledger says of it."""

    store_url: str
    ledger: Ledger
    now: int
    whole: ContractMap
    documents: Sequence[DeclaredContract]

    @property
    def producers(self) -> tuple[str, ...]:
        """Whose contracts are reviewed."""
        return tuple(one.producer for one in self.documents)

    def material(self, incidents: Mapping[str, Incident], since: int) -> Material:
        """What the lists are made of."""
        with Store.open(self.store_url, create=False) as store:
            period = self._built(store, since, self.now, declared=True)
            owner = self.ledger.interface.producer or self.producers[0]
            planned = tuple(planned_changes(store, self.ledger, owner, self.now))
        return Material(
            whole=self._drift(self.whole, self.ledger, self.now),
            period=self._drift(period, self.ledger, self.now),
            ledger=self.ledger,
            incidents=incidents,
            since=since,
            now=self.now,
            planned=planned,
        )

    def seen(self) -> Iterator[Seen]:
        """What was observed by window, the earliest first."""
        if self.whole.window is None:
            return
        with Store.open(self.store_url, create=False) as store:
            before: Observed | None = None
            for window in windows(self.whole.window[0], self.now):
                after = self._observed(store, window)
                told = self._built(store, window.since, window.until, declared=True)
                ledger = ledger_of(self.ledger, window.days[1])
                yield Seen(
                    window=window,
                    drift=self._drift(told, ledger, window.until),
                    comparison=None if before is None else compare_periods(before, after),
                )
                before = after

    def _observed(self, store: Store, window: Window) -> Observed:
        return Observed(
            name=window.name,
            map=self._built(store, window.since, window.until, declared=False),
            counted={
                name: counted(store, producer=name, since=window.since, until=window.until)
                for name in self.producers
            },
        )

    def _built(self, store: Store, since: int, until: int, *, declared: bool) -> ContractMap:
        keys = {one.producer: [each.key for each in one.operations] for one in self.documents}
        only = self.producers[0] if len(self.producers) == 1 else None
        found = build(
            store,
            producer=only,
            since=since,
            until=until,
            declared={n: k for n, k in keys.items() if declared},
        )
        return replace(found, producers=tuple(one for one in found.producers if one.name in keys))

    def _drift(self, contract_map: ContractMap, ledger: Ledger, now: int) -> Drift:
        drift = drift_between(contract_map, *self.documents)
        named = {name: source for name, source in drift.documents.items() if source}
        drift = replace(drift, documents=named)
        return decided_drift(drift, contract_map, ledger, day_of(now))


def reviewed(
    reader: Reader,
    incidents: Mapping[str, Incident],
    since: int,
    earlier: Earlier | None = None,
    attended: tuple[str, ...] = (),
) -> Review:
    """The review of what is new from an instant (Unix ns) on.

    Raises:
        DefactoError: the store cannot be read, or nothing was observed until then.
    """
    if reader.whole.window is None:
        raise DefactoError(
            f"nothing was observed until {day_of(reader.now)}, so there is nothing to review",
            "Record with defacto record or defacto import, or give a later day with --until.",
        )
    material = reader.material(incidents, since)
    return Review(
        producers=reader.producers,
        documents=material.whole.documents,
        since=material.begin,
        day=material.day,
        generated_at=material.whole.generated_at,
        window=material.whole.window,
        capture=material.whole.capture,
        observed=sum(one.operation.observations for one in material.period.compared),
        parts=parts(material),
        metrics=metrics(material, list(reader.seen()), _guarantees(reader)),
        earlier=earlier,
        attended=attended,
    )


def _guarantees(reader: Reader) -> list[Guarantee]:
    """What documents and the ledger guarantee, each once."""
    maps = {one.name: one for one in reader.whole.producers}
    found = [one for each in reader.documents for one in of_document(each, maps.get(each.producer))]
    for name, observed in maps.items():
        claims = [claim for one in observed.operations for claim in (*one.claims, *one.explained)]
        found += of_ledger(reader.ledger, name, claims)
    return [*{one.clause.id: one for one in decided(found, reader.ledger)}.values()]


def reviews_beside(ledger: Path) -> Path:
    """The folder of saved reviews: `contract.reviews` beside `contract.yaml`."""
    return ledger.with_name(f"{ledger.stem}.reviews")


def last_saved(folder: Path, before: date) -> Path | None:
    """The latest saved review of an earlier day, None: there is none."""
    saved = (path for path in folder.glob("*.json") if _DAY.fullmatch(path.stem))
    return max((path for path in saved if path.stem < before.isoformat()), default=None)


_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def read_earlier(path: Path) -> Earlier:
    """A saved review.

    Raises:
        DefactoError: it cannot be read, or is none.
    """
    try:
        form: Any = json.loads(path.read_text("utf-8"))
        shown = {item["id"] for slug in OPEN for item in form["lists"][slug]["items"] if item["id"]}
        day = day_of(read_instant(form["day"]))
    except (OSError, ValueError, KeyError, TypeError, QuestionError) as error:
        raise DefactoError(
            f"{path} is no saved review: {error}", "defacto review --save writes one."
        ) from error
    return Earlier(day=day, open=frozenset(shown))
