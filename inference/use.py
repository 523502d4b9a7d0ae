"""Which fields a consumer uses, by the values that came back.

Decided from its merged traces, tested against chance.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from math import exp, log
from typing import TYPE_CHECKING

from contract.subject import Subject
from inference.tally import Tally
from inference.thresholds import CHANCE, COMMON_BITS, MIN_RETURNED, MIN_RETURNED_COMMON, SINGULAR_BITS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from inference.flow import Flows, Place, Trace

Located = tuple[str, Subject]
"""An operation key and a subject in it."""

_TARGET = Subject(("request", "target"))


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

    @property
    def basis(self) -> str:
        """How we know, in words."""
        operation, subject = self.target
        if subject == _TARGET:
            words = f"followed as a link to {operation}"
        else:
            words = f"sent back as {subject.readable} of {operation}"
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

    def claimed(self, twins: tuple[Located, ...]) -> Use:
        """The use that it is, if it is one."""
        tally = Tally()
        for part in self.traces.values():
            tally.merge(part)
        return Use(source=self.source, target=self.target, values=len(self.traces), tally=tally, twins=twins)


def uses(flows: Flows, locate: Callable[[Place], Located | None]) -> list[Use]:
    """The uses that chance does not explain.

    Args:
        flows: the merged traces of one consumer.
        locate: where a place of a route lies in the current operations; None where the operation has a
        fixed word.
    """
    candidates, sent, pools = _collect(flows, locate)
    claimed: list[Use] = []
    tests = sum(map(len, candidates.values()))
    for target, by_source in candidates.items():
        for candidate, fresh, twins in _explain(target, by_source):
            bits = [flows.traces[digest].bits for digest in fresh]
            chance = tests * chance_of_return(len(bits), sent[target], pools[candidate.source])
            if chance < CHANCE and len(bits) >= _needed(max(bits)):
                claimed.append(candidate.claimed(twins))
    return sorted(
        _without_links_to_known(claimed),
        key=lambda use: (use.source[0], str(use.source[1]), use.target[0], str(use.target[1])),
    )


def _without_links_to_known(claimed: list[Use]) -> list[Use]:
    """Links whose ids were delivered beside them are twins of the ids: who builds the URL sends the same."""
    kept = {use.source + use.target: use for use in claimed}
    for link in (use for use in claimed if use.target[1] == _TARGET):
        for use in claimed:
            same_ends = (use.source[0], use.target[0]) == (link.source[0], link.target[0])
            in_url = use.target[1].parts[1] in {"path", "query"}
            if same_ends and in_url and use.values >= link.values and use.tally.count >= link.tally.count:
                key = use.source + use.target
                kept[key] = replace(kept[key], twins=(*kept[key].twins, link.source))
                kept.pop(link.source + link.target, None)
    return list(kept.values())


def _needed(bits: int) -> int:
    """How many distinct values must have returned, by the bits of the most specific of them."""
    if bits >= SINGULAR_BITS:
        return 1
    return MIN_RETURNED if bits >= COMMON_BITS else MIN_RETURNED_COMMON


def _collect(
    flows: Flows, locate: Callable[[Place], Located | None]
) -> tuple[dict[Located, dict[Located, _Candidate]], dict[Located, list[int]], dict[Located, int]]:
    """Candidates by target and source; the bits of all values by target; the values a source delivered."""
    candidates: dict[Located, dict[Located, _Candidate]] = defaultdict(dict)
    sent: dict[Located, list[int]] = defaultdict(list)
    pools: dict[Located, int] = defaultdict(int)
    for digest, trace in sorted(flows.traces.items()):
        sources = _located(trace.sources, locate)
        for source in sources:
            pools[source] += 1
        earliest = min(sources.values(), default=0)
        for target, tally in _targets(trace, locate).items():
            sent[target].append(trace.bits)
            if not trace.flowed:
                continue
            for source, at in sources.items():
                if at <= tally.first:
                    candidate = candidates[target].setdefault(source, _Candidate(source, target))
                    candidate.traces[digest] = tally
                    candidate.earliest += at == earliest
    return candidates, sent, pools


def _located(places: Mapping[Place, int], locate: Callable[[Place], Located | None]) -> dict[Located, int]:
    """The places in the current operations, with the first receipt at each."""
    found: dict[Located, int] = {}
    for place, at in places.items():
        located = locate(place)
        if located is not None:
            found[located] = min(at, found.get(located, at))
    return found


def _targets(trace: Trace, locate: Callable[[Place], Located | None]) -> dict[Located, Tally]:
    targets: dict[Located, Tally] = {}
    for place, tally in trace.uses.items():
        located = locate(place)
        if located is not None:
            targets.setdefault(located, Tally()).merge(tally)
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
