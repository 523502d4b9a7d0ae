"""What the processes of the splice lane are told at their start: immutable, and cheap to send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One listener and where its bytes go. `source` is its address, as observations name it."""

    producer: str
    source: str
    upstream_host: str
    upstream_port: int
    upstream_tls: bool = False
    protocol: str = "http1"
    body_limit_bytes: int = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One run of the recorder.

    `runtime` is a private directory with the counter file and the taps' sockets, removed at the end.
    `queue_bytes` bounds what waits for the decoder in each worker. `drain_s` is how long open exchanges are
    waited for at the end, and then again how long the decoder may work on what it was handed.
    """

    runtime: Path
    lanes: tuple[Lane, ...]
    workers: int = 1
    queue_bytes: int = 64 * 1024 * 1024
    drain_s: float = 10.0

    @property
    def counters_path(self) -> Path:
        """The counter file."""
        return self.runtime / "counters"

    def tap_path(self, worker: int) -> Path:
        """The Unix socket on which a worker hands over its copies."""
        return self.runtime / f"tap-{worker}"
