"""Secrets to plant in traffic, the places to plant them in, and the search for what is left of them.

Values are put together here from parts, so that no scanner of repositories takes this file for a leak.
"""

# ruff: noqa: E501, SIM905  (the places form a table, and a list of words reads best as words)
from __future__ import annotations

import base64
import dataclasses
import gzip
import json
from collections.abc import Callable, Iterator
from functools import cache
from urllib.parse import quote, quote_plus

import ahocorasick_rs

from proxy.raw import RawBody, RawExchange
from store.records import Lane

_MIXED = "q7Zk2Vb9XwR4tLm8Ns6Hd3Jf5Gp1CyAeUoTi0KvBzEuWxQrSdFg"
_HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_UPPER = "Q7ZK2VB5XWR4TLM6NS6HD3JF5GP7CYAEUOTIVKVBZEUWXQRSDFGHJKLMNPQ"
_JOSE = "9wc3N1ZXIiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3ViIjoiNDIifQ"

BY_PATTERN: dict[str, str] = {
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJ" + _JOSE + "." + _MIXED[:43],
    "jwe": "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0.." + _MIXED[:16] + "." + _MIXED[:30] + "." + _MIXED[5:27],
    "aws": "AKIA" + _UPPER[:16],
    "aws-temporary": "ASIA" + _UPPER[4:20],
    "github": "ghp" + "_" + _MIXED[:36],
    "github-fine": "github" + "_pat_" + _MIXED[:22] + "_" + _MIXED[:40],
    "github-server": "ghs" + "_" + _MIXED[3:39],
    "gitlab": "glpat" + "-" + _MIXED[:20],
    "slack-bot": "xoxb" + "-2401234567-" + _MIXED[:24],
    "slack-app": "xapp" + "-1-A0" + _MIXED[:24],
    "stripe": "sk_" + "live_" + _MIXED[:24],
    "stripe-restricted": "rk_" + "test_" + _MIXED[4:34],
    "stripe-webhook": "wh" + "sec_" + _MIXED[:32],
    "google": "AI" + "za" + _MIXED[:35],
    "google-oauth": "ya" + "29." + _MIXED[:40],
    "google-client": "GOC" + "SPX-" + _MIXED[:28],
    "npm": "npm" + "_" + _MIXED[:36],
    "pypi": "pypi" + "-AgEIcHlwaS5vcmc" + _MIXED,
    "openai": "sk" + "-proj-" + _MIXED[:44],
    "sendgrid": "S" + "G." + _MIXED[:22] + "." + _MIXED[:43],
    "mailgun": "key" + "-" + _HEX[:32],
    "huggingface": "hf" + "_" + _MIXED[:34],
    "digitalocean": "dop" + "_v1_" + _HEX,
    "shopify": "shp" + "at_" + _HEX[:32],
    "square": "sq0" + "atp-" + _MIXED[:22],
    "vault": "hv" + "s." + _MIXED[:24],
    "databricks": "da" + "pi" + _HEX[:32],
    "atlassian": "ATA" + "TT3x" + _MIXED + _MIXED[:20],
    "newrelic": "NR" + "AK-" + _UPPER[:27],
    "postman": "PM" + "AK-" + _HEX[:24] + "-" + _HEX[:34],
    "grafana": "gl" + "sa_" + _MIXED[:32] + "_" + _HEX[:8],
    "linear": "lin" + "_api_" + _MIXED[:40],
    "age": "AGE-SECRET" + "-KEY-1" + _UPPER[:58],
    "telegram": "1234567890" + ":AA" + _MIXED[:33],
    "visa": "4539" + "1488" + "0343" + "6467",
    "mastercard-spaced": "5425 2334" + " 3010 9903",
    "amex-hyphened": "3782-822463" + "-10005",
    "rsa-key": f"-----BEGIN RSA {'PRIVATE'} KEY-----\nMIIE{_MIXED}\n{_MIXED[::-1]}\n-----END RSA PRIVATE KEY-----",
    "openssh-key": f"-----BEGIN OPENSSH {'PRIVATE'} KEY-----\nb3Bl{_MIXED}\n-----END OPENSSH PRIVATE KEY-----",
    "pgp-key": f"-----BEGIN PGP {'PRIVATE'} KEY BLOCK-----\n\nlQOY{_MIXED}\n-----END PGP PRIVATE KEY BLOCK-----",
    "bearer": "Bearer " + _MIXED[:32],
    "basic": "Basic " + base64.b64encode(b"merchant:corr3ct-horse").decode(),
    "url": "postgres://app:" + "c0rrect-h0rse-battery" + "@db.internal:5432/orders",
}
"""Secrets that their own look gives away."""

