"""How much the splice lane costs, beside what people would otherwise put there. One run, one table.

    python benchmarks/splice.py [--seconds 8] [--skip-mitmproxy]

wrk drives 16 keep-alive connections against a 500-byte JSON answer from nginx: directly; through nginx
`proxy_pass` (one worker, upstream keep-alive); through `defacto record` with everything on (decoding,
redaction, SQLite); through mitmdump in reverse mode with an addon that reads both bodies. Then the rate at
which `defacto record` loses nothing is searched with paced load. Needs nginx and wrk; everything runs on
loopback, in a temporary directory.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

CONNECTIONS = 16
PACED_CONNECTIONS = 64
ITEM = '{{"sku":"SKU-{0:05}","name":"Widget number {0}","quantity":{0},"price":{0}00}}'
ITEMS = ",".join(ITEM.format(number) for number in range(1, 6))
BODY = f'{{"id":"ord_1042","status":"shipped","total":{{"amount":12995,"currency":"EUR"}},"items":[{ITEMS}]}}'
BODY = BODY.ljust(500)
DEFACTO = [sys.executable, "-c", "from cli.main import main; main()"]
ADDON = "def response(flow):\n    len(flow.request.content), len(flow.response.content)\n"


@dataclass(frozen=True)
class Load:
    """What wrk measured. Latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    errors: int


