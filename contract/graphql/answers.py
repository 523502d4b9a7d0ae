"""Selections × a schema → JSON Schema (2020-12) of the answers, and which fields of which types they take.

Each object is described for every type that it may have at run time (section 6.3.2), and types that look
alike to a selection are one. A field that is selected without a condition is there, as errors put null in its
place (section 6.4.4). What the schema does not know is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    InlineFragmentNode,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
)

from contract.graphql.scalars import SENT
from contract.view import Leaf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from graphql import (
        GraphQLCompositeType,
        GraphQLField,
        GraphQLNamedType,
        GraphQLOutputType,
        GraphQLSchema,
        OperationDefinitionNode,
        SelectionSetNode,
    )

_META = {"__typename": TypeNameMetaFieldDef, "__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
"""Fields that are there without being declared (section 4.1)."""

_CONDITIONS = frozenset({"skip", "include"})

_ERRORS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "message": {"type": "string"},
            "locations": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"line": {"type": "integer"}, "column": {"type": "integer"}},
                    "required": ["column", "line"],
                },
            },
            "path": {"type": "array", "items": {"type": ["integer", "string"]}},
            "extensions": {"type": "object"},
        },
        "required": ["message"],
    },
}
"""The errors of an answer (section 7.1.2)."""


class _Taken(NamedTuple):
    """A field of a selection, and whether no condition is on it."""

    node: FieldNode
    certain: bool


class Answers:
    """Describes the answers to selections, and remembers what of the schema they take.

    `selected` are pairs of object type and field, `reached` the object types that are selected from by name
    and not only as one of many, `deprecated` the reasons by the coordinate of the field (`Order.total`).
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self.selected: set[tuple[str, str]] = set()
        self.reached: set[str] = set()
        self.deprecated: dict[str, str] = {}
        self._schema = schema
        self._leaves: dict[str, Leaf] = {}
        self._known: dict[tuple[object, ...], str] = {}
        self._nodes: list[OperationDefinitionNode] = []

    def whole(self, operation: OperationDefinitionNode, *, may_fail: bool) -> Leaf:
        """The schema of the answer to an operation; where it may fail as a whole, its data may be null."""
        self._nodes.append(operation)  # nodes are known by their identity, so they must stay
        root = self._schema.get_root_type(operation.operation)
        properties: dict[str, Any] = {"errors": _ERRORS, "extensions": {"type": "object"}}
        if root is not None:
            properties["data"] = self._object(root, [operation.selection_set], nullable=may_fail)
        return Leaf({"type": "object", "properties": properties}, "", self.resolve)

    def failed(self) -> Leaf:
        """The schema of an answer of which nothing is known but that it is one."""
        data = {"type": ["object", "null"]}
        properties = {"data": data, "errors": _ERRORS, "extensions": {"type": "object"}}
        return Leaf({"type": "object", "properties": properties}, "", self.resolve)

    def resolve(self, reference: str) -> Leaf | None:
        """The schema of a field."""
        return self._leaves.get(reference)

    def _object(
        self, type_: GraphQLCompositeType, sets: Sequence[SelectionSetNode], *, nullable: bool
    ) -> dict[str, Any]:
        types = ["object", "null"] if nullable else ["object"]
        branches: dict[bytes, dict[str, Any]] = {}
        for concrete in self._possible(type_):
            branch = {"type": types, **self._branch(type_, concrete, sets)}
            branches.setdefault(orjson.dumps(branch), branch)
        if not branches:
            return {"type": types}
        return next(iter(branches.values())) if len(branches) == 1 else {"anyOf": list(branches.values())}

    def _possible(self, type_: GraphQLCompositeType) -> Sequence[GraphQLObjectType]:
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            return self._schema.get_possible_types(type_)
        self.reached.add(type_.name)
        return [type_]

    def _branch(
        self, stated: GraphQLCompositeType, concrete: GraphQLObjectType, sets: Sequence[SelectionSetNode]
    ) -> dict[str, Any]:
        """What is selected of an object of one type, where another one may be stated."""
        properties: dict[str, Any] = {}
        required = []
        for key, taken in sorted(self._taken(concrete, sets).items()):
            name = taken[0].node.name.value
            field = concrete.fields.get(name) or _META.get(name)
            if field is None:
                continue
            self.selected.add((concrete.name, name))
            shared = None if isinstance(stated, GraphQLUnionType) else stated.fields.get(name)
            owner = stated if shared is not None else concrete
            properties[key] = {"$ref": self._reference(f"{owner.name}.{name}", shared or field, field, taken)}
            if any(one.certain for one in taken):
                required.append(key)
        return {"properties": properties, "required": required}

    def _taken(
        self, concrete: GraphQLObjectType, sets: Sequence[SelectionSetNode]
    ) -> dict[str, list[_Taken]]:
        """The fields that are selected of a type, by the names under which they are answered."""
        found: dict[str, list[_Taken]] = {}
        for selections in sets:
            for taken in self._fields(concrete, selections, certain=True):
                found.setdefault((taken.node.alias or taken.node.name).value, []).append(taken)
        return found

    def _fields(
        self, concrete: GraphQLObjectType, selections: SelectionSetNode, *, certain: bool
    ) -> Iterator[_Taken]:
        for node in selections.selections:
            always = certain and not any(one.name.value in _CONDITIONS for one in node.directives or ())
            if isinstance(node, FieldNode):
                yield _Taken(node, always)
            elif isinstance(node, InlineFragmentNode) and self._applies(node, concrete):
                yield from self._fields(concrete, node.selection_set, certain=always)

    def _applies(self, fragment: InlineFragmentNode, concrete: GraphQLObjectType) -> bool:
        """Whether objects of a type are of the type that a fragment is on (section 6.3.2)."""
        if fragment.type_condition is None:
            return True
        wanted = self._schema.get_type(fragment.type_condition.name.value)
        if wanted is concrete:
            self.reached.add(concrete.name)
            return True
        abstract = isinstance(wanted, GraphQLInterfaceType | GraphQLUnionType)
        return abstract and self._schema.is_sub_type(wanted, concrete)  # type: ignore[arg-type]  # just checked

    def _reference(
        self, coordinate: str, stated: GraphQLField, field: GraphQLField, taken: Sequence[_Taken]
    ) -> str:
        """The reference of a field's schema, which is one for all types that have the field alike."""
        known = (str(field.type), *(id(one.node) for one in taken))
        if known not in self._known:
            reference = self._known[known] = str(len(self._known))
            if stated.deprecation_reason is not None:
                self.deprecated[coordinate] = stated.deprecation_reason
            sets = [one.node.selection_set for one in taken if one.node.selection_set]
            self._leaves[reference] = Leaf(self._value(field.type, sets), coordinate, self.resolve)
        return self._known[known]

    def _value(
        self, type_: GraphQLOutputType, sets: Sequence[SelectionSetNode], *, nullable: bool = True
    ) -> dict[str, Any]:
        if isinstance(type_, GraphQLNonNull):
            return self._value(type_.of_type, sets, nullable=False)
        if isinstance(type_, GraphQLList):
            types = ["array", "null"] if nullable else ["array"]
            return {"type": types, "items": self._value(type_.of_type, sets)}
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
            return self._object(type_, sets, nullable=nullable)
        return leaf_value(type_, SENT, nullable=nullable)


def leaf_value(
    type_: GraphQLNamedType, scalars: Mapping[str, tuple[str, ...]], *, nullable: bool
) -> dict[str, Any]:
    """The schema of an enum's or a scalar's values; of a scalar that is not built in only null is known."""
    null = ["null"] if nullable else []
    if isinstance(type_, GraphQLEnumType):
        return {"type": ["string", *null], "enum": [*type_.values, *([None] if nullable else [])]}
    types = scalars.get(type_.name)
    return {} if types is None else {"type": [*types, *null]}
