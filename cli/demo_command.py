"""`defacto demo`: a shop, a sidecar in front of it, five clients, and what they turn out to rely on.

Everything runs as a process of its own, as it would in earnest; this command only starts, waits and stops.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Mapping

NEEDED = ("aiohttp", "httpx", "requests")
"""What the extra `demo` brings, beside what defacto itself needs."""

CLIENTS = ("billing", "warehouse", "storefront", "analytics", "marketplace")
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
    """Run a small shop with five clients and report what they rely on.

    The shop's document promises less than it delivers, and some that it does not keep. The clients came to
    rely on the rest. Takes about a minute; listens on 127.0.0.1 only.

    \b
    Example:
      defacto demo --seconds 10 --no-open
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise DefactoError(f"the demo needs {', '.join(missing)}", "pip install 'defacto[demo]'")
    folder.mkdir(parents=True, exist_ok=True)
    store, report, declared = folder / "shop.db", folder / "report.html", SHOP / "openapi.yaml"
    for leftover in (*folder.glob("shop.db*"), report):
        leftover.unlink(missing_ok=True)
    console = Console(stderr=True, highlight=False)

    _record(folder, store, seconds, console)
    _defacto("infer", "--store", str(store))
    _defacto("drift", "--store", str(store), "--declared", str(declared), finding=True)
    html = ("--format", "html", "--output", str(report))
    _defacto("drift", "--store", str(store), "--declared", str(declared), *html, finding=True)
    if not report.exists():
        raise DefactoError(f"no report was written to {report}", "What stands above says why.")
    console.print(f"\nThe report: {report}", soft_wrap=True)
    console.print(f"More of it: defacto map --store {store}", soft_wrap=True)
    if not no_open and _has_browser():
        click.launch(str(report))


def _record(folder: Path, store: Path, seconds: float, console: Console) -> None:
    """Start shop and sidecar, let the clients work, stop all."""
    with ExitStack() as running:
        shop = Service("shop", folder, ["-m", "examples.shop.server", "--port", "0"])
        upstream = running.enter_context(shop).address
        options = {"listen": "127.0.0.1:0", "upstream": upstream, "producer": "shop", "store": str(store)}
        options["config"] = str(SHOP / "defacto.toml")
        flags = [part for name, value in options.items() for part in (f"--{name}", value)]
        sidecar = Service("sidecar", folder, ["-m", "cli", "record", *flags])
        base = running.enter_context(sidecar).address
        console.print(
            f"shop on {upstream}, sidecar on {base}, {len(CLIENTS)} clients for {seconds:g} s", soft_wrap=True
        )
        _work(base, folder, seconds, console)
    console.print(sidecar.last_words, markup=False, soft_wrap=True)


def _work(base: str, folder: Path, seconds: float, console: Console) -> None:
    """Run the clients side by side until each has ended, showing how far they are."""
    with ExitStack() as running:
        clients = {
            name: running.enter_context(
                Process(
                    name,
                    folder,
                    ["-m", f"examples.shop.clients.{name}", "--base", base, "--seconds", str(seconds)],
                )
            )
            for name in CLIENTS
        }
        columns = (TextColumn("clients at work"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("", total=seconds)
            started = time.monotonic()
            while any(client.process.poll() is None for client in clients.values()):
                progress.update(task, completed=min(time.monotonic() - started, seconds))
                if time.monotonic() > started + seconds + WORK_S:
                    break
                time.sleep(0.1)
        _report(clients, console)


def _report(clients: Mapping[str, Process], console: Console) -> None:
    for name, client in clients.items():
        if client.process.poll() != 0:
            raise DefactoError(f"the client {name} failed: {client.last_words}", f"All of it: {client.log}")
        console.print(f"  {client.last_words}", markup=False)


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
    """A program that listens, and says where: `listening on [http://]HOST:PORT`."""

    address: str

    def __enter__(self) -> Self:
        super().__enter__()
        patience = time.monotonic() + START_S
        while time.monotonic() < patience:
            found = re.search(
                r"listening on (?:http://)?([\w.]+:\d+)", self.log.read_text("utf-8", "replace")
            )
            if found:
                self.address = f"http://{found[1]}"
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
