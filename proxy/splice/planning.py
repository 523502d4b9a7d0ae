"""From what the configuration says of a lane to what the processes are told."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from proxy.decoders.table import decoder_of
from proxy.intercept import added
from proxy.intercept.ca import ca_folder, prepare
from proxy.mirror.live import Capture
from proxy.schemes import scheme_of
from proxy.splice.settings import Address, Lane, ListenTls, UpstreamTls
from proxy.splice.tls import ListenContext, TlsError, UpstreamContexts
from store.errors import DefactoError

if TYPE_CHECKING:
    from proxy.config import LaneConfig


def lane_of(config: LaneConfig) -> Lane:
    """A lane's settings.

    Raises:
        DefactoError: the upstream has a path, which bytes that are forwarded unchanged cannot honour, or a
            file cannot be used for TLS.
    """
    upstream, tls = upstream_of(config)
    lane = Lane(
        producer=config.producer,
        token=config.token if config.lane == "push" else "",
        source=config.listen or config.interface,
        listen=address_of(config.listen, alone=config.lane == "push") if config.listen else Address(),
        interface=config.interface if config.lane == "capture" else "",
        ports=config.ports,
        mode=config.mode if config.lane == "intercept" else "",
        ca_dir=str(ca_folder(config.ca_dir)) if config.lane == "intercept" else "",
        added=added.read(config.headers_file) if config.headers_file else (),
        upstream=upstream,
        upstream_tls=tls,
        tls=_listen_tls(config),
        upgrades=_upgrades(config),
        accept_proxy_protocol=config.accept_proxy_protocol,
        send_proxy_protocol=config.send_proxy_protocol,
        max_connections=config.max_connections,
        protocol=config.spoken,
        advertised=config.advertised,
        body_limit_bytes=config.body_limit,
    )
    decoder_of(lane.protocol)  # that what it needs is installed
    _try_tls(lane)
    if lane.mode:
        _try_mitmproxy(lane)
    if lane.interface:
        Capture(lane.interface, lane.ports).socket.close()  # that we may, and that it is there
    return lane


def address_of(listen: str, role: str = "lane", *, alone: bool = False) -> Address:
    """`HOST:PORT` or `unix:/path` taken apart."""
    if listen.startswith("unix:"):
        return Address(path=listen.removeprefix("unix:"), role=role, alone=alone)
    host, _, port = listen.rpartition(":")
    return Address(host=host.strip("[]"), port=int(port), role=role, alone=alone)


def upstream_of(config: LaneConfig) -> tuple[Address, UpstreamTls | None]:
    """Where a lane forwards to, and the TLS that it speaks there.

    Raises:
        DefactoError: the upstream has a path.
    """
    if not config.upstream:
        return Address(), None
    if config.upstream.startswith("unix:"):
        return Address(path=config.upstream.removeprefix("unix:")), None
    parts = urlsplit(config.upstream)
    if parts.path not in {"", "/"} or parts.query:
        raise DefactoError(
            f"the upstream {config.upstream} has a path, and bytes are forwarded unchanged",
            "Give only scheme, host and port.",
        )
    host = parts.hostname or ""
    scheme = scheme_of(config.upstream)
    address = Address(host=host, port=parts.port or scheme.port or 0)
    if not (scheme.tls or _upgrades(config)):
        return address, None
    tls = config.upstream_tls
    if tls is None:
        return address, UpstreamTls(server_name=host, if_demanded=not scheme.tls)
    return address, UpstreamTls(
        server_name=tls.server_name or host,
        ca=tls.ca or "",
        certificate=tls.certificate or "",
        key=tls.key or "",
    )


def _upgrades(config: LaneConfig) -> bool:
    return config.tls_inside and (config.tls is not None or config.upstream_tls is not None)


def _listen_tls(config: LaneConfig) -> ListenTls | None:
    tls = config.tls
    if tls is None:
        return None
    return ListenTls(
        certificate=tls.certificate,
        key=tls.key,
        alpn=tls.alpn,
        client_ca=tls.client_ca or "",
        require_client_certificate=tls.require_client_certificate,
    )


def _try_mitmproxy(lane: Lane) -> None:
    """What the lane's process will do."""
    if find_spec("mitmproxy") is None:
        raise DefactoError(
            "an intercept lane is mitmproxy, which is not installed",
            "Install it with: pip install 'defacto[mitmproxy]'",
        )
    prepare(Path(lane.ca_dir))


def _try_tls(lane: Lane) -> None:
    """What a worker will do; a file that cannot be used is an error here, before anything is started."""
    try:
        if lane.tls is not None:
            ListenContext(lane.tls)
        if lane.upstream_tls is not None:
            UpstreamContexts(lane.upstream_tls)
    except TlsError as error:
        raise DefactoError(
            str(error),
            "Certificates and keys are PEM files, keys are not encrypted, and the two belong together.",
        ) from None
