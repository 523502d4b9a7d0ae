"""Who the consumer is: a chain of evidence over the request's head, the first kind that answers wins.

Evidence that nothing here or in front of us has checked still names the consumer, and says
`verified=False`. A credential is never the answer itself: an API key is named by its token.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from functools import lru_cache
from typing import TYPE_CHECKING

from proxy.jwt_claims import JwtReader
from store.records import UNIDENTIFIED, Identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.config import IdentityConfig
    from proxy.raw import RawEvent, RawExchange
    from proxy.redaction import Redactor
    from store.records import Headers

MAX_VALUE_CHARS = 200
"""Longer names are cut: an identity is read by people and kept with every observation."""

Fields = dict[str, str]
"""The first value of each header field, by name in lower case."""

_ELEMENT = re.compile(r'(?:^|[;,])\s*(?P<key>\w+)=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^;,]*))')
_PRODUCT = re.compile(r"[!#$%&'*+\-.^_`|~\w@:]+", re.ASCII)
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("HeadlessChrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("Trident", "Internet Explorer"),
    ("MSIE", "Internet Explorer"),
)
"""In the order to look for them: each names those below it as well (`Chrome/… Safari/… Edg/…`)."""
_MADE_UP = re.compile(
    r"rdkafka|sarama|console-(?:producer|consumer)|kafkajs|(?:aiokafka|kafka-python|confluent)[-\d.].*"
    r"|(?:producer|consumer)(?:-\d+)?|mosq[-/_]?\w*|paho\d*|mqttjs_\w+|auto-[\dA-F-]+|gmqtt\w*"
    r"|amq\.gen-.*|.*[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}.*|guest|default",
    re.IGNORECASE,
)
"""What libraries and brokers call a client that has not been given a name."""
_BOT = re.compile(
    r"compatible;\s*+([A-Za-z][\w.+-]*+(?: ++[\w.+-]++)*+)(?:/[\d.]++)?\s*+[;)]", re.ASCII
)  # nothing in it is read in two ways: what clients say may be as long as a head


class Identifier:
    """The configured chain. What looks like a credential in an answer becomes the redactor's token."""

    def __init__(self, config: IdentityConfig, redactor: Redactor) -> None:
        self._config = config
        self._redactor = redactor
        self._jwt = JwtReader.from_config(config.jwt)
        readers: dict[str, Callable[[RawExchange, Fields], Identity | None]] = {
            "mtls": self._mtls,
            "jwt": self._claims,
            "api-key": self._api_key,
            "header": self._header,
            "basic": self._basic,
            "user-agent": self._user_agent,
            "address": self._address,
        }
        self._chain = tuple(readers[basis] for basis in config.chain)
        self._client = lru_cache(maxsize=4096)(self._identify_client)

    def identify(self, raw: RawExchange) -> Identity:
        """The consumer of an exchange, `UNIDENTIFIED` where no evidence answers."""
        fields = first_values(raw.request_headers)
        for reader in self._chain:
            identity = reader(raw, fields)
            if identity is not None:
                return identity
        return UNIDENTIFIED

    def identify_client(self, raw: RawEvent) -> Identity:
        """Whose connection to a broker it is; a name that everybody has is no evidence.

        Within a WebSocket the handshake may say more than an address does.
        """
        said = self._client(raw.client, raw.client_certificate, raw.peer)
        carrier = raw.link.carrier
        if carrier is None or said.basis not in {"address", UNIDENTIFIED.basis}:
            return said
        return self.identify(carrier)

    def _identify_client(self, told: tuple[Identity, ...], certificate: str, peer: str) -> Identity:
        said = {one.basis: one for one in reversed(told) if one.value}
        for basis in self._config.events:
            if basis == "mtls" and certificate:
                return self._identity("mtls", certificate, "certificate", verified=True)
            if basis == "address" and peer:
                return self._identity("address", peer, "connection")
            one = said.get(basis)
            if one is not None and not _MADE_UP.fullmatch(one.value[:MAX_VALUE_CHARS]):
                return self._identity(basis, one.value, one.source)
        return UNIDENTIFIED

    def _mtls(self, raw: RawExchange, fields: Fields) -> Identity | None:
        if raw.client_certificate:
            return self._identity("mtls", raw.client_certificate, "certificate", verified=True)
        for header in self._config.mtls_headers:
            value = fields.get(header)
            subject = certificate_subject(value) if value else ""
            if subject:
                return self._identity("mtls", subject, f"header {header}", verified=self._config.trust_mtls)
        return None

    def _claims(self, raw: RawExchange, fields: Fields) -> Identity | None:
        token = _credentials(fields, "bearer", "dpop", "jwt")
        claim = self._jwt.read(token, at=raw.started_at) if token else None
        return (
            self._identity("jwt", claim.value, f"claim {claim.name}", verified=claim.verified)
            if claim
            else None
        )

    def _api_key(self, raw: RawExchange, fields: Fields) -> Identity | None:
        del raw
        for header in self._config.api_key_headers:
            if value := fields.get(header):
                return self._identity("api-key", self._redactor.token(value), f"header {header}")
        if value := _credentials(fields, "apikey", "api-key", "key"):
            return self._identity("api-key", self._redactor.token(value), "header authorization")
        return None

    def _header(self, raw: RawExchange, fields: Fields) -> Identity | None:
        del raw
        for header in self._config.consumer_headers:
            if value := fields.get(header):
                return self._identity("header", value, f"header {header}")
        return None

    def _basic(self, raw: RawExchange, fields: Fields) -> Identity | None:
        del raw
        credentials = _credentials(fields, "basic")
        try:
            plain = b64decode(credentials + "=" * (-len(credentials) % 4), validate=True)
        except (binascii.Error, ValueError):
            return None
        user, colon, password = plain.partition(b":")
        if not user or not colon:
            return None
        name = user.decode("utf-8", "replace")
        if not password:  # an API key in the place of the user, as with Stripe
            return self._identity("api-key", self._redactor.token(name), "header authorization")
        return self._identity("basic", name, "header authorization")

    def _user_agent(self, raw: RawExchange, fields: Fields) -> Identity | None:
        del raw
        product = product_of(fields.get("user-agent", ""))
        return self._identity("user-agent", product, "header user-agent") if product else None

    def _address(self, raw: RawExchange, fields: Fields) -> Identity | None:
        del fields
        return self._identity("address", raw.peer, "connection") if raw.peer else None

    def _identity(self, basis: str, value: str, source: str, *, verified: bool = False) -> Identity:
        shown = self._redactor.clean(value[:MAX_VALUE_CHARS])
        return Identity(basis=basis, value=shown, source=source, verified=verified)


