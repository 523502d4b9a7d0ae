"""One message, opened: all that is kept of it, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.text import Text

from reports.opened import body_lines, evidence_words, fact_lines, plain
from reports.untrusted import for_terminal
from reports.words import count, instant, milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.names import Names
    from store.records import Message


def message_as_json(message: Message, names: Names) -> str:
    """Every field of the record under its own name, in ASCII, as `reports.opened` writes exchanges."""
    parties = {
        "published_by": names.consumer(message.publisher) if message.publisher else None,
        "delivered_to": names.consumer(message.consumer) if message.consumer else None,
        "operation": names.operation_of(message),
    }
    return json.dumps({**parties, **plain(asdict(message))}, indent=2)


def message_as_text(message: Message, names: Names) -> Text:
    """The message for a terminal; what came from traffic is neutralised."""
    lines = [
        Text(for_terminal(f"{message.protocol} {message.channel}"), "bold"),
        *fact_lines(list(about_message(message, names))),
    ]
    if message.headers:
        lines += [Text(), Text("Headers", "bold"), *fact_lines(message.headers)]
    if message.payload is not None:
        lines += body_lines(message.payload)
    return Text("\n").join(lines)


def about_message(message: Message, names: Names) -> Iterator[tuple[str, str]]:
    """What is known of a message besides what it carried, as names and values."""
    yield "id", message.id
    yield "operation", f"{names.operation_of(message)} of {message.producer}"
    for role, identity in (("published by", message.publisher), ("delivered to", message.consumer)):
        if identity is not None:
            yield role, f"{names.consumer(identity)}, {evidence_words(identity)}"
    yield from _times(message)
    if message.acknowledgement:
        yield "answered", message.acknowledgement
    if message.redeliveries:
        yield "redelivered", f"after {count(message.redeliveries, 'earlier delivery', 'earlier deliveries')}"
    for name, value in (
        ("key", message.key),
        ("partition", message.partition),
        ("sequence", message.sequence),
    ):
        if value is not None:
            yield name, str(value)
    if message.exchange:
        yield "carried by", message.exchange
    if message.flaws:
        yield "flaws", ", ".join(message.flaws)
    yield "recorded", f"by {message.lane.value} from {message.source}"
    yield "redacted", count(message.redacted, "value") if message.redacted else "nothing"


def _times(message: Message) -> Iterator[tuple[str, str]]:
    """When each thing happened, and how long after the one before."""
    before: int | None = None
    marks = (
        ("published", message.published_at),
        ("delivered", message.delivered_at),
        ("acknowledged", message.acknowledged_at),
    )
    for said, at in marks:
        if at is None:
            continue
        later = "" if before is None or at < before else f", {milliseconds((at - before) / 1e6)} later"
        yield said, f"{instant(at)}{later}"
        before = at
