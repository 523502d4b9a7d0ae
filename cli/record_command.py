"""`defacto record`: run the sidecar in front of one service, or of all that the configuration names."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import click
import msgspec

from cli.options import store_option
from proxy.config import BODY_LIMIT_BYTES, Config, LaneConfig
from proxy.recorder import Recorder
from proxy.splice.settings import Lane, Settings
from proxy.splice.supervisor import Supervisor, bind
from store.errors import DefactoError
from store.store import Store


@click.command("record")
@click.option(
    "--listen", metavar="HOST:PORT", help="Where consumers connect; port 0 lets the system choose one."
)
@click.option(
    "--upstream",
    metavar="URL",
    help="Where the producer is: http://HOST:PORT, or https:// to speak TLS to it.",
)
@click.option("--producer", metavar="NAME", help="What the producer is called in reports.")
@store_option
@click.option(
    "--config",
    "config_file",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="defacto.toml.",
)
@click.option(
    "--body-limit", type=click.IntRange(min=0), metavar="BYTES", help="Kept of each body. [default: 1 MiB]"
)
@click.option(
    "--queue",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    metavar="MIB",
    help="Copies that may wait for the decoder; beyond that they are lost and counted.",
)
@click.option(
    "--drain",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="At the end: how long exchanges under way are waited for, and then again the decoder.",
)
@click.pass_context
def command(
    context: click.Context,
    listen: str | None,
    upstream: str | None,
    producer: str | None,
    store_url: str,
    config_file: str | None,
    body_limit: int | None,
    queue: int,
    drain: float,
) -> None:
    """Run the sidecar in front of a service and record what its consumers do.

    Bytes are forwarded unchanged. What is recorded is redacted before it is written. Nothing that recording
    does holds up the traffic: where it cannot keep up, observations are lost and counted. Ctrl-C ends it in
    good order.

    \b
    Example:
      defacto record --listen 127.0.0.1:8080 --upstream http://127.0.0.1:9000 --producer orders
      defacto record --config defacto.toml --store postgresql://defacto@db/defacto
    """
    config = Config() if config_file is None else Config.load(config_file)
    lanes = _lanes(config, listen, upstream, producer, body_limit)
    config = msgspec.structs.replace(config, lanes=tuple(lanes))
    if (
        config_file is not None
        and context.get_parameter_source("store_url") is click.core.ParameterSource.DEFAULT
    ):
        store_url = config.store.url
    with Store.open(store_url) as store:  # made, migrated and found writable now, not when traffic comes
        if config_file is not None:
            store.name_consumers(config.known_consumers)
    Recorder.from_config(config)  # a key that cannot be used is an error here, not in the decoder
    listeners = [bind(*_host_port(lane.listen), shared=False) for lane in lanes]
    runtime = Path(tempfile.mkdtemp(prefix="defacto-"))  # mode 0700
    try:
        settings = Settings(
            runtime=runtime,
            lanes=tuple(_settings(lane) for lane in lanes),
            queue_bytes=queue * 1024 * 1024,
            drain_s=drain,
        )
        Supervisor(settings, listeners, config, store_url, sys.stderr).run()
    finally:
        shutil.rmtree(runtime, ignore_errors=True)


def _lanes(
    config: Config, listen: str | None, upstream: str | None, producer: str | None, body_limit: int | None
) -> list[LaneConfig]:
    """The lane that the options describe, or those of the configuration."""
    given = {"--listen": listen, "--upstream": upstream, "--producer": producer}
    missing = [name for name, value in given.items() if value is None]
    if listen is not None and upstream is not None and producer is not None:
        limit = BODY_LIMIT_BYTES if body_limit is None else body_limit
        try:
            return [LaneConfig(producer=producer, listen=listen, upstream=upstream, body_limit=limit)]
        except ValueError as error:
            raise click.UsageError(str(error)) from None
    if len(missing) < len(given):
        raise click.UsageError(f"{' and '.join(missing)} must be given too.")
    if not config.lanes:
        raise click.UsageError("Give --listen, --upstream and --producer, or a --config with a [[lane]].")
    return list(config.lanes)


def _settings(lane: LaneConfig) -> Lane:
    parts = urlsplit(lane.upstream)
    if parts.path not in {"", "/"} or parts.query:
        raise DefactoError(
            f"the upstream {lane.upstream} has a path, and bytes are forwarded unchanged",
            "Give only scheme, host and port.",
        )
    tls = parts.scheme == "https"
    return Lane(
        producer=lane.producer,
        source=lane.listen,
        upstream_host=parts.hostname or "",
        upstream_port=parts.port or (443 if tls else 80),
        upstream_tls=tls,
        body_limit_bytes=lane.body_limit,
    )


def _host_port(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)
