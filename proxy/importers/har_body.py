"""Bodies as HAR holds them: as text, as base64, as form parameters, or only as a length.

What is wrong with one is added to the `flaws` given.
"""

from __future__ import annotations

import binascii
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson

from proxy.importers.text import field_value, utf8
from proxy.raw import RawBody

if TYPE_CHECKING:
    from store.records import Headers

_MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
"""How compressed bytes begin: where they do, the tool did not undo the coding."""
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_BOUNDARY = re.compile(r";\s*boundary\s*=\s*\"?([^\";,]{1,70})", re.IGNORECASE)


def of_request(request: dict[str, Any], headers: Headers, flaws: list[str]) -> RawBody | None:
    """The body of `request.postData`; a form that is only there as `params` is encoded again."""
    data = request.get("postData")
    if not isinstance(data, dict):
        return None
    media = _media_type(data, headers)
    text, parameters = data.get("text"), data.get("params")
    if not text and isinstance(parameters, list) and parameters:
        flaws.append("request-body-rebuilt")
        return _body(_from_parameters(parameters, media), None, headers)
    content = _content(text, data.get("encoding"), media, "request", flaws)
    return _body(content, request.get("bodySize"), headers)


def of_response(
    response: dict[str, Any], headers: Headers, method: str, status: int | None, flaws: list[str]
) -> RawBody | None:
    """The body of `response.content`.

    One that was there and was not recorded has its length and none of its bytes. A response that cannot have
    a body (RFC 9112 section 6.3) has none, even where a browser shows what it had in its cache.
    """
    content = response.get("content")
    if not isinstance(content, dict):
        return None
    if method == "HEAD" or status is None or status < 200 or status in {204, 304}:
        if content.get("text") and status == 304:
            flaws.append("response-body-from-cache")
        return None
    if content.get("text") is not None:
        media = _media_type(content, headers)
        data = _content(content["text"], content.get("encoding"), media, "response", flaws)
        return _body(data, response.get("bodySize"), headers)
    size = _count(content.get("size"))
    if not size:
        return None
    flaws.append("response-body-not-recorded")
    return RawBody(data=b"", size=size, decoded=True)


def with_content_type(headers: Headers, content: Any) -> Headers:
    """The headers, with the `Content-Type` from `content.mimeType` where a tool records no headers."""
    media = content.get("mimeType") if isinstance(content, dict) else None
    if not isinstance(media, str) or "/" not in media or any(name == "content-type" for name, _ in headers):
        return headers
    return (*headers, ("content-type", field_value(media)))


def from_base64(text: str) -> bytes | None:
    """The bytes, None where it is no base64. White space, as some tools break lines, does not matter."""
    try:
        return binascii.a2b_base64("".join(text.split()).encode("ascii"), strict_mode=True)
    except ValueError:
        return None


def _from_hex(text: str) -> bytes | None:
    try:
        return binascii.a2b_hex(text.encode("ascii"))
    except ValueError:
        return None


_DECODERS = {"base64": from_base64, "hex": _from_hex}


def _from_chunks(text: str, encoding: str) -> bytes | None:
    """Bytes from one text, or from the JSON array of texts, one for each chunk, that Polly.JS writes."""
    decode = _DECODERS[encoding]
    if not text.startswith('["'):
        return decode(text)
    try:
        chunks = [decode(str(chunk)) for chunk in orjson.loads(text)]
    except orjson.JSONDecodeError:
        return None
    return None if None in chunks else b"".join(chunk for chunk in chunks if chunk)


def _content(text: Any, encoding: Any, media: str, side: str, flaws: list[str]) -> bytes:
    if text is None:
        return b""
    if not isinstance(text, str):  # some tools put the parsed JSON there
        return json.dumps(text).encode()
    if not isinstance(encoding, str) or encoding not in _DECODERS:
        return _encoded(text, media)
    data = _from_chunks(text, encoding)
    if data is None:
        flaws.append(f"{side}-body-undecodable")
        return _encoded(text, media)
    return data


def _encoded(text: str, media: str) -> bytes:
    """Text back to the bytes that it was read from.

    In the charset that was declared, else in UTF-8. Text without a declared charset that would be valid
    UTF-8 if its characters were bytes was UTF-8 that the tool read as ISO-8859-1.
    """
    if text.isascii():
        return text.encode()
    charset = _CHARSET.search(media)
    if charset:
        try:
            return text.encode(charset[1])
        except (LookupError, UnicodeError, ValueError):
            return utf8(text)
    try:
        misread = text.encode("iso-8859-1")
        misread.decode("utf-8")
    except UnicodeError:
        return utf8(text)
    return misread


def _body(data: bytes, wire_size: Any, headers: Headers) -> RawBody | None:
    """A body; its size is the length transferred where that is smaller, because it was compressed."""
    if not data:
        return None
    coding = next((value.strip().lower() for name, value in headers if name == "content-encoding"), "")
    still_coded = coding in _MAGIC and data.startswith(_MAGIC[coding])
    size = _count(wire_size)
    compressed = bool(coding) and not still_coded and 0 < size < len(data)
    return RawBody(data=data, size=size if compressed else len(data), decoded=not still_coded)


def _from_parameters(parameters: list[Any], media: str) -> bytes:
    """The form that `params` describe, encoded again."""
    fields = [one for one in parameters if isinstance(one, dict) and isinstance(one.get("name"), str)]
    boundary = _BOUNDARY.search(media)
    if media.lower().startswith("multipart/") and boundary:
        return _multipart(fields, boundary[1].strip())
    return urlencode([(one["name"], _text(one.get("value"))) for one in fields], errors="replace").encode()


def _multipart(fields: list[dict[str, Any]], boundary: str) -> bytes:
    """A form as RFC 7578 writes it."""
    parts = []
    for one in fields:
        file = f'; filename="{_quoted(one["fileName"])}"' if isinstance(one.get("fileName"), str) else ""
        media = one.get("contentType")
        kind = f"\r\nContent-Type: {_quoted(media)}" if isinstance(media, str) else ""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(one["name"])}"{file}{kind}'
        parts.append(f"{head}\r\n\r\n{_text(one.get('value'))}\r\n")
    return utf8("".join(parts) + f"--{boundary}--\r\n")


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _media_type(data: dict[str, Any], headers: Headers) -> str:
    media = data.get("mimeType")
    if isinstance(media, str) and media:
        return media
    return next((value for name, value in headers if name == "content-type"), "")


def _count(value: Any) -> int:
    """A length in bytes, 0 for what is none (-1, null, text)."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 48 else 0
