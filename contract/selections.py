"""GraphQL documents: what an operation is called, and which fields of the answer it selects.

A selection is kept in a normal form: a document of one operation, without its name, arguments, directives and
comments, with fragments written out where they are spread, in the order of the alphabet. Of variables their
types are kept, where a default stands for a value without what makes it required. Equal selections are equal
texts then, no value that was sent is in them, and every GraphQL parser reads them. Sections are of the
GraphQL specification, October 2021.

The parser takes a sixth of a second to import: who reads traffic imports this file when the first document
comes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from graphql.error import GraphQLSyntaxError
from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    parse,
    print_ast,
)

from store.tokens import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_DOCUMENTS = 1_024
"""Documents that are remembered: parsing one takes as long as folding several exchanges."""

MAX_TOKENS = 10_000
"""Longer documents nobody wrote; they are not looked at."""

MAX_FIELDS = 1_000
"""Fields of a selection, fragments written out. Fragments in fragments multiply: of what has more, nothing is
known but its name."""

MAX_DEPTH = 64
"""Sets within sets, twice as many as inference looks at in an answer. What goes deeper is as too long."""

MAX_NAME = 100
"""Characters of a name that is put together from others."""

_CONDITIONS = frozenset({"skip", "include"})
_CONDITION = "@include"
"""What stands in a normal form for either."""

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,99}", re.ASCII)
_NUMBERED = re.compile(r"\d{4}|(?=[a-f]*\d)[0-9a-f]{8}", re.IGNORECASE)


class Selected(NamedTuple):
    """An operation of a document: what it is called, and its normal form (`""`: too long)."""

    name: str
    selection: str


def joined(names: Iterable[str], otherwise: str) -> str:
    """Several names as one, whatever their order; something else where they are too many."""
    text = "+".join(sorted(set(names)))
    return text if text and len(text) <= MAX_NAME else otherwise


def is_telling(name: str) -> bool:
    """Whether an operation's name is one that people gave it: clients put counters and hashes into some."""
    return _NAME.fullmatch(name) is not None and _NUMBERED.search(name) is None


@lru_cache(maxsize=MAX_DOCUMENTS)
def read(document: str, wanted: str) -> Selected | None:
    """The operation that a request asks for (section 6.1), None where the document has none such.

    One without a telling name is called by its kind and root fields: `query.order`.

    Args:
        document: a text that may be a GraphQL document.
        wanted: the name of the operation; `""` for the only one of the document.
    """
    # where a secret stood, there is a token now, and where no text can be, the token is no GraphQL
    tree = _parsed(TOKEN.sub("redacted", document))
    operation = _operation(tree, wanted) if tree is not None else None
    if tree is None or operation is None or not operation.selection_set.selections:
        return None
    kind = operation.operation.value
    try:
        selection = f"{kind}{_variables(operation)}{_Writer(tree).written(operation.selection_set)}"
    except _TooLongError:
        selection = ""
    name = operation.name.value if operation.name else ""
    return Selected(name if is_telling(name) else f"{kind}.{joined(_roots(selection), 'many')}", selection)


@lru_cache(maxsize=MAX_DOCUMENTS)
def places(selection: str) -> dict[str, bool]:
    """The places of the answer that a selection names, and whether each is named unconditionally.

    As names with dots, `data.order.lines.sku`: where lists are on the way, a selection does not tell. A field
    stands under its alias (section 2.7).
    """
    found: dict[str, bool] = {}
    operation = _only(selection)
    if operation is not None:
        found["data"] = True
        _place(operation.selection_set, "data", found, always=True)
    return found


def _parsed(document: str) -> DocumentNode | None:
    try:
        return parse(document, no_location=True, max_tokens=MAX_TOKENS)
    except (GraphQLSyntaxError, RecursionError):
        return None


def _operation(tree: DocumentNode, wanted: str) -> OperationDefinitionNode | None:
    """The operation of a name, or the only one; none where there is anything that cannot be executed."""
    operations = [one for one in tree.definitions if isinstance(one, OperationDefinitionNode)]
    fragments = [one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)]
    if len(operations) + len(fragments) < len(tree.definitions):
        return None
    if wanted:
        operations = [one for one in operations if one.name and one.name.value == wanted]
    return operations[0] if len(operations) == 1 else None


