"""The contract as a page to sign: self-contained, and good in print. It does not say when it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.definition.terms import Part
from reports.definition import DISPUTED, parties, policy_of, sections, verdict
from reports.html import file

if TYPE_CHECKING:
    from contract.definition.terms import Definition
    from contract.ledger.model import Ledger


def definition_html(definition: Definition, ledger: Ledger | None) -> str:
    """The contract."""
    return file(
        "definition.html",
        definition=definition,
        verdict=verdict(definition),
        sections=sections(definition),
        parties=parties(definition),
        policy=policy_of(ledger),
        decided=ledger is not None,
        colours={
            Part.STABLE.value: "declared",
            DISPUTED: "contradicted",
            Part.UNDECIDED.value: "relied",
        },
        window=None,
        operations=(),
    )
