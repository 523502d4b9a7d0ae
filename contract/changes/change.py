"""A change: one difference between two sides, with the rule that judges it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contract.changes.rules import Compatibility, Rule
    from contract.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What differs. `subject` is None for a whole operation, `operation` is `""` for a whole document.

    `old` and `new` are the facts of the aspect on either side, None where nothing is said. `pointer` is
    where the newer document says it, or the older one what is gone. `keys` are all keys that traffic may
    know the operation by.
    """

    rule: Rule
    operation: str
    subject: Subject | None
    message: str
    old: Any = None
    new: Any = None
    pointer: str = ""
    keys: tuple[str, ...] = ()

    @property
    def compatibility(self) -> Compatibility:
        """What the rule says of such a change where nothing is known of its consumers."""
        return self.rule.compatibility