NAMES = (
    "password passwd pwd userPassword new_password PasswordConfirmation passphrase secret "
    "client_secret clientSecret token access_token refreshToken id_token authToken apiKey api_key "
    "x-api-key API-KEY apikey private_key secretAccessKey session session_id PHPSESSID csrf_token "
    "csrfmiddlewaretoken otp pin pinCode cvv cvc2 card_number cardNumber ssn iban credentials "
    "aws_session_token X-Amz-Signature sig code_verifier recoveryCode signing_key DB_PASSWORD "
    "authorization"
).split()
"""Names that give away what stands under them."""

NAMED_VALUE = "Zebra/9f Qu+iet~Tr0mbone"
"""A secret that has no look of one: it has a space, and characters that other notations encode."""

_PUBLIC = (
    "-----BEGIN",
    "-----END",
    "PRIVATE KEY",
    "Bearer ",
    "Basic ",
    "postgres://app:",
    "@db.internal:5432/orders",
)


def cores(secret: str) -> Iterator[str]:
    """The parts of a secret that must be gone, without what everybody knows of it."""
    for public in _PUBLIC:
        secret = secret.replace(public, "\0")
    yield from (core for core in secret.replace("\n", "\0").split("\0") if len(core) >= 8)


def forms(core: str) -> Iterator[tuple[bytes, int]]:
    """How a secret may be written down, with the bytes that one character takes."""
    for plain in (core, core.replace(" ", ""), core.replace("-", "")):
        for written in (plain, quote(plain), quote_plus(plain), json.dumps(plain)[1:-1]):
            for encoding, width in (
                ("utf-8", 1),
                ("utf-16-le", 2),
                ("utf-16-be", 2),
                ("utf-32-le", 4),
                ("cp037", 1),
            ):
                yield written.encode(encoding, "replace"), width
    yield base64.b64encode(core.encode())[:-4], 1


def left_of(secret: str, haystack: bytes, *, window: int = 9) -> bytes | None:
    """A piece of the secret that still stands in these bytes, in any notation; None where nothing does."""
    pieces, automaton = _pieces(secret, window)
    found = automaton.find_matches_as_indexes(haystack)
    return pieces[found[0][0]] if found else None


@cache
def _pieces(secret: str, window: int) -> tuple[list[bytes], ahocorasick_rs.BytesAhoCorasick]:
    pieces: set[bytes] = set()
    for core in cores(secret):
        for form, width in forms(core):
            length = min(window * width, len(form))
            for start in range(len(form) - length + 1):
                pieces.add(form[start : start + length])
    listed = sorted(pieces - {b""})
    return listed, ahocorasick_rs.BytesAhoCorasick(listed)


def everything_in(value: object) -> bytes:
    """All text and bytes of a record, however deep."""
    if dataclasses.is_dataclass(value):
        return b"\n".join(everything_in(getattr(value, one.name)) for one in dataclasses.fields(value))
    if isinstance(value, tuple):
        return b"\n".join(map(everything_in, value))
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def exchange(**parts: object) -> RawExchange:
    """An exchange with these parts set."""
    defaults: dict[str, object] = {
        "producer": "orders",
        "lane": Lane.SPLICE,
        "source": "127.0.0.1:8080",
        "fingerprint": ("test", 1),
        "protocol": "HTTP/1.1",
        "started_at": 1_700_000_000_000_000_000,
        "method": "POST",
        "target": "/orders",
        "scheme": "http",
        "authority": "orders.internal",
        "status": 200,
    }
    return RawExchange(**{**defaults, **parts})  # type: ignore[arg-type]


def with_body(data: bytes, media_type: str = "", *, coding: str = "", cut: bool = False) -> RawExchange:
    """An exchange with this request body, and the same as response body."""
    fields = {"content-type": media_type, "content-encoding": coding}
    headers = tuple((name, value) for name, value in fields.items() if value)
    body = RawBody(data=data, size=len(data) + 1_000 * cut)
    return exchange(request_headers=headers, response_headers=headers, request_body=body, response_body=body)


def _json(value: object, media_type: str = "application/json") -> RawExchange:
    return with_body(json.dumps(value).encode(), media_type)


