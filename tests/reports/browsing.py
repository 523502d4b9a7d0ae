"""A headless Chromium for tests: a tab that tells what a page must not do, and what axe finds."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; without one the test is skipped, under CI it fails."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield launched
        finally:
            launched.close()


@contextmanager
def tab_of(browser: Browser, origin: str = "", **options: Any) -> Iterator[tuple[Page, list[str]]]:
    """A tab, and its troubles as they come: messages on the console, errors, dialogs, requests to elsewhere.

    `origin` is where requests may go; what else is asked for is a trouble.
    """
    context = browser.new_context(**options)
    try:
        tab = context.new_page()
        troubles: list[str] = []
        tab.on("console", lambda message: troubles.append(message.text))
        tab.on("pageerror", lambda error: troubles.append(str(error)))

        def dismissed(dialog: Any) -> None:
            troubles.append(dialog.message)
            dialog.dismiss()

        tab.on("dialog", dismissed)
        tab.on("request", lambda one: one.url.startswith(origin or "file:") or troubles.append(one.url))
        yield tab, troubles
    finally:
        context.close()


def axe(tab: Page, *rules: str) -> list[str]:
    """What axe finds in the page by all rules or some, a line each: the rule, how grave it is, and where."""
    package = pytest.importorskip("axe_playwright_python")
    script = Path(package.__file__).parent / "axe.min.js"
    tab.evaluate(script.read_text("utf-8"))
    found: dict[str, Any] = tab.evaluate("rules => axe.run(rules.length ? { runOnly: rules } : {})", rules)
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
