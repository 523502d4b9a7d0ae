"""`x-defacto`: what a definition says that standard fields have no word for, or may not promise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from contract.claim import Decision, Level
from contract.clause import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contract.clause import Clause
    from contract.definition.terms import DefinedOperation, Definition, Term
    from contract.ledger.model import Entry

NAME = "x-defacto"


def root_form(definition: Definition) -> dict[str, Any]:
    """`x-defacto` of the document: whose it is, who answers, and what its standard fields hold."""
    owners = msgspec.to_builtins(definition.owners)
    return _filled(
        {
            "producer": definition.producer,
            "fields": "observed" if definition.observed else "promised",
            "owners": _filled({role.replace("_", "-"): _filled(owner) for role, owner in owners.items()}),
            "channels": dict(sorted(definition.interface.channels.items())),
        }
    )


def operation_form(operations: Iterable[DefinedOperation], stated: Mapping[str, Clause]) -> dict[str, Any]:
    """`x-defacto` of one operation, or of several that stand in one place: all terms, by key.

    Args:
        operations: the operations.
        stated: by id what the standard fields say, as reading them back shows.
    """
    return {
        "operations": {
            one.key: {"clauses": {term.clause.id: term_form(term, stated) for term in one.terms}}
            for one in operations
        }
    }


def term_form(term: Term, stated: Mapping[str, Clause]) -> dict[str, Any]:
    """One term. `statement` and `value` stand where no standard field says it."""
    clause = term.clause
    own = stated.get(clause.id)
    written = term.written and own is not None and own.compare(clause) is Relation.SAME
    return {
        "part": term.part.value,
        "subject": str(clause.subject),
        "kind": clause.kind.name,
        **({} if written else {"statement": clause.statement, "value": clause.kind.value}),
        **_filled(
            {
                "standing": term.claim.standing.value,
                "decided": _decided(term.entry),
                "disputed": term.entry.disputed,
                "evidence": _evidence(term),
                "consumers": _relying(term),
                "changed": list(term.marks),
            }
        ),
    }


def _relying(term: Term) -> dict[str, str]:
    """Who was seen to do more than receive it, and how we know that."""
    links = sorted(term.claim.dependence, key=lambda link: link.consumer)
    return {link.consumer: link.level.value for link in links if link.level is not Level.EXPOSED}


def _decided(entry: Entry) -> dict[str, Any]:
    """What was said about it."""
    said = {
        "decision": "" if entry.decision is Decision.UNDECIDED else entry.decision.value,
        "by": entry.by,
        "at": _day(entry.at),
        "reason": entry.reason,
        "review": _day(entry.review),
        "remove": _day(entry.remove),
        "successor": entry.successor,
        "positions": {
            who: _filled({"role": one.role.value, "position": one.position.value, "reason": one.reason})
            for who, one in sorted(entry.positions.items())
        },
    }
    return _filled(said)


def _evidence(term: Term) -> dict[str, Any]:
    """What was known when it was decided: that changes only with the decision; else what is known now."""
    then, now = term.entry.evidence, term.claim.evidence
    if then is not None:
        return {"held": then.held, "broken": then.broken, **_filled({"last_seen": _day(then.last_seen)})}
    if not now.total:
        return {}
    last = None if now.last_seen is None else datetime.fromtimestamp(now.last_seen // 10**9, UTC).date()
    return {"held": now.held, "broken": now.broken, **_filled({"last_seen": _day(last)})}


def _day(day: Any) -> str:
    return "" if day is None else str(day)


def _filled(form: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing."""
    return {name: value for name, value in form.items() if value not in ("", None, False, [], {})}
