"""The forms of the API: those of `reports.json_form`, with the names and addresses that a list needs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from contract.claim import ProducerMap, Standing
from reports.change import status_form
from reports.json_form import claim_form, consumer_form, declared_form, dependence_form, operation_form
from reports.reasons import headline, reasons
from reports.review_text import review_form
from reports.selection import candidates
from reports.web import links
from reports.web.change_view import producer_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.changing.model import Planned
    from contract.claim import Claim, Consumer
    from reports.finding import Compared, Finding
    from reports.review import Review
    from reports.web.making import Followed
    from reports.web.snapshot import Snapshot


def producer_form(snapshot: Snapshot, name: str) -> dict[str, Any]:
    """A producer: its size, and how it keeps to what it declares."""
    operations = [one for one in snapshot.drift.compared if one.producer == name]
    findings = [one for one in snapshot.drift.findings if one.producer == name]
    return {
        "name": name,
        "document": snapshot.drift.documents.get(name),
        "operations": len(operations),
        "observations": sum(one.operation.observations for one in operations),
        "consumers": sorted({consumer for one in operations for consumer in one.operation.consumers}),
        "contradicted": sum(one.standing is Standing.CONTRADICTED for one in findings),
        "undeclared_relied_upon": sum(
            one.standing is Standing.UNDECLARED and bool(one.reliant) for one in findings
        ),
    }


def operation_head_form(compared: Compared) -> dict[str, Any]:
    """An operation in a list."""
    operation = compared.operation
    standings = Counter(claim.standing for claim in operation.claims)
    return {
        "producer": compared.producer,
        "key": operation.key,
        "protocol": operation.protocol,
        "declared": compared.promised is not None,
        "observations": operation.observations,
        "consumers": sorted(operation.consumers),
        "clauses": {standing.value: standings[standing] for standing in Standing},
        "page": links.operation(compared.producer, operation.key),
    }


def whole_operation_form(snapshot: Snapshot, compared: Compared) -> dict[str, Any]:
    """An operation with its clauses, and with what was nearly claimed."""
    place = compared.producer, compared.operation.key
    observed = snapshot.observed.get(place)
    alone = ProducerMap(name=compared.producer, operations=(observed,) if observed else ())
    near = candidates(replace(snapshot.whole, producers=(alone,))).get(place, ())
    return {
        **operation_form(compared.operation, near),
        "producer": compared.producer,
        "declared": compared.promised is not None,
        "observations_of": dict(compared.operation.consumers),
        "findings": [one.id for one in snapshot.drift.findings if _is_of(one, *place)],
        "page": links.operation(*place),
    }


def consumer_head_form(snapshot: Snapshot, consumer: Consumer) -> dict[str, Any]:
    """A consumer in a list."""
    operations = list(_operations_of(snapshot, consumer.name))
    return {
        **consumer_form(consumer),
        "producers": sorted({one.producer for one in operations}),
        "page": links.consumer(consumer.name),
    }


def whole_consumer_form(snapshot: Snapshot, consumer: Consumer) -> dict[str, Any]:
    """A consumer with what it calls, and the findings that it has a stake in."""
    return {
        **consumer_head_form(snapshot, consumer),
        "operations": [
            {
                "producer": one.producer,
                "key": one.operation.key,
                "observations": one.operation.consumers[consumer.name],
            }
            for one in _operations_of(snapshot, consumer.name)
        ],
        "relies_on_undeclared": [
            one.id
            for one in snapshot.drift.relied
            if any(link.consumer == consumer.name for link in one.reliant)
        ],
        "contradicted": [
            one.id
            for one in snapshot.drift.of(Standing.CONTRADICTED)
            if any(link.consumer == consumer.name for link in one.dependence)
        ],
    }


def clause_form(snapshot: Snapshot, claim: Claim) -> dict[str, Any]:
    """A clause, with where it is."""
    clause = claim.clause
    compared = snapshot.compared.get((clause.producer, clause.operation))
    return {
        **claim_form(claim),
        "producer": clause.producer,
        "operation": clause.operation,
        "declared": declared_form(claim.declared, compared.pointers if compared else {}),
        "former_ids": list(claim.former_ids),
        "page": links.clause(clause.id),
    }


def finding_form(finding: Finding) -> dict[str, Any]:
    """A finding as reports for people tell it; its clauses by their ids."""
    return {
        "id": finding.id,
        "producer": finding.producer,
        "operations": list(finding.operations),
        "standing": finding.standing.value,
        "scope": finding.scope.value,
        "place": None if finding.place is None else str(finding.place),
        "headline": headline(finding),
        "why": list(reasons(finding)),
        "relied_upon": bool(finding.reliant),
        "dependence": [dependence_form(link) for link in finding.dependence],
        "pointer": finding.pointer,
        "clauses": [claim.clause.id for claim in finding.claims],
        "page": links.clause(finding.id),
    }


def review_head_form(snapshot: Snapshot, review: Review) -> dict[str, Any]:
    """A review without the lines of its lists."""
    form = review_form(review)
    lists = [
        {"list": one.slug, "title": one.title, "about": one.about, "total": len(one.items)}
        for one in review.parts
    ]
    page = links.to("/review", since=review.since.isoformat())
    return {"stamp": snapshot.stamp, **form, "lists": lists, "page": page}


def change_head_form(snapshot: Snapshot, id_: str, planned: Planned) -> dict[str, Any]:
    """A planned change in a list."""
    return {
        "id": id_,
        "producer": producer_of(snapshot, planned) or None,
        **msgspec.to_builtins(planned),
        "announce_by": planned.announce_by.isoformat(),
        "page": links.change(id_),
    }


def whole_change_form(snapshot: Snapshot, followed: Followed, id_: str) -> dict[str, Any]:
    """A planned change with what became of it."""
    progress = next(one for one in followed.progress if one.id == id_)
    [found] = status_form([progress], followed.owners)["changes"]
    return {**change_head_form(snapshot, id_, progress.planned), **found}


def _operations_of(snapshot: Snapshot, consumer: str) -> Iterable[Compared]:
    return (one for one in snapshot.drift.compared if consumer in one.operation.consumers)


def _is_of(finding: Finding, producer: str, key: str) -> bool:
    return finding.producer == producer and key in finding.operations
