"""Guarantees for schemathesis: the observed OpenAPI document, and one check an operation as hooks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from contract.clause import Direction
from contract.kinds import Latency, Occurs, Present, Type
from contract.operation import parse
from contract.verification.assertions import assertion
from reports.export.files import SUPPORT, Exported, about, by_operation, docstring, name_of, support
from reports.json_form import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.claim import Claim, ContractMap, OperationMap
    from contract.verification.guarantees import Guarantee

_METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"})
_STATES = (Latency, Occurs)
"""Kinds that generated requests say nothing of: they ask for what is not there, and in a burst."""

_HEAD = """Checks of what is guaranteed, for schemathesis 4 and later.

Written by defacto export schemathesis. To run it, in this folder:
SCHEMATHESIS_HOOKS=hooks schemathesis run openapi.json --url http://127.0.0.1:9000 --checks {checks}"""


def schemathesis_files(guarantees: Iterable[Guarantee], observed: ContractMap) -> Exported:
    """The document, the hooks and their helpers, by their names."""
    left_out: Counter[str] = Counter()
    checks: dict[str, str] = {}
    tested = 0
    for operation, theirs in by_operation(guarantees).items():
        testable = [one for one in theirs if _is_testable(one)]
        left_out["not to be seen in one answer, or not of HTTP"] += len(theirs) - len(testable)
        if testable:
            name = f"guaranteed_{name_of(operation)}"
            checks[name] = _check(name, operation, testable)
            tested += len(testable)
    head = docstring(_HEAD.format(checks=",".join(checks)).splitlines(), indent="")
    names = "among, answer_of, blank, distinct, matches, missing, typed, values"
    imports = f"import schemathesis\nfrom {SUPPORT} import {names}"
    return Exported(
        files={
            "openapi.json": to_json(document(observed)),
            "hooks.py": "\n".join([head, "", imports, *checks.values(), ""]),
            f"{SUPPORT}.py": support(),
        },
        tested=tested,
        left_out=+left_out,
    )


def document(observed: ContractMap) -> dict[str, Any]:
    """The observed HTTP operations as an OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    for producer in observed.producers:
        for operation in producer.operations:
            key = parse(operation.key)
            if key.verb in _METHODS and not key.type:
                path = paths.setdefault(f"/{'/'.join(key.segments)}", {})
                path.setdefault(key.verb.lower(), _operation(operation))
    title = ", ".join(producer.name for producer in observed.producers)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "observed", "description": "Inferred by defacto from traffic."},
        "paths": paths,
    }


def _is_testable(one: Guarantee) -> bool:
    clause = one.clause
    key = parse(clause.operation)
    fits = key.verb in _METHODS and not key.type and not isinstance(clause.kind, _STATES)
    return fits and not one.tolerated and assertion(clause) is not None


def _check(name: str, operation: str, guarantees: list[Guarantee]) -> str:
    lines = [
        "",
        "",
        "@schemathesis.check",
        f"def {name}(ctx, response, case):",
        docstring([f"What is guaranteed of {operation}."]),
        f"    if case.operation.label != {operation!r}:",
        "        return",
        "    answer = answer_of(response, response.elapsed)",
    ]
    for one in guarantees:
        status = (one.clause.subject.status or "").lower().rstrip("x").removeprefix("default")
        told = " ".join(line for line in about(one) if line)
        lines += [
            f"    if str(answer.status).startswith({status!r}):",
            f"        assert {assertion(one.clause)}, {told!r}",
        ]
    return "\n".join(lines)


def _operation(operation: OperationMap) -> dict[str, Any]:
    statuses = {claim.clause.subject.status for claim in operation.claims} - {None, "message"}
    found: dict[str, Any] = {
        "parameters": list(_parameters(operation)),
        "responses": {
            status: {"description": "observed", **_content(operation, f"response.{status}.body")}
            for status in sorted(status for status in statuses if status)
        }
        or {"default": {"description": "never observed"}},
    }
    body = _content(operation, "request.body")
    return {**found, "requestBody": body} if body else found


def _content(operation: OperationMap, place: str) -> dict[str, Any]:
    schema = operation.schemas.get(place)
    return {"content": {"application/json": {"schema": dict(schema)}}} if schema else {}


def _parameters(operation: OperationMap) -> Iterator[dict[str, Any]]:
    """The parameters that were seen, with the types and the presence that are claimed."""
    places: dict[tuple[str, str], list[Claim]] = {}
    for claim in operation.claims:
        subject = claim.clause.subject
        if subject.direction is Direction.REQUEST and subject.textual and subject.section != "cookie":
            places.setdefault((subject.section, subject.parts[2]), []).append(claim)
    for segment in parse(operation.key).segments:
        if segment.startswith("{") and segment.endswith("}"):
            places.setdefault(("path", segment[1:-1]), [])
    for (section, name), claims in sorted(places.items()):
        types = [one.clause.kind.types for one in claims if isinstance(one.clause.kind, Type)]
        always = any(isinstance(one.clause.kind, Present) and one.clause.kind.always for one in claims)
        yield {
            "name": name,
            "in": section,
            "required": section == "path" or always,
            "schema": {"type": list(types[0]) if types else ["string"]},
        }
