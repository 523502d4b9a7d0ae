"""What the page of a clause shows: why it is said, who depends on it, and what a change of it would do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from contract.claim import Decision, Level, Standing
from contract.clause import Direction, Holds
from contract.ledger.ruling import ruling_of
from contract.operation import SEND, parse
from contract.place import Places
from contract.subject import parse as parse_subject
from inference.events import exchange_of
from reports.decisions import SAID
from reports.explain import explained
from reports.places import places
from reports.web import links
from reports.words import clipped, listed, verb
from store.errors import StoreError
from store.records import Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contract.claim import Claim, Consumer, Dependence
    from contract.clause import Clause
    from contract.ledger.ruling import Ruling
    from reports.explain import Explanation
    from reports.places import Place
    from reports.web.snapshot import Snapshot
    from store.store import Store

MOST_RELATED = 24
"""Clauses, or places, that are listed beside a clause; the operation's page has all."""
MOST_DEPENDENTS = 200
"""Consumers that have a line."""
MOST_NAMED = 6
"""Consumers that one sentence names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A word about the clause, and how it looks."""

    text: str
    look: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What was promised: by whom (`the document`, `the ledger`), in words, and where it is written."""

    by: str
    source: str
    statement: str
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change of the clause would do to those who depend on it alike; no level: nobody is known."""

    level: Level | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependent:
    """One consumer, who answers for it, and where its traffic is listed."""

    link: Dependence
    owner: str
    traffic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """What else the clause is about; `address` is `""` where it has no page."""

    text: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """An observation that speaks for or against the clause.

    `says` is what it alone shows. `what` and `at` are None where the observation is not kept any more.
    """

    id: str
    says: str
    broke: bool = False
    what: str | None = None
    at: int | None = None


