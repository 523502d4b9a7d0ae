"""Fixes: changes that put a document right. What was seen breaks the old side and keeps to the new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.changes.relating import relate
from contract.changes.rules import ASPECTS
from contract.clause import Direction, Relation

if TYPE_CHECKING:
    from contract.changes.change import Change
    from contract.changes.sight import Sight

_WITHIN = frozenset({Relation.SAME, Relation.NARROWER})


def fix(change: Change, sight: Sight, enough: int) -> str:
    """Why a change is none for those who read answers, `""` where it is one.

    Args:
        change: what differs.
        sight: the operation as it was observed.
        enough: observations that it takes to say so.
    """
    subject = change.subject
    if subject is None or subject.direction is Direction.REQUEST:
        return ""
    seen = sight.answered(subject)
    if seen < enough:
        return ""
    if change.rule.name == "response-property-removed":
        # Of an array that was always empty nothing is known: what would carry the field must have come.
        carried = sight.claims(subject.parent, inside=True)
        gone = change.old and carried and not sight.claims(subject, inside=True)
        return f"it was declared as always there, and never came in {seen:,} answers" if gone else ""
    shown = sight.shown(subject)
    if change.rule.name == "response-property-became-optional":
        return f"it was missing already, in {seen:,} answers" if shown.get("required") is False else ""
    agrees = change.rule.kind in ASPECTS and _was_so(change, shown.get(change.rule.kind))
    return f"what came was so already, in {seen:,} answers" if agrees else ""


def _was_so(change: Change, shown: Any) -> bool:
    """Whether what came breaks the older statement and keeps the newer one."""
    textual = change.subject is not None and change.subject.textual
    before = relate(change.rule.kind, change.old, shown, textual=textual)
    after = relate(change.rule.kind, change.new, shown, textual=textual)
    return shown is not None and before not in _WITHIN and after in _WITHIN
