"""Pact files: of each consumer the interactions that it relies on.

An interaction is a recorded example, cut down to the places that clauses speak of, with the state that the
provider must be in and a rule for each place. What no clause speaks of is not asked for.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

from contract.content import FORM, OPAQUE, pairs, parsed
from contract.definition.schemas import Sketch, sketched
from contract.headers import is_ignored
from contract.kinds import Lifecycle, Occurs
from contract.operation import parse
from contract.pact.rules import SAID, body_rules, cleaned, header_rules, used
from contract.place import Places
from contract.statuses import word_of
from contract.subject import Subject
from store.tokens import TOKEN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from contract.clause import Clause
    from store.records import Body, Exchange

Form = dict[str, Any]

V3, V4 = 3, 4
_SPECIFICATION = {V3: "3.0.0", V4: "4.0"}
_LONGEST = 80
"""Letters of a file's name: in any script less than the 255 bytes that file systems take."""


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """What a consumer did once, and what it relies on there.

    `exchange` is a call, or a delivered message as one. Of clauses of one kind about one place the first of
    `relied` counts; those of other answers do not. `known` is all that is known of the operation: a lifecycle
    says in which stage the example is.
    """

    consumer: str
    operation: str
    exchange: Exchange
    relied: Sequence[Clause]
    known: Sequence[Clause]

    @property
    def status(self) -> str:
        """The status, as subjects name it."""
        return word_of(self.exchange.status or 0)

    @property
    def is_event(self) -> bool:
        """Whether it is about a message."""
        return parse(self.operation).is_event

    @property
    def asks(self) -> bool:
        """Whether it asks for anything: that a call is answered, or something in a message."""
        return not self.is_event or self.body is not OPAQUE

    def tests(self, clause: Clause) -> bool:
        """Whether a provider is held to a clause: Pact has a word for it, and the example shows the place."""
        if isinstance(clause.kind, Occurs):
            return self.asks
        section, found = clause.subject.section, self.places.find(clause.subject)
        asked = self.body is not OPAQUE if section == "body" else not self.is_event
        return asked and clause.kind.name in SAID.get(section, ()) and bool(found and found.values)

    @cached_property
    def places(self) -> Places:
        """The places of the exchange."""
        return Places(self.exchange, self.operation)

    @cached_property
    def sketch(self) -> Sketch:
        """What is relied on in the answer, or in the message."""
        return sketched(self.relied, Subject(("response", self.status)))

    @cached_property
    def body(self) -> Any:
        """The body as far as it is relied on, `OPAQUE` where nothing of it is, or where it is no JSON."""
        body, place = self.exchange.response_body, self.sketch.below.get("body")
        if place is None or body is None or not body.content or body.media_type == FORM:
            return OPAQUE
        value = parsed(body)
        return value if value is OPAQUE else used(value, place)


def pacts(interactions: Iterable[Interaction], version: int) -> dict[str, Form]:
    """Pact files by their names (`CONSUMER-PRODUCER.json`).

    Version 3 has no file for calls and messages alike: those of messages end with `-messages`.

    Args:
        interactions: at most one of each consumer, operation and status. What asks for nothing is left out.
        version: of the specification.
    """
    found: dict[tuple[str, str, bool], list[Interaction]] = defaultdict(list)
    for one in sorted(interactions, key=lambda one: (one.consumer, one.operation, one.status)):
        if one.asks:
            found[one.consumer, one.exchange.producer, one.is_event and version == V3].append(one)
    files: dict[str, Form] = {}
    for (consumer, producer, apart), theirs in sorted(found.items()):
        files[_free_name(f"{consumer}-{producer}", "-messages" * apart, files)] = {
            "consumer": {"name": consumer},
            "provider": {"name": producer},
            "metadata": {"pactSpecification": {"version": _SPECIFICATION[version]}},
            "messages" if apart else "interactions": [
                _message(one, version) if one.is_event else _call(one, version) for one in theirs
            ],
        }
    return dict(sorted(files.items()))


def _free_name(name: str, ending: str, taken: Collection[str]) -> str:
    """A name that no other file has; names from traffic may hold what no file is called."""
    stem = "".join(one if one.isalnum() or one in "-_." else "_" for one in name).lstrip(".")[:_LONGEST]
    names = (f"{stem}{f'-{number}' if number > 1 else ''}{ending}.json" for number in count(1))
    return next(name for name in names if name not in taken)