def _multipart(name: str, value: str, extra: str = "") -> RawExchange:
    text = (
        f'--frontier\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        f'--frontier\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n{value}\r\n--frontier--\r\n'
    )
    return with_body(text.encode(), "multipart/form-data; boundary=frontier")


PLACES: dict[str, Callable[[str], RawExchange]] = {
    "query value": lambda s: exchange(target=f"/orders?note={quote(s)}&page=2"),
    "query value with plus": lambda s: exchange(target=f"/orders?note={quote_plus(s)}&page=2"),
    "query name": lambda s: exchange(target=f"/orders?{quote(s, safe='')}=1"),
    "query alone": lambda s: exchange(target=f"/orders?{quote(s, safe='')}"),
    "fragment": lambda s: exchange(target=f"/orders#note={quote(s, safe='')}"),
    "path segment": lambda s: exchange(target=f"/hooks/{quote(s, safe='')}/orders"),
    "matrix parameter": lambda s: exchange(target=f"/orders;note={quote(s, safe='')}/items"),
    "absolute target": lambda s: exchange(target=f"http://orders.internal/x?note={quote(s, safe='')}"),
    "header": lambda s: exchange(request_headers=(("x-note", s.replace("\n", " ")),)),
    "response header": lambda s: exchange(response_headers=(("x-note", f"see {s}".replace("\n", " ")),)),
    "referer": lambda s: exchange(
        request_headers=(("referer", f"https://shop.example/?q={quote(s, safe='')}"),)
    ),
    "location": lambda s: exchange(response_headers=(("location", f"/next?q={quote(s, safe='')}#x"),)),
    "cookie": lambda s: exchange(request_headers=(("cookie", f"theme={quote(s, safe='')}; a=b"),)),
    "set-cookie": lambda s: exchange(response_headers=(("set-cookie", f"a={quote(s, safe='')}; Path=/"),)),
    "request trailer": lambda s: exchange(request_trailers=(("x-note", s.replace("\n", " ")),)),
    "response trailer": lambda s: exchange(response_trailers=(("x-note", s.replace("\n", " ")),)),
    "json value": lambda s: _json({"note": s}),
    "json sentence": lambda s: _json({"note": f"please use {s} from now on"}),
    "json array": lambda s: _json({"notes": ["a", [s]]}),
    "json top level": _json,
    "json member name": lambda s: _json({"by": {s: 1}}),
    "json in json": lambda s: _json({"event": json.dumps({"note": json.dumps({"deep": s})})}),
    "json with escapes": lambda s: with_body(
        ('{"note": "' + "".join(f"\\u{ord(one):04x}" for one in s) + '"}').encode(), "application/json"
    ),
    "json as text": lambda s: _json({"note": s}, "text/plain"),
    "json without type": lambda s: _json({"note": s}, ""),
    "json as form": lambda s: _json({"note": s}, "application/x-www-form-urlencoded"),
    "json as octets": lambda s: _json({"note": s}, "application/octet-stream"),
    "json as multipart": lambda s: _json({"note": s}, "multipart/form-data; boundary=x"),
    "json lines": lambda s: with_body(
        f'{{"a":1}}\n{{"note":{json.dumps(s)}}}\n'.encode(), "application/x-ndjson"
    ),
    "json with comments": lambda s: with_body(
        f"{{a: 1, // x\n note: {json.dumps(s)},}}".encode(), "application/json"
    ),
    "json in utf-16": lambda s: with_body(json.dumps({"note": s}).encode("utf-16"), "application/json"),
    "json in utf-16-be": lambda s: with_body(json.dumps({"note": s}).encode("utf-16-be"), "application/json"),
    "json in utf-32-le": lambda s: with_body(json.dumps({"note": s}).encode("utf-32-le"), "application/json"),
    "json behind bad utf-8": lambda s: with_body(
        b'{"x":"\xff\xfe","note":' + json.dumps(s).encode() + b"}", "application/json"
    ),
    "json gzipped": lambda s: with_body(
        gzip.compress(json.dumps({"note": s}).encode()), "application/json", coding="gzip"
    ),
    "deep json": lambda s: with_body(
        b'{"a":[' * 10_000 + json.dumps(s).encode() + b"]}" * 10_000, "application/json"
    ),
    "event stream": lambda s: with_body(
        f"event: x\ndata: {json.dumps({'note': s})}\n\n".encode(), "text/event-stream"
    ),
    "form value": lambda s: with_body(
        f"note={quote_plus(s)}&page=2".encode(), "application/x-www-form-urlencoded"
    ),
    "form as text": lambda s: with_body(f"note={quote_plus(s)}&page=2".encode(), "text/plain"),
    "form as json": lambda s: with_body(f"note={quote(s)}&page=2".encode(), "application/json"),
    "json in form": lambda s: with_body(
        f"payload={quote_plus(json.dumps({'note': s}))}".encode(), "application/x-www-form-urlencoded"
    ),
    "multipart field": lambda s: _multipart("comment", s),
    "multipart file": lambda s: _multipart("file", json.dumps({"note": s}), '; filename="a.json"'),
    "xml text": lambda s: with_body(f"<a><note>{s}</note></a>".encode(), "application/xml"),
    "xml attribute": lambda s: with_body(f'<a note="{s}"/>'.encode(), "application/xml"),
    "xml cdata": lambda s: with_body(f"<a><![CDATA[{s}]]></a>".encode(), "text/xml"),
    "html": lambda s: with_body(f"<!doctype html><p title='x'>{s}</p>".encode(), "text/html"),
    "plain text": lambda s: with_body(f"the key is {s}, keep it".encode(), "text/plain"),
    "yaml": lambda s: with_body(f"a: 1\nnote: |\n  {s}\n".encode(), "application/yaml"),
    "csv": lambda s: with_body(f'id,note\n1,"{s}"\n'.encode(), "text/csv"),
    "binary": lambda s: with_body(
        b"\x00\x01\x02\xff\x0b" + s.encode() + b"\x00\x07", "application/octet-stream"
    ),
    "protobuf": lambda s: with_body(
        b"\x0a\x05hello\x12" + bytes([len(s) & 0x7F]) + s.encode(), "application/grpc"
    ),
    "text that is cut behind it": lambda s: with_body(f"the key is {s}".encode(), "text/plain", cut=True),
    "json that is cut behind it": lambda s: with_body(
        f'{{"note": {json.dumps(s)}'.encode(), "application/json", cut=True
    ),
}
"""Where a secret that looks like one may stand: a value under a harmless name."""


