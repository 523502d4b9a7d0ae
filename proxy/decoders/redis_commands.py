"""What the commands say that concern messages. A command that the server will refuse says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from store.records import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ADD_OPTIONS = {
    b"NOMKSTREAM": 0,
    b"KEEPREF": 0,
    b"DELREF": 0,
    b"ACKED": 0,
    b"IDMPAUTO": 1,
    b"IDMP": 2,
    b"MAXLEN": 1,
    b"MINID": 1,
    b"LIMIT": 1,
}
"""Options of XADD, and how many arguments each has."""
_READ_OPTIONS = {b"GROUP": 2, b"NOACK": 0}
"""Options of XREAD and XREADGROUP that have not one argument."""
_NOBODY = b"default"


class Reading(NamedTuple):
    """Whose deliveries a command asks for.

    `group` is None and `client` empty for XREAD, which has neither them nor acknowledgements. `automatic`:
    what is new to the group is acknowledged by being delivered. `again` names the streams of which entries
    are asked for that were delivered before; XREADGROUP's id `>` asks for what was not.
    """

    group: bytes | None = None
    client: tuple[Identity, ...] = ()
    automatic: bool = False
    again: frozenset[bytes] = frozenset()


class Acknowledged(NamedTuple):
    """Entries that a consumer is done with."""

    stream: bytes
    group: bytes
    entries: Sequence[bytes]


def addition(words: Sequence[bytes]) -> tuple[bytes, Sequence[bytes]] | None:
    """The stream and the fields of an XADD, names and values in turn."""
    at = 2
    while at < len(words) and (option := words[at].upper()) in _ADD_OPTIONS:
        at += 1 + _ADD_OPTIONS[option]
        if option in {b"MAXLEN", b"MINID"} and words[at - 1 : at] in ([b"="], [b"~"]):
            at += 1
    fields = words[at + 1 :]
    return (words[1], fields) if fields and len(fields) % 2 == 0 else None


def reading(words: Sequence[bytes]) -> Reading | None:
    """What an XREAD or XREADGROUP asks for."""
    at = 1
    options: dict[bytes, Sequence[bytes]] = {}
    while at < len(words) and (option := words[at].upper()) != b"STREAMS":
        end = at + 1 + _READ_OPTIONS.get(option, 1)
        options[option] = words[at + 1 : end]
        at = end
    rest = words[at + 1 :]
    if not rest or len(rest) % 2:
        return None
    if b"GROUP" not in options:
        return Reading()
    group, consumer = options[b"GROUP"]
    half = len(rest) // 2
    again = (stream for stream, entry in zip(rest[:half], rest[half:], strict=True) if entry != b">")
    client = _member("XREADGROUP", group, consumer)
    return Reading(group, client, b"NOACK" in options, frozenset(again))


def claim(words: Sequence[bytes]) -> tuple[bytes, Reading] | None:
    """The stream and the new owner of an XCLAIM or XAUTOCLAIM."""
    if len(words) < 6:
        return None
    name, stream, group, consumer, *_ = words
    client = _member(name.upper().decode(), group, consumer)
    return stream, Reading(group, client, automatic=False, again=frozenset((stream,)))


def acknowledged(words: Sequence[bytes]) -> Acknowledged | None:
    """What an XACK is about, or an XACKDEL: `XACKDEL key group [KEEPREF|DELREF|ACKED] IDS numids id …`."""
    if len(words) < 4:
        return None
    name, stream, group, *entries = words
    if name.upper() == b"XACKDEL":
        at = next((at for at, word in enumerate(entries) if word.upper() == b"IDS"), len(entries))
        entries = entries[at + 2 :]
    return Acknowledged(stream, group, entries)


def introduction(words: Sequence[bytes]) -> tuple[Identity, ...]:
    """What a HELLO, AUTH or CLIENT SETNAME says of who the client is. Passwords are left out.

    An empty value takes back what was said before. The user `default` is nobody.
    """
    match [words[0].upper(), *words[1:]]:
        case [b"AUTH", user, _]:
            return (_user(user, "AUTH user"),)
        case [b"AUTH", _]:
            return (_user(_NOBODY, "AUTH user"),)
        case [b"CLIENT", _, name]:
            return (_connection(name, "CLIENT SETNAME"),)
        case [b"HELLO", *_]:
            return tuple(_hello(words))
    return ()


def _hello(words: Sequence[bytes]) -> Iterator[Identity]:
    """Of `HELLO [protover [AUTH username password] [SETNAME clientname]]`."""
    at = 2
    while at + 1 < len(words):
        if words[at].upper() == b"AUTH":
            yield _user(words[at + 1], "HELLO AUTH user")
            at += 3
        else:
            yield _connection(words[at + 1], "HELLO SETNAME")
            at += 2


def _user(name: bytes, source: str) -> Identity:
    return Identity(basis="user", value="" if name == _NOBODY else text_of(name), source=source)


def _connection(name: bytes, source: str) -> Identity:
    return Identity(basis="connection-name", value=text_of(name), source=source)


def _member(command: str, group: bytes, consumer: bytes) -> tuple[Identity, ...]:
    return (
        Identity(basis="group", value=text_of(group), source=f"{command} group"),
        Identity(basis="client-id", value=text_of(consumer), source=f"{command} consumer"),
    )


def text_of(data: bytes) -> str:
    """Names are bytes; most are text."""
    return data.decode("utf-8", "backslashreplace")
