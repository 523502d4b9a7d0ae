"""What is made of a snapshot once, and kept with it: pages are asked for more often than anything is new."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.web.snapshot import Snapshot

Made = TypeVar("Made")


def once(make: Callable[[Snapshot], Made]) -> Callable[[Snapshot], Made]:
    """Make it of each snapshot once. It lives where a cached property of the snapshot would, and as long."""
    name = f"{make.__module__}.{make.__qualname__}"

    @wraps(make)
    def made(snapshot: Snapshot) -> Made:
        kept: dict[str, Any] = vars(snapshot)
        if name not in kept:
            kept[name] = make(snapshot)
        found: Made = kept[name]
        return found

    return made
