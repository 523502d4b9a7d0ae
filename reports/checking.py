"""Two sides compared, and the changes joined with dependence: what `check` answers, whoever asks it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from contract.changes import announced as announcing
from contract.changes.accepting import accept
from contract.changes.avro import compare_avro
from contract.changes.clauses import of_declared, of_observed
from contract.changes.comparing import compare
from contract.changes.facts import Document
from contract.changes.reading import AvroSchema
from contract.changes.rules import RULES
from contract.changes.sdl import Sdl, compare_schemas, judge_schemas
from contract.changes.single import OPERATION
from contract.changes.single import Mode as Reading
from contract.changes.usage import Judged, Verdict, by_policy, judge
from contract.changing.progress import QUIET_DAYS, day_of
from contract.grading import direction_of, ruled, unknown
from contract.ledger.leaving import gone, left_of
from contract.ledger.ruling import speaks_of
from contract.openapi.errors import DeclaredError
from contract.policy import DAY_NS, Mode
from reports.check import Checked
from reports.words import count, length, listed
from store.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from contract.changes.change import Change
    from contract.changes.reading import Loaded
    from contract.changes.rules import Rule
    from contract.changes.usage import Hit
    from contract.claim import Consumer, ContractMap, ProducerMap
    from contract.clause import Direction
    from contract.ledger.model import Ledger
    from contract.policy import EvidencePolicy, Policy

SEEN = "what traffic shows"
"""What the side in use is called where no document is."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is to be checked.

    Without `old` what traffic shows is the side in use; without `new` there are only changes announced by
    hand. `earlier` are versions from before `old`: what goes in a direction of `transitive` is held against
    these, too. `mode` is of single schemas: who must be able to read what. `by_hand` names the rules that
    `rules` grades for this question alone.
    """

    old: Loaded | None = None
    new: Loaded | None = None
    earlier: tuple[Loaded, ...] = ()
    transitive: frozenset[Direction] = frozenset()
    announced: tuple[str, ...] = ()
    mode: Mode = Mode.BACKWARD
    rules: Mapping[str, Rule] = field(default_factory=lambda: RULES)
    by_hand: frozenset[str] = frozenset()

    @property
    def keys(self) -> list[str]:
        """The keys that the sides give operations; maps must be made by them."""
        return [
            key
            for side in (self.old, self.new, *self.earlier)
            if isinstance(side, Document)
            for operation in side.operations.values()
            for key in operation.keys
        ]


def of_documents(question: Question, producer: str = "") -> Checked:
    """The answer of the documents alone.

    Raises:
        DeclaredError: they are of two sorts.
    """
    judged = tuple(Judged(change=change) for change in _compared(question.old, question.new, question))
    return Checked(
        old=_name(question.old),
        new=_name(question.new),
        judged=judged,
        producer=producer,
        mode=question.mode,
        by_hand=question.by_hand,
    )


def of_traffic(question: Question, observed: ContractMap) -> Checked:
    """The answer with whom each change hits.

    Args:
        question: what is asked.
        observed: the map of one producer, its operations keyed as the sides key them.

    Raises:
        DeclaredError: the sides are of two sorts, or a single schema stands alone.
        QuestionError: a change is announced in no known form.
    """
    mine = observed.producers[0]
    old, new = question.old, question.new
    if old is None and new is not None:
        old, new = of_observed(mine.operations, SEEN), _as_observed(new, mine)
    return Checked(
        old=_name(old) or SEEN,
        new=_name(new) if new is not None else "what was announced",
        judged=tuple(_dated(one, mine.consumers) for one in _judged(old, new, question, mine)),
        usage=True,
        producer=mine.name,
        window=observed.window,
        capture=observed.capture,
        consumers=mine.consumers,
        mode=question.mode,
        by_hand=question.by_hand,
    )


def under(checked: Checked, ledger: Ledger, today: date) -> Checked:
    """What was found, as a ledger has it; another producer's ledger says nothing.

    Its policy says how grave a change is and of what the contract does not speak. Who has left blocks nothing
    any more, and what was accepted passes. Where less was observed than the policy wants, that is told; it
    makes nothing milder. As long as the ledger is no file its policy is nobody's.
    """
    if checked.producer and not speaks_of(ledger, checked.producer):
        return checked
    if ledger.source:
        checked = _by(checked, ledger)
    return replace(checked, judged=accept(checked.judged, ledger.accepted, today))


def _by(checked: Checked, ledger: Ledger) -> Checked:
    policy = ledger.policy
    judged = [
        ruled(_owned(one, ledger), policy, single=checked.mode, by_hand=checked.by_hand)
        for one in checked.judged
    ]
    # the end of what was observed is that of all consumers: those that the policy excludes were seen as well
    left = gone(checked.consumers, policy.evidence) if checked.usage else {}
    left |= {one.name: words for one in checked.consumers if (words := left_of(one))}
    return replace(
        checked,
        judged=by_policy(judged, left, policy.no_data if checked.usage else "unknown"),
        doubts=(*_ungraded(policy), *(_doubts(checked, policy.evidence) if checked.usage else ())),
    )


def _owned(judged: Judged, ledger: Ledger) -> Judged:
    """A change with the consumers that the policy does not exclude, and the owners that the ledger names."""
    kept = [hit for hit in judged.hits if not ledger.policy.exclude.consumer(hit.consumer)]
    names = ledger.owners.consumers
    return replace(
        judged,
        hits=tuple(
            replace(hit, owner=names[hit.consumer].name or hit.owner) if hit.consumer in names else hit
            for hit in kept
        ),
    )


def _ungraded(policy: Policy) -> Iterator[str]:
    names = unknown(policy)
    if names:
        yield (
            f"policy.compatibility.severity grades {listed(names)}, which is no rule, no kind and no family: "
            "it has no effect. defacto check --rules lists the rules with what they are about."
        )


def _doubts(checked: Checked, policy: EvidencePolicy) -> Iterator[str]:
    known = [one for one in checked.consumers if one.observations]
    if not known:
        return
    period = max(one.last_seen for one in known) - min(one.first_seen for one in known)
    if period < policy.shortest_days * DAY_NS:
        wanted = count(policy.shortest_days, "day")
        yield (
            f"Observed for {length(period)}, and the policy wants {wanted}: who calls more rarely was not "
            "seen, and not being named here means little."
        )


def _judged(
    old: Loaded | None, new: Loaded | None, question: Question, mine: ProducerMap
) -> tuple[Judged, ...]:
    changes = [*_compared(old, new, question), *_announced(question, mine)]
    if isinstance(old, Sdl):
        return judge_schemas(changes, old, mine)
    return judge(changes, mine, new if isinstance(new, Document) else None, question.rules)


def _dated(judged: Judged, consumers: Iterable[Consumer]) -> Judged:
    """A change with a word on who depended before, and has called on without: it may have migrated."""
    calls = {one.name: one.last_seen for one in consumers}
    return replace(judged, hits=tuple(_since(hit, calls.get(hit.consumer, 0)) for hit in judged.hits))


def _since(hit: Hit, last_call: int) -> Hit:
    if hit.verdict is not Verdict.BREAKS or hit.last_seen is None:
        return hit
    if last_call - hit.last_seen <= QUIET_DAYS * DAY_NS:
        return hit
    return replace(hit, basis=f"{hit.basis}; not since {day_of(hit.last_seen)}, and it called on: ask it")


def _as_observed(new: Loaded, mine: ProducerMap) -> Loaded:
    """The new side in the form that traffic can be held against.

    Raises:
        DeclaredError: there is none: a single schema is not tied to any operation.
    """
    if isinstance(new, Sdl):
        return of_declared(new.contract.observed(mine.operations))
    if isinstance(new, AvroSchema) or OPERATION in new.operations:
        raise DeclaredError(f"{new.source} is a single schema", "Give the one in use with --base OLD.")
    return new


def _name(side: Loaded | None) -> str:
    return side.source if side is not None else ""


def _compared(old: Loaded | None, new: Loaded | None, question: Question) -> tuple[Change, ...]:
    """What is different from the version in use, and from earlier ones where the policy looks back so far."""
    if new is None or old is None:
        return ()
    found = list(_between(old, new, question))
    for version in reversed(question.earlier):
        told = {_where(one) for one in found}
        found += [
            replace(one, message=f"{one.message}, compared with {version.source}")
            for one in _between(version, new, question)
            if _looks_back(one, question) and _where(one) not in told
        ]
    return tuple(sorted(found, key=lambda one: -one.compatibility.rank))


def _where(change: Change) -> tuple[object, ...]:
    return change.rule.name, change.operation, change.subject or change.message


def _looks_back(change: Change, question: Question) -> bool:
    if change.operation == OPERATION:
        return question.mode.transitive
    return direction_of(change) in question.transitive


def _between(old: Loaded, new: Loaded, question: Question) -> tuple[Change, ...]:
    if isinstance(old, AvroSchema) and isinstance(new, AvroSchema):
        return compare_avro(old, new, reading(question.mode), question.rules)
    if isinstance(old, Sdl) and isinstance(new, Sdl):
        return compare_schemas(old, new, question.rules)
    if isinstance(old, Document) and isinstance(new, Document):
        return compare(old, new, rules=question.rules)
    raise DeclaredError(f"{old.source} and {new.source} are documents of two sorts")


def reading(mode: Mode) -> Reading:
    """Which of two schemas must read what the other one wrote; where nothing must, what differs is told."""
    return Reading.FULL if mode is Mode.NONE else Reading(mode.basic.value)


def _announced(question: Question, producer: ProducerMap) -> list[Change]:
    statuses = {
        one.key: frozenset(claim.clause.subject.status or "" for claim in one.claims)
        for one in producer.operations
    }
    return [change for text in question.announced for change in understood(text, statuses, question.rules)]


def understood(
    text: str, operations: Mapping[str, frozenset[str]], rules: Mapping[str, Rule] = RULES
) -> list[Change]:
    """The changes that a sentence announces, of operations with the statuses that each answered.

    Raises:
        QuestionError: it is in no known form.
    """
    try:
        return announcing.read(text, operations, rules)
    except ValueError as error:
        raise QuestionError(str(error)) from None
