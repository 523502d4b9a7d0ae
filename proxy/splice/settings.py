"""What the processes of the splice lane are told at their start: immutable, and cheap to send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


ANY_PRODUCER = "*"
"""In the place of a producer: each exchange's own host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a socket listens or connects: a host and a port, or the path of a Unix socket (`path`).

    `role` tells two apart that are the same by chance: port 0 of a lane and of the admin listener.
    `alone`: one process accepts here, however many workers there are.
    """

    host: str = ""
    port: int = 0
    path: str = ""
    role: str = "lane"
    alone: bool = False

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenTls:
    """The TLS that ends at a lane. Paths of PEM files; `client_ca` `""` asks no client for a certificate."""

    certificate: str
    key: str
    alpn: tuple[str, ...] = ("http/1.1",)
    client_ca: str = ""
    require_client_certificate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamTls:
    """The TLS that a lane speaks to its upstream. Paths of PEM files; `""` takes the system's or none.

    `if_demanded`: where the upstream can say whether it must be (NATS), only then.
    """

    server_name: str
    if_demanded: bool = False
    ca: str = ""
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """Fields that a lane adds to answers to a method and path template."""

    method: str
    path: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One listener and where its bytes go. `source` is its address, as observations name it.

    `send_proxy_protocol` is `v1`, `v2` or `""`. `max_connections` bounds those of one worker; 0 does not.
    `advertised` is the host by which a Kafka lane's clients know it, `""`: by the address that they reached.
    `upgrades`: both sides begin in the clear, and their TLS after the server's first words (NATS).
    `mode` is what mitmproxy is to be where it is the lane (`reverse`, `regular`, …), `""` where it is not,
    and `added` the fields that it adds to answers;
    `token` is what those must show who push observations, where that is what the lane is for; `interface` and
    `ports` name the traffic whose packets are captured.
    """

    producer: str
    source: str
    upstream: Address
    upstream_tls: UpstreamTls | None = None
    tls: ListenTls | None = None
    upgrades: bool = False
    accept_proxy_protocol: bool = False
    send_proxy_protocol: str = ""
    max_connections: int = 0
    mode: str = ""
    listen: Address = Address()
    ca_dir: str = ""
    added: tuple[Added, ...] = ()
    token: str = ""
    interface: str = ""
    ports: tuple[int, ...] = ()
    protocol: str = "http"
    advertised: str = ""
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
    log_format: str = "text"

    @property
    def intercepted(self) -> tuple[int, ...]:
        """The lanes that are mitmproxy, by their index; each is a process of its own, with a tap."""
        return tuple(index for index, lane in enumerate(self.lanes) if lane.mode)

    @property
    def mirrored(self) -> tuple[int, ...]:
        """The lanes that are shown copies (pushed observations, packets), in the same manner."""
        return tuple(index for index, lane in enumerate(self.lanes) if lane.token or lane.interface)

    @property
    def taps(self) -> int:
        """Processes that hand over: forwarders, lanes that are mitmproxy, lanes that are shown copies."""
        return self.workers + len(self.intercepted) + len(self.mirrored)

    @property
    def counters_path(self) -> Path:
        """The counter file."""
        return self.runtime / "counters"

    def tap_path(self, worker: int) -> Path:
        """The Unix socket on which a worker hands over its copies."""
        return self.runtime / f"tap-{worker}"
