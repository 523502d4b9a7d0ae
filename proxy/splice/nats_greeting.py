"""A NATS server's first words, INFO: what it says of TLS, and the same line with what is true of a lane.

Sans-io. INFO is a line with one flat JSON object (NATS client protocol, section "INFO"); the client begins
TLS after it where it says `tls_required`.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

LIMIT_BYTES = 64 * 1024
"""No client reads a longer first line; a server that names a thousand others stays below."""

_LINE = re.compile(rb"INFO[ \t]+(\{.*\})[ \t]*\r?\n", re.IGNORECASE | re.DOTALL)


class GreetingError(Exception):
    """The server's first words are no INFO."""


class Greeting(NamedTuple):
    """`demands`: the server goes on in TLS or not at all; `offers`: it would also go on in TLS."""

    line: bytes
    demands: bool
    offers: bool


def read(line: bytes) -> Greeting:
    """A line with its end.

    Raises:
        GreetingError: it is no INFO.
    """
    match = _LINE.fullmatch(line)
    try:
        told = json.loads(match[1]) if match else None
    except (ValueError, RecursionError):
        told = None
    if not told:  # an object that says nothing is none either
        raise GreetingError
    demands = told.get("tls_required") is True
    return Greeting(line, demands, demands or told.get("tls_available") is True)


def shown(line: bytes, *, tls: bool, verify: bool) -> bytes:
    """An INFO that was read as clients of a lane are shown it: of its bytes only words on TLS are changed.

    Args:
        line: as `read` takes it.
        tls: the lane's clients begin TLS.
        verify: they must show a certificate.
    """
    for word, value in (("tls_required", tls), ("tls_verify", verify), ("tls_available", False)):
        name = b'"%b":' % word.encode()
        said = name + (b"true" if value else b"false")
        # A quotation mark within a text has a backslash before it, so this is a name and no part of a text.
        line, count = re.subn(rb'(?<!\\)"%b"\s*:\s*(?:true|false)' % word.encode(), said, line)
        if value and not count:
            line = line.replace(b"{", b"{" + said + b",", 1)
    return line
