"""Where the forwarding process spends its time: a flame graph of it under load, as an SVG for a browser.

    python -m benchmarks.flame [--out flame.svg] [--seconds 10] [--connections 16] [--body 500]

wrk drives keep-alive connections through `defacto record` with everything on, in front of nginx, and py-spy
(`pip install py-spy`) samples the forwarder alone: Python and C frames, and of the kernel the calls into it.
It has to be allowed to: as root, or where ptrace is free. What a request costs the process is told beside it,
measured before the sampling. Needs nginx, wrk and py-spy; Linux.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.lanes import TICKS, forwarder
from benchmarks.splice import Recording, nginx, search

RATE_HZ = 250
"""Samples a second: py-spy stops the process for each, so that more would measure py-spy."""
STEADY_S = 2
"""wrk begins so long before the first sample, and ends so long after the last."""


class Cost(NamedTuple):
    """Processor time of a process, in seconds."""

    user: float
    system: float

    @classmethod
    def of(cls, pid: int) -> Cost:
        """Until now (proc(5))."""
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return cls(int(fields[11]) / TICKS, int(fields[12]) / TICKS)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("flame.svg"))
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--body", type=int, default=500, help="bytes of each answer")
    options = parser.parse_args()
    for program in ("nginx", "wrk", "py-spy"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is not installed")
    with tempfile.TemporaryDirectory(prefix="defacto-flame-") as name:
        folder = Path(name)
        answer = f"location / {{ return 200 '{'x' * options.body}'; }}"
        with (
            nginx(folder, "origin", answer) as origin,
            Recording(folder / "flame.db", origin) as recording,
        ):
            sample(recording, options)


def sample(recording: Recording, options: argparse.Namespace) -> None:
    """Load, and meanwhile samples; says what a request cost without them."""
    pid = forwarder(recording.pid)
    load = ["wrk", "-t1", f"-c{options.connections}", f"http://127.0.0.1:{recording.port}/"]
    before = Cost.of(pid)
    text = subprocess.run([*load, f"-d{options.seconds}s"], check=True, capture_output=True, text=True).stdout
    after, requests = Cost.of(pid), int(search(r"(\d+) requests in", text))
    user, system = (1e6 * (late - early) / requests for early, late in zip(before, after, strict=True))
    rate = float(search(r"Requests/sec:\s+([\d.]+)", text))
    print(f"{rate:,.0f} requests/s, µs for each: {user:.1f} in the process, {system:.1f} in the kernel")
    with subprocess.Popen(
        [*load, f"-d{options.seconds + 2 * STEADY_S}s"], stdout=subprocess.DEVNULL
    ) as loading:
        record = ["py-spy", "record", "--native", "--format", "flamegraph", "--rate", str(RATE_HZ)]
        subprocess.run(
            [*record, "--duration", str(options.seconds), "--pid", str(pid), "--output", str(options.out)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        loading.wait()
    print(f"{options.out}: open it in a browser; a box's width is its share of the samples")


if __name__ == "__main__":
    main()
