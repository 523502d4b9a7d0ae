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
from contract.changes.single import OPERATION, Mode
from contract.changes.usage import Judged, by_policy, judge
from contract.ledger.leaving import gone
from contract.ledger.ruling import speaks_of
from contract.openapi.errors import DeclaredError
from contract.policy import DAY_NS
from reports.check import Checked
from reports.words import count, length
from store.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from contract.changes.change import Change
    from contract.changes.reading import Loaded
    from contract.changes.rules import Rule
    from contract.claim import ContractMap, ProducerMap
    from contract.ledger.model import Ledger
    from contract.policy import EvidencePolicy, Policy

SEEN = "what traffic shows"
"""What the side in use is called where no document is."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is to be checked.

    Without `old` what traffic shows is the side in use; without `new` there are only changes announced by
    hand. `mode` is of single schemas: who must be able to read what.
    """

    old: Loaded | None = None
    new: Loaded | None = None
    announced: tuple[str, ...] = ()
    mode: Mode = Mode.BACKWARD
    rules: Mapping[str, Rule] = field(default_factory=lambda: RULES)

    @property
    def keys(self) -> list[str]:
        """The keys that the sides give operations; maps must be made by them."""
        return [
            key
            for side in (self.old, self.new)
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
    return Checked(old=_name(question.old), new=_name(question.new), judged=judged, producer=producer)


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
        judged=_judged(old, new, question, mine),
        usage=True,
        producer=mine.name,
        window=observed.window,
        capture=observed.capture,
        consumers=mine.consumers,
    )


def under(checked: Checked, ledger: Ledger, today: date) -> Checked:
    """What was found, as a ledger has it; another producer's ledger says nothing.

    Who has left by its policy blocks nothing any more, and what was accepted passes. Where less was observed
    than the policy wants, that is told; it makes nothing milder. As long as the ledger is no file its policy
    is nobody's.
    """
    if checked.producer and not speaks_of(ledger, checked.producer):
        return checked
    if checked.usage and ledger.source:
        checked = _weighed(checked, ledger.policy)
    return replace(checked, judged=accept(checked.judged, ledger.accepted, today))


def _weighed(checked: Checked, policy: Policy) -> Checked:
    left = gone(checked.consumers, policy.evidence)
    return replace(
        checked,
        judged=by_policy(checked.judged, left, policy.no_data),
        doubts=tuple(_doubts(checked, policy.evidence)),
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
    if new is None or old is None:
        return ()
    if isinstance(old, AvroSchema) and isinstance(new, AvroSchema):
        return compare_avro(old, new, question.mode, question.rules)
    if isinstance(old, Sdl) and isinstance(new, Sdl):
        return compare_schemas(old, new, question.rules)
    if isinstance(old, Document) and isinstance(new, Document):
        return compare(old, new, rules=question.rules)
    raise DeclaredError(f"{old.source} and {new.source} are documents of two sorts")


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