@dataclass(frozen=True)
class Captured:
    """What `defacto record` said at its end."""

    observed: int
    lost: int
    reasons: str


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--skip-mitmproxy", action="store_true")
    parser.add_argument("--skip-search", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="defacto-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        origin = stack.enter_context(nginx(folder, "origin", f"location / {{ return 200 '{BODY}'; }}"))
        rows = {"direct": drive(origin, options.seconds)}
        upstream = f"upstream o {{ server 127.0.0.1:{origin}; keepalive 64; }}"
        location = (
            'location / { proxy_pass http://o; proxy_http_version 1.1; proxy_set_header Connection ""; }'
        )
        with nginx(folder, "proxy", location, upstream) as port:
            rows["nginx proxy_pass"] = drive(port, options.seconds)
        with Recording(folder / "full.db", origin) as recording:
            rows["defacto splice"] = drive(recording.port, options.seconds)
        captured = recording.captured
        if not options.skip_mitmproxy and shutil.which("mitmdump"):
            with mitmdump(folder, origin) as port:
                rows["mitmdump reverse"] = drive(port, options.seconds)
        show(rows)
        share = captured.observed / max(1, captured.observed + captured.lost)
        print(f"\ndefacto splice at full speed: {captured.observed:,} observed, {captured.lost:,} lost")
        print(f"{share:.1%} captured; {captured.reasons}")
        if not options.skip_search:
            print(f"nothing is lost up to {lossless_rate(folder, origin, options.seconds):,.0f} requests/s")


def show(rows: dict[str, Load]) -> None:
    """The table, with ratios to nginx and to mitmdump."""
    titles = ("requests/s", "p50 ms", "p99 ms", "errors", "x nginx", "x mitm")
    print(f"{'in the way':<18}{''.join(f'{title:>11}' for title in titles)}")
    for name, load in rows.items():
        ratios = [
            f"{load.rate / rows[base].rate:>11.2f}" if base in rows else f"{'-':>11}"
            for base in ("nginx proxy_pass", "mitmdump reverse")
        ]
        numbers = f"{load.rate:>11,.0f}{load.p50:>11.2f}{load.p99:>11.2f}{load.errors:>11}"
        print(f"{name:<18}{numbers}{''.join(ratios)}")


def lossless_rate(folder: Path, origin: int, seconds: int) -> float:
    """The highest measured rate without loss: the pause between a connection's requests is bisected.

    The queue is kept small, so that it does not hide for the time of a step that the decoder cannot follow.
    """
    best = 0.0
    fast, slow = 1, 128  # milliseconds of pause
    while fast <= slow:
        pause = (fast + slow) // 2
        script = folder / "pause.lua"
        script.write_text(f"function delay() return {pause} end\n")
        with Recording(folder / f"paced-{pause}.db", origin, "--queue", "2") as recording:
            load = drive(recording.port, seconds, "-s", str(script), connections=PACED_CONNECTIONS)
        captured = recording.captured
        print(
            f"  {load.rate:>8,.0f} requests/s: {captured.lost:,} lost, p99 {load.p99:.2f} ms", file=sys.stderr
        )
        if captured.lost:
            fast = pause + 1
        else:
            best = max(best, load.rate)
            slow = pause - 1
    return best


def drive(port: int, seconds: int, *options: str, connections: int = CONNECTIONS) -> Load:
    """Run wrk, after one second to warm up."""
    command = ["wrk", "-t1", f"-c{connections}", "--latency", *options]
    url = f"http://127.0.0.1:{port}/orders/ord_1042"
    subprocess.run([*command, "-d1s", url], check=True, capture_output=True)
    text = subprocess.run([*command, f"-d{seconds}s", url], check=True, capture_output=True, text=True).stdout
    errors = sum(
        map(int, re.findall(r"(?:connect|read|write|timeout|Non-2xx or 3xx responses:) (\d+)", text))
    )
    return Load(
        rate=float(search(r"Requests/sec:\s+([\d.]+)", text)),
        p50=milliseconds(search(r"\n\s+50%\s+(\S+)", text)),
        p99=milliseconds(search(r"\n\s+99%\s+(\S+)", text)),
        errors=errors,
    )


def search(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        sys.exit(f"nothing like {pattern!r} in:\n{text}")
    return found[1]


def milliseconds(text: str) -> float:
    factor = {"us": 1e-3, "ms": 1.0, "s": 1e3}
    number, unit = search(r"([\d.]+)", text), re.sub(r"[\d.]", "", text)
    return float(number) * factor[unit]


class Recording:
    """A `defacto record` in front of a port, writing to its own SQLite file; ended in good order."""

    captured: Captured

    def __init__(self, database: Path, upstream: int, *options: str) -> None:
        lane = [
            "--listen",
            "127.0.0.1:0",
            "--upstream",
            f"http://127.0.0.1:{upstream}",
            "--producer",
            "bench",
        ]
        if "--config" in options:
            lane = []
        self._process = subprocess.Popen(
            [*DEFACTO, "record", "--admin", "off", *lane, "--store", str(database), *options],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        self.pid = self._process.pid
        said = self._process.stderr.readline()
        self.port = int(search(r"listening on (?:https://)?127\.0\.0\.1:(\d+)", said))
        time.sleep(2)  # the decoder connects

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        _, text = self._process.communicate(timeout=90)
        reasons = re.search(r"lost \(([^)]*)\)", text)
        self.captured = Captured(
            observed=number(search(r"([\d,]+) exchanges recorded", text)),
            lost=number(search(r"([\d,]+) lost", text)),
            reasons=reasons[1] if reasons else "nothing lost",
        )


def number(text: str) -> int:
    return int(text.replace(",", ""))


@contextmanager
def nginx(
    folder: Path, name: str, location: str, extra: str = "", *, tls: bool = False, listen: str = ""
) -> Iterator[int]:
    """One nginx process without a master."""
    port = free_port()
    place = folder / name
    place.mkdir()
    temporary = "".join(
        f"{kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (place / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {place}/pid; error_log {place}/error.log;"
        f"events {{ worker_connections 4096; }}"
        f"http {{ access_log off; keepalive_requests 100000000; {temporary}"
        f"default_type application/json; {extra} "
        f"server {{ listen 127.0.0.1:{port}{' ssl' if tls else ''}{listen}; {location} }} }}\n"
    )
    with running(["nginx", "-p", str(place), "-c", str(place / "nginx.conf")], port):
        yield port


@contextmanager
def mitmdump(folder: Path, upstream: int) -> Iterator[int]:
    port = free_port()
    addon = folder / "addon.py"
    addon.write_text(ADDON)
    command = [
        "mitmdump",
        "-q",
        "--mode",
        f"reverse:http://127.0.0.1:{upstream}",
        "--listen-host",
        "127.0.0.1",
    ]
    with running([*command, "-p", str(port), "--set", f"confdir={folder}/mitm", "-s", str(addon)], port):
        yield port


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """A process that listens on `port`, stopped at the end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            sys.exit(f"{command[0]} does not listen")
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
