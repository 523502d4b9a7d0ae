"""The verdict on what is sent: who sends what goes, who does not send what comes, whose values still fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.changes.relating import relate
from contract.changes.schemas import texts_of
from contract.clause import Relation
from contract.headers import is_ignored

if TYPE_CHECKING:
    from contract.changes.change import Change
    from contract.changes.sight import Sight
    from contract.claim import Dependence
    from contract.subject import Subject

Told = tuple[str, str, "Dependence | None"]
"""The word of a verdict, on what it rests, and the dependence that says so."""


class RequestJudge:
    """Judges one change of a request.

    Args:
        change: what differs; its subject stands in the request.
        sight: the operation as it was observed.
        enough: calls from which on never having sent something means something.
    """

    def __init__(self, change: Change, sight: Sight, enough: int) -> None:
        if change.subject is None:
            raise ValueError("a change of a request is about a place")
        self._subject: Subject = change.subject
        self._change = change
        self._sight = sight
        self._enough = enough

    def verdict(self, consumer: str, calls: int) -> Told:
        """What the change would do to a consumer that called so often."""
        if _is_unseen(self._subject):
            return "unknown", "what is sent there is not observed", None
        link = self._sight.links(self._subject, inside=True).get(consumer)
        sent = min(self._sight.sent(self._subject, consumer), calls)
        kind = self._change.rule.kind
        needed = self._change.rule.name.endswith(("required", "required-with-default"))
        if needed or kind == "default":
            return self._demanded(link, sent, self._could(consumer, calls))
        if link is None or not sent:
            return self._never_sent(calls)
        if kind in _OF_ALL_VALUES:
            return "breaks", f"sends it, {_times(sent)}", link
        return self._valued(link, sent)

    def _could(self, consumer: str, calls: int) -> int:
        """How often a consumer sent what the place is in: of a whole body or parameter all calls."""
        if len(self._subject.parts) <= 3:
            return calls
        return min(self._sight.sent(self._subject.parent, consumer), calls)

    def _demanded(self, link: Dependence | None, sent: int, calls: int) -> Told:
        if sent < calls:
            return "breaks", f"does not send it in {calls - sent:,} of {_counted(calls)}", link
        if calls < self._enough:
            return "unknown", f"sends it always, in only {_counted(calls)}", link
        return "unaffected", f"sends it already, in each of {calls:,} calls", link

    def _never_sent(self, calls: int) -> Told:
        if calls < self._enough:
            return "unknown", f"never sent it, in only {_counted(calls)}", None
        return "unaffected", f"never sent it in {calls:,} calls", None

    def _valued(self, link: Dependence, sent: int) -> Told:
        """By the values that were sent; what passed is known of all consumers together."""
        aspect, shown = self._change.rule.kind, self._sight.shown(self._subject)
        allowed = self._change.new
        if aspect == "symbols" and allowed is not None:  # traffic shows names
            aspect, allowed = "enum", texts_of(list(allowed))
        if shown.get(aspect) is None:
            return "breaks", f"sends it, {_times(sent)}; with which values is not kept", link
        relation = relate(aspect, allowed, shown[aspect], textual=self._subject.textual)
        if relation in {Relation.SAME, Relation.NARROWER}:
            if sent < self._enough:
                return "unknown", f"what it sends still fits, in only {_counted(sent)}", link
            return "unaffected", f"what it sends still fits, in all of {_counted(sent)}", link
        others = len(self._sight.links(self._subject, inside=True)) - 1
        whose = f"by it or by {others} other{'s' if others > 1 else ''}, " if others else ""
        words = f"sends it, {_times(sent)}; {whose}values were sent that do not fit any more"
        return ("may-break" if others else "breaks"), words, link


_OF_ALL_VALUES = frozenset(
    {
        *("required", "content", "hidden", "open", "keyword", "oneOf", "anyOf", "discriminator"),
        *("number", "name", "encoded", "together", "correlation"),
    }
)
"""Aspects whose change hits whoever sends something, whatever it is."""


def _is_unseen(subject: Subject) -> bool:
    return subject.section == "cookie" or (subject.section == "header" and is_ignored(subject.parts[-1]))


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def _counted(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls:,} calls"
