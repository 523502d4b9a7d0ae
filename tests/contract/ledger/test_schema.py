"""`GOLDEN=write pytest tests/contract/ledger/test_schema.py` writes docs/contract.schema.json anew."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from contract.claim import Decision
from contract.ledger.model import Role
from contract.ledger.reading import parse, tree
from contract.ledger.schema import schema
from contract.ledger.template import template
from contract.ledger.writing import decided, positioned
from tests.contract.ledger.saying import DAY, claim, empty, written

SCHEMA = Path(__file__).parents[3] / "docs" / "contract.schema.json"


def plain(found: Any) -> Any:
    """YAML's dates as JSON has them."""
    if isinstance(found, dict):
        return {name: plain(one) for name, one in found.items()}
    if isinstance(found, list):
        return [plain(one) for one in found]
    return found.isoformat() if isinstance(found, date) else found


def is_valid(text: str) -> bool:
    validator = jsonschema_rs.Draft202012Validator(schema(), validate_formats=True)
    return validator.is_valid(plain(tree(text, "x")))


def test_the_documented_schema_is_that_of_the_types() -> None:
    made = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("GOLDEN") == "write":
        SCHEMA.write_text(made, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == made


def test_what_is_written_is_valid() -> None:
    about = claim()
    decision = decided(empty(), about, Decision.DEPRECATED, by="anna", at=DAY, reason="x", remove=DAY)
    position = positioned(
        empty(), claim("other"), Decision.GUARANTEED, by="billing", role=Role.CONSUMER, at=DAY, reason="y"
    )
    assert is_valid(template("shop"))
    assert is_valid(written(decision, position))


@pytest.mark.parametrize(
    "text",
    [
        "colour: red",
        "interface: {produser: shop}",
        "clauses: {orders: {}}",
        "clauses: {aaaaaaaaaaaa: {decison: guaranteed}}",
    ],
)
def test_what_reading_names_is_invalid(text: str) -> None:
    assert parse(text, "x").notes
    assert not is_valid(text)
