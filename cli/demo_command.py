"""`defacto demo`: a shop with a broker, a sidecar in front of both, its consumers, and what they rely on.

Everything runs as a process of its own, as it would in earnest; this command only starts, waits and stops.
"""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Sequence

NEEDED = ("aio_pika", "aiohttp", "aiomqtt", "amqtt", "httpx", "requests")
"""What the extra `demo` brings, beside what defacto itself needs."""

CLIENTS = ("billing", "warehouse", "storefront", "analytics", "marketplace")
SUBSCRIBERS = ("screening", "ledger", "loyalty")
RABBITMQ = "amqp://127.0.0.1:5672"
DOCUMENTS = {"shop": "openapi.yaml", "shop-events": "asyncapi.yaml"}
"""By producer."""

SHOP = Path(__file__).parent.parent / "examples" / "shop"
PYTHON = (sys.executable, "-P")
"""`-P`: a folder named `cli` or `store` where the command was started must not be taken for ours."""

START_S = 20.0
"""How long a process may take until it listens, also on a busy machine."""
STOP_S = 20.0
"""How long a process may take to end in good order before it is killed; the sidecar drains meanwhile."""
WORK_S = 60.0
"""How long a client may take beyond its time to finish what it began."""


@click.command("demo")
@click.option(
    "--keep",
    "folder",
    type=click.Path(file_okay=False, writable=True, path_type=Path),
    default=Path("demo"),
    show_default=True,
    metavar="DIR",
    help="Where recording (shop.db), report and logs are left; an earlier demo's are replaced.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    default=20.0,
    show_default=True,
    help="How long the clients work.",
)
@click.option("--no-open", is_flag=True, help="Do not open the report in a browser.")
def command(folder: Path, seconds: float, *, no_open: bool) -> None:
    """Run a small shop with five clients and three subscribers, and report what they rely on.

    The shop's documents promise less than it delivers, and some that it does not keep. Its consumers came to
    rely on the rest. Events go through a RabbitMQ on this machine where there is one that takes guests, else
    through a small MQTT broker of the demo's own. Takes about a minute; listens on 127.0.0.1 only.

    \b
    Example:
      defacto demo --seconds 10 --no-open
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise DefactoError(f"the demo needs {', '.join(missing)}", "pip install 'defacto[demo]'")
    folder.mkdir(parents=True, exist_ok=True)
    store, report = folder / "shop.db", folder / "report.html"
    for leftover in (*folder.glob("shop.db*"), report):
        leftover.unlink(missing_ok=True)
    console = Console(stderr=True, highlight=False)

    _record(folder, store, seconds, console)
    _defacto("infer", "--store", str(store))
    declared = [part for name, file in DOCUMENTS.items() for part in ("--declared", f"{name}={SHOP / file}")]
    _defacto("drift", "--store", str(store), *declared, finding=True)
    html = ("--format", "html", "--output", str(report))
    _defacto("drift", "--store", str(store), *declared, *html, finding=True)
    if not report.exists():
        raise DefactoError(f"no report was written to {report}", "What stands above says why.")
    console.print(f"\nThe report: {report}", soft_wrap=True)
    look = " ".join(("defacto serve --store", str(store), *declared))
    console.print(f"Look around in it: {look}", soft_wrap=True, markup=False)
    if not no_open and _has_browser():
        click.launch(str(report))


def _record(folder: Path, store: Path, seconds: float, console: Console) -> None:
    """Start broker, shop and sidecar, let the consumers work, stop all."""
    exchange = f"shop.events.{os.getpid()}"  # of two demos at a time, each has its own
    with ExitStack() as running:
        broker, about = _broker(running, folder)
        events = f"{broker.partition(':')[0]}://127.0.0.1:{_free_port()}"
        told = ("--events", events, "--exchange", exchange)
        shop = Service("shop", folder, ["-m", "examples.shop.server", "--port", "0", *told])
        upstream = f"http://{running.enter_context(shop).addresses[0]}"
        config = folder / "defacto.toml"
        lanes = (("shop", "127.0.0.1:0", upstream), ("shop-events", urlsplit(events).netloc, broker))
        config.write_text("".join(map(_lane, lanes)) + (SHOP / "defacto.toml").read_text("utf-8"), "utf-8")
        flags = ("--store", str(store), "--config", str(config))
        sidecar = Service("sidecar", folder, ["-m", "cli", "record", *flags], listens=len(lanes))
        base = f"http://{running.enter_context(sidecar).addresses[0]}"
        console.print(f"shop on {upstream}, sidecar on {base}", soft_wrap=True)
        console.print(f"events by {about}, sidecar on {events}", soft_wrap=True)
        console.print(f"{len(SUBSCRIBERS)} subscribers, {len(CLIENTS)} clients for {seconds:g} s")
        with ExitStack() as listening:
            subscribers = [
                listening.enter_context(Service(name, folder, [*_module("subscribers", name, base), *told]))
                for name in SUBSCRIBERS
            ]
            _work(base, folder, seconds, console)
            expect(subscribers, None)
        _report(subscribers, console)
    console.print(sidecar.last_words, markup=False, soft_wrap=True)


def _broker(running: ExitStack, folder: Path) -> tuple[str, str]:
    """The URL of the broker, and what it is: the machine's RabbitMQ, or a small one that runs meanwhile."""
    # as a process of its own, as all of the shop: another package may be called `examples`, too
    probe = [*PYTHON, "-m", "examples.shop.events", RABBITMQ]
    if subprocess.run(probe, env=_environment(), check=False).returncode == 0:
        return RABBITMQ, "the RabbitMQ of this machine"
    arguments = ["-m", "examples.shop.broker", "--port", str(_free_port())]
    own = running.enter_context(Service("broker", folder, arguments))
    return f"mqtt://{own.addresses[0]}", "an MQTT broker of the demo's own, as there is no RabbitMQ"


