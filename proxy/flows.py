"""What mitmproxy's flows hold, in our terms: for recordings and for the lane that is mitmproxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.importers.instants import length

if TYPE_CHECKING:
    from mitmproxy.http import Headers as FlowHeaders

    from store.records import Headers

SECOND_NS = 10**9


def since(start: float, seconds: float | None) -> int | None:
    """The nanoseconds from one of mitmproxy's times to another."""
    return None if seconds is None else length(seconds - start, SECOND_NS)


def headers_of(headers: FlowHeaders | None) -> Headers:
    """Fields as records hold them; pseudo-header fields are none."""
    fields = headers.fields if headers else ()
    return tuple(
        (name.decode("iso-8859-1").lower(), value.decode("iso-8859-1").strip(" \t\r\n"))
        for name, value in fields
        if not name.startswith(b":")
    )
