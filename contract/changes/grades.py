"""How grave a change is."""

from __future__ import annotations

from enum import StrEnum


class Compatibility(StrEnum):
    """What a change does to consumers that use what it is about."""

    BREAKING = "breaking"
    WARNING = "warning"
    COMPATIBLE = "compatible"

    @property
    def rank(self) -> int:
        """0 for what nobody notices."""
        return list(reversed(Compatibility)).index(self)

    @property
    def severity(self) -> str:
        """The word for it in reports for programs."""
        return {"breaking": "error", "warning": "warning", "compatible": "info"}[self.value]

    def at_most(self, other: Compatibility) -> Compatibility:
        """The milder one."""
        return min(self, other, key=lambda one: one.rank)
