"""What can be wrong with a declared document."""

from __future__ import annotations

from store.errors import DefactoError


class DeclaredError(DefactoError):
    """A declared document cannot be read or is invalid; the message says which, where and why."""
