"""Protocol: what header fields and query say about how to talk, apart from what is talked about.

Each exchange is searched for facts: a place, the kind of statement that it bears on, and a word. Counted are
the facts, all calls, and all answers by status; so what is always so is told from what is sometimes so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Clause
from contract.kinds import Auth, Compression, Cors, Negotiation, RateLimit, Redirect, Validator, Versioning
from contract.statuses import word_of
from contract.subject import Subject, parse
from contract.versions import path_version
from inference.headers import answered, asked, negotiated
from inference.stated import Stated, evidence_of
from inference.tally import Tally
from inference.thresholds import MAX_ANONYMOUS, MIN_PROTOCOL, MIN_REVALIDATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.clause import Kind
    from inference.headers import Fact
    from inference.observation import Observation

MAX_FACTS = 256
"""Different facts remembered; more are made-up header values."""

_KINDS = {
    "validator": Validator,
    "compression": Compression,
    "cors": Cors,
    "redirect": Redirect,
    "negotiation": Negotiation,
    "versioning": Versioning,
}
_LIMIT_PART = re.compile(r".*(limit|remaining|reset)")


class ProtocolFacts:
    """Facts with their counts."""

    family: ClassVar[str] = "protocol"

    def __init__(self) -> None:
        self.calls = Tally()
        self.answers: dict[str, Tally] = {}
        self.facts: dict[Fact, Tally] = {}

    def observe(self, observation: Observation) -> None:
        """Count one exchange's facts."""
        exchange = observation.exchange
        at, example = observation.at, exchange.id
        self.calls.add(at, example)
        found = asked(exchange.request_headers, observation.pairs)
        if exchange.status is not None:
            status = word_of(exchange.status)
            answers = self.answers.get(status)
            if answers is None:
                answers = self.answers[status] = Tally()
            answers.add(at, example)
            found += answered(status, exchange.response_headers, exchange.authority, exchange.request_headers)
            if exchange.response_body is not None:
                found += negotiated(exchange.request_headers, exchange.response_body.media_type)
        facts = self.facts
        for fact in found:
            tally = facts.get(fact)
            if tally is None:
                tally = facts[fact] = Tally()
                if len(facts) > MAX_FACTS:
                    del facts[max(facts)]
            tally.add(at, example)

    def merge(self, other: ProtocolFacts) -> None:
        """Add the counts."""
        self.calls.merge(other.calls)
        for status, tally in other.answers.items():
            self.answers.setdefault(status, Tally()).merge(tally)
        for fact, tally in other.facts.items():
            self.facts.setdefault(fact, Tally()).merge(tally)
        for fact in sorted(self.facts)[MAX_FACTS:]:
            del self.facts[fact]

    def claims(self, producer: str, operation: str) -> Iterator[Stated]:
        """One statement a place and kind."""
        found: dict[tuple[str, str], dict[str, Tally]] = defaultdict(dict)
        for (place, kind, word), tally in sorted(self.facts.items()):
            found[kind, place][word] = tally
        version = path_version(operation)
        if version:
            found["versioning", "request.path"][version] = self.calls
        anonymous = sum(tally.count for tally in found.pop(("auth", ""), {}).values())
        for (kind, place), words in sorted(found.items()):
            if kind == "rate-limit":
                continue
            yield self._stated(producer, operation, kind, parse(place), words, anonymous)
        yield from self._limits(producer, operation, found)

    def _stated(
        self,
        producer: str,
        operation: str,
        kind: str,
        subject: Subject,
        words: dict[str, Tally],
        anonymous: int,
    ) -> Stated:
        held = sum(tally.count for tally in words.values())
        broken, doubt = self._against(kind, subject, held, anonymous, len(words))
        stated: Kind = Auth(tuple(words)) if kind == "auth" else _KINDS[kind](tuple(words))
        return Stated(
            clause=Clause(producer=producer, operation=operation, subject=subject, kind=stated),
            evidence=evidence_of(words, held, broken),
            doubt=doubt,
            reasons=(f"in {held} of {held + broken} that could have it",),
        )

    def _against(self, kind: str, subject: Subject, held: int, anonymous: int, words: int) -> tuple[int, str]:
        """How many exchanges speak against a statement, and the doubt that is left."""
        few = f"{held} seen, {MIN_PROTOCOL} needed" if held < MIN_PROTOCOL else ""
        if kind == "auth":
            share = anonymous / max(1, held + anonymous)
            many = f"{share:.0%} of the calls say nothing" if share > MAX_ANONYMOUS else ""
            return anonymous, few or many
        if kind == "negotiation":
            return 0, "" if words > 1 else "one media type came; that others would is not seen"
        if subject.status is None:
            if kind == "validator":
                return 0, "" if held >= MIN_REVALIDATIONS else f"{held} seen, {MIN_REVALIDATIONS} needed"
            without = self.calls.count - held
            return without, few or (f"{without} calls name none" if without > held else "")
        without = self.answers[subject.status].count - held
        if kind == "validator":
            return without, few or (f"{without} answers have none" if without else "")
        return 0, few

    def _limits(
        self, producer: str, operation: str, found: dict[tuple[str, str], dict[str, Tally]]
    ) -> Iterator[Stated]:
        """One statement for the header fields of one status that together announce a limit."""
        by_status: dict[str, dict[str, tuple[str, dict[str, Tally]]]] = defaultdict(dict)
        for (kind, place), words in found.items():
            part = _LIMIT_PART.fullmatch(place) if kind == "rate-limit" else None
            if part is not None:
                by_status[place.split(".")[1]].setdefault(part[1], (place, words))
        for status, parts in sorted(by_status.items()):
            place, words = parts.get("limit") or parts.get("remaining") or next(iter(parts.values()))
            numbers = {word for word in parts["limit"][1] if word} if "limit" in parts else set()
            held = sum(tally.count for tally in words.values())
            yield Stated(
                clause=Clause(
                    producer=producer,
                    operation=operation,
                    subject=parse(place),
                    kind=RateLimit(
                        int(min(numbers)) if len(numbers) == 1 else None,
                        _name_of(parts, "remaining"),
                        _name_of(parts, "reset"),
                    ),
                ),
                evidence=evidence_of(words, held, self.answers[status].count - held),
                doubt="" if held >= MIN_PROTOCOL else f"{held} seen, {MIN_PROTOCOL} needed",
                reasons=(f"in {held} of {self.answers[status].count} answers",),
            )

    def met(self, subject: Subject) -> Tally | None:
        """How many exchanges have a fact at a place; all calls, where the version is in the path."""
        if subject.parts == ("request", "path"):
            return self.calls
        total = Tally()
        for (place, _, _), tally in sorted(self.facts.items()):
            if place == subject.text:
                total.merge(tally)
        return total if total.count else None

    def state(self) -> Any:
        """The serial form."""
        return [
            self.calls.state(),
            {status: tally.state() for status, tally in sorted(self.answers.items())},
            [[*fact, *tally.state()] for fact, tally in sorted(self.facts.items())],
        ]

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        self = cls()
        calls, answers, facts = state
        self.calls = Tally.from_state(calls)
        self.answers = {status: Tally.from_state(tally) for status, tally in answers.items()}
        self.facts = {(place, kind, word): Tally.from_state(tally) for place, kind, word, *tally in facts}
        return self


def _name_of(parts: dict[str, tuple[str, dict[str, Tally]]], name: str) -> str | None:
    return parse(parts[name][0]).parts[-1] if name in parts else None
