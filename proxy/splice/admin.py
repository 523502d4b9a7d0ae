"""The supervisor's care for the admin listener: opened, moved and closed as the configuration says."""

from __future__ import annotations

from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING

from proxy.admin import process
from proxy.admin.process import AdminSettings
from proxy.splice.child import Child, mend
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from proxy.splice.listening import Listeners
    from proxy.splice.settings import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """The admin listener: where (None: none), whether that was asked for, and what may pause capture."""

    address: Address | None = None
    asked: bool = False
    token: str = ""


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
            if plan.address is not None:
                self._open(plan, plan.address)
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

    def _open(self, plan: Admin, address: Address) -> None:
        try:
            listener = self._listeners.bind([address])[0][0]
        except DefactoError as error:
            if plan.asked:
                raise
            self._say(f"warning: no admin listener: {error.message}")
            return
        settings = AdminSettings(runtime=self._runtime, token=plan.token, log_format=self._log_format)
        self._child = Child("admin listener", process.run, (settings, listener))
        self._child.start()
        self._plan = plan
        name = listener.getsockname() if listener is not None else str(address)
        shown = f"unix:{name}" if isinstance(name, str) else f"http://{address.host}:{name[1]}"
        self._say(f"admin listener on {shown}")
