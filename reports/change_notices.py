"""What one consumer is told of a change: as Markdown, as an e-mail (RFC 5322), and as a CloudEvent.

Whatever came from traffic or from people is escaped for where it goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from contract.changing.progress import day_of, instant_of
from contract.claim import Level
from reports.markdown import plain
from reports.untrusted import for_terminal
from reports.words import count, instant
from store.records import record_id

if TYPE_CHECKING:
    from datetime import date

    from contract.changing.model import Planned
    from contract.changing.progress import Standing
    from contract.ledger.model import Owner

TYPE = "defacto.change.announced"
"""The type of the CloudEvent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A change as one consumer is told of it. `seen` is None where its traffic never showed what changes."""

    id: str
    planned: Planned
    producer: str
    title: str
    consumer: str
    owner: Owner
    ask: Owner
    at: date
    seen: Standing | None

    @property
    def heading(self) -> str:
        """What and when, in one line."""
        return f"{self.title or self.producer}: {self.planned.what}, from {self.planned.effective}"


def parts(notice: Notice) -> list[tuple[str, str]]:
    """The notice as titles and sentences, raw."""
    planned = notice.planned
    until = f"It is deprecated from {planned.deprecated} on. " if planned.deprecated else ""
    told = [
        ("What changes", f"{planned.words}."),
        ("When", f"{until}It takes effect on {planned.effective}."),
        (f"What {notice.consumer} was seen to use", used(notice)),
        ("What to do instead", planned.successor or "Nothing takes its place: do without it."),
    ]
    if planned.reason:
        told.append(("Why", planned.reason))
    asked = notice.ask.text or f"the owners of {notice.producer}"
    told.append(("Whom to ask", f"{asked}{f', {planned.link}' if planned.link else ''}"))
    answer = f"defacto change acknowledge {notice.id} {notice.consumer}"
    told.append(
        ("Please answer", f"So that nobody is forgotten, say that you know of it. It is kept by: {answer}")
    )
    return told


def used(notice: Notice) -> str:
    """What was seen of this consumer, with counts and the last day."""
    then = notice.planned.consumers.get(notice.consumer)
    if notice.seen is not None:
        level, basis, times = notice.seen.level, notice.seen.basis, notice.seen.count
        last = f"{day_of(notice.seen.last_seen)}"
    elif then is not None:
        level, basis, times, last = then.level, then.basis, then.count, f"{then.last_seen or 'unknown'}"
    else:
        return "Nothing: its traffic never showed what changes. It is told because it was named."
    doubt = ". Whether it needs it cannot be seen" if level is Level.EXPOSED else ""
    return f"{notice.consumer} {_verb(level)}{basis}, {count(times, 'time')}, last on {last}{doubt}."


def notice_markdown(notice: Notice) -> str:
    """A page, or a comment in an issue."""
    lines = [f"# {plain(notice.heading)}"]
    for title, text in parts(notice):
        lines += ["", f"**{plain(title)}**", "", plain(text)]
    return "\n".join([*lines, ""])


def notice_email(notice: Notice) -> bytes:
    """A message as a mail client or `sendmail -t` takes it. Who has no address has no field for it."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = for_terminal(notice.heading)
    message["Date"] = day_time(notice.at)
    for field, who in (("From", notice.ask), ("To", notice.owner)):
        address = _address(who)
        if address is not None:
            message[field] = address
    lines = [
        line
        for title, text in parts(notice)
        for line in (f"{for_terminal(title)}:", f"  {for_terminal(text)}", "")
    ]
    message.set_content("\n".join(lines), cte="quoted-printable")
    return message.as_bytes()


def notice_event(notice: Notice) -> dict[str, Any]:
    """A CloudEvent 1.0 in JSON's own types. The same notice has the same id, so that receivers can tell."""
    planned = notice.planned
    return {
        "specversion": "1.0",
        "id": record_id(notice.producer, notice.id, notice.consumer, str(notice.at)),
        "source": source_of(notice.producer),
        "type": TYPE,
        "subject": notice.consumer,
        "time": instant(instant_of(notice.at)),
        "datacontenttype": "application/json",
        "data": {
            "change": notice.id,
            "producer": notice.producer,
            "consumer": notice.consumer,
            "owner": notice.owner.name or None,
            "contact": notice.owner.contact or None,
            "what": planned.what,
            "operation": planned.operation or None,
            "place": planned.place or None,
            "severity": planned.severity.value,
            "deprecated": str(planned.deprecated) if planned.deprecated else None,
            "effective": str(planned.effective),
            "seen": used(notice),
            "successor": planned.successor or None,
            "reason": planned.reason or None,
            "link": planned.link or None,
            "ask": notice.ask.text or None,
        },
    }


def source_of(producer: str) -> str:
    """The `source` of events about a producer: a URI reference."""
    return f"/defacto/producers/{quote(producer, safe='', errors='backslashreplace')}"


def day_time(day: date) -> str:
    """A day's beginning as e-mail writes it (RFC 5322 section 3.3)."""
    return format_datetime(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _verb(level: Level) -> str:
    return {Level.USED: "uses it: ", Level.PROVEN: "was proven to need it: "}.get(level, "")


def _address(who: Owner) -> Address | None:
    try:
        return Address(for_terminal(who.name), addr_spec=who.contact) if who.contact else None
    except (ValueError, IndexError):  # a channel, a phone number: no address, and the library trips over some
        return None
