"""The doctor: looks at everything that defacto needs, and says what is wrong and how to mend it.

It changes nothing: it makes no store, no key, and sends nothing to an upstream but a `HEAD /` for its clock.
"""

from __future__ import annotations

import http.client
import os
import platform
import shutil
import socket
import ssl
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from proxy.config import Config
from proxy.decoders.table import decoder_of
from proxy.intercept.ca import CERTIFICATE, ca_folder, prepare, trusting
from proxy.redaction.key import key_path, load_key
from proxy.schemes import SCHEMES, is_upstream, scheme_of
from proxy.splice.planning import lane_of, upstream_of
from proxy.splice.tls import TlsError, UpstreamContexts
from reports.words import count
from store.errors import DefactoError
from store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.config import LaneConfig
    from proxy.splice.settings import Address, UpstreamTls

OLDEST_PYTHON = (3, 11)

LEAST_FREE_BYTES = 1024**3
"""A sidecar in front of a busy service writes about 1 GB for a million exchanges."""

CLOCK_TOLERANCE_S = 5
"""Clocks further apart put cause after effect in the flows between services."""

TIMEOUT_S = 3
"""What answers slower than this from where the sidecar stands is of no use as an upstream."""

BROKERS = tuple(name for name, scheme in SCHEMES.items() if scheme.protocol != "http")
"""Schemes of brokers' URLs."""

EXTRAS = {
    "events": "kio",
    "mitmproxy": "mitmproxy",
    "otel": "opentelemetry-sdk",
    "parquet": "pyarrow",
    "pcap": "scapy",
    "postgres": "psycopg",
}
"""Distributions by the extra that brings them."""


class Health(StrEnum):
    """What came of one look."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One look at one thing: what was found, and what to do if it is not fine."""

    subject: str
    health: Health
    found: str
    remedy: str = ""


def examine(store_url: str, config_path: str | None) -> list[Check]:
    """Look at everything. Never raises: what cannot be looked at is a failure with its reason.

    Args:
        store_url: the store that commands would use.
        config_path: the configuration that `record` would use, None for the defaults.
    """
    checks = [_python(), *_extras(), *_store(store_url)]
    try:
        config = Config.load(config_path) if config_path else Config()
    except DefactoError as error:
        return [*checks, _failed("configuration", error)]
    if config_path:
        lanes, consumers = count(len(config.lanes), "lane"), count(len(config.consumers), "named consumer")
        found = f"{config_path}: {lanes}, {consumers}"
        checks.append(Check(subject="configuration", health=Health.OK, found=found))
    checks.append(_key(config))
    for lane in config.lanes:
        checks.extend(_lane(lane))
    checks.extend(_broker(broker.name, broker.url) for broker in config.brokers)
    return checks


def _failed(subject: str, error: DefactoError) -> Check:
    return Check(subject=subject, health=Health.FAILURE, found=error.message, remedy=error.hint)


def _python() -> Check:
    found = f"Python {platform.python_version()}, defacto {metadata.version('defacto')}"
    if sys.version_info < OLDEST_PYTHON:
        return Check(
            subject="versions", health=Health.FAILURE, found=found, remedy="Use Python 3.11 or later."
        )
    return Check(subject="versions", health=Health.OK, found=found)


def _extras() -> Iterator[Check]:
    for extra, distribution in EXTRAS.items():
        try:
            found = f"{distribution} {metadata.version(distribution)}"
        except metadata.PackageNotFoundError:
            found = f"not installed; pip install 'defacto[{extra}]' if you need it"
        yield Check(subject=f"extra {extra}", health=Health.OK, found=found)


