"""Operations: which operation a path belongs to, as decided at one moment.

Immutable. An operation's key is its method and template with named parameters: `GET
/repos/{repo}/{repo_2}/issues/{issue_id}`.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from contract.operation import parse
from inference.events import is_event, method_for, operation_of
from inference.lexicon import singular
from inference.segments import PARAMETER, label_of, labels
from inference.templates import Branch, parameter, walk
from inference.words import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_NAME = re.compile(r"(\{[^{}]*\})")
_NOT_WORD = re.compile(r"[^A-Za-z0-9]+")


def known_as(method: str) -> str:
    """Methods in capitals, as nearly everybody writes them; types as they are."""
    verb, sharp, type_ = method.partition("#")
    return f"{verb.upper()}{sharp}{type_}"


class Operations:
    """The operations of one producer.

    A path that fits several templates belongs to the one that is fixed where the others vary, from the
    left, as in OpenAPI. A declared operation comes before an inferred one.
    """

    def __init__(self, tree: Branch, declared: Iterable[str] = ()) -> None:
        self._tree = tree
        self._declared = _Declared(declared)
        self._of = lru_cache(maxsize=65536)(self._find)
        self._routes = frozenset(
            f"{method} /{'/'.join(prefix)}" for prefix, branch in walk(tree) for method in branch.methods
        )

    def of(self, method: str, path: str) -> str:
        """The operation of a path, also of one never seen. Total."""
        return self._of(known_as(method), labels(path))

    def of_route(self, route: str) -> str:
        """The operation that a stored route belongs to."""
        method, _, path = route.partition(" /")
        parts = tuple(part for part in path.split("/") if part)
        return self._of(method, (*parts, "") if path.endswith("/") and parts else parts)

    def keys(self) -> frozenset[str]:
        """The keys of the operations seen."""
        return frozenset(self.of_route(name) for name in self._routes)

    def renamed_since(self, earlier: Operations) -> dict[str, str]:
        """What an earlier decision named otherwise, with the one that most of their routes have now."""
        moved: dict[str, Counter[str]] = {}
        for name in sorted(earlier._routes):
            moved.setdefault(earlier.of_route(name), Counter())[self.of_route(name)] += 1
        now = {old: max(sorted(new), key=new.__getitem__) for old, new in moved.items()}
        return {old: new for old, new in now.items() if old != new}

    def _find(self, method: str, parts: tuple[str, ...]) -> str:
        declared = self._declared.match(method, parts)
        if declared is not None:
            return declared
        slash = parts[-1:] == ("",)
        wanted = parts[:-1] if slash else parts
        template, branch = min(
            _matches(self._tree, wanted),
            key=lambda match: 0 if method in match[1].methods else 1 if match[1].methods else 2,
            default=(_nearest(self._tree, wanted), None),
        )
        if branch is not None and branch.methods:
            slash = branch.slashed * 2 > branch.methods.total()
        return key_of(method, template, worded=_worded(self._tree, template), slash=slash)


class _Declared:
    """The operations of a declared document, matched by pattern, most concrete first.

    A path that is declared as one operation and serves many (GraphQL) gives each of them its template.
    Brokers seldom carry the names that a document gives its message types. So a type matches if only its
    writing differs (`OrderCreated`, `order.created`), and the only type of a channel matches all.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._by_method: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        for key in sorted(set(keys), key=_concreteness):
            operation = parse(key)
            pattern = re.compile("".join(f"/{_pattern(part)}" for part in operation.segments))
            self._by_method.setdefault(method_for(operation._replace(type="")), []).append((pattern, key))

    def match(self, method: str, parts: Sequence[str]) -> str | None:
        """The key of the declared operation that a path, or a channel and its type, belongs to."""
        path = "".join(f"/{part}" for part in parts if part)
        head, _, wanted = method.partition("#")
        fitting = [one for one in self._by_method.get(head, ()) if one[0].fullmatch(path)]
        if not is_event(method) or not fitting:
            return next((_typed(key, wanted) for _, key in fitting if parse(key).type in {"", wanted}), None)
        types = {parse(key).type: key for pattern, key in fitting if pattern == fitting[0][0]}
        alike = next((key for name, key in types.items() if _letters(name) == _letters(wanted)), None)
        return alike or (next(iter(types.values())) if len(types) == 1 else None)


def _typed(key: str, type_: str) -> str:
    """The key of a call, with the type that it is of."""
    return f"{key}#{type_}" if type_ and not parse(key).type else key


def _letters(type_: str) -> str:
    """A message type without its way of writing."""
    return _NOT_WORD.sub("", type_).lower()


def _pattern(part: str) -> str:
    """The labels that a segment of a declared template matches. A fixed `5` has the label of any number."""
    if "{" not in part:
        label = label_of(part)
        return ".+".join(re.escape(piece) for piece in label.split(PARAMETER))
    return "".join("[^/]+" if piece.startswith("{") else re.escape(piece) for piece in _NAME.split(part))


def _concreteness(key: str) -> tuple[list[int], str]:
    segments = parse(key).segments
    return [("{" in part) + (part.startswith("{") and part.endswith("}")) for part in segments], key


def _matches(branch: Branch, parts: Sequence[str], at: int = 0) -> Iterator[tuple[tuple[str, ...], Branch]]:
    """The templates that a path fits, fixed before variable."""
    if at == len(parts):
        yield (), branch
        return
    part = parts[at]
    for label, below in _steps(branch, part):
        for template, end in _matches(below, parts, at + 1):
            yield (label, *template), end
    for label, below in branch.variable.items():
        if below.rest:
            yield (label,), below


def _steps(branch: Branch, part: str) -> Iterator[tuple[str, Branch]]:
    if part in branch.fixed:
        yield part, branch.fixed[part]
    if part in branch.variable:
        yield part, branch.variable[part]
    wide = parameter(part)
    if wide in branch.variable and wide != part:
        yield wide, branch.variable[wide]
    if PARAMETER in branch.variable and wide != PARAMETER:
        yield PARAMETER, branch.variable[PARAMETER]


def _nearest(branch: Branch, parts: Sequence[str]) -> tuple[str, ...]:
    """A path that no template fits: as far as the tree goes, then as it looks."""
    template: list[str] = []
    current: Branch | None = branch
    for part in parts:
        step = next(_steps(current, part), None) if current is not None else None
        template.append(step[0] if step else part)
        current = step[1] if step else None
    return tuple(template)


def _worded(tree: Branch, template: Sequence[str]) -> tuple[bool, ...]:
    """For each segment of a template, whether words were seen as its value."""
    out = []
    current: Branch | None = tree
    for label in template:
        current = (current.fixed.get(label) or current.variable.get(label)) if current is not None else None
        out.append(current is not None and current.worded)
    return tuple(out)


def key_of(method: str, template: Sequence[str], *, worded: Sequence[bool], slash: bool) -> str:
    """An operation's key: parameters are named after the fixed segment before, and told apart by number."""
    used: Counter[str] = Counter()
    before = ""
    out = []
    for label, words in zip(template, worded, strict=True):
        if PARAMETER not in label:
            before = "" if VERSION.fullmatch(label) else label
            out.append(label)
            continue
        noun = _NOT_WORD.sub("_", singular(before)).strip("_").lower()
        name = (noun if words else f"{noun}_id") if noun else "name" if words else "id"
        used[name] += 1
        out.append(label.replace(PARAMETER, f"{{{name}}}" if used[name] == 1 else f"{{{name}_{used[name]}}}"))
    return operation_of(method, [*out, ""] if slash and out else out).text
