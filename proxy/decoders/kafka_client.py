"""Who the client of a connection is: what its requests say, and its SASL handshake; never a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.decoders.decoder import Opaque, Reason
from proxy.jwt_claims import JwtReader
from store.records import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")
_BARE_TOKENS: Mapping[str, int] = {"PLAIN": 1, "OAUTHBEARER": 1, **dict.fromkeys(_SCRAM, 2)}
"""Tokens that a client sends, each answered, where no head stands before them (`SaslHandshake` version 0)."""

_TOKENS = JwtReader(claims=("sub",), keys=(), algorithms=())
"""Reads whom brokers take for the user (`sasl.oauthbearer.sub.claim.name`). They verify the token, not we."""

MAX_CLIENTS = 10_000


class Groups:
    """The consumer group of each client of a lane.

    A client commits over another connection than those that it fetches over, and only that says the group.
    """

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], Identity | None] = {}
        """By address and client id; None where several groups were named."""

    def learn(self, peer: str, client_id: str, group: Identity) -> None:
        """A connection of that client named a group."""
        known = self._of.get((peer, client_id), group)
        self._of[peer, client_id] = group if known is not None and known.value == group.value else None
        if len(self._of) > MAX_CLIENTS:
            del self._of[next(iter(self._of))]

    def of(self, peer: str, client_id: str) -> Identity | None:
        """The only group that a client has named."""
        return self._of.get((peer, client_id))


class Client:
    """What a connection has said of its client so far.

    Args:
        peer: its address.
        groups: what all connections of the lane have said.
    """

    def __init__(self, peer: str, groups: Groups) -> None:
        self._peer = peer
        self._groups = groups
        self._said: dict[str, Identity] = {}
        self._mechanism = ""
        self._bare_tokens = 0

    @property
    def identities(self) -> tuple[Identity, ...]:
        """The group, the client id, the user."""
        said = self._said
        named = said.get("client-id")
        group = said.get("group") or (self._groups.of(self._peer, named.value) if named else None)
        return tuple(one for one in (group, named, said.get("user")) if one is not None)

    @property
    def held_bytes(self) -> int:
        """Bytes of names."""
        return len(self._mechanism) + sum(len(one.value) for one in self._said.values())

    def has_id(self, client_id: str) -> None:
        """A request's head said so."""
        self._say("client-id", client_id, "client id")

    def is_in(self, group: str, request: str) -> None:
        """A request of that name said so."""
        self._say("group", group, f"{request} group id")
        named, said = self._said.get("client-id"), self._said.get("group")
        if named is not None and said is not None:
            self._groups.learn(self._peer, named.value, said)

    def shakes_hands(self, mechanism: str, version: int) -> None:
        """It will authenticate itself.

        Raises:
            Opaque: by tokens of which it is not known how many there will be.
        """
        self._mechanism = mechanism
        if version == 0:
            if mechanism not in _BARE_TOKENS:
                raise Opaque(Reason.UNSYNCHRONISED, 1)
            self._bare_tokens = _BARE_TOKENS[mechanism]

    def sends_bare_token(self) -> bool:
        """Whether the next frame is such a token and no request; it counts as sent."""
        is_token = self._bare_tokens > 0
        self._bare_tokens -= is_token
        return is_token

    def authenticates(self, token: bytes) -> None:
        """It sent a token of the mechanism that it named."""
        self._say("user", _user_of(self._mechanism, token), f"SASL {self._mechanism} user")

    def _say(self, basis: str, value: str, source: str) -> None:
        said = self._said.get(basis)
        if value and (said is None or said.value != value):
            self._said[basis] = Identity(basis=basis, value=value, source=source)


def _user_of(mechanism: str, token: bytes) -> str:
    """The user that a token names, "" where it names none."""
    if mechanism == "PLAIN":  # RFC 4616: authorisation identity, user, password
        _, *user = token.split(b"\0", 2)
        return user[0].decode("utf-8", "replace") if len(user) == 2 else ""
    if mechanism in _SCRAM and token[:2] in {b"n,", b"y,", b"p="}:  # RFC 5802, the client's first message
        for part in token.split(b",")[2:]:
            if part.startswith(b"n="):
                return part[2:].decode("utf-8", "replace").replace("=2C", ",").replace("=3D", "=")
    if mechanism == "OAUTHBEARER":  # RFC 7628: key and value pairs, of which `auth` has the token
        scheme, _, bearer = _pairs(token).get(b"auth", b"").partition(b" ")
        return _subject_of(bearer) if scheme.lower() == b"bearer" else ""
    return ""


def _pairs(token: bytes) -> Mapping[bytes, bytes]:
    return {name: value for name, _, value in (pair.partition(b"=") for pair in token.split(b"\1"))}


def _subject_of(bearer: bytes) -> str:
    claim = _TOKENS.read(bearer.decode("latin-1"), at=0)
    return claim.value if claim is not None else ""