def named_places(name: str, value: str) -> dict[str, RawExchange]:
    """Where a secret may stand that only its name gives away."""
    pair = json.dumps({name: value})
    escaped = "".join(f"\\u{ord(one):04x}" for one in name)
    percent = "".join(f"%{ord(one):02x}" for one in name)
    form = "application/x-www-form-urlencoded"
    header = name.lower().replace("_", "-")
    return {
        "query": exchange(target=f"/a?x=1&{name}={quote(value)}&y=2"),
        "query, name encoded": exchange(target=f"/a?x=1&{percent}={quote_plus(value)}"),
        "query, name encoded twice": exchange(target=f"/a?{quote(percent)}={quote(value)}"),
        "query, bracketed": exchange(target=f"/a?user[{name}]={quote(value)}"),
        "matrix parameter": exchange(target=f"/a;{name}={quote(value, safe='')}/b"),
        "referer": exchange(request_headers=(("referer", f"https://shop.example/?{name}={quote(value)}"),)),
        "location": exchange(response_headers=(("location", f"/cb#{name}={quote(value)}"),)),
        "link": exchange(
            response_headers=(("link", f"<https://x.example/?page=2&{name}={quote(value)}>; rel=next"),)
        ),
        "header": exchange(request_headers=((header, value),)),
        "response trailer": exchange(response_trailers=((header, value),)),
        "json": with_body(pair.encode(), "application/json"),
        "json, spaced": with_body(f'{{\n  "{name}" :\n "{value}" , "x": 1}}'.encode(), "application/json"),
        "json, escaped name": with_body(f'{{"{escaped}": "{value}"}}'.encode(), "application/json"),
        "json, name twice": with_body(
            f'{{"{name}": "{value}", "{name}": "{value}"}}'.encode(), "application/json"
        ),
        "json, nested": _json({"a": [{"b": {name: value}}]}),
        "json, list below": _json({name: ["", value, [value]]}),
        "json, object below": _json({name: {"a": value, "b": {"c": value}}}),
        "json, labelled": _json({"env": [{"name": name, "value": value}]}),
        "json, labelled, value first": _json({"env": [{"value": value, "name": name}]}),
        "json in a string": _json({"event": pair}),
        "json in a string in a string": _json({"event": json.dumps({"x": pair})}),
        "form in a string": _json({"body": f"a=1&{name}={quote_plus(value)}"}),
        "url in a string": _json({"next": f"see https://x.example/a?b=1&{name}={quote(value)} now"}),
        "json, cut behind": with_body(pair[:-2].encode(), "application/json", cut=True),
        "json, cut inside": with_body(pair[:-5].encode(), "application/json", cut=True),
        "json, broken before": with_body(f'{{"x": "a"", "{name}": "{value}"}}'.encode(), "application/json"),
        "json, broken behind": with_body(f'{{"{name}": "{value}", }}}}'.encode(), "application/json"),
        "json, single quotes": with_body(f"{{'{name}': '{value}'}}".encode(), "application/json"),
        "json, bare name": with_body(f'{{{name}: "{value}"}}'.encode(), "application/json"),
        "json as text": with_body(pair.encode(), "text/plain; charset=utf-8"),
        "json without type": with_body(pair.encode()),
        "json as form": with_body(pair.encode(), form),
        "json as xml": with_body(pair.encode(), "application/xml"),
        "json as image": with_body(pair.encode(), "image/png"),
        "json, latin-1": with_body(f'{{"ü": 1, "{name}": "{value}"}}'.encode("latin-1"), "application/json"),
        "json, utf-16": with_body(pair.encode("utf-16"), "application/json"),
        "json, utf-16-le": with_body(pair.encode("utf-16-le"), "application/json; charset=utf-16le"),
        "json, utf-16 cut": with_body(pair.encode("utf-16-le")[:-5], "application/json", cut=True),
        "json, ebcdic": with_body(pair.encode("cp037"), "application/json; charset=cp037"),
        "json, bom": with_body(b"\xef\xbb\xbf" + pair.encode(), "application/json"),
        "json lines": with_body(f'{{"a":1}}\n{pair}\n'.encode(), "application/x-ndjson"),
        "json, deep": with_body(b'{"a":[' * 10_000 + pair.encode() + b"]}" * 10_000, "application/json"),
        "event stream": with_body(f"id: 1\ndata: {pair}\n\n".encode(), "text/event-stream"),
        "graphql": _json({"query": f'mutation {{ login({name.replace("-", "_")}: "{value}") {{ id }} }}'}),
        "form": with_body(f"a=1&{name}={quote_plus(value)}&b=2".encode(), form),
        "form, name encoded": with_body(f"a=1&{percent}={quote_plus(value)}".encode(), form),
        "form, raw value": with_body(f"a=1&{name}={value}".encode(), form),
        "form as json": with_body(f"a=1&{name}={quote(value)}".encode(), "application/json"),
        "json in a form": with_body(f"payload={quote_plus(pair)}".encode(), form),
        "multipart": _multipart(name, value),
        "multipart, cut": with_body(
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode(),
            "multipart/form-data; boundary=x",
            cut=True,
        ),
        "multipart as text": with_body(
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--x--'.encode(),
            "text/plain",
        ),
        "multipart, json part": _multipart("meta", pair, "\r\nContent-Type: application/json"),
        "xml": with_body(f"<a><x:{name} k='1'>{value}</x:{name}></a>".encode(), "application/xml"),
        "xml, nested": with_body(f"<a><{name}><v>{value}</v></{name}></a>".encode(), "application/soap+xml"),
        "xml, cut": with_body(f"<a><{name}>{value}".encode(), "application/xml", cut=True),
        "xml, cdata": with_body(f"<a><{name}><![CDATA[{value}]]></{name}></a>".encode(), "text/xml"),
        "xml, attribute": with_body(f'<a {name}="{value}"/>'.encode(), "application/xml"),
        "xml, pair": with_body(f'<add key="{name}" value="{value}"/>'.encode(), "application/xml"),
        "html, input": with_body(f'<input value="{value}" name="{name}">'.encode(), "text/html"),
        "xml as json": with_body(f"<a><{name}>{value}</{name}></a>".encode(), "application/json"),
        "yaml": with_body(f"a: 1\n{name}: {value}\nb: 2\n".encode(), "application/yaml"),
        "properties": with_body(f"a=1\n{name} = {value}\n".encode(), "text/plain"),
        "text": with_body(f'login with {name}="{value}" failed'.encode(), "text/plain"),
    }
