"""The sockets that lanes listen on: bound here, or inherited from whoever started us.

They belong to the supervisor and outlive its children and its configurations, so that no connection that
waits in a backlog is lost when a worker dies or a configuration changes. Sockets are inherited as systemd
hands them over (sd_listen_fds(3)): `LISTEN_FDS` of them from descriptor 3 on, for the process `LISTEN_PID`.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from proxy.splice.settings import Address
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FIRST_INHERITED = 3

_Key = tuple[Address, int]
"""An address, and how many lanes before have the same: with port 0 that is no mistake."""


class Listeners:
    """Every listening socket of the recorder, by what the configuration calls its address.

    Args:
        workers: each gets a socket of its own (`SO_REUSEPORT`), so that the kernel spreads the connections;
            of a Unix socket all share one.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._bound: dict[_Key, list[socket.socket]] = {}
        self._inherited = list(_inherited())

    def bind(self, addresses: Sequence[Address | None]) -> list[tuple[socket.socket | None, ...]]:
        """For each worker, the sockets of these addresses in their order. What is bound already is kept.

        None stands for what is bound elsewhere.

        Raises:
            DefactoError: an address is taken, not ours, or not allowed; nothing is bound anew then.
        """
        keys = _numbered(addresses)
        fresh: dict[_Key, list[socket.socket]] = {}
        try:
            for key in filter(None, keys):
                if key not in self._bound:
                    fresh[key] = self._sockets(key[0])
        except BaseException:
            for sockets in fresh.values():
                _close(sockets)
            raise
        self._bound |= fresh
        return [
            tuple(key and self._bound[key][worker % len(self._bound[key])] for key in keys)
            for worker in range(self._workers)
        ]

    def keep(self, addresses: Sequence[Address | None]) -> None:
        """Close every socket of another address."""
        for key in self._bound.keys() - set(filter(None, _numbered(addresses))):
            _remove(key[0])
            _close(self._bound.pop(key))

    def close(self, *, handed_over: bool = False) -> None:
        """Close all; those that another process goes on with keep their place in the file system."""
        for (address, _), sockets in self._bound.items():
            if not handed_over:
                _remove(address)
            _close(sockets)
        self._bound.clear()

    def hand_over(self) -> None:
        """Between fork and exec: make the sockets the first descriptors, and say so in the environment."""
        sockets = [one for shared in self._bound.values() for one in shared]
        least = FIRST_INHERITED + len(sockets)
        aside = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, least) for one in sockets]
        for place, descriptor in enumerate(aside, FIRST_INHERITED):
            os.dup2(descriptor, place)  # inheritable, as F_DUPFD's is not meant to be
            os.close(descriptor)
        os.environ["LISTEN_PID"] = str(os.getpid())
        os.environ["LISTEN_FDS"] = str(len(sockets))

    def _sockets(self, address: Address) -> list[socket.socket]:
        inherited = [one for one in self._inherited if _is_at(one, address)]
        if inherited:
            self._inherited = [one for one in self._inherited if one not in inherited]
            return inherited
        if address.path:
            return [_bind_path(address)]
        workers = 1 if address.alone else self._workers
        first = _bind(address, shared=workers > 1)
        bound = first.getsockname()
        others = [
            _bind(address, shared=True, port=bound[1]) for _ in range(1, workers)
        ]  # the system may have chosen the port
        return [first, *others]


def _numbered(addresses: Sequence[Address | None]) -> list[_Key | None]:
    seen: Counter[Address] = Counter()
    keys: list[_Key | None] = []
    for address in addresses:
        keys.append((address, seen[address]) if address is not None else None)
        if address is not None:
            seen[address] += 1
    return keys


def _inherited() -> Iterable[socket.socket]:
    """What was handed to this process, and to no child of it."""
    count, process = os.environ.pop("LISTEN_FDS", ""), os.environ.pop("LISTEN_PID", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if process != str(os.getpid()) or not count.isdecimal():
        return
    for descriptor in range(FIRST_INHERITED, FIRST_INHERITED + int(count)):
        os.set_inheritable(descriptor, False)
        yield socket.socket(fileno=descriptor)


def _is_at(listener: socket.socket, address: Address) -> bool:
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return bool(address.path) and name == address.path
    return not address.path and name[1] == address.port and name[0] in _hosts(address)


def _hosts(address: Address) -> set[str]:
    with suppress(OSError):
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return {str(place[0]) for *_, place in found}
    return {address.host}


def _bind(address: Address, *, shared: bool, port: int | None = None) -> socket.socket:
    try:
        family, _, _, _, place = socket.getaddrinfo(
            address.host,
            address.port if port is None else port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )[0]
        return socket.create_server(place[:2], family=family, reuse_port=shared)
    except OSError as error:
        raise _cannot_listen(address, error) from None


def _bind_path(address: Address) -> socket.socket:
    """Bind a Unix socket; one that a dead process left behind is replaced."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        if _is_abandoned(address.path):
            Path(address.path).unlink()
        listener.bind(address.path)
    except OSError as error:
        listener.close()
        raise _cannot_listen(address, error) from None
    return listener


def _is_abandoned(path: str) -> bool:
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(Path(path).stat().st_mode):
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect_ex(path) != 0
    return False


def _cannot_listen(address: Address, error: OSError) -> DefactoError:
    reason = (error.strerror or str(error)).lower()
    return DefactoError(f"cannot listen on {address}: {reason}", "Give another address to listen on.")


def _remove(address: Address) -> None:
    if address.path:
        Path(address.path).unlink(missing_ok=True)


def _close(sockets: Iterable[socket.socket]) -> None:
    for one in sockets:
        one.close()
