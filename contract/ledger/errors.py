"""What can be wrong with a ledger's file."""

from __future__ import annotations

from store.errors import DefactoError


class LedgerError(DefactoError):
    """The file cannot be read, written or edited, or says something that cannot be meant."""
