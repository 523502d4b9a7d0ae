"""Changes: what differs between two declared sides, which rule says so, and whom it would break.

`reading` makes places and facts of documents, `comparing` makes changes of two of them by the rules of
`rules`, `usage` joins changes with the dependence that was observed, `announced` reads changes told by hand.
"""

from __future__ import annotations

from contract.changes.change import Change
from contract.changes.comparing import compare
from contract.changes.reading import load
from contract.changes.rules import RULES, Compatibility, Rule

__all__ = ["RULES", "Change", "Compatibility", "Rule", "compare", "load"]
