"""The redactor of a deployment, and its work on one record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.redaction.bodies import MediaType, RedactedBody, redact_body
from proxy.redaction.heads import redact_headers
from proxy.redaction.key import key_path, load_key
from proxy.redaction.pen import Pen, token_of
from proxy.redaction.rules import Rules
from proxy.redaction.text import redact_text
from proxy.redaction.urls import redact_path, redact_query

if TYPE_CHECKING:
    from proxy.config import RedactionConfig
    from store.records import Headers


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


class Redaction:
    """The redaction of one record. `where` is the place that things stand at, as subjects write it (`request.body`)."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen

    @property
    def count(self) -> int:
        """Values replaced so far."""
        return self._pen.count

    def headers(self, headers: Headers, where: str) -> Headers:
        """Header or trailer fields."""
        return redact_headers(headers, self._pen, where)

    def path(self, path: str) -> str:
        """A path as sent."""
        return redact_path(path, self._pen, "request.path", lambda text: self.text(text, "request.path"))

    def query(self, query: str) -> str:
        """A query as sent, without its `?`."""
        if not query:
            return query
        return redact_query(query, self._pen, "request.query", lambda text: self.text(text, "request.query"))

    def text(self, text: str, where: str) -> str:
        """Text of any kind."""
        return redact_text(text, self._pen, where)

    def secret(self, value: str) -> str:
        """A value that is known to be secret."""
        return self._pen.token(value)

    def body(self, data: bytes, media_type: MediaType, where: str, *, cut: bool = False) -> RedactedBody:
        """A body without its content coding; `cut` says that its end is missing."""
        return redact_body(data, media_type, self._pen, where, cut=cut)
