"""Parameters, headers and form fields → what is said of them.

What HTTP writes as text has the type of its lexical form (`contract/kinds/type.py`), and an array or
object may be spread over several texts or be packed into one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.kinds import Present, Type
from contract.schema import value_kinds
from contract.view import TYPES, pointer_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.clause import Kind
    from contract.openapi.written import Parameter
    from contract.subject import Subject
    from contract.view import Node, View, Viewer

Said = tuple["Subject", "Kind", str]
"""A subject, what is said of it, and the JSON pointer of the place in the document that says it."""

_PACKED = frozenset({"array", "object"})
_SCALARS = frozenset({"boolean", "integer", "number", "string"})


def said_of(parameter: Parameter, side: Subject, viewer: Viewer, *, partial: bool = False) -> Iterator[Said]:
    """What a parameter says.

    Args:
        parameter: as written.
        side: the request or response that it is of.
        viewer: reads its schema.
        partial: whether a path parameter is only a part of its segment, which as a whole is text.
    """
    place = side.within(parameter.place)
    view = viewer.view(parameter.schema) if parameter.schema else None
    if view is not None and (parameter.spread or parameter.deep) and view.types - {"null"} == {"object"}:
        for name, node in view.fields.items():
            subject = place.within(f"{parameter.name}[{name}]" if parameter.deep else name)
            required = parameter.required and name in view.required
            yield subject, Present(required), pointer_of(node)
            yield from _type(node, viewer, subject, parameter)
        return
    subject = place.within(parameter.name)
    yield subject, Present(parameter.required), parameter.pointer
    if partial or parameter.schema is None:
        yield subject, Type(("string",)), parameter.pointer
    else:
        yield from _type(parameter.schema, viewer, subject, parameter)


def _type(node: Node, viewer: Viewer, subject: Subject, parameter: Parameter) -> Iterator[Said]:
    """The types of the texts in which a value is written, and which values these may be."""
    view = viewer.view(node)
    types = _written(view, viewer, parameter) - {"null"}
    if types and not types >= TYPES - {"null"}:
        if not subject.textual and "string" in types:
            types |= _SCALARS  # a form's text may look like anything; its place is that of JSON's
        yield subject, Type.of(types), view.pointer
    single = viewer.view(view.items) if parameter.repeated and view.items else view
    if subject.textual and not single.types & _PACKED:
        yield from ((subject, kind, view.pointer) for kind in value_kinds(single))


def _written(view: View, viewer: Viewer, parameter: Parameter) -> frozenset[str]:
    """A view's types as texts: arrays by their items where those stand alone, else packed into a string."""
    if view.types == TYPES or not view.types & _PACKED:
        return view.types
    if parameter.repeated and view.types - {"null"} == {"array"}:
        items = viewer.view(view.items).types if view.items else TYPES
        return items if items == TYPES or not items & _PACKED else frozenset({"string"})
    return (view.types - _PACKED) | {"string"}
