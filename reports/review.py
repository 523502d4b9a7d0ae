"""The drift review: one page for the meeting of those who own a contract, as lists and figures.

`reports/review_parts.py` makes the lists, `review_metrics.py` the figures; the formats only render them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reports.words import count, verb

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from contract.claim import Dependence
    from store.records import Capture


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a list, about something that can be looked up.

    `about` is an operation, a clause's key or an incident's id, `said` a sentence without a full stop, `why`
    full sentences. `id` is a clause's and `change` a planned change's, `""` where it is about none. `since`
    is the day from which it counts. `mark` says in a word what the meeting should see first; `bad` whether
    that is trouble.
    """

    about: str
    said: str
    why: tuple[str, ...] = ()
    who: tuple[Dependence, ...] = ()
    id: str = ""
    change: str = ""
    since: date | None = None
    mark: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One list. `slug` names it in links and in JSON; `tone` is how a number of it is coloured."""

    slug: str
    title: str
    about: str
    items: tuple[Item, ...]
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A metric in one window. `value` is None where nothing could be measured, `items` what was counted."""

    window: str
    value: float | None
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure with its trend, the earliest window first. `unit` is `number`, `days` or `share` (0 to 1)."""

    slug: str
    title: str
    about: str
    unit: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A review that was saved: its day, and the clauses that it showed as open."""

    day: date
    open: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Review:
    """The page. `since` is the day from which on things are new, `day` that of the review.

    `observed` counts what was observed of the period. `earlier` is the review that this one begins at, None:
    it begins at a date.
    """

    producers: tuple[str, ...]
    documents: Mapping[str, str]
    since: date
    day: date
    generated_at: int
    window: tuple[int, int] | None
    capture: Capture
    observed: int
    parts: tuple[Part, ...]
    metrics: tuple[Metric, ...] = ()
    earlier: Earlier | None = None
    attended: tuple[str, ...] = ()

    @cached_property
    def by_slug(self) -> dict[str, Part]:
        """The lists by name."""
        return {part.slug: part for part in self.parts}

    @property
    def verdict(self) -> str:
        """What the meeting should know first, in a few sentences."""
        if not self.observed:
            return f"Nothing was observed since {self.since}: how the contract is kept cannot be said."
        return " ".join((self._happened(), *self._decided(), *self._followed()))

    @property
    def open_ids(self) -> frozenset[str]:
        """The clauses that wait for somebody."""
        return frozenset(item.id for slug in OPEN for item in self.by_slug[slug].items if item.id)

    def _happened(self) -> str:
        relied, broken, incidents = (
            len(self.by_slug[one].items) for one in ("relied", "broken", "incidents")
        )
        told = [
            f"{count(relied, 'new dependence')} on what nobody promised" if relied else "",
            f"{count(broken, 'promise')} broken" if broken else "",
            count(incidents, "incident or near-miss", "incidents and near-misses") if incidents else "",
        ]
        said = ", ".join(part for part in told if part)
        return f"Since {self.since}: {said or 'nothing new is relied upon, and no promise was broken'}."

    def _decided(self) -> tuple[str, ...]:
        made = self.by_slug["decisions"].items
        failed = sum(item.bad for item in made)
        late = sum(item.bad for item in self.by_slug["due"].items)
        said = []
        if made:
            held = f"{failed:,} {verb(failed, 'does', 'do')} not hold" if failed else "all hold"
            said.append(f"Of {count(len(made), 'decision')} taken since, {held}.")
        if late:
            said.append(f"{count(late, 'decision')} {verb(late, 'is', 'are')} overdue.")
        waiting = len(self.by_slug["disputed"].items)
        if waiting:
            said.append(f"{count(waiting, 'clause')} {verb(waiting, 'is', 'are')} disputed.")
        return tuple(said)

    def _followed(self) -> tuple[str, ...]:
        if self.earlier is None or not self.earlier.open:
            return ()
        still = len(self.earlier.open & self.open_ids)
        asked = count(len(self.earlier.open), "open point")
        left = f"{still:,} {verb(still, 'is', 'are')}" if still else "none is"
        return (f"Of {asked} of the last review {left} still open.",)


OPEN = ("relied", "broken", "disputed", "undecided")
"""The lists whose clauses wait for somebody."""
