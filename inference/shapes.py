"""The shape of requests and responses of one operation: present, type, nullable.

One counting trie a place: `request.query`, `request.header`, `request.path` (segments by index),
`request.body`, and for each status `response.N.header` and `response.N.body`. The trie is written out as a
schema, and the function that turns declared schemas into clauses turns this one into clauses, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.claim import Evidence
from contract.content import OPAQUE, lexical
from contract.operation import parse
from contract.schema import clauses_of
from contract.statuses import word_of
from contract.subject import ITEM, VALUE, Subject
from inference.observation import untokened
from inference.schema import settle, to_schema
from inference.shape import Node
from inference.stated import Stated
from inference.tally import Tally
from inference.thresholds import MIN_PRESENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inference.observation import Observation

MAX_STATUSES = 64
"""Statuses with a shape of their own; RFC 9110 and its extensions register about as many."""


_INVALID = frozenset({400, 422})
"""Statuses that say that the request's content was not valid: it shows nothing of what may be sent."""

_PARAMETER = re.compile(r"\{([^{}]+)\}")


class Shapes:
    """Counting tries by place."""

    family: ClassVar[str] = "shape"

    def __init__(self) -> None:
        self.places: dict[str, Node] = {}

    def observe(self, observation: Observation) -> None:
        """Fold in one exchange."""
        exchange = observation.exchange
        clean = untokened if exchange.redacted else _as_is
        fold = self._fold
        fold("request.path", _numbered(observation.segments), observation)
        fold("request.query", clean(observation.query), observation)
        fold("request.header", clean(observation.request_headers), observation)
        if observation.request_body is not OPAQUE and exchange.status not in _INVALID:
            fold("request.body", clean(observation.request_body), observation)
        if exchange.status is None:
            return
        answer = f"response.{word_of(exchange.status)}"
        if f"{answer}.header" not in self.places and len(self.places) > 2 * MAX_STATUSES:
            return
        fold(f"{answer}.header", clean(observation.response_headers), observation)
        if observation.response_body is not OPAQUE:
            fold(f"{answer}.body", clean(observation.response_body), observation)

    def _fold(self, place: str, value: Any, observation: Observation) -> None:
        node = self.places.get(place)
        if node is None:
            node = self.places[place] = Node()
        node.observe(value, observation.at, observation.exchange.id)

    def merge(self, other: Shapes) -> None:
        """Merge the tries place by place."""
        for place, node in other.places.items():
            if place in self.places:
                self.places[place].merge(node)
            else:
                self.places[place] = node.copy()

    def of_operation(self, operation: str, *, settled: bool) -> Shapes:
        """A copy with path segments under their parameter names and maps recognised if `settled`."""
        view = Shapes()
        view.merge(self)
        path = view.places.pop("request.path", None)
        if path is not None:
            named = parameters(operation)
            path.fields = {named[index]: child for index, child in path.fields.items() if index in named}
            view.places["request.path"] = path
        for place, node in view.places.items():
            if settled and place.endswith("body"):
                settle(node)
        return view

    def schemas(self) -> dict[str, dict[str, Any]]:
        """The bodies' JSON Schemas by place."""
        return {
            place: to_schema(node) for place, node in sorted(self.places.items()) if place.endswith("body")
        }

    def claims(self, producer: str, operation: str) -> Iterator[Stated]:
        """Every clause that the schemas of a settled view state, with its counts."""
        for place, root in sorted(self.places.items()):
            at = Subject(tuple(place.split(".")))
            for clause in clauses_of(to_schema(root), at=at, producer=producer, operation=operation):
                parts = clause.subject.parts[len(at.parts) :]
                if not parts and not place.endswith("body"):
                    continue  # "the query is an object" is our way of looking at it, not a fact about traffic
                node, parent = _locate(root, parts)
                if node is not None:
                    evidence = _EVIDENCE[clause.kind.name](node, parent)
                    few = evidence.total < MIN_PRESENCE and clause.kind.name in {"present", "nullable"}
                    doubt = f"{evidence.total} seen, {MIN_PRESENCE} needed" if few else ""
                    yield Stated(clause=clause, evidence=evidence, doubt=doubt)

    def met(self, subject: Subject) -> Tally | None:
        """How often a value stood at a place. A map's place is looked for in fields, too."""
        node = self.node(subject)
        tally = node.seen() if node is not None else Tally()
        return tally if tally.count else None

    def node(self, subject: Subject) -> Node | None:
        """What was counted at a place; None if nothing was."""
        for size in (3, 2):
            root = self.places.get(".".join(subject.parts[:size]))
            if root is not None:
                return _locate(root, subject.parts[size:])[0]
        return None

    def canonical(self, subject: Subject) -> Subject:
        """The subject as a settled view has it: a name below a map becomes the place of the map's values."""
        for size in (3, 2):
            root = self.places.get(".".join(subject.parts[:size]))
            if root is not None:
                return Subject(subject.parts[:size] + _through_maps(root, subject.parts[size:]))
        return subject

    def state(self) -> Any:
        """The serial form."""
        return {place: node.state() for place, node in sorted(self.places.items())}

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        self = cls()
        self.places = {place: Node.from_state(node) for place, node in state.items()}
        return self