def _only(selection: str) -> OperationDefinitionNode | None:
    """The operation of a normal form."""
    tree = _parsed(selection) if selection else None
    return _operation(tree, "") if tree is not None else None


def _roots(selection: str) -> Iterator[str]:
    """The fields that a normal form begins with, by their own names."""
    operation = _only(selection)
    if operation is not None:
        for field, _ in _fields(operation.selection_set, certain=True):
            yield field.name.value


def _place(selections: SelectionSetNode, at: str, found: dict[str, bool], *, always: bool) -> None:
    for field, certain in _fields(selections, certain=always):
        name = f"{at}.{(field.alias or field.name).value}"
        found[name] = found.get(name, False) or certain
        if field.selection_set:
            _place(field.selection_set, name, found, always=certain)


def _fields(selections: SelectionSetNode, *, certain: bool) -> Iterator[tuple[FieldNode, bool]]:
    """The fields of a normal form's set, through its fragments, and whether no condition is on them."""
    for one in selections.selections:
        always = certain and not _has_condition(one)
        if isinstance(one, FieldNode):
            yield one, always
        elif isinstance(one, InlineFragmentNode):
            yield from _fields(one.selection_set, certain=always)


def _has_condition(node: SelectionNode) -> bool:
    return any(one.name.value in _CONDITIONS for one in node.directives or ())


class _TooLongError(Exception):
    """A selection has more than `MAX_FIELDS` fields or as many variables, or goes deeper than `MAX_DEPTH`."""


def _variables(operation: OperationDefinitionNode) -> str:
    """The variables of an operation with their types, `($id:ID!)`; `""` where it has none."""
    variables = operation.variable_definitions or ()
    if len(variables) > MAX_FIELDS:
        raise _TooLongError
    return f"({' '.join(sorted(map(_variable, variables)))})" if variables else ""


def _variable(node: VariableDefinitionNode) -> str:
    type_ = node.type
    if node.default_value is not None and isinstance(type_, NonNullTypeNode):
        type_ = type_.type
    return f"${node.variable.name.value}:{print_ast(type_)}"


class _Writer:
    """Writes the normal form of selections."""

    def __init__(self, tree: DocumentNode) -> None:
        self._fragments: Mapping[str, FragmentDefinitionNode] = {
            one.name.value: one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self._within: set[str] = set()
        self._count = 0
        self._depth = 0

    def written(self, selections: SelectionSetNode | None) -> str:
        """A set; `""` where nothing is in it."""
        if selections is None:
            return ""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _TooLongError
        parts = {self._part(one) for one in selections.selections} - {""}
        self._depth -= 1
        return f"{{{' '.join(sorted(parts))}}}" if parts else ""

    def _part(self, node: SelectionNode) -> str:
        condition = _CONDITION if _has_condition(node) else ""
        if isinstance(node, FieldNode):
            return self._field(node, condition)
        if isinstance(node, InlineFragmentNode):
            type_ = f" on {node.type_condition.name.value}" if node.type_condition else ""
            return self._fragment(type_, condition, node.selection_set)
        return self._spread(node.name.value, condition) if isinstance(node, FragmentSpreadNode) else ""

    def _field(self, node: FieldNode, condition: str) -> str:
        self._count += 1
        if self._count > MAX_FIELDS:
            raise _TooLongError
        alias = f"{node.alias.value}:" if node.alias else ""
        return f"{alias}{node.name.value}{condition}{self.written(node.selection_set)}"

    def _spread(self, name: str, condition: str) -> str:
        """A fragment where it is spread; nothing of one that is not there, or in itself (section 5.5.2)."""
        if name in self._within or name not in self._fragments:
            return ""
        fragment = self._fragments[name]
        self._within.add(name)
        text = self._fragment(f" on {fragment.type_condition.name.value}", condition, fragment.selection_set)
        self._within.discard(name)
        return text

    def _fragment(self, type_: str, condition: str, selections: SelectionSetNode) -> str:
        inside = self.written(selections)
        return f"...{type_}{condition}{inside}" if inside else ""
