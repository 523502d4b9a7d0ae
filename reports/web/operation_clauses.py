"""What is claimed of an operation, as its page tells it: by family and place, as far as it was asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from contract.claim import Standing
from contract.clause import Family
from contract.ledger.ruling import ruling_of
from reports.decisions import tag
from reports.places import places
from reports.reasons import sure
from reports.web import links
from reports.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contract.claim import Claim, Dependence, OperationMap
    from reports.finding import Compared
    from reports.places import Place

AT_FIRST = 40
"""Places of one family that are told beside the other families."""
PAGE = 200
"""Places of one family on a page of its own."""
LONGEST_TEXT = 200


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the address of the page asks for; what it asks for and is not there was left out of it."""

    producer: str
    key: str
    family: Family | None = None
    standing: Standing | None = None
    consumer: str = ""
    text: str = ""
    page: int = 1
    every_place: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str], producer: str, operation: OperationMap) -> Asked:
        """Read a query; names that are none are not asked for."""
        family, standing, number = (query.get(name, "") for name in ("family", "standing", "page"))
        consumer = query.get("consumer", "")
        return cls(
            producer=producer,
            key=operation.key,
            family=Family(family) if family in set(Family) else None,
            standing=Standing(standing) if standing in set(Standing) else None,
            consumer=consumer if consumer in operation.consumers else "",
            text=query.get("text", "").strip()[:LONGEST_TEXT],
            page=int(number) if number.isascii() and number.isdecimal() and 0 < len(number) < 6 else 1,
            every_place=query.get("show") == "all",
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return any((self.family, self.standing, self.consumer, self.text))

    @property
    def address(self) -> str:
        """Where this is told, as short as it can be said."""
        return links.to(
            "/operation",
            producer=self.producer,
            key=self.key,
            family=self.family,
            standing=self.standing,
            consumer=self.consumer,
            text=self.text,
            page=str(self.page) if self.page > 1 else None,
            show="all" if self.every_place else None,
        )

    def wants(self, claim: Claim) -> bool:
        """Whether a claim is asked for."""
        clause = claim.clause
        return (
            self.family in {None, clause.kind.family}
            and self.standing in {None, claim.standing}
            and (not self.consumer or any(link.consumer == self.consumer for link in claim.dependence))
            and (not self.text or self.text.casefold() in f"{clause.key} {clause.statement}".casefold())
        )


@dataclass(frozen=True, kw_only=True)
class Told:
    """One claim in a line.

    `said` is the statement, without the place where that stands beside it. `chip` is the standing where it is
    news, `decided` what the ledger says.
    """

    claim: Claim
    said: str
    chip: str = ""
    decided: str = ""

    @property
    def href(self) -> str:
        """The clause's own page."""
        return links.clause(self.claim.clause.id)

    @property
    def held(self) -> str:
        """How often it held, and may break."""
        return sure(self.claim.evidence)


@dataclass(frozen=True, kw_only=True)
class Row:
    """All that is told of one place."""

    name: str
    told: tuple[Told, ...]
    dependence: tuple[Dependence, ...]


@dataclass(frozen=True, kw_only=True)
class Section:
    """The clauses of one family: `claims` of them at `places` places, some of those in `rows`.

    `more` is the address of those that are not in `rows`, `""`: there are none; `back` that of those before.
    """

    family: Family
    claims: int
    places: int
    standings: tuple[str, ...]
    rows: tuple[Row, ...]
    more: str = ""
    back: str = ""

    @property
    def summary(self) -> str:
        """`157 clauses at 82 places · 2 contradicted · 15 undeclared`."""
        told = f"{count(self.claims, 'clause')} at {count(self.places, 'place')}"
        return " · ".join((told, *self.standings))


@dataclass(frozen=True, kw_only=True)
class Clauses:
    """All families that have what is asked for, and what can be asked for."""

    asked: Asked
    sections: tuple[Section, ...]
    families: tuple[Family, ...]
    standings: tuple[Standing, ...]
    consumers: tuple[str, ...]
    total: int

    @property
    def found(self) -> int:
        """How many claims are asked for."""
        return sum(section.claims for section in self.sections)


def clauses(compared: Compared, asked: Asked) -> Clauses:
    """The claims of an operation beside its declaration."""
    every = compared.operation.claims
    wanted: dict[Family, list[Claim]] = {}
    for claim in every:
        if asked.wants(claim):
            wanted.setdefault(claim.clause.kind.family, []).append(claim)
    present = {claim.clause.kind.family for claim in every}
    standings = {claim.standing for claim in every}
    return Clauses(
        asked=asked,
        sections=tuple(
            _section(family, wanted[family], asked, judged=judged(compared))
            for family in Family
            if family in wanted
        ),
        families=tuple(family for family in Family if family in present),
        standings=tuple(standing for standing in Standing if standing in standings),
        consumers=tuple(sorted(compared.operation.consumers)),
        total=len(every),
    )


def judged(compared: Compared) -> bool:
    """Whether there is a declaration to hold claims against; without one, undeclared is no news."""
    return compared.promised is not None


def told(claim: Claim, said: str = "", *, judged: bool = False) -> Told:
    """A claim in a line, with its standing if it is judged.

    What no document can say is not: nobody declares what consumers do after an error.
    """
    ruling = ruling_of(claim)
    plain = {Standing.DECLARED} if judged else {Standing.DECLARED, Standing.UNDECLARED}
    return Told(
        claim=claim,
        said=said or claim.clause.statement,
        chip="" if claim.standing in plain else claim.standing.value,
        decided=tag(ruling) if ruling else "",
    )


def _section(family: Family, claims: Sequence[Claim], asked: Asked, *, judged: bool) -> Section:
    found = places(claims)
    size = PAGE if asked.family else AT_FIRST
    page = min(asked.page, -(-len(found) // size)) if asked.family else 1
    here = replace(asked, family=family, page=page)
    following = replace(here, page=page + 1 if asked.family else 1)
    return Section(
        family=family,
        claims=len(claims),
        places=len(found),
        standings=_standings(claims) if judged else (),
        rows=tuple(_row(place, judged=judged) for place in found[(page - 1) * size : page * size]),
        more=following.address if page * size < len(found) else "",
        back=replace(here, page=page - 1).address if page > 1 else "",
    )


def _row(place: Place, *, judged: bool) -> Row:
    return Row(
        name=place.subject.readable,
        told=tuple(
            told(claim, said, judged=judged)
            for claim, said in zip(place.claims, place.statements, strict=True)
        ),
        dependence=place.dependence,
    )


def _standings(claims: Iterable[Claim]) -> tuple[str, ...]:
    """`3 contradicted`, what troubles most first; what is declared is not told."""
    numbers = Counter(claim.standing for claim in claims)
    told = (one for one in Standing if one is not Standing.DECLARED and numbers[one])
    return tuple(f"{numbers[one]:,} {one.value}" for one in told)
