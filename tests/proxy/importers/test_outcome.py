from __future__ import annotations

from typing import Any

import pytest

from proxy.importers.outcome import outcome_of, protocol_of
from store.records import Outcome


@pytest.mark.parametrize(
    ("version", "protocol"),
    [
        ("HTTP/1.1", "http/1.1"),
        ("http/1.0", "http/1.0"),
        ("HTTP/2.0", "http/2"),
        ("http/2.0", "http/2"),
        ("h2", "http/2"),
        ("HTTP/3", "http/3"),
        ("h3-29", "http/3"),
        ("http/2+quic/46", "http/3"),
        ("", "http/1.1"),
        ("unknown", "http/1.1"),
        (None, "http/1.1"),
        (2, "http/1.1"),
    ],
)
def test_protocols_as_tools_write_them(version: Any, protocol: str) -> None:
    assert protocol_of(version) == protocol


@pytest.mark.parametrize(
    ("method", "status", "error", "decoded", "outcome"),
    [
        ("GET", 200, None, False, Outcome.COMPLETE),
        ("GET", None, None, False, Outcome.ERROR),
        ("GET", None, "", False, Outcome.ERROR),
        ("GET", None, "net::ERR_BLOCKED_BY_CLIENT", False, Outcome.ERROR),
        ("GET", None, "net::ERR_CONNECTION_REFUSED", False, Outcome.REFUSED),
        ("GET", 200, "peer closed: server disconnected", False, Outcome.SERVER_CLOSED),
        ("GET", 101, None, False, Outcome.OPAQUE),
        ("GET", 101, None, True, Outcome.COMPLETE),
        ("CONNECT", 200, None, False, Outcome.OPAQUE),
        ("CONNECT", 502, None, False, Outcome.COMPLETE),
        ("GET", 200, {"not": "text"}, False, Outcome.COMPLETE),
    ],
)
def test_outcomes(method: str, status: int | None, error: Any, decoded: bool, outcome: Outcome) -> None:
    assert outcome_of(method, status, error, decoded=decoded) == outcome
