"""What somebody says about clauses, as it was filled in, and what becomes of it: a patch of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from contract.claim import Decision
from contract.ledger.model import Role
from contract.ledger.patching import patch
from contract.ledger.reading import load, parse
from contract.ledger.ruling import speaks_of
from contract.ledger.template import template
from contract.ledger.terms import Terms
from contract.ledger.writing import positioned
from reports.deciding import written
from store.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from contract.claim import Claim
    from contract.ledger.model import Ledger
    from contract.ledger.splicing import Edit

MOST_TOGETHER = 200
"""Clauses that are decided at once: more cannot be looked at."""
OWNER, SIDE = "owner", "side"
"""Who speaks: for the interface, which decides; or for one side, which takes a position."""

_LONGEST = {"by": 200, "reason": 2_000, "successor": 300}


@dataclass(frozen=True, kw_only=True)
class Said:
    """The form. All is text, as it came; `state` is of the ledger that its diff was made against."""

    ids: tuple[str, ...]
    speaks: str = OWNER
    what: str = ""
    role: str = ""
    by: str = ""
    reason: str = ""
    review: str = ""
    remove: str = ""
    successor: str = ""
    state: str = ""

    @classmethod
    def of(cls, given: Mapping[str, object], ids: Sequence[str]) -> Self:
        """What a form holds; uploads and unknown fields are no part of it."""
        names = ("speaks", "what", "role", "by", "reason", "review", "remove", "successor", "state")
        texts = {name: value.strip() for name in names if isinstance(value := given.get(name), str)}
        return cls(ids=tuple(ids), **texts)

    @property
    def fields(self) -> Iterator[tuple[str, str]]:
        """All of it again, for the next form."""
        yield from (("id", id_) for id_ in self.ids)
        for name in ("speaks", "what", "role", "by", "reason", "review", "remove", "successor"):
            yield name, getattr(self, name)

    @property
    def troubles(self) -> dict[str, str]:
        """What is missing or cannot be meant, by field."""
        found = dict(self._missing())
        for name, longest in _LONGEST.items():
            if len(getattr(self, name)) > longest:
                found[name] = f"At most {longest:,} characters."
        for name in ("review", "remove"):
            if getattr(self, name) and _day(getattr(self, name)) is None:
                found[name] = "This is no day such as 2027-03-01."
        return found

    def _missing(self) -> Iterator[tuple[str, str]]:
        if self.what not in set(Decision) or (self.what == Decision.UNDECIDED and self.speaks != SIDE):
            yield "what", "Choose what it shall be."
        if self.speaks == SIDE and self.role not in set(Role):
            yield "role", "Choose the side that speaks."
        if not self.by:
            yield "by", "Who says so?"
        if not self.reason:
            yield "reason", "Why? Whoever reads the ledger later will ask."
        if self.speaks != SIDE and self.what == Decision.DEPRECATED and not self.remove:
            yield "remove", "What is deprecated has a day on which it goes."

    def edits(self, ledger: Ledger, claims: Sequence[Claim], today: date) -> list[Edit]:
        """What is to be written about each clause, once there are no troubles."""
        what = Decision(self.what)
        if self.speaks == SIDE:
            role = Role(self.role)
            return [
                positioned(ledger, one, what, by=self.by, role=role, at=today, reason=self.reason)
                for one in claims
            ]
        goes = what is Decision.DEPRECATED
        terms = Terms(
            by=self.by,
            at=today,
            reason=self.reason,
            review=_day(self.review),
            remove=_day(self.remove) if goes else None,
            successor=self.successor if goes else "",
        )
        return [terms.edit(ledger, one, what) for one in claims]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a diff: `added`, `removed`, `place`, `file`, or `""` where it stays."""

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What would be written: the ledger before (None: there is no file) and after, and the way between."""

    before: str | None
    after: str
    patch: str

    @property
    def state(self) -> str:
        """Tells the ledger that this was made against from any other."""
        return state_of(self.before)

    @property
    def lines(self) -> Iterator[Line]:
        """The patch line by line."""
        for number, line in enumerate(self.patch.split("\n")[:-1]):
            yield Line(kind=_kind(line, number), text=line.removesuffix("\r"))


def draft(said: Said, claims: Sequence[Claim], path: Path) -> Draft:
    """What the ledger's file would hold.

    Raises:
        LedgerError: the file cannot be read or edited.
        QuestionError: the clauses are not of the interface that it is the ledger of.
    """
    before = load(path) if path.exists() else None
    producer = _producer(claims)
    ledger = parse(before if before is not None else template(producer), path.name)
    if not speaks_of(ledger, producer):
        raise QuestionError(
            f"{path.name} is the ledger of {ledger.interface.producer}: "
            f"what is decided about {producer} belongs into its own."
        )
    edits = said.edits(ledger, claims, datetime.now(UTC).date())
    after = written(before, producer, path.name, edits)
    return Draft(before=before, after=after, patch=patch(before, after, _from_here(path)))


def state_of(text: str | None) -> str:
    """The SHA-256 of a ledger's text; `none` where there is no file."""
    return "none" if text is None else sha256(text.encode()).hexdigest()


def _producer(claims: Sequence[Claim]) -> str:
    producers = sorted({one.clause.producer for one in claims})
    if len(producers) > 1:
        raise QuestionError(f"The clauses are of {' and '.join(producers)}: a ledger is of one interface.")
    return producers[0]


def _from_here(path: Path) -> str:
    """A file as a patch names it: below the folder of the page if it was given so, else by its name."""
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()


def _kind(line: str, number: int) -> str:
    if line.startswith(("diff ", "new file ")) or (number < 4 and line.startswith(("--- ", "+++ "))):
        return "file"
    return {"+": "added", "-": "removed", "@": "place"}.get(line[:1], "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None  # YYYY-MM-DD
    except ValueError:
        return None
