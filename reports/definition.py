"""The contract as two sides read it before they sign: what is promised, what is not, and what is open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from contract.claim import Level
from contract.definition.terms import Part
from contract.ledger.model import Owner
from contract.ledger.ruling import Ruling
from reports.decisions import sentences
from reports.places import places
from reports.policy_words import policy_parts
from reports.words import count, verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.claim import Dependence
    from contract.definition.terms import DefinedOperation, Definition, Term
    from contract.ledger.model import Ledger
    from contract.subject import Subject
    from reports.policy_words import Part as PolicyPart

DISPUTED = "disputed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the contract says of one place. `notes` are sentences: who decided it, and whether it is kept."""

    subject: Subject
    statements: tuple[str, ...]
    dependence: tuple[Dependence, ...]
    notes: tuple[str, ...]
    broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The lines of one operation. `more` counts clauses that nobody was seen to rely on, and are not told."""

    operation: str
    deprecated: bool
    lines: tuple[Line, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the contract."""

    slug: str
    title: str
    about: str
    clauses: int
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who is bound by it, and who answers."""

    role: str
    name: str
    owner: str
    contact: str


_ABOUT = (
    (Part.STABLE.value, "Stable", "Consumers may rely on this. It changes only as the policy says."),
    (Part.DEPRECATED.value, "Deprecated", "Promised until the day named, and then gone."),
    (Part.MAY_CHANGE.value, "May change", "True today, and not promised: it may change without notice."),
    (
        Part.OUT_OF_CONTRACT.value,
        "Out of contract",
        "Not for relying on; who does, does so at own risk.",
    ),
    (DISPUTED, "Disputed", "The sides differ. What each wants is said beside it."),
    (
        Part.UNDECIDED.value,
        "Undecided",
        "Neither promised nor refused. Somebody relies on each line, so it wants a decision.",
    ),
)


def sections(definition: Definition) -> tuple[Section, ...]:
    """The parts of the contract in which anything stands."""
    found = (_section(definition, slug, title, about) for slug, title, about in _ABOUT)
    return tuple(section for section in found if section.clauses)


def verdict(definition: Definition) -> str:
    """The contract in one or two sentences."""
    counts = {section.slug: section.clauses for section in sections(definition)}
    stable = counts.get(Part.STABLE.value, 0)
    promise = f"{definition.title} promises {count(stable, 'clause')} to {_consumers(definition)}"
    if not stable:
        promise = f"Of {definition.title} nothing is promised yet"
    open_ = [
        f"{counts[slug]:,} {verb(counts[slug], 'is', 'are')} {slug.replace('-', ' ')}"
        for slug in (Part.DEPRECATED.value, DISPUTED, Part.UNDECIDED.value)
        if counts.get(slug)
    ]
    return f"{promise}." + (f" {'; '.join(open_)}." if open_ else "")


def _consumers(definition: Definition) -> str:
    number = len(definition.consumers)
    return count(number, "consumer") if number else "whoever uses it"


def parties(definition: Definition) -> tuple[Party, ...]:
    """The producer, each consumer, and who else answers."""
    owners = definition.owners
    others = (("contract tests", owners.contract_tests), ("platform", owners.platform))
    return (
        Party(
            role="producer",
            name=definition.producer,
            owner=owners.producer.name,
            contact=owners.producer.contact,
        ),
        *(
            Party(role="consumer", name=one.name, owner=one.owner, contact=one.contact)
            for one in sorted(definition.consumers, key=lambda one: one.name)
        ),
        *(
            Party(role=role, name="", owner=owner.name, contact=owner.contact)
            for role, owner in others
            if owner.text
        ),
    )


def policy_of(ledger: Ledger | None) -> tuple[PolicyPart, ...]:
    """What was decided of how it may change; owners stand among the parties. Empty without a ledger."""
    return tuple(part for part in policy_parts(ledger) if part.title != "Who answers") if ledger else ()


def _section(definition: Definition, slug: str, title: str, about: str) -> Section:
    groups = tuple(group for one in definition.operations if (group := _group(one, slug)) is not None)
    return Section(
        slug=slug,
        title=title,
        about=about,
        clauses=sum(_is_in(slug, term) for term in definition.terms),
        groups=groups,
    )


def _is_in(slug: str, term: Term) -> bool:
    """Whether a term stands in a part; what is disputed stands in its own, and in that of its decision."""
    if slug == DISPUTED:
        return term.entry.disputed
    return term.part.value == slug and not (term.part is Part.UNDECIDED and term.entry.disputed)


def _group(operation: DefinedOperation, slug: str) -> Group | None:
    terms = [term for term in operation.terms if _is_in(slug, term)]
    if not terms:
        return None
    told = [term for term in terms if term.relying] if slug == Part.UNDECIDED.value else terms
    return Group(
        operation=operation.key,
        deprecated=operation.deprecated,
        lines=tuple(_lines(told)),
        more=len(terms) - len(told),
    )


def _lines(terms: Iterable[Term]) -> Iterator[Line]:
    """The lines of some terms, a place and what was said about it each."""
    known = {term.clause.id: term for term in terms}
    for place in places(replace(term.claim, clause=term.clause) for term in known.values()):
        said = zip(place.claims, place.statements, strict=True)
        alike = [(known[claim.clause.id], statement) for claim, statement in said]
        alike.sort(key=lambda one: notes_of(one[0]))
        for notes, group in groupby(alike, key=lambda one: notes_of(one[0])):
            members = list(group)
            yield Line(
                subject=place.subject,
                statements=tuple(statement for _, statement in members),
                dependence=tuple(link for link in place.dependence if link.level is not Level.EXPOSED),
                notes=notes,
                broken=any(term.contradicted for term, _ in members),
            )


def notes_of(term: Term) -> tuple[str, ...]:
    """What was said of a term, and whether it is kept."""
    ruling = Ruling(entry=term.entry, owner=Owner(), marks=term.marks)
    kept = (f"Not kept today: {term.claim.clause.statement}.",) if term.contradicted else ()
    return (*sentences(term.claim, ruling), *kept)