def _call(one: Interaction, version: int) -> Form:
    """A call with its answer."""
    exchange = one.exchange
    return {
        **({"type": "Synchronous/HTTP"} if version == V4 else {}),
        "description": f"{one.operation} answers {one.status}",
        **_states(one),
        "request": {
            "method": exchange.method,
            "path": exchange.path,
            **_query(exchange.query),
            **_headers(dict(_sent(exchange)), version),
            **_body(_asked(exchange.request_body), exchange.request_body, version),
        },
        "response": {"status": exchange.status, **_answer(one, version)},
    }


def _answer(one: Interaction, version: int) -> Form:
    """Headers and body of an answer, as far as they are relied on, with their rules."""
    place, body = one.sketch.below.get("header", Sketch()), one.exchange.response_body
    kept = {
        name: value
        for name, value in one.exchange.response_headers
        if name in place.below and name != "content-type" and not TOKEN.search(value)
    }
    rules: Form = {"header": header_rules(place, kept, version)} if kept else {}
    if one.body is not OPAQUE:
        kept["content-type"] = _media_type(body)  # without parameters: nobody relies on how a charset is told
        rules["body"] = body_rules(one.sketch.below["body"], one.body, version)
    matching = {"matchingRules": rules} if rules else {}
    return {**_headers(kept, version), **_body(one.body, body, version), **matching}


def _message(one: Interaction, version: int) -> Form:
    """A message as it was delivered."""
    rules = {"matchingRules": {"body": body_rules(one.sketch.below["body"], one.body, version)}}
    metadata = {"contentType": _media_type(one.exchange.response_body)}
    described = {"description": one.operation.partition(" ")[2], **_states(one)}
    if version == V3:
        return {**described, "contents": one.body, "metaData": metadata, **rules}
    contents = {"content": one.body, **metadata, "encoded": False}
    return {
        "type": "Asynchronous/Messages",
        **described,
        "contents": contents,
        "metadata": metadata,
        **rules,
    }


def _states(one: Interaction) -> Form:
    """The states that the provider must be in: what the path names is there, in the stage that it was in.

    That a call fails is a state as well: the same one may succeed.
    """
    params = {name: values[0] for name, values in one.places.request["path"].items() if values}
    for stage in (clause.subject for clause in one.known if isinstance(clause.kind, Lifecycle)):
        found = one.places.find(stage)
        params |= {stage.parts[-1]: found.values[0]} if found is not None and found.values else {}
    named = " and ".join(f"{name} {value}" for name, value in params.items())
    states: list[Form] = [{"name": f"there is {named}", "params": params}] if params else []
    if one.status.startswith(("4", "5")):
        states.append({"name": f"{one.operation} answers {one.status}"})
    return {"providerStates": states} if states else {}


def _query(query: str) -> Form:
    found: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs(query):
        found[name].append(value)
    return {"query": dict(found)} if found else {}


def _sent(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """The header fields that a request means something by; what was withheld is left out."""
    for name, value in exchange.request_headers:
        if (name in {"accept", "content-type"} or not is_ignored(name)) and not TOKEN.search(value):
            yield name, value


def _asked(body: Body | None) -> Any:
    """The body of a request: JSON as a value, a form as the text that it was."""
    if body is None or not body.content:
        return OPAQUE
    value = parsed(body)
    if value is not OPAQUE and body.media_type == FORM:
        return body.content.decode("utf-8", "replace")
    return value if value is OPAQUE else cleaned(value)


def _headers(fields: Mapping[str, str], version: int) -> Form:
    said = {name: [value] if version == V4 else value for name, value in sorted(fields.items())}
    return {"headers": said} if said else {}


def _body(value: Any, body: Body | None, version: int) -> Form:
    if value is OPAQUE:
        return {}
    whole = {"content": value, "contentType": _media_type(body), "encoded": False}
    return {"body": value if version == V3 else whole}


def _media_type(body: Body | None) -> str:
    return body.media_type if body is not None and body.media_type else "application/json"
