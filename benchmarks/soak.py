"""Hours in front of a service, shortened: memory, files and lag of every process while a paced load goes on.

    python -m benchmarks.soak [--minutes 20] [--rate 3400]

Reads the admin listener's metrics every half minute and prints a line; at the end the slopes, by least
squares, in bytes and files per minute without the first fifth of the time. Needs nginx and wrk.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.splice import BODY, DEFACTO, PACED_CONNECTIONS, free_port, nginx

EVERY_S = 30
WATCHED = ("defacto_process_resident_memory_bytes", "defacto_process_open_fds")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=int, default=3400, help="requests a second, about")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="defacto-soak-") as name:
        folder = Path(name)
        with nginx(folder, "origin", f"location / {{ return 200 '{BODY}'; }}") as origin:
            soak(folder, origin, options.minutes * 60, options.rate)


def soak(folder: Path, origin: int, seconds: float, rate: int) -> None:
    admin, port = free_port(), free_port()
    given = [
        "--listen",
        f"127.0.0.1:{port}",
        "--upstream",
        f"http://127.0.0.1:{origin}",
        "--producer",
        "soak",
    ]
    command = [*DEFACTO, "record", *given, "--admin", f"127.0.0.1:{admin}", "--store", str(folder / "s.db")]
    recorder = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    script = folder / "pause.lua"
    script.write_text(f"function delay() return {max(1, round(1000 * PACED_CONNECTIONS / rate) - 1)} end\n")
    load = subprocess.Popen(
        ["wrk", "-t1", f"-c{PACED_CONNECTIONS}", f"-d{int(seconds)}s", "--latency", "-s", str(script),
         f"http://127.0.0.1:{port}/orders/ord_1042"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    seen: list[tuple[float, dict[str, float]]] = []
    began = time.monotonic()
    while load.poll() is None:
        time.sleep(min(EVERY_S, seconds / 10))
        seen.append((time.monotonic() - began, metrics(admin)))
        told(*seen[-1])
    print(load.communicate()[0])
    recorder.send_signal(signal.SIGTERM)
    assert recorder.stderr is not None
    print(recorder.stderr.read().splitlines()[-1])
    steady = seen[len(seen) // 5 :]
    for name in sorted({key for _, values in steady for key in values if key.startswith(WATCHED)}):
        print(f"{name:<70}{slope(steady, name) * 60:>14,.1f} a minute")


def metrics(port: int) -> dict[str, float]:
    """Every sample by its name and its process or reason."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    return {
        f"{one.name} {one.labels.get('process') or one.labels.get('reason') or ''}".strip(): one.value
        for one in samples
    }


def told(at: float, values: dict[str, float]) -> None:
    memory = ", ".join(
        f"{key.split()[-1]} {value / 1e6:.1f} MB"
        for key, value in values.items()
        if key.startswith(WATCHED[0])
    )
    files = ", ".join(f"{value:.0f}" for key, value in values.items() if key.startswith(WATCHED[1]))
    lost = sum(value for key, value in values.items() if key.startswith("defacto_lost_total"))
    print(
        f"{at:>6.0f} s  {values['defacto_observed_total']:>10,.0f} observed  {lost:>6,.0f} lost  "
        f"lag {values['defacto_store_lag_seconds']:.2f} s  {memory}  files {files}",
        flush=True,
    )


def slope(seen: list[tuple[float, dict[str, float]]], name: str) -> float:
    """Of a line through the points, per second."""
    points = [(at, values[name]) for at, values in seen if name in values]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


if __name__ == "__main__":
    sys.exit(main())
