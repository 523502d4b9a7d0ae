"""What `serve` does: listen, read, and go on until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from multiprocessing import active_children
from typing import TYPE_CHECKING

import click
import uvloop
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from rich.console import Console

from proxy.admin.app import is_local
from proxy.logs import log_to_stderr
from reports.untrusted import for_terminal
from reports.web.app import make_app
from reports.web.keeper import Keeper
from store.errors import DefactoError

if TYPE_CHECKING:
    from reports.web.security import Access
    from reports.web.snapshot import Sources

GRACE_SECONDS = 2.0
"""How long answers under way may take once it is told to stop; pages that wait for news are cut off."""


def serve(sources: Sources, listen: str, access: Access, *, writable: bool) -> None:
    """Serve the page until SIGINT or SIGTERM.

    Raises:
        click.UsageError: the address is none, or open to others without anything that keeps them out.
        DefactoError: the store or a document cannot be read, or the address is taken.
    """
    host, port = _address(listen)
    if not is_local(host) and not access.token and not access.user_header:
        raise click.UsageError(
            f"{host} can be reached by others: give --token-file, or --user-header behind a reverse proxy "
            "that signs users in."
        )
    log_to_stderr("serve", "text")
    logging.getLogger("aiohttp.access").disabled = True
    logging.getLogger("aiohttp.server").addFilter(_is_ours)
    keeper = Keeper(sources)
    app = make_app(keeper, access, writable=writable)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, keeper, host, port, _kept(access, sources, writable=writable)))


def _address(listen: str) -> tuple[str, int]:
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise click.UsageError(f"--listen {listen!r} is no HOST:PORT such as 127.0.0.1:8321.")
    return host.strip("[]") or "127.0.0.1", int(port)


def _kept(access: Access, sources: Sources, *, writable: bool) -> str:
    """Who may come in, and what they may do, in a sentence."""
    if access.token and access.user_header:
        who = f"whoever knows the token and is named in {access.user_header} by a reverse proxy"
    elif access.token:
        who = "whoever knows the token"
    elif access.user_header:
        who = f"whoever is named in {access.user_header}: let only the reverse proxy reach this address"
    else:
        who = "anybody on this machine"
    does = f"decisions are written to {sources.ledger}" if writable else "decisions are patches to download"
    return f"Open to {who}; {does}."


async def _serve(app: web.Application, keeper: Keeper, host: str, port: int, kept: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise DefactoError(
                f"cannot listen on {host}:{port}: {error.strerror}", "Give another address with --listen."
            ) from error
        at = runner.addresses[0][1]
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"Serving on http://{shown}:{at}/  (Ctrl-C ends it)")
        click.echo(for_terminal(kept), err=True)
        stopped = asyncio.create_task(stop.wait())
        reading = asyncio.create_task(_read(keeper))
        await asyncio.wait({stopped, reading}, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            reading.result()
        await stopped
    finally:
        await runner.cleanup()
        for process in active_children():  # a check, or a page that is being made: nobody waits for it now
            process.kill()


async def _read(keeper: Keeper) -> None:
    """Wait for the first snapshot; the page says meanwhile how far it is."""
    with Console(stderr=True, highlight=False).status("reading what was recorded"):
        first = await keeper.first()
    for warning in (*first.warnings, *first.ledger.notes):
        click.echo(f"warning: {for_terminal(warning)}", err=True)


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether something logged is about this server: anybody can send what is no HTTP, and fill a disk."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
