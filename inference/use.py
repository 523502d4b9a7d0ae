"""Which fields a consumer uses, by the values that came back.

Decided from its merged traces, tested against chance.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from math import exp, log
from typing import TYPE_CHECKING

from contract.subject import Subject
from inference.flow import hash_of
from inference.forms import BASE64, DAY, PART
from inference.statistics import binomial_tail
from inference.tally import Tally
from inference.thresholds import CHANCE, COMMON_BITS, MIN_RETURNED, MIN_RETURNED_COMMON, SINGULAR_BITS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from inference.flow import Flows, Place, Spot, Trace

Located = tuple[str, Subject]
"""An operation key and a subject in it."""

_TARGET = Subject(("request", "target"))
_TAKEN = {PART: ", the last part of it", BASE64: ", decoded from base64", DAY: ", the day of it"}
_PUT = {PART: ", at the end of a longer name", BASE64: ", encoded in base64", DAY: ", with a time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A field whose values one consumer sent back.

    `values` are the distinct values that returned, `tally` the requests that carried them. `twins` are
    other places that held the same values in the same answers: by value alone they cannot be told from the
    source.
    """

    source: Located
    target: Located
    values: int
    tally: Tally
    twins: tuple[Located, ...] = ()
    received_form: str = ""
    sent_form: str = ""
    abroad: str = ""

    @property
    def basis(self) -> str:
        """How we know, in words."""
        operation, subject = self.target
        if subject == _TARGET:
            words = f"followed as a link to {operation}"
        else:
            words = f"sent back as {subject.readable} of {operation}"
        if self.abroad:
            words = f"sent to {self.abroad} as {subject.readable} of {operation}"
        words += _TAKEN.get(self.received_form, "") + _PUT.get(self.sent_form, "")
        if self.twins:
            words += f"; the same values stood in {', '.join(twin.readable for _, twin in self.twins)}"
        return words


@dataclass(slots=True)
class _Candidate:
    """The values that may have gone from one place to another.

    `traces` are their uses by hash, `earliest` counts those that were received nowhere earlier.
    """

    source: Located
    target: Located
    traces: dict[int, Tally] = field(default_factory=dict)
    earliest: int = 0
    forms: Counter[tuple[str, str]] = field(default_factory=Counter)

    def claimed(self, twins: tuple[Located, ...]) -> Use:
        """The use that it is, if it is one."""
        tally = Tally()
        for part in self.traces.values():
            tally.merge(part)
        received, sent = min(self.forms, key=lambda forms: (-self.forms[forms], forms))
        return Use(
            source=self.source,
            target=self.target,
            values=len(self.traces),
            tally=tally,
            twins=twins,
            received_form=received,
            sent_form=sent,
        )


def uses(flows: Flows, locate: Callable[[Place], Located | None], *, runs: int = 1) -> list[Use]:
    """The uses that chance does not explain.

    Args:
        flows: the merged traces of one consumer.
        locate: where a place of a route lies in the current operations; None where the operation has a
        fixed word.
        runs: how many such searches are made with the same receipts; each has its chance.
    """
    candidates, sent, pools = _collect(flows, locate)
    claimed: list[Use] = []
    tests = runs * sum(map(len, candidates.values()))
    for target, by_source in candidates.items():
        for candidate, fresh, twins in _explain(target, by_source):
            bits = [flows.traces[digest].bits for digest in fresh]
            if not any(bits):
                chance = tests * _chance_of_days(flows, locate, candidate)
            else:
                chance = tests * chance_of_return(len(bits), sent[target], pools[candidate.source])
            if chance < CHANCE and len(bits) >= _needed(max(bits)):
                claimed.append(candidate.claimed(twins))
    return sorted(
        _without_links_to_known(_without_wrapped(claimed)),
        key=lambda use: (use.source[0], str(use.source[1]), use.target[0], str(use.target[1])),
    )


def _without_wrapped(claimed: list[Use]) -> list[Use]:
    """A cursor that holds an id in base64 came as it is: who sends it back need not have known the id.

    It may also have come in a link that was followed.
    """
    whole: dict[Located, int] = defaultdict(int)
    for use in claimed:
        if not use.sent_form:
            whole[use.target] += use.tally.count
    return [
        use
        for use in claimed
        if not use.sent_form or use.tally.count > whole[use.target] + whole[use.target[0], _TARGET]
    ]


def _without_links_to_known(claimed: list[Use]) -> list[Use]:
    """Links whose ids were delivered beside them are twins of the ids: who builds the URL sends the same."""
    kept = {use.source + use.target: use for use in claimed}
    for link in (use for use in claimed if use.target[1] == _TARGET):
        for use in claimed:
            same_ends = (use.source[0], use.target[0]) == (link.source[0], link.target[0])
            if use is link or not same_ends:
                continue
            if use.source == link.source:
                # what stands in the URL of a link that is followed was not taken out of it
                if use.target[1].section in {"path", "query"} and use.tally.count <= link.tally.count:
                    kept.pop(use.source + use.target, None)
            elif _builds(use, link):
                key = use.source + use.target
                kept[key] = replace(use, twins=(*use.twins, link.source))
                kept.pop(link.source + link.target, None)
    return list(kept.values())


def _builds(use: Use, link: Use) -> bool:
    """Whether the URLs of a link may as well have been built from the values of another field.

    An id in the path is what a URL is for; of a query any part may be, so all must agree.
    """
    if use.target[1].section == "path":
        return use.values >= link.values and use.tally.count >= link.tally.count
    agree = (use.values, use.tally.count) == (link.values, link.tally.count)
    return use.target[1].section == "query" and agree


