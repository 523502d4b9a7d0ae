"""Which decoder reads which protocol. A protocol is one file and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.decoders.http import HttpDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxy.decoders.decoder import Decoder, Limits, Origin

DECODERS: Mapping[str, Callable[[Origin, Limits], Decoder]] = {
    "http": HttpDecoder,
}