def _lane(lane: tuple[str, str, str]) -> str:
    return '[[lane]]\nproducer = "{}"\nlisten = "{}"\nupstream = "{}"\n\n'.format(*lane)


def _module(kind: str, name: str, base: str) -> tuple[str, ...]:
    return "-m", f"examples.shop.{kind}.{name}", "--base", base


def _free_port() -> int:
    """A port that was free a moment ago: who starts later must be known to who starts first."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _work(base: str, folder: Path, seconds: float, console: Console) -> None:
    """Run the clients side by side until each has ended, showing how far they are."""
    with ExitStack() as running:
        for_long = ("--seconds", str(seconds))
        clients = [
            running.enter_context(Process(name, folder, [*_module("clients", name, base), *for_long]))
            for name in CLIENTS
        ]
        columns = (TextColumn("clients at work"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("", total=seconds)
            started = time.monotonic()
            while any(client.process.poll() is None for client in clients):
                progress.update(task, completed=min(time.monotonic() - started, seconds))
                if time.monotonic() > started + seconds + WORK_S:
                    break
                time.sleep(0.1)
        _report(clients, console)


def _report(consumers: Sequence[Process], console: Console) -> None:
    """What they say that they did. Raises DefactoError if one of them failed."""
    expect(consumers, 0)
    for consumer in consumers:
        console.print(f"  {consumer.last_words}", markup=False)


def expect(consumers: Sequence[Process], code: int | None) -> None:
    """Raises DefactoError if one of them has not this exit code: None, that of who is still at work."""
    for consumer in consumers:
        if consumer.process.poll() != code:
            raise DefactoError(
                f"the consumer {consumer.name} failed: {consumer.last_words}", f"All of it: {consumer.log}"
            )


class Process:
    """A program of the demo, in a session of its own; stopped when the block ends, by its id."""

    def __init__(self, name: str, folder: Path, arguments: list[str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._arguments = arguments

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*PYTHON, *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C is for us; we then stop them in the right order
                env=_environment(),
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    @property
    def last_words(self) -> str:
        """The last line that it wrote."""
        lines = self.log.read_text("utf-8", "replace").strip().splitlines()
        return lines[-1].strip() if lines else "it said nothing"


class Service(Process):
    """A program that listens, and says where, once for each address: `listening on [http://]HOST:PORT`."""

    addresses: list[str]

    def __init__(self, name: str, folder: Path, arguments: list[str], listens: int = 1) -> None:
        super().__init__(name, folder, arguments)
        self._listens = listens

    def __enter__(self) -> Self:
        super().__enter__()
        patience = time.monotonic() + START_S
        while time.monotonic() < patience:
            said = self.log.read_text("utf-8", "replace")
            self.addresses = re.findall(r"listening on (?:http://)?([\w.]+:\d+)\b", said)
            if len(self.addresses) == self._listens:
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.__exit__()
        raise DefactoError(f"the {self.name} did not start: {self.last_words}", f"All of it: {self.log}")


def _defacto(*arguments: str, finding: bool = False) -> None:
    """Run another command; `finding` says that exit code 1 is what it may find."""
    code = subprocess.run([*PYTHON, "-m", "cli", *arguments], env=_environment(), check=False).returncode
    if code not in ({0, 1} if finding else {0}):
        raise DefactoError(f"`defacto {arguments[0]}` ended with exit code {code}")


def _environment() -> dict[str, str]:
    """Ours, with the folder of these packages first on the path, wherever the command was started."""
    home = str(Path(__file__).parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))}


def _has_browser() -> bool:
    """Whether there is a person and a screen."""
    screen = sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    return sys.stdout.isatty() and bool(screen)
