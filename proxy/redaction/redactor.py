"""The redactor of a deployment, and its work on one record."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from proxy.redaction.bodies import MediaType, RedactedBody, redact_body
from proxy.redaction.heads import redact_headers
from proxy.redaction.key import key_path, load_key
from proxy.redaction.pen import Pen, seal, token_of
from proxy.redaction.rules import Rules
from proxy.redaction.text import redact_text
from proxy.redaction.urls import redact_path, redact_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.config import RedactionConfig
    from store.records import Headers

T = TypeVar("T")

_MAX_PASSES = 8
"""Two are enough for all but text made to confuse: the bound is there so that no text can keep us busy."""


class Redactor:
    """Rules and key, made once; `start` gives the redaction of one record."""

    def __init__(self, rules: Rules, key: bytes) -> None:
        self._rules = rules
        self._key = key

    @classmethod
    def from_config(cls, config: RedactionConfig) -> Redactor:
        """Read or make the key file.

        Raises:
            KeyFileError: the key cannot be used.
        """
        return cls(Rules(config), load_key(key_path(config.key_file)))

    def start(self) -> Redaction:
        """Begin a record."""
        return Redaction(Pen(self._rules, self._key))

    def token(self, value: str) -> str:
        """The token of a value that is known to be secret, as it would stand in a record."""
        return token_of(self._key, self._rules, value)

    def clean(self, text: str) -> str:
        """Text of any kind with everything secret in it replaced, outside of any record's count."""
        return self.start().text(text, "")

    def seal(self, parts: tuple[str | int | bytes, ...]) -> bytes:
        """A keyed hash of what may hold secrets: without the key nobody can test a guess against it."""
        return seal(self._key, parts)


class Redaction:
    """The redaction of one record. `where` is the place of things, as subjects write it (`request.body`)."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen

    @property
    def count(self) -> int:
        """Values replaced so far."""
        return self._pen.count

    def headers(self, headers: Headers, where: str) -> Headers:
        """Header or trailer fields."""
        return self._settle(lambda fields: redact_headers(fields, self._pen, where), headers)

    def path(self, path: str) -> str:
        """A path as sent."""
        nested = self._nested("request.path")
        return self._settle(lambda text: redact_path(text, self._pen, "request.path", nested), path)

    def query(self, query: str) -> str:
        """A query as sent, without its `?`."""
        if not query:
            return query
        nested = self._nested("request.query")
        return self._settle(lambda text: redact_query(text, self._pen, "request.query", nested), query)

    def text(self, text: str, where: str) -> str:
        """Text of any kind."""
        return self._settle(lambda text: redact_text(text, self._pen, where), text)

    def secret(self, value: str) -> str:
        """A value that is known to be secret."""
        return self._pen.token(value)

    def body(self, data: bytes, media_type: MediaType, where: str, *, cut: bool = False) -> RedactedBody:
        """A body without its content coding; `cut` says that its end is missing."""
        before = self._pen.count
        first = redact_body(data, media_type, self._pen, where, cut=cut)
        if self._pen.count == before:  # the way of nearly all bodies, kept short
            return first

        def redact(body: RedactedBody) -> RedactedBody:
            return body if body.withheld else redact_body(body.content, media_type, self._pen, where, cut=cut)

        return self._settle(redact, first)

    def _nested(self, where: str) -> Callable[[str], str]:
        return lambda text: redact_text(text, self._pen, where, depth=1)

    def _settle(self, redact: Callable[[T], T], value: T) -> T:
        """Redact until nothing more is found: what one reading has cut out may open the way for another.

        So redacting twice changes nothing, and a secret that stands between two readings is found as well.
        """
        for _ in range(_MAX_PASSES):
            before = self._pen.count
            value = redact(value)
            if self._pen.count == before:
                break
        return value
