"""Secrets in header and trailer fields. What is contract stays: schemes, cookie names, attributes."""

# ruff: noqa: SIM905  (a list of words reads best as words)
from __future__ import annotations

import re
from typing import TYPE_CHECKING

from proxy.redaction.text import redact_text
from proxy.redaction.urls import redact_url

if TYPE_CHECKING:
    from proxy.redaction.pen import Pen
    from store.records import Headers

_HOSTS = frozenset({"host", ":authority", "x-forwarded-host"})
_COOKIES = frozenset({"cookie", "cookie2"})
_CREDENTIALS = frozenset(
    {"authorization", "proxy-authorization", "x-authorization", "x-forwarded-authorization"}
)
_SCHEMES = frozenset(
    (
        "basic bearer digest dpop gnap hoba mutual negotiate ntlm oauth privatetoken scram-sha-1 "
        "scram-sha-256 vapid concealed token apikey api-key key jwt mac hawk aws aws4-hmac-sha256 "
        "aws4-ecdsa-p256-sha256 sharedkey sharedkeylite sharedaccesssignature ssws goog4-rsa-sha256 "
        "googlelogin geniekey splunk bot signature"
    ).split()
)
"""Authentication schemes of IANA's registry and of large services; any other first word may be the secret."""

_URLS = frozenset(
    {"referer", "referrer", "location", "content-location", "x-original-url", "x-rewrite-url", "origin"}
)
_PLAIN = re.compile(
    "access-control-.*|accept.*|content-(?:type|length|encoding|disposition|language|range|security-policy.*)|date|etag|"
    "sec-fetch-.*|signature-input|clear-site-data|www-authenticate|proxy-authenticate|x-forwarded-client-cert"
)
"""Fields whose names say nothing of their values: `access-control-allow-credentials` is no credential."""


def redact_headers(headers: Headers, pen: Pen, where: str) -> Headers:
    """The fields with everything secret in their values replaced; `where` is `request.header` or alike."""
    if not headers:
        return headers
    known = [_redact_known(name, value, pen, where) for name, value in headers]
    others = "\n".join([value for (_, value), done in zip(headers, known, strict=True) if done is None])
    suspected = "%" in others or bool(pen.rules.suspect(others.encode("utf-8", "surrogatepass")))
    return tuple(
        [
            (
                name,
                done if done is not None else _redact_value(name, value, pen, where) if suspected else value,
            )
            for (name, value), done in zip(headers, known, strict=True)
        ]
    )


def _redact_known(name: str, value: str, pen: Pen, where: str) -> str | None:
    """The value of a field whose name settles what is done with it, None where its value must tell."""
    rules = pen.rules
    if not value or (rules.keeps_any and rules.keeps(name, f"{where}.{name}")):
        return value
    if name in _COOKIES:
        return ";".join([_redact_cookie(pair, pen, where) for pair in value.split(";")])
    if name in _HOSTS and "@" in value:
        userinfo, _, host = value.rpartition("@")
        return f"{pen.token(userinfo)}@{host}"
    if name == "set-cookie":
        pair, semicolon, attributes = value.partition(";")
        return _redact_cookie(pair, pen, where) + semicolon + attributes
    if name in _CREDENTIALS or (name in rules.names and not _PLAIN.fullmatch(name)):
        return _redact_credentials(value, pen)
    return None


def _redact_value(name: str, value: str, pen: Pen, where: str) -> str:
    if name in _URLS:
        return redact_url(value, pen, where, lambda text: redact_text(text, pen, where, depth=1))
    return redact_text(value, pen, where)


def _redact_credentials(value: str, pen: Pen) -> str:
    """`scheme credentials`, of which the scheme stays; a single word is the credential."""
    scheme, space, credentials = value.partition(" ")
    if space and scheme.lower() in _SCHEMES:
        bare = credentials.lstrip(" ")
        return scheme + space + credentials[: len(credentials) - len(bare)] + pen.token(bare)
    return pen.token(value)


def _redact_cookie(pair: str, pen: Pen, where: str) -> str:
    bare = pair.lstrip(" ")
    blank = pair[: len(pair) - len(bare)]
    name, equals, value = bare.partition("=")
    if not equals:
        return blank + pen.token(bare)
    if pen.rules.keeps_any and pen.rules.keeps(name, f"{where.rpartition('.')[0]}.cookie.{name}"):
        return pair
    quoted = len(value) > 1 and value.startswith('"') and value.endswith('"')
    return f'{blank}{name}="{pen.token(value[1:-1])}"' if quoted else f"{blank}{name}={pen.token(value)}"
