"""The variables of an operation × a schema → JSON Schema (2020-12) of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
    type_from_ast,
)

from contract.graphql.answers import leaf_value
from contract.graphql.scalars import TAKEN
from contract.view import Leaf

if TYPE_CHECKING:
    from graphql import GraphQLInputType, GraphQLSchema, OperationDefinitionNode

_TEXT = {"type": ["string", "null"]}
_MAP = {"type": ["object", "null"]}


class Variables:
    """Describes what requests for operations may hold (GraphQL over HTTP, section "Request Parameters")."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._leaves: dict[str, Leaf] = {}

    def whole(self, operation: OperationDefinitionNode) -> Leaf:
        """The schema of the request for an operation."""
        properties = {}
        required = []
        for one in operation.variable_definitions or ():
            name, type_ = one.variable.name.value, type_from_ast(self._schema, one.type)
            if type_ is None:
                continue
            properties[name] = self._value(type_)  # type: ignore[arg-type]  # a variable's type is of input
            if isinstance(type_, GraphQLNonNull):
                required.append(name)
        types = ["object"] if required else ["object", "null"]
        variables = {"type": types, "properties": properties, "required": required}
        body: dict[str, Any] = {
            "type": "object",
            "properties": {
                "query": _TEXT,
                "operationName": _TEXT,
                "variables": variables,
                "extensions": _MAP,
            },
        }
        return Leaf(body, "", self._resolve)

    def _resolve(self, reference: str) -> Leaf | None:
        return self._leaves.get(reference)

    def _value(self, type_: GraphQLInputType, *, nullable: bool = True) -> dict[str, Any]:
        null = ["null"] if nullable else []
        if isinstance(type_, GraphQLNonNull):
            return self._value(type_.of_type, nullable=False)
        if isinstance(type_, GraphQLList):
            # one item stands for a list of it (section 3.11)
            item = self._value(type_.of_type)
            return {"anyOf": [{"type": ["array", *null], "items": item}, item]}
        if isinstance(type_, GraphQLInputObjectType):
            self._take(type_)
            one = {"$ref": type_.name}
            return {"anyOf": [one, {"type": "null"}]} if nullable else one
        return leaf_value(type_, TAKEN, nullable=nullable)

    def _take(self, type_: GraphQLInputObjectType) -> None:
        """Note an input object's schema under its name: it may hold itself."""
        if type_.name in self._leaves:
            return
        properties: dict[str, Any] = {}
        required = [name for name, field in type_.fields.items() if is_required_input_field(field)]
        schema = {"type": "object", "properties": properties, "required": required}
        self._leaves[type_.name] = Leaf(schema, type_.name, self._resolve)
        for name, field in type_.fields.items():
            properties[name] = self._value(field.type)
