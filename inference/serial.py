"""Observers as bytes for the store: MessagePack, compressed with zstd, with the version of their form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import zstandard

from store.errors import StoreError

if TYPE_CHECKING:
    from store.records import Summary

FORM = 4
"""Raised whenever an observer's serial form changes its meaning."""


def encode(state: Any) -> bytes:
    """An observer's state as bytes."""
    return zstandard.ZstdCompressor(level=3).compress(msgspec.msgpack.encode([FORM, state]))


def decode(summary: Summary) -> Any:
    """An observer's state from a stored summary.

    Raises:
        StoreError: the summary is damaged, or written in a form that this version does not read.
    """
    try:
        form, state = msgspec.msgpack.decode(
            zstandard.ZstdDecompressor().decompress(summary.state), strict=False
        )
    except (zstandard.ZstdError, msgspec.DecodeError, ValueError) as error:
        name = f"{summary.family} of {summary.route or summary.producer}"
        raise StoreError(
            f"the summary {name} is damaged: {error}", "Restore the store from a copy."
        ) from error
    if form != FORM:
        raise StoreError(
            f"the summaries have form {form}, and this version of defacto reads form {FORM}",
            "Use the version of defacto that wrote them, or import the recordings into a new store.",
        )
    return state
