"""What differs between two GraphQL schemas: what graphql-core finds, and what it does not.

It compares types by their names alone, so that it does not see where operations begin, and it takes a default
that is gone for another default, though who never sent a non-null value is refused then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    find_breaking_changes,
    find_dangerous_changes,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import BreakingChange, DangerousChange, GraphQLSchema

_ROOTS = ("query", "mutation", "subscription")


def differences(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """The names of rules, less `graphql-`, each with a description."""
    found: list[BreakingChange | DangerousChange] = []
    found += find_breaking_changes(old, new)
    found += find_dangerous_changes(old, new)
    for one in found:
        if not one.description.startswith("Standard scalar"):  # not used any more; nobody can tell
            yield one.type.name.lower().replace("_", "-"), one.description.rstrip(".")
    yield from _roots(old, new)
    yield from _demanded(old, new)


def _roots(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Other types that operations begin at."""
    for root in _ROOTS:
        before, after = (getattr(schema, f"{root}_type") for schema in (old, new))
        if before is not None and after is None:
            yield "root-removed", f"{before.name} is not where a {root} begins any more: there is none"
        elif before is not None and after is not None and before.name != after.name:
            yield "root-changed", f"{before.name} is not where a {root} begins any more: {after.name} is"


def _demanded(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """What was never null and must be sent now, since its default is gone."""
    before = dict(_inputs(old))
    for place, required in _inputs(new):
        if required and before.get(place) is False:
            yield "default-removed-from-required", f"{place} must be sent now: its default is gone"


def _inputs(schema: GraphQLSchema) -> Iterator[tuple[str, bool]]:
    """Arguments and fields of inputs that may not be null, and whether each must be sent."""
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLInputObjectType):
            for field, given in kind.fields.items():
                if is_non_null_type(given.type):
                    yield f"{name}.{field}", is_required_input_field(given)
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, one in kind.fields.items():
                for argument, taken in one.args.items():
                    if is_non_null_type(taken.type):
                        yield f"{name}.{field}({argument}:)", is_required_argument(taken)
