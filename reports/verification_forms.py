"""What verification found, for programs: JSON, and JUnit's XML as CI servers read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from contract.verification.evaluation import Verdict
from reports.untrusted import for_terminal
from reports.verification import IN_ORDER
from reports.verification_text import told
from reports.words import instant

if TYPE_CHECKING:
    from contract.verification.evaluation import Finding
    from contract.verification.guarantees import Guarantee
    from reports.verification import Verification


def verification_form(verification: Verification) -> dict[str, Any]:
    """All findings as JSON's own types, what is broken first.

    Names here are an interface: add, never rename.
    """
    return {
        "generated_at": instant(verification.generated_at),
        "subject": verification.subject,
        "verdict": verification.verdict,
        "observed": verification.observed,
        "left_out": dict(verification.left_out),
        "counts": {one.value: verification.counts[one] for one in IN_ORDER},
        "guarantees": [_finding(one) for verdict in IN_ORDER for one in verification.of(verdict)],
    }


def guarantee_form(guarantee: Guarantee) -> dict[str, Any]:
    """A guarantee as JSON's own types."""
    clause = guarantee.clause
    return {
        "id": clause.id,
        "producer": clause.producer,
        "operation": clause.operation,
        "subject": str(clause.subject),
        "kind": clause.kind.name,
        "value": clause.kind.value,
        "statement": clause.statement,
        "consumers": list(guarantee.consumers),
        "owner": guarantee.owner,
        "source": guarantee.source,
        "tolerated": guarantee.tolerated,
    }


def junit(verification: Verification) -> str:
    """One suite an operation, one case a guarantee: broken is a failure, no evidence is skipped."""
    root = ET.Element("testsuites", name="defacto verify")
    suites: dict[str, list[Finding]] = {}
    for one in verification.findings:
        suites.setdefault(one.guarantee.clause.operation, []).append(one)
    for operation, found in sorted(suites.items()):
        failures = sum(one.verdict is Verdict.BROKEN for one in found)
        skipped = sum(one.verdict in {Verdict.NOT_ENOUGH, Verdict.NOT_APPLICABLE} for one in found)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=for_terminal(operation),
            tests=str(len(found)),
            failures=str(failures),
            errors="0",
            skipped=str(skipped),
            timestamp=instant(verification.generated_at),
        )
        for one in found:
            _case(suite, one)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _case(suite: ET.Element, finding: Finding) -> None:
    clause = finding.guarantee.clause
    name = for_terminal(f"{clause.statement} [{clause.id}]")
    case = ET.SubElement(suite, "testcase", name=name, classname=for_terminal(clause.operation), time="0")
    if finding.verdict is Verdict.BROKEN:
        failure = ET.SubElement(case, "failure", message=for_terminal(told(finding)), type=clause.kind.name)
        failure.text = "\n".join(map(for_terminal, finding.examples))
    elif finding.verdict is not Verdict.HOLDS:
        ET.SubElement(case, "skipped", message=for_terminal(f"{finding.verdict.value}: {finding.why}"))


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        **guarantee_form(finding.guarantee),
        "verdict": finding.verdict.value,
        "held": finding.held,
        "broken": finding.broken,
        "missing": finding.missing,
        "why": finding.why,
        "hit": list(finding.hit),
        "examples": list(finding.examples),
    }
