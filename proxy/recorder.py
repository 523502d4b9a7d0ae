"""The recorder: a raw exchange or message becomes a record that is safe to keep.

Identity is read from the raw head first, then content codings are undone, flaws are named, and everything
secret is replaced. Nothing that is not a record leaves this file, and no exchange, however broken, makes it
raise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from proxy.content import UndecodableError, codings_of, decode
from proxy.flaws import body_flaws
from proxy.grpc import Calls, Methods
from proxy.identity import Identifier
from proxy.payloads import Payloads, Read, Schemas
from proxy.publications import Publication, Publications, published_at
from proxy.raw import RawBody, RawEvent, RawExchange, Sender
from proxy.redaction import MediaType, Redaction, Redactor
from store.records import Body, Exchange, Headers, Lane, Message, Outcome, record_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxy.config import Config
    from proxy.raw import RawMessage, RawRecord


OTHER_METHOD = "OTHER"
"""Stands for methods that nobody means, which HTTP/2 and recordings can hold."""
_METHOD = re.compile(r"(?!(?:SEND|RECEIVE)\Z)[A-Za-z0-9_-]{1,32}")
"""Those of HTTP's registry and more; not the two words by which messages are told from calls."""


@dataclass(frozen=True, slots=True)
class Target:
    """A request-target taken apart; each part as sent."""

    scheme: str
    authority: str
    path: str
    query: str
    userinfo: str = ""


