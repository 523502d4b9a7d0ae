"""Live capture of a plaintext interface: packets as the kernel shows them.

Linux only (packet(7)). A filter in the kernel lets through the TCP packets of the wanted ports alone; what
the kernel had to drop is said.
"""

from __future__ import annotations

import ctypes
import logging
import socket
from struct import Struct
from time import time_ns
from typing import TYPE_CHECKING

from proxy.mirror.packets import ETHERNET
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BUFFER_BYTES = 16 * 1024 * 1024
"""What the kernel may hold for us: a fifth of a second at a gigabit."""
PACKET_BYTES = 1 << 16

_ALL_PROTOCOLS = 0x0003
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_SO_ATTACH_FILTER = 26
_STATISTICS = Struct("II")
_INSTRUCTION = Struct("HBBI")

_LOAD_HALF, _LOAD_BYTE, _LOAD_HALF_AT_X, _LOAD_HEADER = 0x28, 0x30, 0x48, 0xB1
_IF_EQUAL, _IF_ANY, _RETURN = 0x15, 0x45, 0x06


logger = logging.getLogger(__name__)


class Capture:
    """Packets of one interface.

    Args:
        interface: its name, `lo` or `eth0`.
        ports: TCP ports of the services.

    Raises:
        DefactoError: this system has no such capture, the interface is not there, or we may not.
    """

    def __init__(self, interface: str, ports: Sequence[int]) -> None:
        try:
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self._filter(program(ports))
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            self.socket.bind((interface, _ALL_PROTOCOLS))
            self.socket.setblocking(False)
        except AttributeError:
            raise DefactoError(
                "live capture needs Linux",
                "Capture with tcpdump, and take the file in with `defacto import`.",
            ) from None
        except PermissionError:
            raise DefactoError(
                f"packets of {interface} may not be captured",
                "It takes CAP_NET_RAW: run as root, or let tcpdump write a file for `defacto import`.",
            ) from None
        except OSError as error:
            raise DefactoError(
                f"cannot capture on {interface}: {(error.strerror or str(error)).lower()}"
            ) from None
        self.link = ETHERNET

    def packets(self) -> Iterator[tuple[bytes, int]]:
        """Those that have come, and when, as Unix ns.

        On loopback each is shown twice, once as it leaves: those are left out.
        """
        while True:
            try:
                packet, address = self.socket.recvfrom(PACKET_BYTES)
            except BlockingIOError:
                break
            if address[2] != socket.PACKET_OUTGOING or address[0] != "lo":
                yield packet, time_ns()
        self._count_drops()

    def _count_drops(self) -> None:
        _, dropped = _STATISTICS.unpack(
            self.socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size)
        )
        if dropped:  # it counts from zero again once it was asked
            logger.warning("the kernel dropped %d packets: what they belong to is not observed", dropped)

    def _filter(self, instructions: bytes) -> None:
        held = ctypes.create_string_buffer(instructions)
        count = len(instructions) // _INSTRUCTION.size
        pointer = Struct("HL").pack(count, ctypes.addressof(held))
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, pointer)


def program(ports: Sequence[int]) -> bytes:
    """A filter (BPF, as tcpdump -d shows it) for TCP of these ports on Ethernet: IPv4 and IPv6, no VLAN tags.

    Fragments beyond the first have no ports and do not pass.
    """
    accept, reject = "accept", "reject"
    code: list[tuple[int, str, str, int]] = [
        (_LOAD_HALF, "", "", 12),
        (_IF_EQUAL, "ipv6", "", 0x86DD),
        (_IF_EQUAL, "", reject, 0x0800),
        (_LOAD_BYTE, "", "", 23),
        (_IF_EQUAL, "", reject, 6),
        (_LOAD_HALF, "", "", 20),
        (_IF_ANY, reject, "", 0x1FFF),
        (_LOAD_HEADER, "", "", 14),
        (_LOAD_HALF_AT_X, "", "", 14),
        *((_IF_EQUAL, accept, "", port) for port in ports),
        (_LOAD_HALF_AT_X, "", "", 16),
        *((_IF_EQUAL, accept, "", port) for port in ports),
        (_RETURN, "", "", 0),
    ]
    labels = {"ipv6": len(code)}
    code += [
        (_LOAD_BYTE, "", "", 20),
        (_IF_EQUAL, "", reject, 6),
        (_LOAD_HALF, "", "", 54),
        *((_IF_EQUAL, accept, "", port) for port in ports),
        (_LOAD_HALF, "", "", 56),
        *((_IF_EQUAL, accept, "", port) for port in ports),
    ]
    labels |= {reject: len(code), accept: len(code) + 1}
    code += [(_RETURN, "", "", 0), (_RETURN, "", "", 0xFFFFFFFF)]
    return b"".join(
        _INSTRUCTION.pack(
            operation,
            labels[yes] - at - 1 if yes else 0,
            labels[no] - at - 1 if no else 0,
            value,
        )
        for at, (operation, yes, no, value) in enumerate(code)
    )
