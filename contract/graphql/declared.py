"""A declared GraphQL schema: clauses of each operation that was observed, and what nobody selects."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
)

from contract import operation as keys
from contract.clause import Clause
from contract.graphql.answers import Answers
from contract.graphql.variables import Variables
from contract.kinds import ContentType, Deprecated, Nullable, Occurs, Present, Type
from contract.openapi.declared import DeclaredContract, DeclaredOperation
from contract.schema import traced
from contract.statuses import MESSAGE, word_of
from contract.subject import ITEM, Subject
from contract.view import Group, Viewer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from contract.claim import OperationMap
    from contract.clause import Kind
    from contract.openapi.declared import Traced
    from contract.view import Leaf, Node

_OK = "200"
"""The status of answers that were executed."""

_MESSAGE = word_of(MESSAGE)
"""In its place for answers of a subscription that come as messages."""

_TYPE = "type"
"""What stands for a method in the key of what nobody selects: `type Order`."""


@dataclass(frozen=True, kw_only=True)
class DeclaredSchema(DeclaredContract):
    """A schema. It has no operations before some were observed."""

    schema: GraphQLSchema

    def observed(self, operations: Iterable[OperationMap]) -> DeclaredContract:
        """What the schema promises of the selections of observed operations, and what none of them takes.

        The messages of a subscription are the answers of the operation that asked for them. Of a type that
        somebody selects from the other fields are told, under `type Order`; what only they
        lead to is not. A type where operations begin is told in any case.
        """
        operations = list(operations)
        calls = [one for one in operations if one.selections]
        by_place = {keys.parse(one.key)._replace(verb=keys.RECEIVE): one for one in calls}
        messages = [
            replace(one, selections=by_place[key].selections)
            for one in operations
            if (key := keys.parse(one.key)) in by_place
        ]
        maker = _Maker(self.producer, self.schema)
        found = tuple(maker.operation(one) for one in (*calls, *messages))
        return replace(self, operations=(*found, *maker.unselected()))


class _Maker:
    """Makes the operations of one schema."""

    def __init__(self, producer: str, schema: GraphQLSchema) -> None:
        self._producer = producer
        self._schema = schema
        self._variables = Variables(schema)
        self._viewer = Viewer()
        self._selected: set[tuple[str, str]] = set()
        self._callers: dict[str, Counter[str]] = {}

    def operation(self, observed: OperationMap) -> DeclaredOperation:
        """What is declared of the selections of an operation."""
        trees = [tree for selection in observed.selections if (tree := _parsed(selection)) is not None]
        seen = {claim.clause.subject for claim in observed.claims}
        key = keys.parse(observed.key)
        speaker = _Speaker(
            self._producer, observed.key, self._viewer, seen, is_batch=key.type.startswith("[")
        )
        answers = Answers(self._schema)
        # errors put null in the place of all data, which no schema rules out, and which no caller waits for
        may_fail = any(_is_null_data(claim.clause) for claim in observed.claims)
        wholes = [answers.whole(tree, may_fail=may_fail) for tree in trees]
        executed = _MESSAGE if key.is_event else _OK
        answer = tuple(speaker.body(wholes or [answers.failed()], Subject(("response", executed))))
        answer += tuple(speaker.farewells(answer, answers.deprecated))
        if len(trees) < len(observed.selections):
            answer = _without_presence(answer)
        for name in answers.reached:
            self._callers.setdefault(name, Counter()).update(observed.consumers)
        self._selected |= answers.selected
        others = {subject.status for subject in seen if subject.status} - {executed}
        path = key._replace(type="").text.partition(" ")[2]
        return DeclaredOperation(
            key=observed.key,
            method=key.verb,
            path=path,
            template=path,
            pointer="",
            request=()
            if key.is_event
            else tuple(speaker.request(key.verb, [self._variables.whole(tree) for tree in trees])),
            responses={
                executed: answer,
                **{
                    status: tuple(speaker.body([answers.failed()], Subject(("response", status))))
                    for status in sorted(others)
                },
            },
        )

    def unselected(self) -> Iterator[DeclaredOperation]:
        """The fields that no operation takes: `response.total` of `type Order`, wherever it stands."""
        roots = [root.name for kind in OperationType if (root := self._schema.get_root_type(kind))]
        for name in dict.fromkeys([*roots, *sorted(self._callers)]):
            type_ = self._schema.get_type(name)
            fields = [field for field in getattr(type_, "fields", ()) if (name, field) not in self._selected]
            if not fields or name.startswith("__"):
                continue
            speaker = _Speaker(self._producer, f"{_TYPE} {name}", self._viewer, (), is_batch=False)
            yield DeclaredOperation(
                key=f"{_TYPE} {name}",
                method=_TYPE,
                path=name,
                template=name,
                pointer=name,
                request=tuple(
                    (speaker.clause(Subject(("response", field)), Present(always=True)), f"{name}.{field}")
                    for field in fields
                ),
                callers=self._callers.get(name, {}),
            )


class _Speaker:
    """Makes the clauses of one operation.

    What GraphQL itself says, and no schema, is said of places that were `seen` alone: that an answer without
    errors never had any is nothing to tell.
    """

    def __init__(
        self, producer: str, operation: str, viewer: Viewer, seen: Collection[Subject], *, is_batch: bool
    ) -> None:
        self._producer = producer
        self._operation = operation
        self._viewer = viewer
        self._seen = frozenset(
            subject.parts[:size] for subject in seen for size in range(len(subject.parts) + 1)
        )
        self._is_batch = is_batch

    def request(self, verb: str, wholes: list[Leaf]) -> Iterator[Traced]:
        """The clauses about a request: a body that is as one of some schemas, or a query."""
        at = Subject(("request",))
        if verb == "POST":
            yield from self._told(at.within("header", "content-type"), ContentType(("application/json",)))
            yield from self.body(wholes, at)
            return
        for name in ("query", "operationName", "variables", "extensions"):
            yield from self._told(at.within("query", name), Type(("string",)))

    def body(self, wholes: list[Leaf], at: Subject) -> Iterator[Traced]:
        """The clauses about a body that is as one of some schemas, or about an array of such."""
        if at.status not in {None, _MESSAGE}:
            yield from self._told(at, Occurs())
        if not wholes:
            return
        node: Node = Group(tuple(wholes), every=False) if len(wholes) > 1 else wholes[0]
        place = at.within("body")
        if self._is_batch:
            yield from self._told(place, Type(("array",)))
            place = place.within(ITEM)
        said = traced(node, self._viewer, at=place, producer=self._producer, operation=self._operation)
        for clause, pointer in said:
            is_declared = pointer != "" and not pointer.startswith("/")
            if is_declared or clause.subject.parts in self._seen:
                yield clause, pointer if is_declared else ""

    def farewells(self, said: Iterable[Traced], reasons: Mapping[str, str]) -> Iterator[Traced]:
        """That places are deprecated, with the reasons by the coordinates of their fields."""
        places = {clause.subject: pointer for clause, pointer in said if pointer in reasons}
        for subject, pointer in places.items():
            yield self.clause(subject, Deprecated(reasons[pointer])), pointer

    def clause(self, subject: Subject, kind: Kind) -> Clause:
        """One clause."""
        return Clause(producer=self._producer, operation=self._operation, subject=subject, kind=kind)

    def _told(self, subject: Subject, kind: Kind) -> Iterator[Traced]:
        if subject.parts in self._seen:
            yield self.clause(subject, kind), ""


def _is_null_data(clause: Clause) -> bool:
    """Whether it says that the data of an answer may be null."""
    parts = tuple(part for part in clause.subject.parts if part != ITEM)
    answered = parts in {("response", status, "body", "data") for status in (_OK, _MESSAGE)}
    return answered and clause.kind == Nullable(value=True)


def _without_presence(said: tuple[Traced, ...]) -> tuple[Traced, ...]:
    """Clauses but for those that say what is there: some of what was selected is not known."""
    return tuple(one for one in said if not isinstance(one[0].kind, Present))


def _parsed(selection: str) -> OperationDefinitionNode | None:
    """The operation of a normal form, None where a hash stands for what is not known."""
    try:
        (definition,) = parse(selection, no_location=True).definitions
    except GraphQLError:
        return None
    return definition if isinstance(definition, OperationDefinitionNode) else None
