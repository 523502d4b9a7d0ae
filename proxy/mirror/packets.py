"""TCP segments in captured packets: link layer, IP and TCP headers, and nothing above them.

Dissecting whole packets is what takes packet libraries a tenth of a millisecond each; of these headers a few
fixed fields are needed (RFC 791, RFC 8200, RFC 9293).
"""

from __future__ import annotations

import socket
from struct import Struct, error
from typing import NamedTuple

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10

NULL, ETHERNET, RAW, LOOP, LINUX_SLL, IPV4, IPV6, LINUX_SLL2 = 0, 1, 101, 108, 113, 228, 229, 276
"""Link types (https://www.tcpdump.org/linktypes.html); 12 and 14 are RAW on some systems."""

_VLAN = {0x8100, 0x88A8}
_IPV4_TYPE, _IPV6_TYPE, _TCP = 0x0800, 0x86DD, 6
_EXTENSIONS = {0, 43, 60}
"""IPv6 extension headers that may stand before TCP: hop-by-hop, routing, destination options."""
_TCP_HEADER = Struct("!HHIIBB")


class Segment(NamedTuple):
    """One TCP segment. Addresses as text; `seq` and `ack` as on the wire."""

    source: tuple[str, int]
    destination: tuple[str, int]
    seq: int
    ack: int
    flags: int
    data: bytes


def segment_of(packet: bytes, link: int) -> Segment | None:
    """The TCP segment in a packet; None where there is none, or only a part of it."""
    try:
        at, kind = _network(packet, link)
        if kind == _IPV4_TYPE:
            return _ipv4(packet, at)
        return _ipv6(packet, at) if kind == _IPV6_TYPE else None
    except (IndexError, error, ValueError):
        return None


def _network(packet: bytes, link: int) -> tuple[int, int]:
    """Where the network layer begins, and which one it is (an EtherType)."""
    if link == ETHERNET:
        at = 12
        while (kind := int.from_bytes(packet[at : at + 2])) in _VLAN:
            at += 4
        return at + 2, kind
    if link == LINUX_SLL:
        return 16, int.from_bytes(packet[14:16])
    if link == LINUX_SLL2:
        return 20, int.from_bytes(packet[0:2])
    at = 4 if link in {NULL, LOOP} else 0  # an address family in some byte order, which the version tells too
    return at, _IPV4_TYPE if packet[at] >> 4 == 4 else _IPV6_TYPE


def _ipv4(packet: bytes, at: int) -> Segment | None:
    header = (packet[at] & 0x0F) * 4
    fragmented = int.from_bytes(packet[at + 6 : at + 8]) & 0x3FFF  # more fragments, or not the first
    if packet[at + 9] != _TCP or fragmented:
        return None
    end = at + int.from_bytes(packet[at + 2 : at + 4])
    ends = (packet[at + 12 : at + 16], packet[at + 16 : at + 20])
    source, destination = (socket.inet_ntop(socket.AF_INET, one) for one in ends)
    return _tcp(packet, at + header, end, source, destination)


def _ipv6(packet: bytes, at: int) -> Segment | None:
    end = at + 40 + int.from_bytes(packet[at + 4 : at + 6])
    following, start = packet[at + 6], at + 40
    while following in _EXTENSIONS:
        following, start = packet[start], start + 8 + packet[start + 1] * 8
    if following != _TCP:
        return None
    source, destination = (
        socket.inet_ntop(socket.AF_INET6, packet[at + 8 + n : at + 24 + n]) for n in (0, 16)
    )
    return _tcp(packet, start, end, source, destination)


def _tcp(packet: bytes, at: int, end: int, source: str, destination: str) -> Segment | None:
    source_port, destination_port, seq, ack, offset, flags = _TCP_HEADER.unpack_from(packet, at)
    start = at + (offset >> 4) * 4
    if end == at:  # segmentation offload writes a length of 0
        end = len(packet)
    if start > end or end > len(packet):
        return None  # cut by the capture: the bytes are missing
    return Segment((source, source_port), (destination, destination_port), seq, ack, flags, packet[start:end])
