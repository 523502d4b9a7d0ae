"""How processes of our own are started: they share nothing with us but what they are given.

multiprocessing starts them as `python -c …`, and with that the current folder comes first where they look for
modules: a `json.py` in the folder in which somebody starts defacto would be theirs. So they are told to leave
it out (`PYTHONSAFEPATH`), until they take over the path of the process that starts them.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.popen_spawn_posix import Popen
    from multiprocessing.process import BaseProcess

_SAFE_PATH = "PYTHONSAFEPATH"


class OwnProcess(SpawnProcess):
    """A process of our own. It has to be found by its name, in the process that it becomes."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Popen:  # noqa: N802 - multiprocessing's name
        with _without_current_folder():
            return SpawnProcess._Popen(process_obj)  # noqa: SLF001 - what it is there to be replaced by


class OwnContext(SpawnContext):
    """What processes, pools and pipes are made of."""

    Process = OwnProcess


def processes() -> OwnContext:
    """What to start processes with.

    The tracker that multiprocessing starts beside them is there from now on: a lock of theirs would start it
    as well.
    """
    with _without_current_folder():
        resource_tracker.ensure_running()
    return _OWN


_OWN = OwnContext()
_ENVIRONMENT = RLock()
"""Two threads that changed it at a time would each put back what the other had set."""


@contextmanager
def _without_current_folder() -> Iterator[None]:
    """What is started within does not look there."""
    with _ENVIRONMENT:
        before = os.environ.get(_SAFE_PATH)
        os.environ[_SAFE_PATH] = "1"
        try:
            yield
        finally:
            if before is None:
                del os.environ[_SAFE_PATH]
            else:
                os.environ[_SAFE_PATH] = before