@dataclass(frozen=True, kw_only=True)
class ClauseView:
    """One clause of a snapshot, as its page tells it."""

    snapshot: Snapshot
    claim: Claim

    @cached_property
    def explanation(self) -> Explanation:
        """The same as `map --explain` tells."""
        return explained(self.claim, self.snapshot.incidents)

    @property
    def heading(self) -> str:
        """The statement; of a long one the beginning."""
        return clipped(self.claim.clause.statement)

    @property
    def in_full(self) -> str:
        """The statement where the heading has only its beginning, else `""`."""
        statement = self.claim.clause.statement
        return "" if statement == self.heading else statement

    @property
    def ruling(self) -> Ruling | None:
        """What the ledger says of it."""
        return ruling_of(self.claim)

    @property
    def chips(self) -> tuple[Chip, ...]:
        """Where it stands, what was decided, and of which kind it is."""
        clause, claim, ruling = self.claim.clause, self.claim, self.ruling
        found = [Chip(text=claim.standing.value, look=claim.standing.value)]
        if claim.decision is not Decision.UNDECIDED:
            found.append(Chip(text=SAID[claim.decision], look="decided"))
        if ruling and ruling.entry.disputed:
            found.append(Chip(text="disputed", look="contradicted"))
        if claim.doubt:
            found.append(Chip(text="in doubt", look="undeclared"))
        return (*found, Chip(text=f"{clause.kind.family.value}: {clause.kind.name}"))

    @property
    def gist(self) -> str:
        """The two things that whoever comes here wants first: is it promised, and who relies on it."""
        return f"{self._promise} {self._reliance}"

    @property
    def unclaimed(self) -> str:
        """Why it is not claimed by itself, in a sentence; `""` where it is, or where a promise is broken."""
        plain = self.claim.clause.kind.informative and not self.claim.doubt
        if self.claim.standing is Standing.CONTRADICTED or plain:
            return ""
        return self.explanation.verdict

    @cached_property
    def stated(self) -> Stated | None:
        """What was promised beside what was seen."""
        clause, declared = self.claim.clause, self.claim.declared
        if declared is None:
            return None
        if self.ruling and self.ruling.promised:
            return Stated(
                by="the ledger",
                source=self.snapshot.ledger.source.rpartition("/")[2],
                statement=declared.statement,
                pointer="",
            )
        compared = self.snapshot.compared.get((clause.producer, clause.operation))
        return Stated(
            by="the document",
            source=self._document,
            statement=declared.statement,
            pointer=compared.pointers.get(declared.id, "") if compared else "",
        )

    @property
    def unstated(self) -> str:
        """Why the document does not say it, in a sentence; `""` where it does."""
        clause, stated = self.claim.clause, self.stated
        if stated and stated.by == "the document":
            return ""
        if not self._document:
            return f"No document was given for {clause.producer}."
        compared = self.snapshot.compared.get((clause.producer, clause.operation))
        if compared is None or not compared.pointers:
            return f"{self._document} does not know this operation."
        if clause.id in compared.pointers:
            return f"{self._document} promises less of it."
        if any(one.subject == clause.subject for one in self._declared):
            return f"{self._document} knows {clause.subject.readable}, and does not say this of it."
        return f"{self._document} does not know {clause.subject.readable}."

    @cached_property
    def dependents(self) -> tuple[Dependent, ...]:
        """Who depends on it, the strongest first."""
        return tuple(
            Dependent(
                link=link,
                owner=_owner(self.snapshot.consumers.get(link.consumer)),
                traffic=self._listed(link.consumer),
            )
            for link in self.explanation.dependence
        )

    @property
    def traffic(self) -> str:
        """Where all that was observed of the operation is listed."""
        return self._listed("")

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """What a change would do, as far as traffic can tell; the gravest first."""
        if not self.dependents:
            return (Effect(level=None, sentence=self._nobody),)
        return tuple(
            Effect(level=level, sentence=self._effect(level, names))
            for level in reversed(Level)
            if (names := [one.link.consumer for one in self.dependents if one.link.level is level])
        )

    @cached_property
    def alike(self) -> tuple[Claim, ...]:
        """The other clauses of the same place."""
        clause = self.claim.clause
        return tuple(
            one
            for one in self._neighbours
            if one.clause.subject == clause.subject and one.clause.id != clause.id
        )

    @cached_property
    def inside(self) -> tuple[Place, ...]:
        """The places inside this one that somebody is known to do more with than receive."""
        here = self.claim.clause.subject
        found = (one for one in self._neighbours if one.clause.subject.under(here))
        deeper = (place for place in places(found) if place.subject != here and not place.only_received)
        return tuple(sorted(deeper, key=lambda one: -one.dependence[0].level.rank))

    @property
    def partners(self) -> tuple[Partner, ...]:
        """What else the clause is about."""
        return tuple(self._partner(one) for one in self.claim.clause.kind.partners)

    def _listed(self, consumer: str) -> str:
        clause = self.claim.clause
        path = "/messages" if parse(clause.operation).is_event else "/exchanges"
        return links.to(path, producer=clause.producer, operation=clause.operation, consumer=consumer)

    @property
    def _document(self) -> str:
        return self.snapshot.drift.documents.get(self.claim.clause.producer, "").rpartition("/")[2]

    @property
    def _declared(self) -> Iterator[Clause]:
        """What the document says of the operation."""
        for claim in self._neighbours:
            if claim.declared is not None and not ((ruling := ruling_of(claim)) and ruling.promised):
                yield claim.declared

    @cached_property
    def _neighbours(self) -> tuple[Claim, ...]:
        """All claims of the operation, as they stand beside the declaration where there is one."""
        at = self.claim.clause.producer, self.claim.clause.operation
        compared = self.snapshot.compared.get(at)
        sides = (self.snapshot.observed.get(at), compared.operation if compared else None)
        known = {
            claim.clause.id: claim for side in sides if side for claim in (*side.claims, *side.explained)
        }
        return tuple(known.values())

    @property
    def _promise(self) -> str:
        claim = self.claim
        if claim.doubt and claim.standing is not Standing.CONTRADICTED:
            return f"In doubt: {claim.doubt}."
        declared, by = claim.declared, "Guaranteed" if self.ruling and self.ruling.promised else "Declared"
        match claim.standing:
            case Standing.CONTRADICTED:
                return f"{by} otherwise: {clipped(declared.statement)}." if declared else f"{by} otherwise."
            case Standing.UNOBSERVED:
                return f"{by}, and never seen."
            case Standing.DECLARED:
                return f"{by}, and nothing seen speaks against it."
        if declared is not None:
            return f"{by} is only: {clipped(declared.statement)}."
        return "Promised by nobody."

    @property
    def _reliance(self) -> str:
        strong = [one.link.consumer for one in self.dependents if one.link.level is not Level.EXPOSED]
        weak = [one.link.consumer for one in self.dependents if one.link.level is Level.EXPOSED]
        if strong:
            rely = verb(len(strong), "relies", "rely")
            also = f"; {listed(weak)} may" if weak else ""
            return f"{listed(strong)} {rely} on it{also}."
        if weak:
            return f"{listed(weak)} {verb(len(weak), 'was', 'were')} sent it, and may rely on it."
        return "Nobody is known to depend on it."

    @property
    def _nobody(self) -> str:
        if not self.claim.evidence.total:
            return "It was never seen, so whom a change would hit cannot be said."
        return (
            "Nobody is known to depend on it. That says nothing of who did not come by while it was observed."
        )

    def _effect(self, level: Level, names: Sequence[str]) -> str:
        """What would happen to consumers of one level; `exposed` is never called safe."""
        many, who = len(names), listed(names, most=MOST_NAMED)
        if level is Level.EXPOSED:
            told = verb(many, "It was sent this", "They were sent this")
            return (
                f"{who} may break. {told}; whether {verb(many, 'it reads', 'they read')} it leaves no trace."
            )
        if level is Level.PROVEN:
            return f"{who} would break: {verb(many, 'its', 'their')} behaviour changed when this changed."
        if level is Level.USED:
            sends = verb(many, "it sends", "they send")
            return f"{who} would most likely break: {sends} the value back in later requests."
        if self.claim.clause.subject.direction is Direction.RESPONSE:
            return f"{who} would most likely break: {verb(many, 'it asks', 'they ask')} for it."
        if parse(self.claim.clause.operation).verb == SEND:
            return f"{who} {verb(many, 'publishes', 'publish')} it so, and would have to change with it."
        sends = verb(many, "sends", "send")
        return f"{who} {sends} it so, and would break where that is refused or understood otherwise."

    def _partner(self, written: str) -> Partner:
        """An operation, a place of another one, or a place of this one."""
        producer, operation = self.claim.clause.producer, self.claim.clause.operation
        for key in (written, written.rpartition(" ")[0]):
            if (producer, key) in self.snapshot.observed:
                return Partner(text=written, address=links.operation(producer, key))
        try:
            subject = parse_subject(written)
        except ValueError:
            return Partner(text=written, address="")
        there = [one for one in self._neighbours if one.clause.subject == subject]
        text = f"{subject.readable} of {operation}" if there else written
        return Partner(text=text, address=links.clause(there[0].clause.id) if there else "")


