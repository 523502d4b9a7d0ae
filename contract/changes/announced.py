"""Changes of behaviour that are announced by hand, in a few fixed forms.

| form                                         | example                                     |
| -------------------------------------------- | ------------------------------------------- |
| `remove OPERATION [PLACE]`                   | `remove GET /orders/{id} 200 body total`    |
| `rename OPERATION PLACE to NAME`             | `rename GET /orders query limit to size`    |
| `require OPERATION PLACE`                    | `require POST /orders body currency`        |
| `status NEW instead of OLD [on OPERATION]`   | `status 409 instead of 400 on POST /orders` |
| `latency p50|p95|p99 N ms|s [on OPERATION]`  | `latency p99 500 ms`                        |

An operation is written as reports write it, a place as `200 body items[].sku`, `query limit`, `body sku`.
Without `on` a change is one of each operation that was observed, or that answered the older status.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contract.changes.change import Change
from contract.changes.outlines import noun_of
from contract.changes.rules import RULES
from contract.clause import Direction
from contract.subject import TEXTUAL, Subject, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract.changes.rules import Rule

FORMS = (
    "remove OPERATION [PLACE]",
    "rename OPERATION PLACE to NAME",
    "require OPERATION PLACE",
    "status NEW instead of OLD [on OPERATION]",
    "latency p50|p95|p99 N ms|s [on OPERATION]",
)

_KEY = r"(?P<key>[A-Z]+ \S+)"
_REMOVE = re.compile(rf"remove {_KEY}(?: (?P<place>.+))?")
_RENAME = re.compile(rf"rename {_KEY} (?P<place>.+) to (?P<name>\S+)")
_REQUIRE = re.compile(rf"require {_KEY} (?P<place>.+)")
_STATUS = re.compile(rf"status (?P<new>[1-5]\d\d) instead of (?P<old>[1-5]\d\d)(?: on {_KEY})?")
_LATENCY = re.compile(
    rf"latency (?P<quantile>p50|p95|p99) (?P<amount>\d+(?:\.\d+)?) ?(?P<unit>ms|s)(?: on {_KEY})?"
)


def read(
    text: str, operations: Mapping[str, frozenset[str]], rules: Mapping[str, Rule] = RULES
) -> list[Change]:
    """The changes that a sentence announces.

    Args:
        text: one of `FORMS`.
        operations: the keys of those that were observed, each with the statuses that it answered.
        rules: how grave each change is.

    Raises:
        ValueError: it is of none of the forms, or names no place; the message says what was expected.
    """
    sentence = " ".join(text.split())
    for form, made in (
        (_REMOVE, _removed),
        (_RENAME, _renamed),
        (_REQUIRE, _required),
        (_STATUS, _replaced),
        (_LATENCY, _slower),
    ):
        found = form.fullmatch(sentence)
        if found:
            words = found.groupdict()
            keys = [words["key"]] if words["key"] else _meant(words, operations)
            return [made(key, words, rules) for key in keys]
    raise ValueError(f"{text!r} is no change that is understood. Write one of: {'; '.join(FORMS)}")


def _meant(words: Mapping[str, str | None], operations: Mapping[str, frozenset[str]]) -> list[str]:
    """The operations of a change that names none: those that ever answered the status, if any did."""
    answering = [key for key, statuses in operations.items() if words.get("old") in statuses]
    return sorted(answering or operations)


def place(text: str) -> Subject:
    """A place as reports write it.

    Raises:
        ValueError: it is none.
    """
    first, _, rest = text.strip().partition(" ")
    answer = bool(re.fullmatch(r"[1-5](\d\d|XX)|default|message", first))
    head = ("response", first) if answer else ("request",)
    section, _, name = (rest if answer else text.strip()).partition(" ")
    if answer and not section:
        return Subject(head)
    if section not in TEXTUAL | {"body"} or (section != "body" and not name):
        raise ValueError(
            f"{text!r} is no place: write 200 body total, 200 header etag, query limit or body sku"
        )
    if section != "body":
        return Subject((*head, section, name.lower() if section == "header" else name))
    return Subject((*head, section, *(parse(name).parts if name else ())))


def _removed(key: str, words: Mapping[str, str | None], rules: Mapping[str, Rule]) -> Change:
    if not words["place"]:
        return Change(
            rule=rules["operation-removed"],
            operation=key,
            subject=None,
            message="the operation goes",
            keys=(key,),
        )
    subject = place(words["place"])
    rule = f"{subject.direction.value}-{noun_of(subject)}-removed"
    if not noun_of(subject):
        rule = f"response-{'status' if (subject.status or '').startswith('2') else 'error'}-removed"
    return _change(rules[rule], key, subject, f"{subject.readable} goes")


def _renamed(key: str, words: Mapping[str, str | None], rules: Mapping[str, Rule]) -> Change:
    subject = place(words["place"] or "")
    rule = rules[f"{subject.direction.value}-property-renamed"]
    return _change(rule, key, subject, f"{subject.readable} will be named {words['name']}")


def _required(key: str, words: Mapping[str, str | None], rules: Mapping[str, Rule]) -> Change:
    subject = place(words["place"] or "")
    if subject.direction is not Direction.REQUEST:
        raise ValueError(f"{words['place']!r} is answered: only what is sent can be required")
    rule = rules[f"request-{noun_of(subject)}-became-required"]
    return _change(rule, key, subject, f"{subject.readable} must be sent")


def _replaced(key: str, words: Mapping[str, str | None], rules: Mapping[str, Rule]) -> Change:
    subject = Subject(("response", str(words["old"])))
    message = f"{words['new']} will be answered instead of {words['old']}"
    return _change(rules["status-replaced"], key, subject, message)


def _slower(key: str, words: Mapping[str, str | None], rules: Mapping[str, Rule]) -> Change:
    amount = float(words["amount"] or 0) * (1000 if words["unit"] == "s" else 1)
    subject = Subject(("response", "2XX", "latency"))
    message = f"the {words['quantile']} of latency will be {amount:g} ms"
    return Change(
        rule=rules["latency-raised"],
        operation=key,
        subject=subject,
        message=message,
        new={"quantile": words["quantile"], "ms": amount},
        keys=(key,),
    )


def _change(rule: Rule, key: str, subject: Subject, message: str) -> Change:
    return Change(rule=rule, operation=key, subject=subject, message=message, keys=(key,))
