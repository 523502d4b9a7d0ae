"""MessagePack and CBOR: binary formats that describe themselves."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

import msgspec

from proxy.payloads.plain import MAX_DEPTH
from proxy.payloads.values import UnreadError, Value

if TYPE_CHECKING:
    from types import ModuleType

_DECIMAL, _BIGFLOAT, _RATIONAL, _REGEX, _MIME, _SET = 4, 5, 30, 35, 36, 258
"""Tags of CBOR (RFC 8949 section 3.4 and the IANA registry)."""


def read_msgpack(data: bytes) -> Value:
    """A MessagePack value; extension types other than times are bytes.

    Raises:
        msgspec.DecodeError: the bytes are not one.
    """
    return Value(msgspec.msgpack.decode(data, ext_hook=lambda _, content: bytes(content)))


def read_cbor(data: bytes) -> Value:
    """A CBOR data item.

    Tags without a counterpart in JSON are ignored, as RFC 8949 section 6.1 has it. So are those whose
    values cbor2 would compute with (rationals, big floats) or parse (patterns, MIME): a few bytes can make
    that take forever.

    Raises:
        UnreadError: cbor2 is not installed (`no-decoder`).
        cbor2.CBORDecodeError: the bytes are no data item.
        ValueError: more bytes follow it.
    """
    cbor2 = _cbor2()
    stream = BytesIO(data)
    ignored = dict.fromkeys((_BIGFLOAT, _RATIONAL, _REGEX, _MIME, _SET), lambda value, _: value)
    decoder = cbor2.CBORDecoder(
        stream,
        max_depth=MAX_DEPTH,
        tag_hook=lambda tag, _: tag.value,
        semantic_decoders={_DECIMAL: _decimal_fraction, **ignored},
    )
    value = decoder.decode()
    if stream.tell() < len(data):
        raise ValueError(f"{len(data) - stream.tell()} bytes follow the data item")
    return Value(value)


def _decimal_fraction(parts: Any, _: object) -> Decimal:
    """`[exponent, mantissa]`. By way of text, which Python bounds: from large integers it takes minutes."""
    exponent, mantissa = parts
    return Decimal(f"{mantissa}e{exponent}")


def _cbor2() -> ModuleType:
    try:
        import cbor2  # noqa: PLC0415 - an optional library
    except ImportError:
        raise UnreadError("no-decoder") from None
    return cbor2
