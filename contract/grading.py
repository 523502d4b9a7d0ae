"""What a policy says of the changes that the gate found: `policy.compatibility` and `policy.exclude`.

The rules of the gate are graded for a service that is deployed while its consumers are what they were:
requests `BACKWARD`, answers `FORWARD`. The opposite mode asks what would happen if the change were undone:
who was made for the new side meets the old one. So a change counts in it as the opposite change does by its
rule, and in `FULL` as both do. No mode speaks of what people are told (descriptions, deprecation, sunset
dates): that is no form of anything that is sent.

A change that the mode does not allow is as grave as `severity` says, by the rule's name, by the aspect that
the rule is about, by a kind of clause or by a family of kinds, in this order.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from contract.changes.rules import RULES, Compatibility
from contract.changes.single import OPERATION
from contract.clause import Direction, Family
from contract.kinds import KINDS
from contract.policy import Mode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from contract.changes.change import Change
    from contract.changes.rules import Rule
    from contract.changes.usage import Judged
    from contract.policy import Exclusions, Policy


def ruled(judged: Judged, policy: Policy, *, single: Mode, by_hand: Collection[str] = ()) -> Judged:
    """A change as the policy grades it, with why where that is not what its rule says.

    What is forbidden for the sake of the new side is forbidden whoever was seen: consumers of today say
    nothing of those to come.

    Args:
        judged: joined with what was seen, or not.
        policy: what is in force.
        single: the mode that single schemas were held against each other by.
        by_hand: rules that were graded for this one question; the policy leaves these alone.
    """
    change = judged.change
    left_out = _left_out(change, policy.exclude)
    if left_out:
        said = f"the policy leaves {left_out} out of the contract"
        return replace(judged, change=_as(change, Compatibility.COMPATIBLE), hits=(), ruled=said)
    if change.rule.name in by_hand or judged.ruled:
        return judged
    what, mode = _mode_of(change, policy, single)
    now, back = by_mode(change, mode)
    why = [f"{what} {mode}"] if (now, back) != (change.compatibility, Compatibility.COMPATIBLE) else []
    severity = policy.compatibility.severity
    name = next((one for one in names(change.rule) if one in severity), "")
    if name and (now, back) != (Compatibility.COMPATIBLE, Compatibility.COMPATIBLE):
        grade = Compatibility(severity[name])
        why += [f"what is about {name} is {_CALLED[grade]}"] if grade is not max(now, back, key=_rank) else []
        now, back = (one if one is Compatibility.COMPATIBLE else grade for one in (now, back))
    if not why:
        return judged
    grade = max(now, back, key=_rank)
    otherwise = (
        "who was seen says nothing of who is to come"
        if grade is change.compatibility
        else f"the rule alone says {change.compatibility.value}"
    )
    return replace(
        judged,
        change=_as(change, grade),
        least=back,
        ruled=f"by the policy {' and '.join(why)}; {otherwise}",
    )


_CALLED = {
    Compatibility.BREAKING: "breaking",
    Compatibility.WARNING: "a warning",
    Compatibility.COMPATIBLE: "let pass",
}


def direction_of(change: Change) -> Direction | None:
    """Which way goes what a change is about; None where it is about neither, or a single schema."""
    rule = change.rule
    if change.operation == OPERATION or rule.kind in _TOLD:
        return None
    if change.subject is not None:
        return change.subject.direction
    if rule.name.startswith("graphql-"):
        sent = any(word in rule.name for word in ("-arg-", "-input-", "-directive-"))
        return Direction.REQUEST if sent else Direction.RESPONSE
    return Direction.REQUEST


_TOLD = frozenset({"deprecated", "description", "operationId", "path", "tags", "x-stability-level"})
"""Aspects that only people read."""


def by_mode(change: Change, mode: Mode | None) -> tuple[Compatibility, Compatibility]:
    """How grave a change is by a mode, for who was made for the old side and for who was made for the new."""
    direction = direction_of(change)
    if mode is Mode.NONE:
        return Compatibility.COMPATIBLE, Compatibility.COMPATIBLE
    if mode is None or direction is None or mode.basic is _TODAYS[direction]:
        return change.compatibility, Compatibility.COMPATIBLE
    now = change.compatibility if mode.basic is Mode.FULL else Compatibility.COMPATIBLE
    return now, undone(change)


_TODAYS = {Direction.REQUEST: Mode.BACKWARD, Direction.RESPONSE: Mode.FORWARD}
"""The modes that the rules are graded for."""


def _rank(grade: Compatibility) -> int:
    return grade.rank


def undone(change: Change) -> Compatibility:
    """How grave the opposite of a change is. Where there is no rule for it, it is harmless."""
    name = change.rule.name
    if name in _OPPOSITES:
        return RULES[_OPPOSITES[name]].compatibility
    found = _HOW.fullmatch(name)
    if found is None:
        return change.compatibility  # changed, renamed, replaced: so is the opposite
    stem, how = found["stem"], _TURNED[found["how"]]
    must = change.old is True and how == "added" and stem.startswith("request-")
    opposite = RULES.get(f"{stem}-{how}{'-required' if must else ''}")
    return Compatibility.COMPATIBLE if opposite is None else opposite.compatibility


_PAIRS = (
    ("narrowed", "widened"),
    ("added", "removed"),
    ("became-required", "became-optional"),
    ("hidden", "shown"),
    ("tightened", "relaxed"),
    ("raised", "lowered"),
    ("closed", "opened"),
)
_TURNED = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_HOW = re.compile(rf"(?P<stem>.+?)-(?P<how>{'|'.join(_TURNED)})(?:-(?!scalar).+)?")
_OPPOSITES = {
    f"graphql-{one}": f"graphql-{other}"
    for one, other in (
        ("value-removed-from-enum", "value-added-to-enum"),
        ("value-added-to-enum", "value-removed-from-enum"),
        ("type-removed-from-union", "type-added-to-union"),
        ("type-added-to-union", "type-removed-from-union"),
        ("required-arg-added", "arg-removed"),
        ("optional-arg-added", "arg-removed"),
        ("required-input-field-added", "field-removed"),
        ("optional-input-field-added", "field-removed"),
        ("required-directive-arg-added", "directive-arg-removed"),
    )
}


def names(rule: Rule) -> Iterator[str]:
    """The names that a policy can grade a rule by, its own first, then those of more and more rules."""
    yield rule.name
    yield rule.kind
    kind = KIND_OF.get(rule.kind, rule.kind)
    if kind in KINDS:
        yield kind
        yield KINDS[kind].family.value


KIND_OF = {
    "required": "present",
    "hidden": "present",
    "x-extensible-enum": "enum",
    "minimum": "range",
    "maximum": "range",
    "multipleOf": "range",
    "minLength": "length",
    "maxLength": "length",
    "minItems": "size",
    "maxItems": "size",
    "uniqueItems": "unique",
    "open": "closed",
    "oneOf": "variant",
    "anyOf": "variant",
    "discriminator": "variant",
    "content": "content-type",
    "security": "auth",
    "status": "occurs",
}
"""The kind of clause that says what an aspect of a document says, where the two have different names."""


def unknown(policy: Policy) -> list[str]:
    """What a policy grades that is no rule, no aspect of one, no kind and no family."""
    known = {name for rule in RULES.values() for name in names(rule)} | set(KINDS) | set(Family)
    return sorted(policy.compatibility.severity.keys() - known)


def _mode_of(change: Change, policy: Policy, single: Mode) -> tuple[str, Mode | None]:
    """What of a change's sort there is in the policy, in words, and its mode."""
    if change.operation == OPERATION:
        return "a single schema is", single
    direction = direction_of(change)
    if direction is None:
        return "", None
    return f"{_NAMED[direction]} are", policy.compatibility.mode(direction)


_NAMED = {Direction.REQUEST: "requests", Direction.RESPONSE: "answers"}


def _as(change: Change, grade: Compatibility) -> Change:
    return replace(change, rule=replace(change.rule, compatibility=grade))


def _left_out(change: Change, exclude: Exclusions) -> str:
    """What of a change the contract does not speak of, in words; `""`: it does."""
    operation = next(filter(exclude.operation, (change.operation, *change.keys)), "")
    if operation:
        return operation
    return str(change.subject) if change.subject is not None and exclude.place(str(change.subject)) else ""
