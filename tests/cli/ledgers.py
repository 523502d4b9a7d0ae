"""Golden files of what the commands about the ledger write and say.

`GOLDEN=write pytest tests/cli` writes them anew; review the difference.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"

REF = "mc6u623nbrsn"
"""`GET /orders · 200 body items[].ref · present`: billing uses it, and nobody promised it."""


def compare(name: str, text: str) -> None:
    """Hold a text against a golden file; today is a word, and lines end where their text does."""
    text = text.replace(datetime.now(UTC).date().isoformat(), "TODAY")
    text = "".join(f"{line.rstrip(' ')}\n" for line in text.splitlines())
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
