"""Secrets planted in the traffic of brokers: in messages, and in what connections show to be let in."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from proxy.decoders.decoder import Instant, Limits
from proxy.decoders.table import decoder_of
from proxy.raw import Link, RawEvent, Sender
from store.records import Lane
from tests.proxy.decoders import amqp_by_hand, kafka_playing, mqtt_by_hand, nats_playing, redis_playing
from tests.proxy.decoders.playing import ORIGIN
from tests.proxy.planted import BY_PATTERN, NAMED_VALUE, NAMES, PLACES, named_places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.raw import RawExchange
    from tests.proxy.decoders.broker_playing import Sent

_SECRET = NAMED_VALUE.encode()
_PAYLOADS = ("header", "json value", "json in json", "json in utf-16", "plain text", "binary", "xml text")
_NAMED = ("header", "json", "json, nested", "form")
PROTOCOLS = ("amqp", "kafka", "mqtt", "nats", "redis")


def events() -> Iterator[RawEvent]:
    """Messages with every secret in what they say, and messages of clients that have shown one."""
    by_pattern = [PLACES[place](secret) for secret in BY_PATTERN.values() for place in _PAYLOADS]
    by_name = [named_places(name, NAMED_VALUE)[place] for name in NAMES[:12] for place in _NAMED]
    for number, raw in enumerate([*by_pattern, *by_name]):
        yield _event(raw, number, PROTOCOLS[number % len(PROTOCOLS)])
    for secret in BY_PATTERN.values():
        yield _event(PLACES["header"]("none"), 0, "keys", key=secret, channel=f"orders/{secret}")
    for protocol in PROTOCOLS:
        yield from shown(protocol)


def _event(
    raw: RawExchange, number: int, protocol: str, *, key: str = "", channel: str = "orders"
) -> RawEvent:
    """A message with the headers and the body of a request."""
    connection = f"planted-{key}" if key else "planted"
    return RawEvent(
        link=Link("events", Lane.SPLICE, "here", protocol, connection, "10.0.0.1"),
        ordinal=number,
        sender=Sender.CLIENT,
        channel=channel,
        at=raw.started_at + number,
        payload=raw.request_body,
        headers=raw.request_headers,
        key=key or None,
    )


def shown(protocol: str) -> list[RawEvent]:
    """One message, or more, of clients of a broker that have let themselves in with the secret."""
    found = []
    for number, steps in enumerate(_SESSIONS[protocol]()):
        origin = replace(ORIGIN, connection=f"{protocol}-{number}", common={})
        decoder = decoder_of(protocol)(origin, Limits())
        for side, data in steps:
            feed = decoder.client_data if side == "c" else decoder.server_data
            found += [one for one in feed(data, Instant(1_000, 0)) if isinstance(one, RawEvent)]
        found += [one for one in decoder.client_eof(Instant(1_000, 0)) if isinstance(one, RawEvent)]
    return found


def _amqp() -> list[list[Sent]]:
    response = f"\0billing\0{NAMED_VALUE}"
    return [
        [("c", amqp_by_hand.GREETING + amqp_by_hand.started(response=response) + amqp_by_hand.published())]
    ]


def _kafka() -> list[list[Sent]]:
    signed = b".".join(
        urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"none"}', b'{"sub":"a"}', _SECRET)
    )
    first, last = b"n,,n=billing,r=" + _SECRET, b"c=biws,r=" + _SECRET + b",p=" + _SECRET
    answers = b"r=" + _SECRET + b",s=" + _SECRET + b",i=4096", b"v=" + _SECRET
    mechanisms = {
        "PLAIN": [(b"\0billing\0" + _SECRET, b"")],
        "OAUTHBEARER": [(b"n,,\1auth=Bearer " + signed + b"\1\1", b"")],
        "SCRAM-SHA-256": [(first, answers[0]), (last, answers[1])],
    }
    return [_let_in(name, version, tokens) for name, tokens in mechanisms.items() for version in (0, 1)]


def _let_in(mechanism: str, version: int, tokens: list[tuple[bytes, bytes]]) -> list[Sent]:
    play = kafka_playing
    steps = [*play.OPENED, play.request(17, version, 1, mechanism=mechanism), play.bare_reply(1)]
    for number, (asked, answered) in enumerate(tokens, 2):
        if version == 0:
            steps += [("c", play.framed(asked)), ("s", play.framed(answered))]
        else:
            steps.append(play.request(36, 2, number, auth_bytes=asked))
            steps.append(play.reply(36, 2, number, auth_bytes=answered))
    return [*steps, play.produce(("orders", 0, play.batch(b"{}")), acks=0, correlation=9)]


def _mqtt() -> list[list[Sent]]:
    play = mqtt_by_hand
    connect = play.connect(4, user="billing", password=NAMED_VALUE)
    return [[("c", connect), ("s", play.connack(4)), ("c", play.publish(payload=b"{}"))]]


def _nats() -> list[list[Sent]]:
    words = ("pass", "auth_token", "jwt", "sig", "nkey")
    connect = orjson.dumps({"name": "billing", "user": "billing", **dict.fromkeys(words, NAMED_VALUE)})
    info = b'INFO {"server_id":"x","nonce":"' + _SECRET + b'"}\r\n'
    return [[("s", info), ("c", b"CONNECT " + connect + b"\r\n"), nats_playing.pub("orders", b"{}")]]


def _redis() -> list[list[Sent]]:
    play = redis_playing
    ways = (["AUTH", "billing", NAMED_VALUE], ["HELLO", "3", "AUTH", "billing", NAMED_VALUE])
    return [
        [play.cmd(*words), play.reply("OK"), play.cmd("PUBLISH", "orders", b"{}"), play.reply(1)]
        for words in ways
    ]


_SESSIONS = {"amqp": _amqp, "kafka": _kafka, "mqtt": _mqtt, "nats": _nats, "redis": _redis}
