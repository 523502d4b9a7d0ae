"""The gate's report: changes, whom each would break, and the verdict on all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.changes.rules import Compatibility
from contract.changes.usage import Judged, Verdict, worst
from contract.policy import Mode
from reports.words import count, instant, listed, verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract.changes.change import Change
    from contract.changes.rules import Rule
    from contract.changes.usage import Hit
    from contract.claim import Consumer
    from store.records import Capture

ORDER = (Verdict.BREAKS, Verdict.MAY_BREAK, Verdict.UNKNOWN, Verdict.UNAFFECTED)
"""Verdicts, the gravest first."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a check found. `old` and `new` name the sides; without `usage` only documents were compared.

    `window` is the first and last observation (Unix ns), None where nothing was observed or asked, and
    `consumers` are all of the producer. `doubts` are sentences on what the answer rests on too little of.
    `mode` is what single schemas were held against each other by, `by_hand` names the rules that were graded
    for this question alone.
    """

    old: str
    new: str
    judged: tuple[Judged, ...]
    usage: bool = False
    producer: str = ""
    window: tuple[int, int] | None = None
    capture: Capture | None = None
    consumers: tuple[Consumer, ...] = ()
    doubts: tuple[str, ...] = ()
    mode: Mode = Mode.BACKWARD
    by_hand: frozenset[str] = frozenset()

    @property
    def verdict(self) -> Compatibility:
        """That of the gravest change that hits somebody."""
        return worst(self.judged)

    def fails(self, at: str) -> bool:
        """Whether the verdict is at least as grave as `breaking` or `warning`; `never` it is."""
        return at != "never" and self.verdict.rank >= Compatibility(at).rank

    @property
    def headline(self) -> str:
        """The answer to "may I ship this?" in one sentence without a full stop."""
        if not self.judged:
            return "Nothing changes"
        grades = Counter(one.compatibility for one in self.judged if not one.accepted)
        accepted = sum(bool(one.accepted) for one in self.judged)
        told = [
            count(grades[grade], noun)
            for grade, noun in (
                (Compatibility.BREAKING, "breaking change"),
                (Compatibility.WARNING, "warning"),
                (Compatibility.COMPATIBLE, "harmless change"),
            )
            if grades[grade]
        ]
        told += [count(accepted, "accepted change")] if accepted else []
        words = {Compatibility.BREAKING: "Do not ship", Compatibility.WARNING: "Look before you ship"}
        return f"{words.get(self.verdict, 'Ship it')}: {listed(told)}{self._whom()}"

    def _whom(self) -> str:
        broken = {
            hit.consumer: bool(hit.left)
            for one in self.judged
            for hit in one.hits
            if hit.verdict is Verdict.BREAKS and not one.accepted
        }
        here = sorted(name for name, left in broken.items() if not left)
        if here:
            return f"; {listed(here)} would break"
        if broken:
            return f"; {listed(sorted(broken))} would break, and {verb(len(broken), 'has', 'have')} left"
        else_ = " else" if any(one.accepted for one in self.judged) else ""
        return f"; nobody{else_} was seen who breaks" if self.usage else ""


def place(change: Change) -> str:
    """Where a change is: the operation, and the place in it."""
    where = change.subject.readable if change.subject is not None else ""
    return " · ".join(filter(None, (change.operation or "the document", where)))


def ordered(one: Judged) -> list[Hit]:
    """The consumers, those that break first."""
    return sorted(one.hits, key=lambda hit: (ORDER.index(hit.verdict), hit.consumer))


def told(hit: Hit) -> str:
    """One consumer's verdict as a sentence: `web (team-web) breaks: uses it …`."""
    owner = f" ({hit.owner})" if hit.owner else ""
    return f"{hit.consumer}{owner} {hit.verdict.value}: {why(hit)}"


def why(hit: Hit) -> str:
    """How a verdict is known, and that it does not count where its consumer has left."""
    return f"{hit.basis}; left: {hit.left}" if hit.left else hit.basis


def notes(one: Judged) -> list[str]:
    """What the ledger says of a change: how it is graded, who has accepted it, or why that does not count."""
    return [note for note in (one.ruled, one.accepted, one.refused, one.unseen) if note]


def check_form(checked: Checked) -> dict[str, Any]:
    """The report as JSON's own types. Names are an interface: add, never rename.

    `compatibility` is what the rule says of a change, or the policy (`policy` says why), or `compatible` for
    a fix; `effect` is what is left of it for the consumers that are known, and the verdict is the worst of
    these. `left` says in words since when a consumer is none any more, by the ledger's policy.
    """
    first, last = checked.window or (None, None)
    return {
        "verdict": checked.verdict.value,
        "headline": checked.headline,
        "old": checked.old,
        "new": checked.new,
        "usage": checked.usage,
        "producer": checked.producer,
        "window": {"from": _instant(first), "to": _instant(last)},
        "doubts": list(checked.doubts),
        "changes": [_change(one) for one in checked.judged],
    }


def _change(one: Judged) -> dict[str, Any]:
    change = one.change
    grade = Compatibility.COMPATIBLE if one.fix else change.compatibility
    return {
        "rule": change.rule.name,
        "kind": change.rule.kind,
        "severity": grade.severity,
        "operation": change.operation,
        "subject": None if change.subject is None else str(change.subject),
        "message": change.message,
        "compatibility": grade.value,
        "effect": one.compatibility.value,
        "fix": one.fix,
        "policy": one.ruled,
        "accepted": one.accepted,
        "unseen": one.unseen,
        "pointer": change.pointer,
        "consumers": [_hit(hit) for hit in ordered(one)],
    }


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "consumer": hit.consumer,
        "owner": hit.owner,
        "verdict": hit.verdict.value,
        "basis": hit.basis,
        "left": hit.left,
        "evidence": {
            "calls": hit.calls,
            "count": hit.count,
            "first_seen": _instant(hit.first_seen),
            "last_seen": _instant(hit.last_seen),
            "examples": list(hit.examples),
        },
    }


def _instant(unix_ns: int | None) -> str | None:
    return None if unix_ns is None else instant(unix_ns)


def rules_form(rules: Mapping[str, Rule]) -> dict[str, Any]:
    """The rules as JSON's own types."""
    return {
        "rules": [
            {
                "rule": rule.name,
                "kind": rule.kind,
                "compatibility": rule.compatibility.value,
                "severity": rule.compatibility.severity,
                "meaning": rule.meaning,
                "example": rule.example,
            }
            for rule in rules.values()
        ],
        "change_with": "--severity RULE=breaking|warning|compatible, or policy.compatibility in the ledger",
    }
