"""Traces as JSON: JSON_BODY_AS_BYTES and JSON_BODY_AS_STRING."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

from proxy.importers.envoy.traces import Traces
from proxy.importers.json_array import Broken, EndedError, objects
from proxy.importers.recording import Cut, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.importers.recording import Item

NAME = "an Envoy tap"

_BEGINS = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"(?:http|socket)_(?:buffered_trace|streamed_trace_segment)"')


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is one."""
    return _BEGINS.match(head) is not None


def read(stream: IO[bytes], *, producer: str, source: str) -> Iterator[Item]:
    """What the file holds.

    Args:
        stream: the file, at its beginning, not compressed.
        producer: whose traffic this is; `""` takes the host of each exchange.
        source: what the exchanges say that they come from.
    """
    traces = Traces(producer, source)
    number, cut = 0, ""
    try:
        for number, found in enumerate(objects(stream), 1):
            if isinstance(found, Broken):
                yield Skipped(f"trace {number}", found.reason, found.detail)
            else:
                yield from traces.take(found, f"trace {number}")
    except EndedError as error:
        cut = f"{error}, after trace {number}" if number else str(error)
    yield from traces.end()
    if cut:
        yield Cut(cut)
