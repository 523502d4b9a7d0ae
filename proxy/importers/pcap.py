"""Captures of packets (pcap, pcapng), as tcpdump writes them, by scapy's readers of such files."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from proxy.config import BODY_LIMIT_BYTES
from proxy.importers.recording import Cut, items_of
from proxy.mirror.packets import segment_of
from proxy.mirror.reassembly import Reassembler
from store.errors import DefactoError
from store.records import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.importers.recording import Item

NAME = "a packet capture (pcap, pcapng)"

_MAGIC = (
    b"\xa1\xb2\xc3\xd4",
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
    b"\x4d\x3c\xb2\xa1",
    b"\x0a\x0d\x0d\x0a",
)
"""How a pcap file begins, in either byte order, with microseconds or nanoseconds; and a pcapng file."""


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is one."""
    return head.startswith(_MAGIC)


def read(stream: IO[bytes], *, producer: str, source: str) -> Iterator[Item]:
    """The exchanges and messages of every HTTP connection in the capture.

    Raises:
        DefactoError: scapy is not installed.
    """
    try:
        from scapy.utils import RawPcapReader  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise DefactoError(
            "This is a packet capture, and scapy is not installed.",
            "Install it with: pip install 'defacto[pcap]'",
        ) from None
    reassembler = Reassembler(producer, source, Lane.IMPORT, BODY_LIMIT_BYTES)
    cut = ""
    try:
        reader: Any = RawPcapReader(stream)  # type: ignore[arg-type]  # it takes files as well
        for packet, metadata in reader:
            link, at = _metadata(reader, metadata)
            segment = segment_of(packet, link)
            if segment is not None:
                yield from items_of(reassembler.feed(segment, at))
    except Exception as error:  # noqa: BLE001 - damaged blocks make scapy raise anything
        cut = f"it is damaged from here on ({type(error).__name__})"
    yield from items_of(reassembler.end())
    if cut:
        yield Cut(cut)


def _metadata(reader: Any, metadata: Any) -> tuple[int, int]:
    """Link type, and Unix ns; pcapng says both for each packet."""
    if hasattr(metadata, "tshigh"):
        ticks = (metadata.tshigh << 32) | metadata.tslow
        return metadata.linktype, ticks * 10**9 // metadata.tsresol
    fraction = metadata.usec if reader.nano else metadata.usec * 1000
    return reader.linktype, metadata.sec * 10**9 + fraction
