"""Matching rules of Pact: what an example's value stands for (Pact specification, versions 3 and 4).

A place without a rule of its own is matched as its parent is, and the root by type: so an example is never
compared value by value unless a clause asks for a value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from contract.content import json_type
from contract.kinds import ContentType, Enum, Format, Nullable, Pattern, Present, Size, Type
from contract.subject import ITEM, VALUE
from store.tokens import JsonType, is_token, token_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contract.definition.schemas import Sketch

Rule = dict[str, Any]

_TEXTS = frozenset({Present.name, Enum.name, Format.name, Pattern.name})
SAID = {
    "header": _TEXTS | {ContentType.name},
    "body": _TEXTS | {Type.name, Nullable.name, Size.name},
}
"""The kinds of clauses that Pact can hold a provider to, by where they are about."""

_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NUMBERS = {"integer": "integer", "number": "number"}
_STAND_INS: dict[JsonType, Any] = {JsonType.INTEGER: 1, JsonType.NUMBER: 1.5}
_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


def used(value: Any, place: Sketch) -> Any:
    """What of an example somebody uses: fields that nothing is said of are left out.

    Of an array one item stands for all, and so does one entry of a map, whose keys are data. A value that was
    redacted stays a token where it was text, and is 1 or 1.5 where it was a number.
    """
    if isinstance(value, dict):
        if _is_map(place):
            return {name: used(child, place.below[VALUE]) for name, child in list(value.items())[:1]}
        children = {name: place.below.get(name) or place.below.get(VALUE) for name in value}
        return {name: used(value[name], child) for name, child in children.items() if child is not None}
    if isinstance(value, list):
        item = place.below.get(ITEM)
        return [used(one, item) for one in value[:1]] if item is not None else []
    return _without_token(value)


def cleaned(value: Any) -> Any:
    """A whole example, with stand-ins for numbers that were redacted."""
    if isinstance(value, dict):
        return {name: cleaned(child) for name, child in value.items()}
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    return _without_token(value)


def _is_map(place: Sketch) -> bool:
    return place.below.keys() == {VALUE}


def _without_token(value: Any) -> Any:
    kind = token_type(value) if isinstance(value, str) else None
    return value if kind is None else _STAND_INS.get(kind, value)


def body_rules(place: Sketch, example: Any, version: int) -> dict[str, Rule]:
    """The rules of a body by path, the root's first.

    Args:
        place: what is said of the body and the places in it.
        example: the body, as `used` left it.
        version: of the specification, which names the fields of dates.
    """
    rules = dict(_rules(place, example, "$", version))
    rules.setdefault("$", _rule([{"match": "type"}]))
    return rules


def header_rules(place: Sketch, fields: Mapping[str, str], version: int) -> dict[str, Rule]:
    """The rules of header fields by name; whatever stands there is a text."""
    return {
        name: _rule(list(_matchers(place.below[name], value, version)))
        for name, value in sorted(fields.items())
    }


def _rules(place: Sketch, example: Any, path: str, version: int) -> Iterator[tuple[str, Rule]]:
    rule = _rule_of(place, example, version)
    if rule is not None:
        yield path, rule
    if isinstance(example, dict):
        for name, value in example.items():
            child = place.below.get(name) or place.below[VALUE]
            step = ".*" if _is_map(place) else _step(name)
            yield from _rules(child, value, path + step, version)
    elif isinstance(example, list) and example:
        yield from _rules(place.below[ITEM], example[0], f"{path}[*]", version)


def _step(name: str) -> str:
    if _PLAIN.fullmatch(name):
        return f".{name}"
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"


def _rule_of(place: Sketch, example: Any, version: int) -> Rule | None:
    """The rule of one place, None where its parent's will do."""
    matchers = list(_matchers(place, example, version))
    nullable = place.kinds.get(Nullable.name)
    if isinstance(nullable, Nullable) and not nullable.value:
        return _rule(matchers) if matchers else None
    if isinstance(example, dict | list) or not place.kinds:
        return _rule(matchers) if matchers else None
    return _rule([*(matchers or [{"match": "type"}]), {"match": "null"}], "OR")


def _rule(matchers: list[Rule], combine: str = "AND") -> Rule:
    return {"combine": combine, "matchers": matchers}


def _matchers(place: Sketch, example: Any, version: int) -> Iterator[Rule]:
    """What is asked of a value: the most exact clause of one place."""
    if isinstance(example, list):
        size = place.kinds.get(Size.name)
        bounds = {"min": size.least, "max": size.most} if isinstance(size, Size) else {}
        yield {"match": "type", **{name: int(n) for name, n in bounds.items() if n is not None}}
    elif isinstance(example, str) and not is_token(example):
        yield _text_rule(place, example, version) or {"match": "type"}
    elif example is None and _stated_type(place, example) == "string":
        yield {"match": "regex", "regex": ".*"}  # by type, null would be all that it may be
    elif isinstance(example, dict):
        if _is_map(place):
            yield {"match": "values"}  # whatever the keys are; by type each of the example's must be there
    else:
        yield {"match": _NUMBERS.get(_stated_type(place, example), "type")}


def _stated_type(place: Sketch, example: Any) -> str:
    kind = place.kinds.get(Type.name)
    if isinstance(kind, Type) and len(kind.types) == 1:
        return kind.types[0]
    return json_type(example)


def _text_rule(place: Sketch, example: str, version: int) -> Rule | None:
    """A rule for texts that the example itself keeps."""
    values, form, pattern = (place.kinds.get(kind.name) for kind in (Enum, Format, Pattern))
    if isinstance(values, Enum) and all(isinstance(value, str) for value in values.value):
        return _regex("^(" + "|".join(re.escape(value) for value in values.value) + ")$", example)
    if isinstance(form, Format):
        return _format_rule(form.form, example, version)
    return _regex(_whole(pattern.expression), example) if isinstance(pattern, Pattern) else None


def _format_rule(form: str, example: str, version: int) -> Rule | None:
    if form == "uuid":
        return _regex(_UUID, example)
    name, written = {
        "date": ("date", "yyyy-MM-dd"),
        "date-time": ("timestamp", _instant(example)),
    }.get(form, ("", ""))
    return {"match": name, ("format" if version > 3 else name): written} if written else None


def _instant(example: str) -> str:
    """The pattern of an instant as the example is written (RFC 3339, section 5.6), in Java's words."""
    match = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:Z|[+-]\d\d:\d\d)", example)
    if match is None:
        return ""
    return f"yyyy-MM-dd'T'HH:mm:ss{'.' + 'S' * len(match[1]) if match[1] else ''}XXX"


def _whole(expression: str) -> str:
    """An expression for a whole value, as Pact's verifier reads it; a clause's is found anywhere."""
    anchored = re.fullmatch(r"\^[^|]*[^|\\]\$", expression)
    return expression if anchored else rf"[\s\S]*(?:{expression})[\s\S]*"


def _regex(expression: str, example: str) -> Rule | None:
    """A rule by expression, None where Python reads it otherwise than ECMA 262 and the example shows that."""
    try:
        return {"match": "regex", "regex": expression} if re.search(expression, example) else None
    except re.error:
        return None
