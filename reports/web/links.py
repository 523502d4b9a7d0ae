"""Where things are on the page. What comes from traffic stands in the query, where any text is safe.

These addresses are promises: people paste them into tickets. A revised path template leads on from its former
key, a clause from its former ids.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

NAVIGATION = (
    ("/", "Overview"),
    ("/network", "Network"),
    ("/drift", "Drift"),
    ("/exchanges", "Traffic"),
    ("/check", "Check"),
    ("/decide", "Decide"),
    ("/changes", "Changes"),
    ("/review", "Review"),
)
"""The pages that stand in the head of every page."""
_BELOW = {"messages": "/exchanges", "observations": "/exchanges"}
"""Pages that belong to one of those by another name."""


def section(path: str) -> str:
    """Which of the pages in the head a page belongs to: `/changes/x` to `/changes`."""
    first = path.removeprefix("/").partition("/")[0]  # an authority, as CONNECT has it, is no path
    return _BELOW.get(first, f"/{first}")


def to(path: str, **query: str | None) -> str:
    """An address; what is None or empty is left out of the query."""
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given, errors='replace')}" if given else path


def operation(producer: str, key: str) -> str:
    """The page of an operation or a channel."""
    return to("/operation", producer=producer, key=key)


def consumer(name: str) -> str:
    """The page of a consumer."""
    return to("/consumer", name=name)


def clause(id_: str) -> str:
    """The page of a clause."""
    return f"/clauses/{quote(id_, safe='')}"


def change(id_: str) -> str:
    """The page of a planned change."""
    return f"/changes/{quote(id_, safe='')}"


def observation(id_: str) -> str:
    """The page of an exchange or a message: ids tell them apart by themselves."""
    return f"/observations/{quote(id_, safe='')}"