def _store(url: str) -> Iterator[Check]:
    try:
        with Store.open(url, create=False) as store:
            span, waiting, capture = store.span(), len(store.unfolded()), store.capture()
            shown, lost = store.url, capture.lost
    except DefactoError as error:
        nothing_yet = "://" not in url and not Path(url).exists()
        health = Health.WARNING if nothing_yet else Health.FAILURE
        yield Check(subject="store", health=health, found=error.message, remedy=error.hint)
    else:
        found = f"{shown}: {capture.observed:,} observed, migrations current"
        yield Check(subject="store", health=Health.OK, found=found)
        if waiting:
            found = f"{count(waiting, 'batch', 'batches')} not folded: reports do not show this yet"
            yield Check(
                subject="inference", health=Health.WARNING, found=found, remedy="Run `defacto infer`."
            )
        if lost:
            found = "lost so far: " + ", ".join(
                f"{number:,} {reason}" for reason, number in sorted(lost.items())
            )
            remedy = "docs/recorded.md says what each reason means and what helps."
            yield Check(subject="capture", health=Health.WARNING, found=found, remedy=remedy)
        if span and span[1] > time_ns() + CLOCK_TOLERANCE_S * 10**9:
            found = f"the last observation is of {_instant(span[1])}, which is yet to come"
            yield Check(subject="clock", health=Health.WARNING, found=found, remedy="Set the clock (NTP).")
    if "://" not in url:
        yield from _folder(Path(url).resolve().parent)