def witnesses(store: Store, claim: Claim) -> tuple[Witness, ...]:
    """The examples of a claim, what broke it first, each with what it shows by itself.

    Raises:
        StoreError: the store failed.
    """
    found = [_witness(store, claim, id_) for id_ in claim.evidence.examples]
    return tuple(sorted(found, key=lambda one: not one.broke))


def _witness(store: Store, claim: Claim, id_: str) -> Witness:
    try:
        seen = store.observation(id_)
    except StoreError:
        return Witness(id=id_, says="not kept any more")
    exchange = exchange_of(seen) if isinstance(seen, Message) else seen
    contradicted = claim.standing is Standing.CONTRADICTED and claim.declared is not None
    clause = claim.declared if contradicted and claim.declared else claim.clause
    holds = clause.hold(Places(exchange, claim.clause.operation))
    says = {
        Holds.YES: "keeps the promise" if contradicted else "holds",
        Holds.NO: "breaks the promise" if contradicted else "breaks it",
        Holds.NOT_APPLICABLE: "cannot tell alone",
    }
    what = seen.channel if isinstance(seen, Message) else f"{seen.method} {seen.path} {seen.status or ''}"
    return Witness(
        id=id_, says=says[holds], broke=holds is Holds.NO, what=clipped(what), at=exchange.started_at
    )


def _owner(consumer: Consumer | None) -> str:
    return " ".join(part for part in (consumer.owner, consumer.contact) if part) if consumer else ""