def first_values(headers: Headers) -> Fields:
    """The first value of each field; of repeated evidence the outermost proxy wrote the first."""
    fields: Fields = {}
    for name, value in headers:
        fields.setdefault(name, value)
    return fields


def certificate_subject(value: str) -> str:
    """The subject that a terminating proxy passes on.

    Envoy's `x-forwarded-client-cert` is a list of `key=value` elements, the last one being the nearest
    client's: its URI (a SPIFFE id) says most, then Subject, then DNS. Others send the distinguished name
    alone.
    """
    if "hash=" not in value.lower() and "subject=" not in value.lower() and "uri=" not in value.lower():
        return value.strip()
    elements: dict[str, str] = {}
    for match in _ELEMENT.finditer(value):
        text = match["quoted"] if match["quoted"] is not None else match["plain"]
        elements[match["key"].lower()] = text.replace('\\"', '"').strip()
    return elements.get("uri") or elements.get("subject") or elements.get("dns") or ""


def product_of(user_agent: str) -> str:
    """The program that a `User-Agent` names, without version; of browsers the family; `""`: none."""
    if user_agent.startswith("Mozilla/"):
        if bot := _BOT.search(user_agent):
            return "Internet Explorer" if bot[1].startswith("MSIE") else bot[1].strip()
        return next((family for mark, family in _BROWSERS if mark in user_agent), "browser")
    match = _PRODUCT.match(user_agent)
    return match[0] if match else ""


def _credentials(fields: Fields, *schemes: str) -> str:
    """What follows one of these schemes in `Authorization`, `""` where another one stands there."""
    scheme, _, credentials = fields.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() in schemes else ""
