"""`defacto record`: run the sidecar in front of one service, or of all that the configuration names."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click
import msgspec

from cli.options import Quantity, store_option
from proxy.admin.export import export_asked
from proxy.config import ADMIN_LISTEN, BODY_LIMIT_BYTES, MODES, AdminConfig, Config, LaneConfig
from proxy.quantities import Age, Size
from proxy.recorder import Recorder
from proxy.schemes import PROTOCOLS
from proxy.sink import StoreSink
from proxy.splice.admin import Admin
from proxy.splice.decoder_process import Capture
from proxy.splice.planning import address_of, lane_of
from proxy.splice.settings import Lane, Settings
from proxy.splice.supervisor import Plan, Supervisor
from store.errors import StoreUnreachableError
from store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from proxy.sink import Sink


@click.command("record")
@click.option(
    "--listen",
    metavar="ADDRESS",
    help="Where consumers connect: HOST:PORT (port 0: the system chooses one) or unix:/path.",
)
@click.option(
    "--upstream",
    metavar="URL",
    help="Where the producer is: http://HOST:PORT, https:// to speak TLS to it, unix:/path, a broker as"
    " amqp://, kafka://, mqtt://, nats:// or redis:// (with an s for TLS), or tcp://HOST:PORT.",
)
@click.option(
    "--producer",
    metavar="NAME",
    help="What the producer is called in reports; in forward modes of an intercept lane * takes each host.",
)
@click.option(
    "--lane",
    type=click.Choice(["splice", "intercept"]),
    default="splice",
    show_default=True,
    help="splice: bytes go straight through. intercept: mitmproxy, for TLS that must be opened.",
)
@click.option(
    "--protocol",
    type=click.Choice(PROTOCOLS),
    help="What is spoken; auto: the first bytes of a connection tell. [default: as the upstream's URL says]",
)
@click.option(
    "--mode",
    metavar="MODE",
    default="reverse",
    show_default=True,
    help=f"Of an intercept lane: {', '.join(MODES)}.",
)
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
@click.option(
    "--keep",
    type=click.Choice(["exchanges", "summaries"]),
    help="What is stored: redacted exchanges, or summaries alone and nothing raw. [default: exchanges]",
)
@click.option(
    "--sample",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="SHARE",
    help="Of sessions, the share to keep beyond what is rare. [default: 1, all]",
)
@click.option(
    "--cpu-budget",
    type=click.FloatRange(0, min_open=True),
    metavar="CORES",
    help="Processor time for decoding and storing, as a share of one core: 0.5.",
)
@click.option("--memory-budget", type=Quantity(Size), metavar="SIZE", help="Memory of the decoder: 500MB.")
@click.option(
    "--disk-budget",
    type=Quantity(Size),
    metavar="SIZE",
    help="Of the store: beyond it nothing more is captured, and that is counted.",
)
@click.option(
    "--retain-age",
    type=Quantity(Age),
    metavar="AGE",
    help="Remove exchanges that are older: 14d. Summaries stay.",
)
@click.option(
    "--retain-size",
    type=Quantity(Size),
    metavar="SIZE",
    help="Remove the oldest exchanges beyond that: 2GB. Summaries stay.",
)
@click.option(
    "--admin",
    metavar="ADDRESS",
    help="Where health, readiness and metrics are answered: HOST:PORT, unix:/path, or off."
    f" [default: {ADMIN_LISTEN}, if nothing else has it]",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Of messages: lines for people, or JSON lines.",
)
@click.pass_context
def command(
    context: click.Context,
    /,
    listen: str | None,
    upstream: str | None,
    producer: str | None,
    lane: str,
    protocol: str | None,
    mode: str,
    store_url: str,
    config_file: str | None,
    body_limit: int | None,
    workers: int,
    queue: int,
    drain: float,
    admin: str | None,
    log_format: str,
    **capture: object,
) -> None:
    """Run the sidecar in front of a service and record what its consumers do.

    Bytes are forwarded unchanged. What is recorded is redacted before it is written. Nothing that recording
    does holds up the traffic: where it cannot keep up, observations are lost and counted. Ctrl-C ends it in
    good order. SIGHUP takes up a changed configuration, and SIGUSR2 an upgraded program, without dropping a
    connection.

    \b
    Example:
      defacto record --listen 127.0.0.1:8080 --upstream http://127.0.0.1:9000 --producer orders
      defacto record --listen 127.0.0.1:5673 --upstream amqp://127.0.0.1:5672 --producer events
      defacto record --config defacto.toml --store postgresql://defacto@db/defacto
      defacto record --lane intercept --mode regular --listen 127.0.0.1:8080 --producer '*'
    """
    given = context.get_parameter_source("store_url") is not click.core.ParameterSource.DEFAULT

    def plan() -> Plan:
        config = Config() if config_file is None else Config.load(config_file)
        lanes = _lanes(config, listen, upstream, producer, body_limit, lane, mode, protocol)
        given_capture = {name: value for name, value in capture.items() if value is not None}
        config = msgspec.structs.replace(
            config,
            lanes=tuple(lanes),
            capture=msgspec.structs.replace(config.capture, **given_capture),
        )
        url = store_url if given or config_file is None else config.store.url
        return Plan(
            lanes=tuple(map(lane_of, lanes)),
            capture=_capture(config, url, named=config_file is not None),
            admin=_admin(config, admin),
        )

    def settings(runtime: Path, lanes: tuple[Lane, ...]) -> Settings:
        return Settings(
            runtime=runtime,
            lanes=lanes,
            workers=workers,
            queue_bytes=queue * 1024 * 1024,
            drain_s=drain,
            log_format=log_format,
        )

    Supervisor(plan, settings, workers, sys.stderr, log_format).run()


def _admin(config: Config, listen: str | None) -> Admin:
    """The admin listener, by option, by configuration, or where it is by default."""
    try:
        given = AdminConfig(listen=listen or config.admin.listen).listen
    except ValueError as error:
        raise click.UsageError(f"--admin: {error}") from None
    address = None if given == "off" else address_of(given or ADMIN_LISTEN, role="admin", alone=True)
    return Admin(
        address=address,
        asked=given is not None,
        token=config.admin.token,
        export=export_asked(config.admin.otlp, os.environ),
    )


def _capture(config: Config, store_url: str, *, named: bool) -> Capture:
    """What the decoder is to do; that it can is found out now, not when traffic comes.

    A server that does not answer yet is no reason not to forward: the decoder waits for it.
    """
    with suppress(StoreUnreachableError), Store.open(store_url):
        pass
    Recorder.from_config(config)
    make_sink: type[Sink] = StoreSink
    if config.capture.keep == "summaries":
        from inference.sidecar import SummarySink  # noqa: PLC0415  # only this one needs the whole inference

        make_sink = SummarySink
    return Capture(config=config, store_url=store_url, make_sink=make_sink, named=named)


def _lanes(
    config: Config,
    listen: str | None,
    upstream: str | None,
    producer: str | None,
    body_limit: int | None,
    lane: str,
    mode: str,
    protocol: str | None,
) -> list[LaneConfig]:
    """The lane that the options describe, or those of the configuration."""
    given = {"--listen": listen, "--upstream": upstream, "--producer": producer}
    if lane == "intercept" and mode not in {"reverse", "upstream"}:
        del given["--upstream"]
    missing = [name for name, value in given.items() if value is None]
    if not missing:
        described = {
            "lane": lane,
            "mode": mode,
            "protocol": protocol or "",
            "listen": listen,
            "upstream": upstream or "",
            "producer": producer,
            "body_limit": BODY_LIMIT_BYTES if body_limit is None else body_limit,
        }
        try:
            return [msgspec.convert(described, LaneConfig)]
        except msgspec.ValidationError as error:
            raise click.UsageError(str(error)) from None
    if len(missing) < len(given):
        raise click.UsageError(f"{' and '.join(missing)} must be given too.")
    if not config.lanes:
        raise click.UsageError("Give --listen, --upstream and --producer, or a --config with a [[lane]].")
    return list(config.lanes)
