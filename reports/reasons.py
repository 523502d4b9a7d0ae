"""Why a finding is one, and how sure that is: in sentences, for every format alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.claim import Level, Standing
from contract.clause import Direction
from contract.ledger.ruling import ruling_of
from contract.operation import RECEIVE, SEND, parse
from reports.decisions import decisions
from reports.finding import Scope
from reports.words import clipped, count, listed, percent, upper, verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.claim import Dependence, Evidence
    from reports.finding import Finding

SHAKY_BOUND = 0.1
"""A statement that more violations could still break is called shaky: below 30 observations, all are."""


_HAPPENS = {SEND: "published", RECEIVE: "delivered"}
_TO_WHOM = {SEND: "Published by", RECEIVE: "Delivered to"}
"""What is said of messages in the place of calls, by the operation's verb."""


def named(finding: Finding) -> str:
    """What the finding is about, in a few words."""
    if finding.place is None:
        return "the whole operation"
    if len(finding.operations) > 1 and finding.place.parts[-1] == "latency":
        return "latency"
    return finding.place.readable


def headline(finding: Finding) -> str:
    """The finding as one sentence without a full stop."""
    if finding.place is None:
        undeclared = finding.standing is Standing.UNDECLARED
        how = _HAPPENS.get(parse(finding.operation).verb, "called")
        return f"is {how}, and not declared" if undeclared else f"is declared, and was never {how}"
    if len(finding.operations) > 1:
        return f"{named(finding)} is undeclared"
    if finding.scope is Scope.PLACE:
        return _of_place(finding)
    statement = clipped(finding.lead.clause.statement)
    inside = _inside(finding)
    return f"{statement}, and {count(inside - 1, 'place')} like it" if inside > 1 else statement


def gist(finding: Finding) -> str:
    """The sentence that a reader needs beside the headline: what was promised, or who does what with it."""
    if finding.standing is Standing.UNDECLARED and finding.scope is not Scope.OPERATION and finding.reliant:
        return f"{depends(finding.reliant[0])}."
    return _declaration(finding)


def reasons(finding: Finding) -> tuple[str, ...]:
    """Full sentences: what the declaration says, who depends on it how, what the observations allow."""
    if len(finding.operations) > 1:
        return (
            _declaration(finding),
            *decisions(finding),
            *_who(finding),
            f"Found in {listed(finding.operations, most=5)}.",
        )
    return (_declaration(finding), *decisions(finding), *_who(finding), *_evidence(finding))


def bound(evidence: Evidence) -> str:
    """How sure a statement is: `true in all 1,240; at 95% at most 0.24 % break it`."""
    if evidence.bound is None:
        return "never seen"
    if evidence.broken:
        held = f"true in {evidence.held:,} of {evidence.total:,}"
    else:
        held = f"true in all {evidence.total:,}" if evidence.total > 1 else "seen once"
    return f"{held}; at 95% at most {upper(evidence.bound)} break it" if evidence.bound < 1 else held


def sure(evidence: Evidence) -> str:
    """The same for a column: `all 1,240 (≤0.24%)`."""
    if evidence.bound is None:
        return "never seen"
    held = f"{evidence.held:,} of {evidence.total:,}" if evidence.broken else f"all {evidence.total:,}"
    return f"{held} (≤{upper(evidence.bound)})"


def depends(link: Dependence) -> str:
    """One consumer's dependence: `web uses it: sent back as path id of GET /orders/{id}, 40 times`."""
    if link.level is Level.EXPOSED:
        return f"{link.consumer} was sent it, {_times(link.count)}"
    if link.level is Level.REQUESTED:
        return f"{link.consumer} {link.basis}, {_times(link.count)}"
    done = "uses it" if link.level is Level.USED else "was proven to need it"
    return f"{link.consumer} {done}: {link.basis}, {_times(link.count)}"


