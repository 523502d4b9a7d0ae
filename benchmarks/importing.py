"""How fast a HAR is imported and folded, and in how much memory, beside a peer that only parses it.

    python benchmarks/importing.py [--count 1000000]

The HAR holds `--count` exchanges with bodies of about 1 KB. The peer loads the whole file with the standard
library's json and parses each body with orjson: what any importer must do at least. Each step is a process of
its own; its peak memory is the kernel's figure (ru_maxrss).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PEER = """
import json, sys, orjson
with open(sys.argv[1], "rb") as file:
    entries = json.load(file)["log"]["entries"]
for entry in entries:
    orjson.loads(entry["response"]["content"]["text"])
"""
DEFACTO = "from cli.main import main; main()"


def entries(count: int) -> Iterator[dict[str, Any]]:
    """Exchanges of an orders API by a few consumers, at some hundred a second."""
    chance = random.Random(1)
    moment = datetime(2026, 3, 2, 9, tzinfo=UTC)
    for number in range(count):
        moment += timedelta(milliseconds=chance.randint(1, 9))
        order = chance.randint(1, 10**6)
        headers = [
            {"name": "User-Agent", "value": f"client-{number % 7}/1.{number % 3}"},
            {"name": "Accept", "value": "application/json"},
            {"name": "Host", "value": "orders.example.com"},
        ]
        wait = chance.lognormvariate(3, 0.5)
        yield {
            "startedDateTime": moment.isoformat(),
            "time": wait + 1,
            "request": {
                "method": "GET",
                "url": f"https://orders.example.com/v1/orders/{order}?expand=items",
                "httpVersion": "HTTP/1.1",
                "headers": headers,
                "queryString": [{"name": "expand", "value": "items"}],
                "cookies": [],
                "headersSize": -1,
                "bodySize": 0,
            },
            "response": {
                "status": 200,
                "statusText": "OK",
                "httpVersion": "HTTP/1.1",
                "headers": [{"name": "Content-Type", "value": "application/json"}],
                "cookies": [],
                "content": {"size": 1024, "mimeType": "application/json", "text": body(order, chance)},
                "redirectURL": "",
                "headersSize": -1,
                "bodySize": 1024,
            },
            "cache": {},
            "timings": {"send": 0, "wait": wait, "receive": 1},
        }


def body(order: int, chance: random.Random) -> str:
    """An order with its items, about 1 KB of JSON."""
    items = [
        {
            "sku": f"SKU-{chance.randint(1000, 9999)}",
            "quantity": chance.randint(1, 9),
            "unit_price": {"amount": chance.randint(100, 99_999), "currency": "EUR"},
            "name": "Thing of a certain length for a realistic body",
        }
        for _ in range(6)
    ]
    status = chance.choice(["new", "paid", "shipped", "delivered"])
    customer = {"id": f"cus_{chance.getrandbits(48):012x}", "tier": chance.choice(["basic", "gold"])}
    return json.dumps({"id": order, "status": status, "customer": customer, "items": items, "note": None})


def write_har(path: Path, count: int) -> int:
    """Write the file entry by entry; its size in bytes."""
    with path.open("w") as file:
        file.write('{"log":{"version":"1.2","creator":{"name":"benchmark","version":"1"},"entries":[\n')
        for number, entry in enumerate(entries(count)):
            file.write(("," if number else "") + json.dumps(entry) + "\n")
        file.write("]}}")
    return path.stat().st_size


def measured(what: str, count: int, *command: str, folder: Path) -> float:
    """Run a command, print its rate and peak memory; the seconds it took."""
    environment = os.environ | {"DEFACTO_REDACTION_KEY_FILE": str(folder / "key"), "PYTHONPATH": str(ROOT)}
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", *command], env=environment, cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{what} failed with exit code {process.returncode}")
    peak_mb = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(
        f"{what:<8} {count / seconds:>10,.0f} exchanges/s {seconds:>8.1f} s {peak_mb:>8,.0f} MB at its peak",
        flush=True,
    )
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100_000, help="exchanges in the file (default: 100,000)")
    parser.add_argument(
        "--no-peer", action="store_true", help="leave the peer out, which holds the whole file in memory"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "benchmark.har"
        size = write_har(path, arguments.count)
        print(f"{arguments.count:,} exchanges, {size / 1e6:,.0f} MB of HAR", flush=True)
        count = arguments.count
        peer = 0.0
        if not arguments.no_peer:
            peer = measured("parse", count, PEER, str(path), folder=folder)
        imported = measured("import", count, DEFACTO, "import", str(path), folder=folder)
        folded = measured("infer", count, DEFACTO, "infer", folder=folder)
        print(f"import and infer together: {count / (imported + folded):,.0f} exchanges/s")
        if peer:
            print(f"import takes {imported / peer:.1f} times as long as parsing alone")


if __name__ == "__main__":
    main()