def _instant(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _folder(folder: Path) -> Iterator[Check]:
    if not os.access(folder, os.W_OK):
        yield Check(
            subject="permissions",
            health=Health.FAILURE,
            found=f"{folder} cannot be written by this user",
            remedy="Give the user write access, or name another place with --store.",
        )
        return
    free = shutil.disk_usage(folder).free
    yield Check(
        subject="disk",
        health=Health.OK if free >= LEAST_FREE_BYTES else Health.WARNING,
        found=f"{free / 1024**3:,.1f} GiB free in {folder}",
        remedy="" if free >= LEAST_FREE_BYTES else "Make room, or name another place with --store.",
    )


def _key(config: Config) -> Check:
    path = key_path(config.redaction.key_file)
    if not path.exists():
        found = f"{path} does not exist yet; it is made at the first recording"
        return Check(subject="redaction key", health=Health.OK, found=found)
    try:
        load_key(path)
    except DefactoError as error:
        return _failed("redaction key", error)
    return Check(subject="redaction key", health=Health.OK, found=f"{path}, readable by its owner only")


def _lane(lane: LaneConfig) -> Iterator[Check]:
    subject = f"lane {lane.producer}"
    if lane.lane == "capture":
        yield _capture(subject, lane)
        return
    if lane.listen.startswith("unix:"):
        folder = Path(lane.listen.removeprefix("unix:")).parent
        yield from _folder(folder)
    else:
        yield _port(lane.producer, lane.listen)
    if lane.upstream.startswith(("http://", "https://")):
        yield from _upstream(lane)
    elif lane.upstream:
        yield _connects(f"{subject}: upstream", lane.upstream)
    if lane.lane == "intercept":
        yield _authority(subject, ca_folder(lane.ca_dir))
    elif lane.lane == "splice":
        yield from _tls(subject, lane)
        yield from _parser(subject, lane)


def _capture(subject: str, lane: LaneConfig) -> Check:
    try:
        lane_of(lane)
    except DefactoError as error:
        return _failed(f"{subject}: capture", error)
    found = f"packets of {lane.interface} can be captured"
    return Check(subject=f"{subject}: capture", health=Health.OK, found=found)


def _tls(subject: str, lane: LaneConfig) -> Iterator[Check]:
    if lane.tls is None and lane.upstream_tls is None:
        return
    try:
        lane_of(lane)
    except DefactoError as error:
        yield _failed(f"{subject}: TLS", error)
    else:
        yield Check(subject=f"{subject}: TLS", health=Health.OK, found="its certificates can be used")


def _parser(subject: str, lane: LaneConfig) -> Iterator[Check]:
    """Only what is missing is told: HTTP needs nothing more."""
    try:
        decoder_of(lane.spoken)
    except DefactoError as error:
        yield _failed(f"{subject}: protocol", error)


def _connects(subject: str, upstream: str) -> Check:
    shown = _without_credentials(upstream)
    try:
        if upstream.startswith("unix:"):
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(TIMEOUT_S)
                probe.connect(upstream.removeprefix("unix:"))
        else:
            parts = urlsplit(upstream)
            port = parts.port or scheme_of(upstream).port or 0
            socket.create_connection((parts.hostname or "", port), TIMEOUT_S).close()
    except OSError as error:
        remedy = "Start the service, or put its address right. Consumers would be refused."
        found = f"{shown} does not answer: {error}"
        return Check(subject=subject, health=Health.FAILURE, found=found, remedy=remedy)
    return Check(subject=subject, health=Health.OK, found=f"{shown} answers")


def _without_credentials(url: str) -> str:
    """Brokers' URLs often hold a user and a password, which nothing here needs."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _authority(subject: str, folder: Path) -> Check:
    """The certificate authority of an intercept lane, and how clients come to trust it."""
    subject = f"{subject}: authority"
    certificate = folder / CERTIFICATE
    if not certificate.exists():
        found = f"{folder} holds none yet; it is made at the first recording"
        return Check(subject=subject, health=Health.OK, found=found)
    try:
        prepare(folder)
    except DefactoError as error:
        return _failed(subject, error)
    return Check(
        subject=subject,
        health=Health.OK,
        found=f"{folder}, readable by its owner only",
        remedy=trusting(folder),
    )


def _port(producer: str, listen: str) -> Check:
    host, _, port = listen.rpartition(":")
    subject = f"lane {producer}: listen"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as error:
            return Check(
                subject=subject,
                health=Health.WARNING,
                found=f"{listen} cannot be bound: {error.strerror}",
                remedy="If it is not the sidecar itself that runs there, choose another address.",
            )
    return Check(subject=subject, health=Health.OK, found=f"{listen} is free")


def _upstream(lane: LaneConfig) -> Iterator[Check]:
    subject, url = f"lane {lane.producer}: upstream", lane.upstream
    try:
        date = _ask_date(*upstream_of(lane))
    except DefactoError as error:
        yield _failed(subject, error)
        return
    except TlsError as error:
        remedy = "Put the files of [lane.upstream_tls] right."
        yield Check(subject=subject, health=Health.FAILURE, found=str(error), remedy=remedy)
        return
    except ssl.SSLCertVerificationError as error:
        yield Check(
            subject=subject,
            health=Health.FAILURE,
            found=f"{url} shows a certificate that is not trusted: {error.verify_message}",
            remedy="Name the authority that signed it: ca in [lane.upstream_tls].",
        )
        return
    except (OSError, http.client.HTTPException) as error:
        yield Check(
            subject=subject,
            health=Health.FAILURE,
            found=f"{url} does not answer: {error}",
            remedy="Start the service, or put its address right. Consumers would be refused.",
        )
        return
    yield Check(subject=subject, health=Health.OK, found=f"{url} answers")
    if date is not None:
        apart = abs((datetime.now(UTC) - date).total_seconds())
        if apart > CLOCK_TOLERANCE_S:
            found = f"the clock of {url} and ours are {apart:,.0f} s apart"
            yield Check(
                subject=f"lane {lane.producer}: clock",
                health=Health.WARNING,
                found=found,
                remedy="Set both by NTP; effects may seem to come before their causes.",
            )


def _ask_date(upstream: Address, tls: UpstreamTls | None) -> datetime | None:
    """The upstream's clock, asked for as the lane itself would."""
    connection = http.client.HTTPConnection(upstream.host, upstream.port, timeout=TIMEOUT_S)
    try:
        connection.connect()
        if tls is not None:
            context = UpstreamContexts(tls).for_protocol("")
            connection.sock = context.wrap_socket(connection.sock, server_hostname=tls.server_name)
        connection.request("HEAD", "/", headers={"User-Agent": "defacto-doctor"})
        date = connection.getresponse().getheader("Date")
    finally:
        connection.close()
    try:
        return parsedate_to_datetime(date) if date else None
    except ValueError:
        return None


def _broker(name: str, url: str) -> Check:
    subject = f"broker {name}"
    if is_upstream(url) and urlsplit(url).scheme in BROKERS:
        return _connects(subject, url)
    return Check(
        subject=subject,
        health=Health.FAILURE,
        found=f"{url!r} is no broker's URL",
        remedy=f"Write HOST:PORT after one of {', '.join(f'{scheme}://' for scheme in BROKERS)}.",
    )
