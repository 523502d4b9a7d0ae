"""Where a request went, from the URL that a recording gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from proxy.importers.recording import UnreadableError

_URL = re.compile(r"(https?|wss?)://([^/?#]*)([^#]*)(?:#.*)?", re.DOTALL | re.IGNORECASE)
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_AS_SENT = "".join(chr(code) for code in range(0x21, 0x7F))
"""Characters that a URL on the wire may hold, rightly or wrongly: printable ASCII without the space."""


@dataclass(frozen=True, slots=True)
class Address:
    """Scheme, authority and request-target as `proxy.raw.RawExchange` means them."""

    scheme: str
    authority: str
    target: str

    @property
    def host(self) -> str:
        """The authority without its port."""
        return re.sub(r":\d*\Z", "", self.authority)


def read_url(url: str, method: str) -> Address:
    """Split an absolute URL.

    Credentials before the host and the fragment are no part of a request-target and are dropped. What a tool
    shows decoded (a space, letters beyond ASCII) is percent-encoded again.

    Raises:
        UnreadableError: no absolute HTTP or WebSocket URL (`data:`, `blob:`, `chrome-extension:`, no host).
    """
    match = _URL.fullmatch(url)
    if match is None:
        other = re.match(r"([A-Za-z][\w+.-]*):", url)
        if other:
            raise UnreadableError("its URL is not HTTP", f"{other[1]}:"[:40])
        raise UnreadableError("its URL is not absolute")
    scheme = _SCHEMES[match[1].lower()]
    host = match[2].rpartition("@")[2].lower()
    authority = host.removesuffix(_DEFAULT_PORTS[scheme])
    if not authority:
        raise UnreadableError("its URL has no host")
    if method == "CONNECT":
        has_port = re.search(r":\d+\Z", host)
        return Address(scheme, authority, host if has_port else host + _DEFAULT_PORTS[scheme])
    target = match[3] if match[3].startswith("/") else f"/{match[3]}"
    return Address(scheme, authority, quote(target, safe=_AS_SENT, errors="replace"))
