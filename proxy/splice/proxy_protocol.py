"""The PROXY protocol, versions 1 and 2 of HAProxy's specification: who the client is, before its first byte.

`read_header` takes exactly the header off an accepted socket and leaves what follows, a TLS ClientHello for
example, where it is. `header_for` makes one.
"""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from proxy.splice import taking

if TYPE_CHECKING:
    import socket

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
V1_LIMIT_BYTES = 107
"""The longest header of version 1, with its CRLF."""
V2_LIMIT_BYTES = 2048
"""Of version 2: addresses and every extension (TLV) in use; the format itself would allow 64 KiB."""

_V2_START = Struct("!12sBBH")
_V2_PROXY, _V2_LOCAL = 0x21, 0x20
_FAMILIES = {0x11: (4, 12), 0x21: (16, 36)}
"""TCP over IPv4 and over IPv6: bytes of one address, bytes of both with their ports."""
_SHORTEST = len(b"PROXY UNKNOWN\r\n")


class ProxyProtocolError(Exception):
    """The bytes are no PROXY protocol header."""


class Endpoint(NamedTuple):
    """An address and its port."""

    host: str
    port: int


class Origin(NamedTuple):
    """Who connected (`source`), and what it connected to."""

    source: Endpoint
    destination: Endpoint


async def read_header(client: socket.socket) -> Origin | None:
    """Take the header off a socket that was just accepted; None where it says nothing (`UNKNOWN`, `LOCAL`).

    Raises:
        ProxyProtocolError: there is none.
        OSError: the connection broke.
    """
    try:
        start = await taking.exactly(client, _SHORTEST)
        if start.startswith(SIGNATURE):
            start += await taking.exactly(client, _V2_START.size - len(start))
            length = _V2_START.unpack(start)[3]
            if length > V2_LIMIT_BYTES:
                raise ProxyProtocolError(f"a header of {length} bytes")
            return parse_v2(start + await taking.exactly(client, length))
    except EOFError:
        raise ProxyProtocolError("the client ended before its header did") from None
    if start.startswith(b"PROXY ") and not start.endswith(b"\r\n"):
        start += await taking.line(client, V1_LIMIT_BYTES - len(start))
    return parse_v1(start)


def parse_v1(line: bytes) -> Origin | None:
    r"""A header of version 1, with its CRLF: `PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n`.

    Raises:
        ProxyProtocolError: it is none.
    """
    words = line.removesuffix(b"\r\n").decode("latin-1").split(" ")
    if not line.endswith(b"\r\n") or len(line) > V1_LIMIT_BYTES or words[0] != "PROXY":
        raise ProxyProtocolError("not a header of version 1")
    if words[1:2] == ["UNKNOWN"]:
        return None
    with suppress(ValueError):
        protocol, source, destination, source_port, destination_port = words[1:]
        version = {"TCP4": 4, "TCP6": 6}.get(protocol)
        if ip_address(source).version == version == ip_address(destination).version:
            return Origin(
                Endpoint(source, _port(source_port)), Endpoint(destination, _port(destination_port))
            )
    raise ProxyProtocolError("not a header of version 1")


def parse_v2(header: bytes) -> Origin | None:
    """A whole header of version 2; its extensions are passed over.

    Raises:
        ProxyProtocolError: it is none.
    """
    if len(header) < _V2_START.size or not header.startswith(SIGNATURE):
        raise ProxyProtocolError("not a header of version 2")
    _, command, family, length = _V2_START.unpack_from(header)
    addresses = header[_V2_START.size :]
    if command not in {_V2_PROXY, _V2_LOCAL} or len(addresses) != length:
        raise ProxyProtocolError("not a header of version 2")
    if command == _V2_LOCAL or family not in _FAMILIES:
        return None
    size, both = _FAMILIES[family]
    if length < both:
        raise ProxyProtocolError("its addresses are missing")
    source, destination = addresses[:size], addresses[size : 2 * size]
    ports = addresses[2 * size : both]
    return Origin(
        Endpoint(str(ip_address(source)), int.from_bytes(ports[:2])),
        Endpoint(str(ip_address(destination)), int.from_bytes(ports[2:])),
    )


def header_for(version: str, origin: Origin | None) -> bytes:
    """The header of a version (`v1`, `v2`) that says this; None says that nothing is known."""
    if origin is not None:
        source, destination = ip_address(origin.source.host), ip_address(origin.destination.host)
    if origin is None or source.version != destination.version:
        return b"PROXY UNKNOWN\r\n" if version == "v1" else _V2_START.pack(SIGNATURE, _V2_LOCAL, 0, 0)
    if version == "v1":
        ports = f"{origin.source.port} {origin.destination.port}"
        return f"PROXY TCP{source.version} {source} {destination} {ports}\r\n".encode()
    family = 0x11 if source.version == 4 else 0x21
    ends = source.packed + destination.packed
    body = ends + origin.source.port.to_bytes(2) + origin.destination.port.to_bytes(2)
    return _V2_START.pack(SIGNATURE, _V2_PROXY, family, len(body)) + body


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 65_535):
        raise ValueError(text)
    return int(text)
