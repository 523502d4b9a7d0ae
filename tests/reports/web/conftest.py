"""What tests of the page look at: the shop as the demo recorded it, served, in a real browser."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reports.web.snapshot import Snapshot, Sources, read
from tests.reports.browsing import chromium, tab_of
from tests.reports.web.served import Served, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    Tab = tuple[Page, list[str]]

ROOT = Path(__file__).parents[3]
DOCUMENTS = tuple(
    f"{producer}={ROOT / 'examples' / 'shop' / name}"
    for producer, name in (("shop", "openapi.yaml"), ("shop-events", "asyncapi.yaml"))
)


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The store of a short demo: calls and events. Recorded once for all workers of a run."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "demo"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "report.html").exists():
            arguments = ("-m", "cli", "demo", "--seconds", "5", "--no-open", "--keep", str(folder))
            subprocess.run(
                [sys.executable, *arguments], cwd=ROOT, check=True, timeout=110, capture_output=True
            )
    return str(folder / "shop.db")


@pytest.fixture(scope="session")
def sources(demo_store: str, tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """The shop with its documents, and a ledger that is not there."""
    return Sources(
        store=demo_store,
        declared=DOCUMENTS,
        ledger=tmp_path_factory.mktemp("no-ledger") / "contract.yaml",
        infer=False,
    )


@pytest.fixture(scope="session")
def snapshot(sources: Sources) -> Snapshot:
    """What is known of the shop."""
    return read(sources)


@pytest.fixture(scope="module")
def served(sources: Sources, snapshot: Snapshot) -> Iterator[Served]:
    """The shop's page. It looks at its store all the time, and so ends before tests of what stores are."""
    with serving(sources, first=snapshot) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def tab(browser: Browser, served: Served) -> Iterator[Tab]:
    """A tab for the served page; its troubles must be empty at the end of a test that has none."""
    with tab_of(browser, served.url) as opened:
        yield opened
