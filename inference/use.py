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
    from collections.abc import Callable, Iterable

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
    """The values that may have gone from one place to another."""

    source: Located
    target: Located
    traces: dict[int, Tally] = field(default_factory=dict)


def uses(flows: Flows, locate: Callable[[Place], Located | None]) -> list[Use]:
    """The uses that chance does not explain.

    Args:
        flows: the merged traces of one consumer.
        locate: where a place of a route lies in the current operations; None where the operation has a
        fixed word.
    """
    candidates, sent, pools = _collect(flows, locate)
    claimed: list[Use] = []
    for target, by_source in candidates.items():
        for candidate, twins in _explain(target, by_source):
            bits = [flows.traces[digest].bits for digest in candidate.traces]
            chance = _chance(len(bits), sent[target], pools[candidate.source]) * sum(
                map(len, candidates.values())
            )
            if chance < CHANCE and len(bits) >= _needed(max(bits)):
                tally = Tally()
                for part in candidate.traces.values():
                    tally.merge(part)
                claimed.append(
                    Use(source=candidate.source, target=target, values=len(bits), tally=tally, twins=twins)
                )
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
            if same_ends and use.target[1].parts[1] in {"path", "query"} and use.values >= link.values:
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
        for target, tally in _targets(trace, locate).items():
            sent[target].append(trace.bits)
            if not trace.flowed:
                continue
            for source in sources:
                candidate = candidates[target].setdefault(source, _Candidate(source, target))
                candidate.traces[digest] = tally
    return candidates, sent, pools


def _located(places: Iterable[Place], locate: Callable[[Place], Located | None]) -> list[Located]:
    return sorted(
        {located for place in places if (located := locate(place)) is not None},
        key=lambda x: (x[0], str(x[1])),
    )


def _targets(trace: Trace, locate: Callable[[Place], Located | None]) -> dict[Located, Tally]:
    targets: dict[Located, Tally] = {}
    for place, tally in trace.uses.items():
        located = locate(place)
        if located is not None:
            targets.setdefault(located, Tally()).merge(tally)
    return targets


def _explain(
    target: Located, by_source: dict[Located, _Candidate]
) -> list[tuple[_Candidate, tuple[Located, ...]]]:
    """The fewest sources that explain all values at a target, with twins: sources of the same values."""
    ranked = sorted(
        by_source.values(),
        key=lambda c: (
            -len(c.traces),
            -_affinity(c.source[1], target[1]),
            len(c.source[1].parts),
            c.source[0],
            str(c.source[1]),
        ),
    )
    chosen: list[tuple[_Candidate, list[Located]]] = []
    explained: set[int] = set()
    for candidate in ranked:
        if candidate.traces.keys() - explained:
            chosen.append((candidate, []))
            explained |= candidate.traces.keys()
            continue
        for leader, twins in chosen:
            if candidate.source[0] == leader.source[0] and candidate.traces.keys() <= leader.traces.keys():
                twins.append(candidate.source)
                break
    return [(candidate, tuple(twins)) for candidate, twins in chosen]


def _affinity(source: Subject, target: Subject) -> int:
    """How alike two places are named: 2 for one name, 1 where one ends the other (`id`, `order_id`)."""
    ours, theirs = (_name(subject) for subject in (source, target))
    if ours == theirs:
        return 2
    return 1 if ours.endswith(theirs) or theirs.endswith(ours) else 0


def _name(subject: Subject) -> str:
    names = [part for part in subject.parts if part not in {"[]", "{}"}]
    return names[-1].replace("-", "").replace("_", "").lower()


def _chance(returned: int, sent_bits: list[int], pool: int) -> float:
    """An upper bound for the probability that as many values return by chance.

    Each value sent hits one of the `pool` delivered ones with probability pool / 2^bits; the number of hits
    is at most Poisson with their sum λ, and P(X ≥ n) ≤ e^(n - λ) (λ/n)^n for n > λ (Chernoff).
    """
    expected = sum(min(1.0, pool / 2**bits) for bits in sent_bits)
    if returned <= expected:
        return 1.0
    return exp(min(0.0, returned - expected + returned * log(expected / returned)))
