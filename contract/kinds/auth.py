"""`auth`: how callers say who they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from contract.clause import Kind, Relation, alike
from contract.kinds.named import Named
from contract.subject import parse

if TYPE_CHECKING:
    from contract.subject import Subject

NOBODY = "none"
"""Calls without any credential are answered, too."""

API_KEY = "api-key"

_AUTHORIZATION = parse("request.header.authorization")


@dataclass(frozen=True, slots=True)
class Auth(Named):
    """Schemes of RFC 9110 section 11 (`bearer`), `api-key`, `session` (a cookie), `mtls`, `none`."""

    name: ClassVar[str] = "auth"
    words: ClassVar[str] = "callers say who they are by {}: {}"

    def describe(self, subject: Subject) -> str:
        """`callers say who they are by header authorization: bearer`; `…, or say nothing`."""
        named = [name for name in self.names if name != NOBODY]
        if not named:
            return "callers need not say who they are"
        said = self.words.format(subject.readable, " or ".join(named))
        return f"{said}, or say nothing" if NOBODY in self.names else said

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """By inclusion. A key in `Authorization` stands for any scheme: documents have no word for others."""
        theirs = alike(self, other)
        if subject == _AUTHORIZATION:
            return Relation.of(
                all(map(theirs._covers, self.names)),  # noqa: SLF001  # a twin
                all(map(self._covers, theirs.names)),
            )
        return self._relate(theirs)

    def _covers(self, name: str) -> bool:
        return name in self.names or (name != NOBODY and API_KEY in self.names)