class Recorder:
    """Makes records. One for a process; not for threads at once."""

    def __init__(
        self,
        identifier: Identifier,
        redactor: Redactor,
        body_limit: Callable[[str], int],
        payloads: Payloads | None = None,
        calls: Calls | None = None,
    ) -> None:
        self._identifier = identifier
        self._redactor = redactor
        self._body_limit = body_limit
        self._publications = Publications()
        self._payloads = payloads or Payloads(Schemas())
        self._calls = calls or Calls(Methods())

    @classmethod
    def from_config(cls, config: Config) -> Recorder:
        """A recorder that does what the configuration says.

        Raises:
            DefactoError: the redaction key, a JWT key or a schema cannot be used.
        """
        redactor = Redactor.from_config(config.redaction)
        given = config.schemas
        folder = Path(given.folder) if given.folder else None
        payloads = Payloads(Schemas(folder, given.registry, given.messages))
        identifier = Identifier(config.identity, redactor)
        return cls(identifier, redactor, config.body_limit, payloads, Calls(Methods(folder)))

    def record(self, raw: RawRecord) -> Exchange | Message:
        """The record of an exchange, of a message or of an event."""
        if isinstance(raw, RawExchange):
            return self.exchange(raw)
        return self.event(raw) if isinstance(raw, RawEvent) else self.message(raw)

    def exchange(self, raw: RawExchange) -> Exchange:
        """The record of an exchange."""
        redaction = self._redactor.start()
        lengths = tuple(_length_flaws(raw))
        target = split_target(raw)
        if target.userinfo:
            redaction.secret(target.userinfo)
        limit, ended = self._body_limit(raw.producer), raw.outcome is Outcome.COMPLETE
        call = self._calls.read(raw, limit)
        raw = call.exchange
        flaws = list(raw.flaws)
        request_body = self.body(
            raw.request_body, call.request_fields, redaction, "request", limit, flaws, ended=ended
        )
        response_place = f"response.{raw.status}" if raw.status is not None else "response"
        response_body = self.body(
            raw.response_body, call.response_fields, redaction, response_place, limit, flaws, ended=ended
        )
        flaws.extend(lengths)
        method = raw.method
        if not _METHOD.fullmatch(method):
            method = OTHER_METHOD
            flaws.append("method-unreadable")
        return Exchange(
            id=self._id(raw),
            producer=raw.producer,
            identity=self._identifier.identify(raw),
            lane=raw.lane,
            source=raw.source,
            protocol=raw.protocol,
            started_at=raw.started_at,
            method=method,
            scheme=target.scheme,
            authority=target.authority,
            path=redaction.path(target.path),
            query=redaction.query(target.query),
            request_headers=redaction.headers(raw.request_headers, "request.header"),
            request_trailers=redaction.headers(raw.request_trailers, "request.trailer"),
            request_body=request_body,
            status=raw.status,
            response_headers=redaction.headers(raw.response_headers, f"{response_place}.header"),
            response_trailers=redaction.headers(raw.response_trailers, f"{response_place}.trailer"),
            response_body=response_body,
            request_ns=raw.request_ns,
            wait_ns=raw.wait_ns,
            duration_ns=raw.duration_ns,
            outcome=raw.outcome,
            connection=raw.connection,
            peer=raw.peer,
            flaws=tuple(dict.fromkeys(flaws)),
            redacted=redaction.count,
        )

    def message(self, raw: RawMessage) -> Message:
        """The record of a message; who sent it or got it is the consumer of the exchange that carried it."""
        carrier = raw.carrier
        redaction = self._redactor.start()
        flaws = list(raw.flaws)
        headers = (("content-type", raw.media_type),)
        limit = self._body_limit(carrier.producer)
        consumer = self._identifier.identify(carrier)
        exchange = self._id(carrier)
        published = raw.sender is Sender.CLIENT
        return Message(
            id=record_id(exchange, raw.ordinal),
            producer=carrier.producer,
            lane=carrier.lane,
            source=carrier.source,
            protocol=raw.protocol,
            channel=redaction.path(split_target(carrier).path),
            type=redaction.text(raw.type, "message.type"),
            publisher=consumer if published else None,
            consumer=None if published else consumer,
            key=None if raw.key is None else redaction.text(raw.key, "message.key"),
            sequence=raw.ordinal,
            payload=self.body(raw.payload, headers, redaction, "message", limit, flaws),
            published_at=raw.at if published else None,
            delivered_at=None if published else raw.at,
            exchange=exchange,
            flaws=tuple(dict.fromkeys(flaws)),
            redacted=redaction.count,
        )

    def event(self, raw: RawEvent) -> Message:
        """The record of a message through a broker."""
        redaction = self._redactor.start()
        flaws = list(raw.flaws)
        read = self._read(raw, flaws)
        client = self._identifier.identify_client(raw)
        published = raw.sender is Sender.CLIENT
        alone = not published and raw.payload is None and bool(raw.acknowledgement)
        seen_at = None if alone else raw.at
        publication = self._publications.of(raw) if not published and not alone else None
        if published:
            self._publications.published(raw, client)
            publication = Publication(raw.at, client)
        return Message(
            id=self._id(raw),
            producer=raw.producer,
            lane=raw.lane,
            source=raw.source,
            protocol=raw.protocol,
            channel=redaction.text(raw.channel, "message.channel"),
            type=redaction.text(raw.type or read.type, "message.type"),
            publisher=publication.by if publication is not None else None,
            consumer=None if published else client,
            key=None if raw.key is None else redaction.text(raw.key, "message.key"),
            partition=raw.partition,
            sequence=raw.sequence,
            headers=redaction.headers(_with_schema(raw.headers, read.schema), "message.header"),
            payload=self._payload(raw, read, redaction, flaws),
            published_at=published_at(raw, publication),
            delivered_at=None if published else seen_at,
            acknowledged_at=raw.acknowledged_at,
            acknowledgement=raw.acknowledgement,
            redeliveries=raw.redeliveries,
            exchange="" if raw.link.carrier is None else self._id(raw.link.carrier),
            flaws=tuple(dict.fromkeys(flaws)),
            redacted=redaction.count,
        )

    def _payload(self, raw: RawEvent, read: Read, redaction: Redaction, flaws: list[str]) -> Body | None:
        if raw.payload is None:
            return None
        limit, described = self._body_limit(raw.producer), (("content-type", read.media_type),)
        body = self.body(read.body, described, redaction, "message", limit, flaws)
        return replace(body, wire_size=raw.payload.size) if body is not None else None

    def _read(self, raw: RawEvent, flaws: list[str]) -> Read:
        """What a payload says, its content coding undone."""
        if raw.payload is None:
            return Read(body=RawBody(data=b"", size=0), media_type="")
        found: list[str] = []
        content, size, _ = _undo_codings(raw.payload, raw.headers, self._body_limit(raw.producer), found)
        read = self._payloads.read(RawBody(data=content, size=size, decoded=True), raw.headers, raw.channel)
        flaws.extend(f"message-body-{flaw}" for flaw in (*found, *read.flaws))
        return read

    def _id(self, raw: RawExchange | RawEvent) -> str:
        return record_id(self._redactor.seal(raw.fingerprint))

    def body(
        self,
        raw: RawBody | None,
        headers: Headers,
        redaction: Redaction,
        place: str,
        limit: int,
        flaws: list[str],
        *,
        ended: bool = True,
    ) -> Body | None:
        """The record of a body or of a message's payload.

        Args:
            raw: the body as transferred.
            headers: the fields that describe it, names in lower case.
            redaction: the record's own.
            place: what it belongs to, as subjects write it: `request`, `response.200`, `message`.
            limit: bytes kept.
            flaws: what is wrong is added here, as `request-body-not-json`.
            ended: false where the exchange broke off, so that the end of the body may be missing.
        """
        if raw is None:
            return None
        media_type = MediaType.parse(_field(headers, "content-type"))
        found: list[str] = []
        content, size, truncated = _undo_codings(raw, headers, limit, found)
        whole = ended and not truncated
        if whole:
            found.extend(body_flaws(content, media_type.essence))
        redacted = redaction.body(content, media_type, f"{place}.body", cut=not whole)
        if redacted.withheld:
            found.append("withheld")
        flaws.extend(f"{place.partition('.')[0]}-body-{flaw}" for flaw in found)
        return Body(
            content=redacted.content,
            size=size,
            wire_size=raw.size,
            media_type=media_type.essence,
            truncated=truncated or redacted.withheld,
        )


