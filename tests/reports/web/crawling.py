"""Follows the links of the page as a visitor could, and keeps what it found."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

import requests

from reports.web.links import NAVIGATION

EACH = 2
"""Pages of one kind that are looked at: the same path but for ids, with the same names in the query."""


@dataclass
class Found:
    """A page: what was answered, and what stands in it."""

    url: str
    kind: str
    status: int
    media_type: str
    text: str
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    trail: str = ""


def crawl(origin: str, session: requests.Session | None = None, *, most: int = 120) -> list[Found]:
    """All kinds of pages that can be reached, the navigation first; some of each kind."""
    session = session or requests.Session()
    waiting = deque((origin + path, "the navigation") for path, _ in NAVIGATION)
    seen, taken, found = set[str](), Counter[str](), list[Found]()
    while waiting and len(found) < most:
        url, trail = waiting.popleft()
        url = urldefrag(url)[0]
        kind = kind_of(url)
        if url in seen or not url.startswith(f"{origin}/") or taken[kind] >= EACH or kind == "/live":
            continue
        seen.add(url)
        taken[kind] += 1
        page = _got(session, url, kind)
        page.trail = trail
        found.append(page)
        waiting.extend((link, url) for link in page.links)
    return found


def kind_of(url: str) -> str:
    """What pages of one template have in common."""
    parts = urlsplit(url)
    path = re.sub(r"(?<=.)/[a-z2-7]{10,}(?=/|$)|/[^/]*\d[^/]*(?<!v1)(?=/|$)", "/*", parts.path)
    names = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    return f"{path}?{'&'.join(names)}" if names else path


def _got(session: requests.Session, url: str, kind: str) -> Found:
    return found_in(session.get(url, timeout=30, headers={"Accept": "text/html"}), kind)


def found_in(answer: requests.Response, kind: str) -> Found:
    """What an answer holds."""
    page = Found(
        url=answer.url,
        kind=kind,
        status=answer.status_code,
        media_type=answer.headers.get("Content-Type", "").partition(";")[0],
        text=answer.content.decode("utf-8"),
    )
    if page.media_type == "text/html":
        parser = _Parser()
        parser.feed(page.text)
        page.links = [urljoin(answer.url, link) for link in parser.links]
        page.ids = parser.ids
    return page


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if given.get("hx-get") and tag != "form":  # what a form asks for has its fields in it
            self.links.append(str(given["hx-get"]))
        if "id" in given:
            self.ids.append(given["id"] or "")