def _as_is(value: Any) -> Any:
    return value


def _numbered(segments: tuple[str, ...]) -> dict[str, Any]:
    return {str(index): lexical(segment) for index, segment in enumerate(segments[:16])}


def parameters(operation: str) -> dict[str, str]:
    """Segment index → parameter name, of the path template in an operation key."""
    segments = parse(operation).segments
    return {str(index): name[1] for index, part in enumerate(segments) if (name := _PARAMETER.search(part))}


def _locate(root: Node, parts: tuple[str, ...]) -> tuple[Node | None, Node | None]:
    """The node at a path below a root, and the one whose field it is (None if of none)."""
    node: Node | None = root
    parent: Node | None = None
    for part in parts:
        if node is None:
            return None, None
        if part == ITEM:
            node, parent = node.items, None
        elif part == VALUE:
            node, parent = _values(node), None
        else:
            node, parent = node.fields.get(part), node
    return node, parent


def _through_maps(node: Node | None, parts: tuple[str, ...]) -> tuple[str, ...]:
    out: list[str] = []
    for part in parts:
        if node is None or part == ITEM:
            node = node and node.items
        elif node.values is not None:
            node, part = node.values, VALUE  # noqa: PLW2901  # the part is what changes
        else:
            node = node.fields.get(part)
        out.append(part)
    return tuple(out)


def _values(node: Node) -> Node | None:
    if node.values is None and node.fields:
        node = node.copy()
        node.become_map()
    return node.values


def _present(node: Node, parent: Node | None) -> Evidence:
    seen = node.seen()
    objects = parent.count("object") if parent else seen.count
    examples = (node.missed[1], seen.example) if node.missed else (seen.example,)
    return Evidence(
        held=seen.count,
        broken=objects - seen.count,
        first_seen=seen.first,
        last_seen=seen.last,
        examples=examples,
    )


def _type(node: Node, _: Node | None) -> Evidence:
    seen = node.seen()
    rarest_first = sorted(node.types.items(), key=lambda entry: (entry[1].count, entry[0]))
    examples = dict.fromkeys(tally.example for name, tally in rarest_first if name != "null")
    return Evidence(
        held=seen.count - node.count("null"),
        broken=0,
        first_seen=seen.first,
        last_seen=seen.last,
        examples=tuple(examples)[:3],
    )


def _nullable(node: Node, _: Node | None) -> Evidence:
    seen, nulls = node.seen(), node.types.get("null")
    return Evidence(
        held=seen.count - (nulls.count if nulls else 0),
        broken=nulls.count if nulls else 0,
        first_seen=seen.first,
        last_seen=seen.last,
        examples=(nulls.example,) if nulls else (seen.example,),
    )


_EVIDENCE: dict[str, Callable[[Node, Node | None], Evidence]] = {
    "present": _present,
    "type": _type,
    "nullable": _nullable,
}
