"""Text → tree: JSON and YAML documents as JSON's own types, and the line of each place.

YAML is read by the core schema of YAML 1.2, as OpenAPI asks (3.1, section 4.3): dates stay strings,
`no` is a word, and keys are strings (`200`). Anchors are shared, not copied. A key that stands twice is
told; the last one counts, as in JSON.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

from contract.openapi.errors import DeclaredError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_NODES = 1_000_000
"""Values in a document with its anchors written out. The largest public documents have about half as many."""

MAX_DEPTH = 1_000
"""Collections within each other: more no document has, and no reader of ours takes."""
_MOST_TOLD = 10
"""Keys that are named where many stand twice."""

_INTEGER = re.compile(r"[-+]?[0-9]{1,4000}")
_OCTAL = re.compile(r"0o[0-7]{1,4000}")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,3000}")
"""Longer numbers are text: Python writes none of more than 4,300 decimal digits."""
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MERGE = "<<"


def parse(text: str, name: str, warn: Callable[[str], None]) -> Any:
    """The document in a text.

    Args:
        text: JSON or YAML.
        name: what messages call the document.
        warn: is told of keys that stand twice.

    Raises:
        DeclaredError: it is neither.
    """
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return json.loads(text, object_pairs_hook=_unique(name, warn))
        except RecursionError:
            raise DeclaredError(f"{name} is nested too deep") from None
        except ValueError as error:
            if name.endswith(".json"):
                raise DeclaredError(f"{name} is not valid JSON: {error}") from None
    root = _compose(text, name)
    return None if root is None else _Builder(name, warn).build(root)


class Lines:
    """Where the values of a text begin; composed when first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _root(self) -> yaml.Node | None:
        try:
            return _compose(self._text, "")
        except DeclaredError:
            return None

    def of(self, steps: tuple[str, ...]) -> int | None:
        """The line, from 1 on, of the value at a path of keys and indices; None if it cannot be said."""
        node = self._root
        for step in steps:
            below = _below(node, step)
            if below is None:
                break
            node = below
        return node.start_mark.line + 1 if node is not None else None


def _below(node: yaml.Node | None, step: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
        found: yaml.Node = node.value[int(step)]
        return found
    return None


def _unique(name: str, warn: Callable[[str], None]) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice = sorted(key for key, count in counts.items() if count > 1)
            told = ", ".join(map(repr, twice[:_MOST_TOLD])) + (" …" if len(twice) > _MOST_TOLD else "")
            warn(f"{name}: {told} stands twice in one object; the last one counts")
        return found

    return build


class _Loader(yaml.CSafeLoader):
    """Composes nodes only; plain scalars are read in `_Builder`."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML's own attribute


def _compose(text: str, name: str) -> yaml.Node | None:
    try:
        _ensure_flat(text, name)
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise DeclaredError(f"{name} is not valid YAML: {line}{error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise DeclaredError(f"{name} is neither JSON nor YAML: {_first_line(error)}") from None
    except RecursionError:
        raise DeclaredError(f"{name} is nested too deep") from None
    return node


def _ensure_flat(text: str, name: str) -> None:
    """Composing goes down in C, where nothing but the end of the stack would stop it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise DeclaredError(f"{name} is nested too deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


class _Builder:
    """Builds values from nodes; equal anchors become one value."""

    def __init__(self, name: str, warn: Callable[[str], None]) -> None:
        self._name = name
        self._warn = warn
        self._built: dict[yaml.Node, tuple[Any, int]] = {}
        self._open: set[yaml.Node] = set()

    def build(self, root: yaml.Node) -> Any:
        """The value of the root node."""
        try:
            return self._build(root)[0]
        except RecursionError:
            raise DeclaredError(f"{self._name} is nested too deep") from None

    def _build(self, node: yaml.Node) -> tuple[Any, int]:
        """A node's value, and how many values are in it."""
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node), 1
        known = self._built.get(node)
        if known is not None:
            return known
        if node in self._open:
            raise self._error(node, "an anchor contains itself")
        self._open.add(node)
        value, size = self._mapping(node) if isinstance(node, yaml.MappingNode) else self._sequence(node)
        self._open.remove(node)
        if size > MAX_NODES:
            raise self._error(node, f"more than {MAX_NODES:,} values, anchors written out")
        self._built[node] = value, size
        return value, size

    def _sequence(self, node: yaml.Node) -> tuple[list[Any], int]:
        built = [self._build(child) for child in node.value]
        return [value for value, _ in built], 1 + sum(size for _, size in built)

    def _mapping(self, node: yaml.MappingNode) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        total = 1
        merged: dict[str, Any] = {}
        for key, child in node.value:
            value, size = self._build(child)
            total += size
            if not isinstance(key, yaml.ScalarNode):
                raise self._error(key, "a key is no string")
            if key.value == _MERGE and not key.style:
                for one in value if isinstance(value, list) else [value]:
                    merged = {**(one if isinstance(one, dict) else {}), **merged}
                continue
            if key.value in found:
                line = key.start_mark.line + 1
                self._warn(f"{self._name}: line {line}: {key.value!r} stands twice; the last one counts")
            found[key.value] = value
        return {**merged, **found}, total

    def _error(self, node: yaml.Node, problem: str) -> DeclaredError:
        return DeclaredError(f"{self._name}: line {node.start_mark.line + 1}: {problem}")


def _scalar(node: yaml.ScalarNode) -> Any:
    """A scalar by YAML 1.2's core schema (section 10.3.2); what is quoted is a string."""
    text: str = node.value
    if node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return next((read(text) for form, read in _FORMS if form.fullmatch(text)), text)


_FORMS: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (_INTEGER, int),
    (_OCTAL, lambda text: int(text, 8)),
    (_HEX, lambda text: int(text, 16)),
    (_FLOAT, float),
)
