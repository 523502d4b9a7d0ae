"""The splice lane beside nginx, by TLS, body size and connections; HTTP/2; and what connections cost.

    python -m benchmarks.lanes [--seconds 5] [--idle 10000]

Each row is one load on nginx `proxy_pass` (one worker, upstream keep-alive) and then on `defacto record` with
everything on. Processor time is that of the forwarding process alone, per request. HTTP/2 is measured where
h2load is installed, beside the same load without anything in the way. Needs nginx, wrk and openssl.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks.splice import Recording, free_port, milliseconds, nginx, search

SIZES = {"1 KB": 1_000, "100 KB": 100_000}
CONNECTIONS = (16, 500)
TICKS = os.sysconf("SC_CLK_TCK")


class Load(NamedTuple):
    """Requests a second, latencies in ms, and µs of the forwarding process for each request."""

    rate: float
    p50: float
    p99: float
    cpu_us: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--idle", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="defacto-lanes-") as name, ExitStack() as stack:
        folder = Path(name)
        certificate, key = made(folder)
        places = "".join(
            f"location /{size} {{ return 200 '{'x' * min(size, 1000)}'; }}" for size in (SIZES["1 KB"],)
        )
        (folder / "body").write_bytes(b"x" * SIZES["100 KB"])
        places += f"location /{SIZES['100 KB']} {{ alias {folder}/body; }}"
        origin = stack.enter_context(nginx(folder, "origin", places))
        upstream = f"upstream o {{ server 127.0.0.1:{origin}; keepalive 600; }}"
        forward = (
            "location / { proxy_pass http://o; proxy_http_version 1.1; proxy_set_header Connection ''; }"
        )
        heading = ("load", "nginx/s", "p99 ms", "µs", "defacto/s", "p99 ms", "µs", "× nginx")
        print(f"{heading[0]:<26}" + "".join(f"{title:>11}" for title in heading[1:]))
        for tls in (False, True):
            ssl = f"ssl_certificate {certificate}; ssl_certificate_key {key};" if tls else ""
            with nginx(folder, f"proxy-{tls}", forward, upstream + ssl, tls=tls) as port:
                theirs = loads(port, pid_of(port), options.seconds, tls=tls)
            given = configured(folder, origin, certificate, key) if tls else ()
            with Recording(folder / f"lanes-{tls}.db", origin, *given) as recording:
                ours = loads(recording.port, forwarder(recording.pid), options.seconds, tls=tls)
            for name_, load in theirs.items():
                own = ours[name_]
                numbers = f"{load.rate:>11,.0f}{load.p99:>11.2f}{load.cpu_us:>11.1f}"
                numbers += (
                    f"{own.rate:>11,.0f}{own.p99:>11.2f}{own.cpu_us:>11.1f}{own.rate / load.rate:>11.2f}"
                )
                print(f"{name_:<26}{numbers}", flush=True)
        http2(folder, options.seconds)
        asyncio.run(idle(folder, options.idle))


def loads(port: int, pid: int, seconds: int, *, tls: bool) -> dict[str, Load]:
    """Every size with every number of connections."""
    found = {}
    for title, size in SIZES.items():
        for connections in CONNECTIONS:
            url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/{size}"
            name = f"{'TLS' if tls else 'plain'}, {title}, {connections}"
            found[name] = drive(url, pid, connections, seconds)
    return found


def drive(url: str, pid: int, connections: int, seconds: int, *options: str) -> Load:
    """Run wrk, and count what it costs a process."""
    before = cpu_s(pid)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *options, url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    requests = int(search(r"(\d+) requests in", text))
    return Load(
        float(search(r"Requests/sec:\s+([\d.]+)", text)),
        milliseconds(search(r"\n\s+50%\s+(\S+)", text)),
        milliseconds(search(r"\n\s+99%\s+(\S+)", text)),
        (cpu_s(pid) - before) / requests * 1e6,
    )


def http2(folder: Path, seconds: int) -> None:
    """gRPC-like load: h2load on nginx's own HTTP/2 in the clear, directly and through defacto."""
    if not shutil.which("h2load"):
        print("h2load is not installed (nghttp2-client): HTTP/2 is not measured")
        return
    with nginx(folder, "h2", f"location / {{ return 200 '{'x' * 1000}'; }}", listen=" http2") as origin:
        direct = h2load(origin, seconds)
        with Recording(folder / "h2.db", origin) as recording:
            ours = h2load(recording.port, seconds)
    print(f"HTTP/2, 1 KB, 16 x 10: direct {direct:,.0f}/s, defacto {ours:,.0f}/s ({ours / direct:.2f})")


def h2load(port: int, seconds: int) -> float:
    done = subprocess.run(
        ["h2load", "-c16", "-m10", f"-D{seconds}", f"http://127.0.0.1:{port}/"],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(search(r"finished in [^,]+, ([\d.]+) req/s", done.stdout))


async def idle(folder: Path, count: int) -> None:
    """Connections on which nothing happens, and 500 on which a byte a second comes."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(count, (hard - 200) // 2)

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0, backlog=4096)
    with Recording(folder / "idle.db", server.sockets[0].getsockname()[1]) as recording:
        pid = forwarder(recording.pid)
        before, writers = rss(pid), []
        for _ in range(count):
            _, writer = await asyncio.open_connection("127.0.0.1", recording.port)
            writers.append(writer)
        await asyncio.sleep(1)
        print(f"{count:,} idle connections: {(rss(pid) - before) / count:,.0f} bytes of memory each")
        request = b"GET / HTTP/1.1\r\nHost: h\r\n"
        used = cpu_s(pid)
        for byte in request[:5]:
            for writer in writers[:500]:
                writer.write(bytes([byte]))
            await asyncio.sleep(1)
        print(f"500 clients of one byte a second: {(cpu_s(pid) - used) / 5:.1%} of a core")
        for writer in writers:
            writer.close()
    server.close()


def configured(folder: Path, origin: int, certificate: Path, key: Path) -> tuple[str, ...]:
    """A TLS lane: the command line's own options describe none."""
    file = folder / "tls.toml"
    file.write_text(
        f'[[lane]]\nproducer = "bench"\nlisten = "127.0.0.1:{free_port()}"\nupstream = "http://127.0.0.1:{origin}"\n'
        f'[lane.tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'
    )
    return ("--config", str(file))


def made(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "bench.crt", folder / "bench.key"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost"]
    subprocess.run(
        ["openssl", "req", "-x509", *curve, "-days", "2", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    return certificate, key


def forwarder(supervisor: int) -> int:
    """The largest of the supervisor's children that is no nicer than it is itself: what forwards."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    ours = os.getpriority(os.PRIO_PROCESS, supervisor)
    return max((pid for pid in map(int, children) if os.getpriority(os.PRIO_PROCESS, pid) == ours), key=rss)


def pid_of(port: int) -> int:
    """Who listens there."""
    text = subprocess.run(
        ["ss", "-ltnpH", f"sport = :{port}"], check=True, capture_output=True, text=True
    ).stdout
    found = re.search(r"pid=(\d+)", text)
    return int(found[1]) if found else sys.exit(f"nobody listens on {port}")


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