def _of_place(finding: Finding) -> str:
    lead, name = finding.lead.clause, named(finding)
    inside = _inside(finding)
    more = f", with {count(inside, 'place')} inside" if inside else ""
    if finding.standing is Standing.UNOBSERVED:
        return f"{name} is declared, and was never seen{more}"
    if lead.subject.direction is Direction.REQUEST:
        return f"{name} is sent, and not declared{more}"
    if lead.subject == finding.place:
        return f"{clipped(lead.statement)}{more}"
    return f"{name} is undeclared{more}; {clipped(lead.statement)}"


def _inside(finding: Finding) -> int:
    return len({claim.clause.subject for claim in finding.claims} - {finding.place})


def _declaration(finding: Finding) -> str:
    match finding.standing:
        case Standing.CONTRADICTED:
            return _contradiction(finding)
        case Standing.UNDECLARED:
            return _silence(finding)
        case Standing.UNOBSERVED:
            return _absence(finding)
    return "The observations agree with the declaration."


def _contradiction(finding: Finding) -> str:
    declared = finding.lead.declared
    ruling = ruling_of(finding.lead)
    by = "Guaranteed" if ruling and ruling.promised else "Declared"
    said = f"{by}: {clipped(declared.statement)}." if declared else "The declaration says otherwise."
    if finding.published:
        return f"{said} It is published otherwise."
    if finding.lead.clause.subject.direction is Direction.REQUEST:
        return f"{said} Consumers send otherwise; those that get their answer rely on being let."
    return said


def _silence(finding: Finding) -> str:
    if finding.place is None:
        return "No declared operation matches."
    if finding.scope is Scope.PLACE:
        return "Not declared."
    declared = finding.lead.declared
    return f"Declared only: {declared.statement}." if declared else "The place is declared, this is not."


def _absence(finding: Finding) -> str:
    if finding.place is None:
        return "No request for it was seen."
    if finding.scope is Scope.PLACE:
        seen = count(sum(finding.callers.values()), "observation")
        return f"It did not occur in {seen} of this operation."
    return "Nothing that was seen could confirm or break it."


def _who(finding: Finding) -> Iterator[str]:
    if finding.standing is Standing.UNOBSERVED:
        return
    if finding.scope is Scope.OPERATION:
        calls = sorted(finding.callers.items(), key=lambda entry: (-entry[1], entry[0]))
        who = listed([f"{consumer} ({_times(number)})" for consumer, number in calls])
        yield f"{_TO_WHOM.get(parse(finding.operation).verb, 'Called by')} {who}."
        return
    if finding.lead.clause.subject.direction is Direction.REQUEST:
        if finding.dependence:
            how = "Published" if finding.published else "Sent"
            yield f"{how} by {listed([link.consumer for link in finding.dependence])}."
        return
    strong = finding.reliant
    yield from (f"{depends(link)}." for link in strong[:3])
    if len(strong) > 3:
        yield f"{count(len(strong) - 3, 'more consumer')} {verb(len(strong) - 3, 'does', 'do')}, too."
    weak = [link.consumer for link in finding.dependence if link.level is Level.EXPOSED]
    if weak:
        needs = verb(len(weak), "whether it needs it", "whether they need it")
        met = "waited for by" if finding.place and finding.place.section == "latency" else "sent to"
        yield (
            f"Also {met} {listed(weak)}."
            if strong
            else f"{met.capitalize()} {listed(weak)}; {needs} cannot be seen."
        )


def _evidence(finding: Finding) -> Iterator[str]:
    evidence = finding.lead.evidence
    if finding.standing is Standing.UNOBSERVED or finding.scope is Scope.OPERATION or not evidence.total:
        return
    if finding.standing is Standing.CONTRADICTED:
        if evidence.broken:
            rate = percent(evidence.broken / evidence.total)
            yield f"{evidence.broken:,} of {count(evidence.total, 'observation')} ({rate}) broke the promise."
        else:
            yield f"Seen so in {count(evidence.total, 'observation')}."
        return
    words = bound(evidence)
    shaky = evidence.bound is not None and evidence.bound > SHAKY_BOUND
    yield f"{words[0].upper()}{words[1:]}.{' Few observations: do not build on it yet.' if shaky else ''}"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")
