"""The definition as an OpenAPI Overlay 1.0, laid over the declared document.

Each part of an operation that says something else than the contract is taken out and written anew; all others
stay as their authors wrote them, with their words. Every operation gets its `x-defacto`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.definition.dialect import as_written_in
from contract.definition.extension import NAME, operation_form, root_form
from contract.definition.openapi import by_place, operation_fields, stated_in, written_document
from contract.definition.securing import Schemes
from contract.openapi.errors import DeclaredError
from contract.openapi.written import METHODS
from contract.statuses import pattern_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from contract.clause import Clause
    from contract.definition.terms import DefinedOperation, Definition
    from contract.openapi.declared import DeclaredContract, DeclaredOperation
    from contract.openapi.library import Library

Form = dict[str, Any]


def overlay(definition: Definition, library: Library, declared: DeclaredContract | None) -> Form:
    """The overlay.

    Args:
        definition: the contract.
        library: the document that it is laid over.
        declared: what that document declares, keyed as traffic has it.

    Raises:
        DeclaredError: the document is no OpenAPI 3 document.
    """
    version = str(library.tree.get("openapi", "")) if isinstance(library.tree, dict) else ""
    if declared is None or not version.startswith("3."):
        raise DeclaredError(
            f"{library.source} is no OpenAPI 3 document",
            "An overlay changes one; for others: defacto define --format openapi or asyncapi.",
        )
    calls = definition.of_events(False)
    layer = _Layer(library.tree, declared, version)
    stated = stated_in(written_document(definition, calls), definition.producer)
    actions = [{"target": "$", "update": {NAME: root_form(definition)}}]
    for place, operations in sorted(by_place(calls).items()):
        actions += layer.actions(place, operations, operation_form(operations, stated))
    return {
        "overlay": "1.0.0",
        "info": {
            "title": f"The contract of {definition.title}",
            "version": definition.interface.version or "0",
        },
        "extends": library.source,
        "actions": [*actions, *layer.schemes_action()],
    }


class _Layer:
    """What has to change in a document."""

    def __init__(self, tree: Any, declared: DeclaredContract, version: str) -> None:
        self._tree = tree
        self._declared = {one.key: one for one in declared.operations}
        self._version = version
        self._schemes = Schemes()

    def actions(self, place: str, operations: Sequence[DefinedOperation], extension: Form) -> Iterator[Form]:
        """What changes of one path and method."""
        method, _, path = place.partition(" ")
        if method.lower() not in METHODS:
            return
        plain = next((one for one in operations if one.key == place), None)
        declared = self._declared.get(place)
        if declared is None:
            fields = self._fields(path, plain.written if plain else (), self._schemes)
            own = {"security": [], **fields}  # none of its own is the document's
            update = {method.lower(): {**own, NAME: extension}}
            yield {"target": "$.paths", "update": {path: update}}
            return
        target = f"$.paths{_key(declared.template)}{_key(method.lower())}"
        if plain is not None:
            yield from self._changes(target, plain, declared)
        yield {"target": target, "update": {NAME: extension}}

    def schemes_action(self) -> Iterator[Form]:
        """The security schemes that what was written anew names."""
        if self._schemes.form:
            update = {"components": {"securitySchemes": self._schemes.form}}
            yield {"target": "$", "update": update}

    def _fields(self, path: str, clauses: Sequence[Clause], schemes: Schemes) -> Form:
        """An operation in the words of the document; version 3.0 wants an answer (section 4.7.10)."""
        fields: Form = as_written_in(self._version, operation_fields(path, clauses, schemes))
        if self._version.startswith("3.0"):
            fields.setdefault("responses", {"default": {"description": "Nothing is promised."}})
        return fields

    def _changes(
        self, target: str, operation: DefinedOperation, declared: DeclaredOperation
    ) -> Iterator[Form]:
        said = self._tree["paths"][declared.template][declared.method.lower()]
        statuses = {clause.subject.status or "" for clause in operation.written} - {""}
        wanted = _by_part(operation.written)
        now = _by_part([*declared.clauses_for(()), *declared.clauses_for(statuses)])
        fresh = self._fields(declared.path, operation.written, Schemes())
        if wanted.get("security") != now.get("security"):
            fresh["security"] = self._schemes.required(operation.written)  # the document's own, if not said
        for part in ("security", "parameters", "requestBody"):
            if wanted.get(part) != now.get(part):
                yield from _replaced(target, (part,), said.get(part), fresh.get(part))
        if operation.deprecated and not declared.deprecated:
            yield {"target": target, "update": {"deprecated": True}}
        answers = fresh.get("responses", {})
        old = {str(status): answer for status, answer in said.get("responses", {}).items()}
        anew = {status for status in (*old, *answers) if wanted.get(status) != now.get(status)}
        for status in sorted({*old, *answers}):
            spoken = pattern_for(status, old)
            if status in anew or spoken is None or spoken in anew:
                yield from _replaced(target, ("responses", status), old.get(status), answers.get(status))


def _by_part(clauses: Iterable[Clause]) -> dict[str, frozenset[tuple[str, str]]]:
    """What is said in each part of an operation that can be written anew by itself."""
    parts: dict[str, set[tuple[str, str]]] = {}
    for clause in clauses:
        if clause.kind.informative:
            said = (clause.id, repr(clause.kind.value))
            parts.setdefault(_part(clause), set()).add(said)
    return {name: frozenset(said) for name, said in parts.items()}


def _part(clause: Clause) -> str:
    subject = clause.subject
    if subject.status is not None:
        return subject.status
    if clause.kind.name == "auth":
        return "security"
    content = subject.section == "body" or subject.parts[1:] == ("header", "content-type")
    return "requestBody" if content else "parameters"


def _replaced(target: str, steps: Sequence[str], before: Any, after: Any) -> Iterator[Form]:
    """A field that is written anew: an update alone is merged into what is there (1.0, section 4.4.3)."""
    if before is not None:
        yield {"target": target + "".join(map(_key, steps)), "remove": True}
    if after is not None:
        words = {"description": before["description"]} if _has_words(before) else {}
        update = {**after, **words} if isinstance(after, dict) else after
        for step in reversed(steps):
            update = {step: update}
        yield {"target": target, "update": update}


def _has_words(before: Any) -> bool:
    return isinstance(before, dict) and isinstance(before.get("description"), str)


def _key(name: str) -> str:
    """A step of a JSONPath (RFC 9535, section 2.3.1.1)."""
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"
