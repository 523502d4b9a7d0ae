"""The JSON forms of reports: for programs, described by the schemas in `docs/`.

Names here are an interface: add, never rename. Times are RFC 3339 in UTC.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import orjson

from contract.claim import Standing
from reports.decisions import ruling_form
from reports.doubts import doubts
from reports.period_words import comparison_doubts, consequences, headline
from reports.periods import State
from reports.reasons import reasons
from reports.words import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contract.claim import Claim, Consumer, ContractMap, Dependence, Evidence, OperationMap
    from contract.clause import Clause
    from reports.drift import Drift
    from reports.finding import Finding
    from reports.periods import Change, Comparison, Observed
    from reports.selection import Candidates
    from store.records import Capture

_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""What JSON allows unescaped and a terminal or an eye does not take as text. Occurs inside strings only."""


def map_form(contract_map: ContractMap, candidates: Candidates | None = None) -> dict[str, Any]:
    """The actual contract map as JSON's own types, each operation with its candidates if they are given."""
    near = candidates or {}
    return {
        **head_form(contract_map.generated_at, contract_map.window, contract_map.capture),
        "producers": [
            {
                "name": producer.name,
                "operations": [
                    operation_form(one, near.get((producer.name, one.key))) for one in producer.operations
                ],
                "consumers": [consumer_form(consumer) for consumer in producer.consumers],
            }
            for producer in contract_map.producers
        ],
    }


def drift_form(drift: Drift) -> dict[str, Any]:
    """The drift report as JSON's own types: clauses by standing, what would hurt most first."""
    return {
        **head_form(drift.generated_at, drift.window, drift.capture),
        "declared_documents": dict(drift.documents),
        "verdict": drift.verdict,
        "doubts": list(doubts(drift.capture, drift.window)),
        **{
            standing.value: [form for finding in drift.of(standing) for form in _found(finding)]
            for standing in Standing
        },
    }


def periods_form(comparison: Comparison) -> dict[str, Any]:
    """Two periods compared as JSON's own types: the differences by state, what would hurt most first."""
    return {
        "defacto": _version(),
        "generated_at": instant(comparison.after.map.generated_at),
        **{name: _period(one) for name, one in (("from", comparison.before), ("to", comparison.after))},
        "verdict": comparison.verdict,
        "doubts": list(comparison_doubts(comparison)),
        "same": comparison.same,
        **{
            state.value.replace("-", "_"): [_change(change) for change in comparison.of(state)]
            for state in State
        },
    }


def _period(observed: Observed) -> dict[str, Any]:
    head = head_form(observed.map.generated_at, observed.map.window, observed.map.capture)
    return {"period": observed.name, "window": head["window"], "capture": head["capture"]}


def _change(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "producer": change.producer,
        "operation": change.operation,
        "subject": None if change.place is None else str(change.place),
        "statement": headline(change),
        "relation": None if change.relation is None else change.relation.value,
        "chance": change.chance,
        "why": list(consequences(change)),
        "relied_upon": bool(change.harmed),
        "dependence": [dependence_form(link) for link in change.dependence],
        "before": [claim_form(claim) for claim in change.before],
        "after": [claim_form(claim) for claim in change.after],
    }


def claim_form(claim: Claim) -> dict[str, Any]:
    """One clause with all that is known about it."""
    clause = claim.clause
    return {
        "id": clause.id,
        "key": clause.key,
        "kind": clause.kind.name,
        "family": clause.kind.family.value,
        "subject": str(clause.subject),
        "statement": clause.statement,
        "value": clause.kind.value,
        "evidence": _evidence(claim.evidence),
        "dependence": [dependence_form(link) for link in claim.dependence],
        "standing": claim.standing.value,
        "decision": claim.decision.value,
        "doubt": claim.doubt,
        "reasons": list(claim.reasons),
        "ledger": ruling_form(claim),
    }


def to_json(form: dict[str, Any]) -> str:
    """Indented JSON that shows control and direction characters as escapes.

    What traffic held may exceed orjson (integers of more than 64 bits, lone surrogates); the standard library
    takes it.
    """
    try:
        text = orjson.dumps(form, option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONEncodeError:
        text = json.dumps(form, indent=2)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def head_form(generated_at: int, window: tuple[int, int] | None, capture: Capture) -> dict[str, Any]:
    """What stands at the head of each: who made it when, of what, and how good the capture is."""
    first, last = window or (None, None)
    return {
        "defacto": _version(),
        "generated_at": instant(generated_at),
        "window": {"from": _instant(first), "to": _instant(last)},
        "capture": {
            "observed": capture.observed,
            "represented": capture.represented,
            "lost": dict(capture.lost),
            "truncated": capture.truncated,
            "redacted": capture.redacted,
            "flaws": dict(capture.flaws),
        },
    }


def operation_form(operation: OperationMap, candidates: Iterable[Claim] | None) -> dict[str, Any]:
    """One operation with its clauses, and with what was nearly claimed if it is given."""
    form = {
        "key": operation.key,
        "protocol": operation.protocol,
        "observations": operation.observations,
        "consumers": sorted(operation.consumers),
        "clauses": [claim_form(claim) for claim in operation.claims],
    }
    if candidates is not None:
        form["candidates"] = [claim_form(claim) for claim in candidates]
    return form


def consumer_form(consumer: Consumer) -> dict[str, Any]:
    """One consumer, and how it is known."""
    return {
        "name": consumer.name,
        "identities": list(consumer.identities),
        "bases": list(consumer.bases),
        "observations": consumer.observations,
        "first_seen": instant(consumer.first_seen),
        "last_seen": instant(consumer.last_seen),
        "owner": consumer.owner,
        "contact": consumer.contact,
    }


def _found(finding: Finding) -> list[dict[str, Any]]:
    """The clauses of a finding, which all carry its id: programs can fold as the reports for people do."""
    shared = {
        "producer": finding.producer,
        "finding": finding.id,
        "scope": finding.scope.value,
        "relied_upon": bool(finding.reliant),
        "why": list(reasons(finding)),
    }
    return [
        {
            **claim_form(claim),
            "operation": claim.clause.operation,
            "declared": declared_form(claim.declared, finding.pointers),
            **shared,
        }
        for claim in finding.claims
    ]


def declared_form(clause: Clause | None, pointers: Mapping[str, str]) -> dict[str, Any] | None:
    """What a document declares instead, or the same, and where it says so; None: nothing."""
    if clause is None:
        return None
    pointer = pointers.get(clause.id, "")
    return {"statement": clause.statement, "value": clause.kind.value, "pointer": pointer}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "held": evidence.held,
        "broken": evidence.broken,
        "bound": evidence.bound,
        "first_seen": _instant(evidence.first_seen),
        "last_seen": _instant(evidence.last_seen),
        "examples": list(evidence.examples),
    }


def dependence_form(link: Dependence) -> dict[str, Any]:
    """How one consumer depends on something."""
    return {
        "consumer": link.consumer,
        "level": link.level.value,
        "basis": link.basis,
        "count": link.count,
        "first_seen": instant(link.first_seen),
        "last_seen": instant(link.last_seen),
    }


def _instant(unix_ns: int | None) -> str | None:
    return None if unix_ns is None else instant(unix_ns)


def _version() -> str:
    try:
        return version("defacto")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0+source"
