"""Secrets in JSON, found in the text itself: only the values that must go are cut out, all else stays.

A scanner and not a parser, because what is recorded need not be JSON: it may be cut, have a name twice,
numbers that no parser takes, or nest ten thousand deep. The scanner knows strings, names, brackets and
words; what cannot be confused by that is also found in broken text, and for the rest free text is searched
as well (`text.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proxy.redaction.rules import UNKNOWN
from store.tokens import JsonType

if TYPE_CHECKING:
    from proxy.redaction.pen import Pen

_TOKEN = re.compile(
    r'"(?P<string>[^"\\]*+(?:\\.[^"\\]*+)*+)(?:(?P<end>")(?P<colon>\s*+:)?+|\\?\Z)|[{}\[\]]|(?P<word>[-+\w.]++)',
    re.DOTALL,
)
_INTEGER = re.compile(r"-?\d+")
_NUMBER = re.compile(r"[-+]?(?:\d|\.\d|NaN|Infinity)")
_NOT_SECRET_WORDS = frozenset({"true", "false", "null", "True", "False", "None", "undefined"})

_LABELS = frozenset(
    {"name", "key", "field", "variable", "var", "parameter", "param", "header", "label", "id", "property"}
)
_LABELLED = frozenset({"value", "val", "content", "data", "default", "text", "values"})
"""In `{"name": "PASSWORD", "value": "..."}` the name of the value is itself a value."""

_MIN_TEXT_CHARS = 8
"""No shorter string holds a secret that its own name does not give away."""

_NESTED = re.compile(r"[=<{\[%\\&]|[^\W\d][\"'\])]*\s*:")
"""What a string has that quotes JSON, markup, a form, or `name: value`; colons of a time do not count."""

RedactText = Callable[[str, bool], str]
"""What to do with a string under a harmless name, decoded; the flag says that its end was cut off."""


@dataclass(slots=True)
class _Container:
    """An open object or array: whether all in it is secret or kept, and what its members have shown."""

    part: str
    secret: bool = False
    kept: bool = False
    labelled_secret: bool = False
    labelled: list[re.Match[str]] = field(default_factory=list)


def redact_json(
    text: str, pen: Pen, where: str, redact_text: RedactText, *, has_patterns: bool = True
) -> str:
    """The text with every value under a secret name replaced, and `redact_text` applied to other strings.

    Under a secret name the leaves go and the structure stays, as do booleans, null, and members whose names
    say that they describe the secret (`credentials.provider.type`).
    `has_patterns` says whether any pattern may be found: without, only strings that quote another text are
    looked into.
    """
    return _Scanner(text, pen, where, redact_text, has_patterns=has_patterns).redacted()


class _Scanner:
    def __init__(
        self, text: str, pen: Pen, where: str, redact_text: RedactText, *, has_patterns: bool
    ) -> None:
        self._text = text
        self._pen = pen
        self._redact_text = redact_text
        self._has_patterns = has_patterns
        self._stack = [_Container(where)]
        self._name: str | None = None
        self._edits: dict[int, tuple[int, str]] = {}

    def redacted(self) -> str:
        for match in _TOKEN.finditer(self._text):
            kind = match.lastgroup
            if kind == "colon":
                self._read_name(match)
            elif kind is not None:
                self._read_leaf(match)
            elif match[0] in "{[":
                self._open(match[0])
            elif len(self._stack) > 1:
                self._stack.pop()
        if not self._edits:
            return self._text
        pieces: list[str] = []
        end = 0
        for start, (stop, replacement) in sorted(self._edits.items()):
            pieces += (self._text[end:start], replacement)
            end = stop
        return "".join(pieces) + self._text[end:]

    def _open(self, bracket: str) -> None:
        secret, kept = self._secrecy()
        part = ("" if self._name is None else f".{self._name}") + ("[]" if bracket == "[" else "")
        self._stack.append(_Container(part, secret, kept))
        self._name = None

    def _read_name(self, match: re.Match[str]) -> None:
        self._name = _unescape(match["string"])
        self._edit_text(match, self._name)

    def _read_leaf(self, match: re.Match[str]) -> None:
        name, container = self._name, self._stack[-1]
        secret, kept = self._secrecy() if name is not None else (container.secret, container.kept)
        self._name = None
        if kept:
            return
        if name in _LABELLED:
            container.labelled.append(match)
        if secret:
            self._edit_secret(match)
        elif match.lastgroup == "word":
            self._edit_number(match)
        else:
            value = _unescape(match["string"])
            if name in _LABELS and value in self._pen.rules.names:
                self._mark_labelled(container)
            self._edit_text(match, value)

    def _mark_labelled(self, container: _Container) -> None:
        """What is called `value` in an object with a secret `name` is secret, before it and behind it."""
        container.labelled_secret = True
        for earlier in container.labelled:
            self._edit_secret(earlier)

    def _secrecy(self) -> tuple[bool, bool]:
        """Whether the value that comes now is secret, and whether it is kept all the same."""
        container, name, rules = self._stack[-1], self._name, self._pen.rules
        if name is None:
            return container.secret, container.kept
        if container.kept or (rules.keeps_any and rules.keeps(name, self._place(name))):
            return False, True
        if container.secret:
            return not rules.names.is_about(name), False
        return name in rules.names or (name in _LABELLED and container.labelled_secret), False

    def _place(self, name: str) -> str:
        return "".join(container.part for container in self._stack) + f".{name}"

    def _edit_secret(self, match: re.Match[str]) -> None:
        if match.start() in self._edits:
            return
        if (word := match["word"]) is not None:
            if word not in _NOT_SECRET_WORDS:
                self._edits[match.start()] = (match.end(), f'"{self._pen.token(word, _type_of(word))}"')
            return
        value = _unescape(match["string"])
        token = self._pen.token(value)
        if token != value:
            self._edits[match.start()] = (match.end(), f'"{token}{match["end"] or ""}')

    def _edit_text(self, match: re.Match[str], value: str) -> None:
        if len(value) < _MIN_TEXT_CHARS or not (self._has_patterns or _NESTED.search(value)):
            return
        redacted = self._redact_text(value, match["end"] is None)
        if redacted != value:
            self._edits[match.start("string")] = (match.end("string"), json.dumps(redacted)[1:-1])

    def _edit_number(self, match: re.Match[str]) -> None:
        word = match["word"]
        if (
            len(word) >= _MIN_TEXT_CHARS
            and self._pen.rules.kind_of(word, cut=match.end() == len(self._text)) != UNKNOWN
        ):
            self._edit_secret(match)


def _type_of(word: str) -> JsonType:
    if _INTEGER.fullmatch(word):
        return JsonType.INTEGER
    return JsonType.NUMBER if _NUMBER.match(word) else JsonType.STRING


def _unescape(raw: str) -> str:
    """The content of a string; where its escapes are broken, the text as it stands."""
    if "\\" not in raw:
        return raw
    try:
        value: str = json.loads(f'"{raw}"', strict=False)
    except ValueError:
        return raw
    return value
