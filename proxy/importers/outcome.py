"""How a recorded exchange ended and which HTTP it spoke, from the words that tools use."""

from __future__ import annotations

import re
from typing import Any

from store.records import Outcome

_ENDS = (
    (
        Outcome.REFUSED,
        re.compile(r"connect call failed|connection refused|ERR_CONNECTION_REFUSED", re.IGNORECASE),
    ),
    (Outcome.CLIENT_CLOSED, re.compile(r"\bclient disconnect|\bby client \(|\bclient closed", re.IGNORECASE)),
    (Outcome.SERVER_CLOSED, re.compile(r"\bserver disconnect|\bby server \(|\bserver closed", re.IGNORECASE)),
)
"""Messages of mitmproxy and Chromium that say at which end an exchange failed."""

_PROTOCOLS = (
    ("http/3", re.compile(r"h3(-.*)?|http/3(\..*)?|http/2\+quic.*", re.IGNORECASE)),
    ("http/2", re.compile(r"h2c?|http/2(\.0)?", re.IGNORECASE)),
    ("http/1.0", re.compile(r"http/1\.0", re.IGNORECASE)),
)


def outcome_of(method: str, status: int | None, error: Any, *, decoded: bool) -> Outcome:
    """The outcome of an exchange.

    Args:
        method: of the request.
        status: None where there was no response.
        error: the recording's own message, anything that is no text for none.
        decoded: whether what followed an upgrade was recorded as messages.
    """
    if isinstance(error, str) and error:
        return next((outcome for outcome, words in _ENDS if words.search(error)), Outcome.ERROR)
    if status is None:
        return Outcome.ERROR
    upgraded = status == 101 or (method == "CONNECT" and 200 <= status <= 299)
    return Outcome.OPAQUE if upgraded and not decoded else Outcome.COMPLETE


def protocol_of(version: Any) -> str:
    """`http/1.0`, `http/1.1`, `http/2` or `http/3`; what is unknown counts as HTTP/1.1, the commonest."""
    text = version.strip() if isinstance(version, str) else ""
    return next((name for name, words in _PROTOCOLS if words.fullmatch(text)), "http/1.1")
