"""The rules: every kind of change by a stable name, what it means, how grave it is, and an example.

What narrows a request breaks callers, what widens an answer may break its readers. Names are an interface:
add, never rename.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from contract.changes.grades import Compatibility
from contract.changes.rule_table import AVRO, GRAPHQL, PLACES, PROTOBUF, VALUES, WHOLE

__all__ = ["ASPECTS", "RULES", "Compatibility", "Rule", "graded", "value_rule"]

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of change. `kind` is the aspect that it is about."""

    name: str
    kind: str
    compatibility: Compatibility
    meaning: str
    example: str


_HOW = {
    "narrowed": "allow less than before",
    "widened": "allow more than before",
    "changed": "differ, and neither holds the other",
}


def _rules() -> dict[str, Rule]:
    found = [Rule(*row) for row in (*WHOLE, *PLACES, *AVRO, *PROTOBUF, *GRAPHQL)]
    for aspect, (words, example, *by_direction) in VALUES.items():
        for direction, grades in zip(("request", "response"), by_direction, strict=True):
            where = "a request" if direction == "request" else "an answer"
            for how, grade in zip(_HOW, grades, strict=True):
                meaning = f"Of {where}, {words}: {_HOW[how]}."
                shown = " → ".join(reversed(example.split(" → "))) if how == "widened" else example
                found.append(Rule(f"{direction}-{_word(aspect)}-{how}", aspect, grade, meaning, shown))
    for direction in ("request", "response"):
        for what in ("deprecated", "undeprecated"):
            meaning = f"Something in a {direction} is {what}."
            found.append(
                Rule(
                    f"{direction}-{what}", "deprecated", Compatibility.COMPATIBLE, meaning, "deprecated: true"
                )
            )
    return {rule.name: rule for rule in found}


def _word(aspect: str) -> str:
    """An aspect as a part of a rule's name: `minLength` → `min-length`, `x-extensible-enum` stays."""
    named = "additional-properties" if aspect == "open" else aspect
    return "".join(f"-{one.lower()}" if one.isupper() else one for one in named)


RULES: Mapping[str, Rule] = _rules()

ASPECTS: frozenset[str] = frozenset(VALUES)
"""The aspects of values, which have rules for narrowing, widening and other changes in both directions."""


def value_rule(direction: str, aspect: str, how: str) -> Rule:
    """The rule for a change of an aspect of values."""
    return RULES[f"{direction}-{_word(aspect)}-{how}"]


def graded(grades: Mapping[str, Compatibility]) -> Mapping[str, Rule]:
    """The rules with some graded otherwise.

    Raises:
        KeyError: there is no rule of a name; the name is the argument.
    """
    return {**RULES, **{name: replace(RULES[name], compatibility=grade) for name, grade in grades.items()}}
