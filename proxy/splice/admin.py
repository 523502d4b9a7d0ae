"""The supervisor's care for the admin listener: opened, moved and closed as the configuration says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import sleep
from typing import TYPE_CHECKING

from proxy.admin import process
from proxy.admin.process import AdminSettings
from proxy.splice.child import Child, mend
from store.errors import DefactoError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from proxy.admin.export import Export
    from proxy.splice.listening import Listeners
    from proxy.splice.settings import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """The admin listener: where (None: none), whether that was asked for, and what may pause capture.

    `export` is where metrics are sent, None: nowhere.
    """

    address: Address | None = None
    asked: bool = False
    token: str = ""
    export: Export | None = None


class AdminListener:
    """At most one process.

    Args:
        runtime: the supervisor's directory, where the process looks for what is at work.
        listeners: where its socket comes from.
        log_format: `text` or `json`.
        say: tells people.
    """

    def __init__(
        self, runtime: Path, listeners: Listeners, log_format: str, say: Callable[[str], None]
    ) -> None:
        self._runtime = runtime
        self._listeners = listeners
        self._log_format = log_format
        self._say = say
        self._plan = Admin()
        self._child: Child | None = None

    def take_up(self, plan: Admin) -> list[Address]:
        """Do what a configuration asks for; the addresses that are listened on then.

        Raises:
            DefactoError: the address that was asked for is not to be had.
        """
        if plan != self._plan:
            self.end()
            self._plan = Admin()
            self._open(plan)
        return [self._plan.address] if self._plan.address is not None else []

    def mend(self) -> Iterator[str]:
        """Start the process again if it has died; what to tell people."""
        if self._child is not None:
            yield from mend(self._child)

    def end(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.end(0)
            while self._child.ended() is None:
                sleep(0.01)
            self._child = None

    def _open(self, plan: Admin) -> None:
        listener = None if plan.address is None else self._bound(plan.address, asked=plan.asked)
        export = plan.export
        if export is not None and export.problem:
            self._say(f"warning: metrics are not exported: {export.problem}")
            export = None
        if listener is None and export is None:
            return
        settings = AdminSettings(
            runtime=self._runtime, token=plan.token, export=export, log_format=self._log_format
        )
        self._child = Child("admin listener", process.run, (settings, listener))
        self._child.start()
        self._plan = plan if listener is not None else replace(plan, address=None)
        if listener is not None and plan.address is not None:
            name = listener.getsockname()
            shown = f"unix:{name}" if isinstance(name, str) else f"http://{plan.address.host}:{name[1]}"
            self._say(f"admin listener on {shown}")

    def _bound(self, address: Address, *, asked: bool) -> socket.socket | None:
        try:
            return self._listeners.bind([address])[0][0]
        except DefactoError as error:
            if asked:
                raise
            self._say(f"warning: no admin listener: {error.message}")
            return None