def _needed(bits: int) -> int:
    """How many distinct values must have returned, by the bits of the most specific of them."""
    if bits >= SINGULAR_BITS:
        return 1
    return MIN_RETURNED if bits >= COMMON_BITS else MIN_RETURNED_COMMON


def _collect(
    flows: Flows, locate: Callable[[Place], Located | None]
) -> tuple[dict[Located, dict[Located, _Candidate]], dict[Located, list[int]], dict[Located, int]]:
    """Candidates by target and source; the bits of all values by target; the values a source delivered.

    Days, which have no bits, are counted by `_chance_of_days`.
    """
    candidates: dict[Located, dict[Located, _Candidate]] = defaultdict(dict)
    sent: dict[Located, list[int]] = defaultdict(list)
    pools: dict[Located, int] = defaultdict(int)
    for digest, trace in sorted(flows.traces.items()):
        sources = _located(trace.sources, locate)
        for source in sources:
            pools[source] += trace.bits > 0
        earliest = min((at for at, _ in sources.values()), default=0)
        for target, (tally, sent_form) in _targets(trace, locate).items():
            if trace.bits:
                sent[target].append(trace.bits)
            if not trace.flowed:
                continue
            for source, (at, form) in sources.items():
                # the same change at both ends is none: the unchanged values have a trace of their own
                if at <= tally.first and (not form or form != sent_form):
                    candidate = candidates[target].setdefault(source, _Candidate(source, target))
                    candidate.traces[digest] = tally
                    candidate.earliest += at == earliest
                    candidate.forms[form, sent_form] += 1
    return candidates, sent, pools


def _located(
    spots: Mapping[Spot, int], locate: Callable[[Place], Located | None]
) -> dict[Located, tuple[int, str]]:
    """The places in the current operations, with the first receipt at each and the form that it had."""
    found: dict[Located, tuple[int, str]] = {}
    for (route, subject, form), at in spots.items():
        located = locate((route, subject))
        if located is not None:
            found[located] = min((at, form), found.get(located, (at, form)))
    return found


def _targets(trace: Trace, locate: Callable[[Place], Located | None]) -> dict[Located, tuple[Tally, str]]:
    """Where a value was sent, and in which form first by name: unchanged if it ever was."""
    targets: dict[Located, tuple[Tally, str]] = {}
    for (route, subject, form), tally in sorted(trace.uses.items(), key=lambda entry: entry[0]):
        located = locate((route, subject))
        if located is not None:
            targets.setdefault(located, (Tally(), form))[0].merge(tally)
    return targets


def _explain(
    target: Located, by_source: dict[Located, _Candidate]
) -> list[tuple[_Candidate, set[int], tuple[Located, ...]]]:
    """The fewest sources that explain all values at a target, each with those that it adds, and twins."""
    ranked = sorted(
        by_source.values(),
        key=lambda c: (
            -len(c.traces),
            -c.earliest,
            -affinity(c.source[1], target[1]),
            len(c.source[1].parts),
            c.source[0],
            str(c.source[1]),
        ),
    )
    chosen: list[tuple[_Candidate, set[int], list[Located]]] = []
    explained: set[int] = set()
    for candidate in ranked:
        fresh = candidate.traces.keys() - explained
        if fresh:
            chosen.append((candidate, fresh, []))
            explained |= fresh
            continue
        for leader, _, twins in chosen:
            if candidate.source[0] == leader.source[0] and candidate.traces.keys() <= leader.traces.keys():
                twins.append(candidate.source)
                break
    return [(candidate, fresh, tuple(twins)) for candidate, fresh, twins in chosen]


def affinity(source: Subject, target: Subject) -> int:
    """How alike two places are named: 2 for one name, 1 where one ends the other (`id`, `order_id`)."""
    ours, theirs = (_name(subject) for subject in (source, target))
    if ours == theirs:
        return 2
    return 1 if ours.endswith(theirs) or theirs.endswith(ours) else 0


def _name(subject: Subject) -> str:
    names = [part for part in subject.parts if part not in {"[]", "{}"}]
    return names[-1].replace("-", "").replace("_", "").lower()


def chance_of_return(returned: int, sent_bits: list[int], pool: int) -> float:
    """An upper bound for the probability that as many values return by chance.

    Each value sent hits one of the `pool` delivered ones with probability pool / 2^bits; the number of hits
    is at most Poisson with their sum λ, and P(X ≥ n) ≤ e^(n - λ) (λ/n)^n for n > λ (Chernoff).
    """
    expected = sum(min(1.0, pool / 2**bits) for bits in sent_bits)
    if returned <= expected:
        return 1.0
    return exp(min(0.0, returned - expected + returned * log(expected / returned)))


def _chance_of_days(flows: Flows, locate: Callable[[Place], Located | None], candidate: _Candidate) -> float:
    """The probability that as many of the days sent are days received, if they are any of the time between.

    A consumer that asks for each day of a week in which something happened every day proves nothing.
    """
    sent: set[int] = set()
    received: set[int] = set()
    for digest, trace in flows.traces.items():
        day = None if trace.bits else _days().get(digest)
        if day is None:
            continue
        if candidate.target in _targets(trace, locate):
            sent.add(day)
        if candidate.source in _located(trace.sources, locate):
            received.add(day)
    span = max(sent | received) - min(sent | received) + 1
    return binomial_tail(len(candidate.traces), len(sent), len(received) / span)


@lru_cache(maxsize=1)
def _days() -> dict[int, int]:
    """The days from 1970 to 2099 by their hash, as ordinals."""
    return {
        hash_of(date.fromordinal(day).isoformat()): day
        for day in range(date(1970, 1, 1).toordinal(), date(2100, 1, 1).toordinal())
    }
