"""`defacto record`: run the sidecar in front of one service, or of all that the configuration names."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from cli.options import store_option
from proxy.config import BODY_LIMIT_BYTES, Config, LaneConfig
from proxy.recorder import Recorder
from proxy.splice.decoder_process import Capture
from proxy.splice.planning import lane_of, listen_address
from proxy.splice.settings import Lane, Settings
from proxy.splice.supervisor import Plan, Supervisor
from store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@click.command("record")
@click.option(
    "--listen",
    metavar="ADDRESS",
    help="Where consumers connect: HOST:PORT (port 0: the system chooses one) or unix:/path.",
)
@click.option(
    "--upstream",
    metavar="URL",
    help="Where the producer is: http://HOST:PORT, https:// to speak TLS to it, unix:/path, tcp://HOST:PORT.",
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
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes that forward; connections are spread over them.",
)
@click.option(
    "--queue",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    metavar="MIB",
    help="Copies that may wait for the decoder, in each worker; beyond that they are lost and counted.",
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
    workers: int,
    queue: int,
    drain: float,
) -> None:
    """Run the sidecar in front of a service and record what its consumers do.

    Bytes are forwarded unchanged. What is recorded is redacted before it is written. Nothing that recording
    does holds up the traffic: where it cannot keep up, observations are lost and counted. Ctrl-C ends it in
    good order. SIGHUP takes up a changed configuration, and SIGUSR2 an upgraded program, without dropping a
    connection.

    \b
    Example:
      defacto record --listen 127.0.0.1:8080 --upstream http://127.0.0.1:9000 --producer orders
      defacto record --config defacto.toml --store postgresql://defacto@db/defacto
    """
    given = context.get_parameter_source("store_url") is not click.core.ParameterSource.DEFAULT

    def plan() -> Plan:
        config = Config() if config_file is None else Config.load(config_file)
        lanes = _lanes(config, listen, upstream, producer, body_limit)
        config = msgspec.structs.replace(config, lanes=tuple(lanes))
        url = store_url if given or config_file is None else config.store.url
        return Plan(
            lanes=tuple(map(lane_of, lanes)),
            addresses=tuple(map(listen_address, lanes)),
            capture=_capture(config, url, named=config_file is not None),
        )

    def settings(runtime: Path, lanes: tuple[Lane, ...]) -> Settings:
        return Settings(
            runtime=runtime, lanes=lanes, workers=workers, queue_bytes=queue * 1024 * 1024, drain_s=drain
        )

    Supervisor(plan, settings, workers, sys.stderr).run()


def _capture(config: Config, store_url: str, *, named: bool) -> Capture:
    """What the decoder is to do; that it can is found out now, not when traffic comes."""
    with Store.open(store_url) as store:
        if named:
            store.name_consumers(config.known_consumers)
    Recorder.from_config(config)
    return Capture(config=config, store_url=store_url)


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