def _with_schema(headers: Headers, schema: str) -> Headers:
    """The fields, and the schema that a payload was written with as one of them."""
    return (*headers, ("schema", schema)) if schema else headers


def _undo_codings(raw: RawBody, headers: Headers, limit: int, flaws: list[str]) -> tuple[bytes, int, bool]:
    """The content that may be kept, its length before the cut, and whether it was cut."""
    fields = () if raw.decoded else (value for name, value in headers if name == "content-encoding")
    codings = codings_of(fields)
    if not codings:
        size = max(raw.size, len(raw.data))
        return raw.data[:limit], size, size > min(limit, len(raw.data))
    try:
        decoded = decode(raw.data, codings, limit)
    except UndecodableError:
        flaws.append("undecodable")
        return b"", raw.size, True
    if not decoded.complete and not raw.truncated:
        flaws.append("incomplete")
    return decoded.content, decoded.size, decoded.truncated or raw.truncated


def _length_flaws(raw: RawExchange) -> Iterator[str]:
    """Bodies whose `Content-Length` lies; in recordings it is often that of the body before an edit."""
    if raw.lane is Lane.IMPORT or raw.outcome is not Outcome.COMPLETE:
        return
    sides = (
        ("request", raw.request_body, raw.request_headers),
        ("response", raw.response_body, raw.response_headers),
    )
    for side, body, headers in sides:
        if body is not None and body.size and _field(headers, "content-length") not in {"", str(body.size)}:
            yield f"{side}-body-length-mismatch"


def _field(headers: Headers, name: str) -> str:
    """The first value of a field, `""` where there is none."""
    return next((value for known, value in headers if known == name), "")


def split_target(raw: RawExchange) -> Target:
    """Take a request-target apart, in any of its four forms (RFC 9112 section 3.2)."""
    target, scheme, authority = raw.target, raw.scheme, raw.authority
    userinfo = ""
    if raw.method == "CONNECT":
        authority, target = target or authority, ""
    elif not target.startswith("/") and "://" in target.partition("?")[0]:
        scheme, _, rest = target.partition("://")
        scheme = scheme.lower()
        end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
        authority, target = rest[:end], rest[end:]
        target = target if target.startswith("/") else f"/{target}"
    if "@" in authority:
        userinfo, _, authority = authority.rpartition("@")
    path, _, query = target.partition("?")
    return Target(scheme, without_default_port(scheme, authority), path, query, userinfo)


def without_default_port(scheme: str, authority: str) -> str:
    """The host with its port where that is not the scheme's own."""
    default = {"http": ":80", "https": ":443"}.get(scheme)
    return authority.removesuffix(default) if default else authority
