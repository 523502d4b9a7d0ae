"""The claim of a JSON Web Token that names the client, checked where a key is configured (RFC 7519)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt

from proxy.config import ConfigError

if TYPE_CHECKING:
    from proxy.config import JwtConfig

MAX_TOKEN_CHARS = 16_384
"""No server takes a longer header; reading one would only cost time."""

_HMAC = ("HS256", "HS384", "HS512")
_ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_LEEWAY_S = 60
"""Clocks of issuer, consumer and recorder differ."""

Key = Any
"""A key as PyJWT takes it: bytes for HMAC, a public key object otherwise."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token says about its bearer, and whether its signature and times were found good."""

    name: str
    value: str
    verified: bool


class JwtReader:
    """Reads tokens, and verifies them with keys. The algorithm follows the key, never the token's header."""

    def __init__(
        self, claims: tuple[str, ...], keys: tuple[tuple[str | None, Key], ...], algorithms: tuple[str, ...]
    ) -> None:
        self._claims = claims
        self._keys = keys
        self._algorithms = algorithms

    @classmethod
    def from_config(cls, config: JwtConfig) -> JwtReader:
        """Read the key that the configuration names.

        Raises:
            ConfigError: the key cannot be read, is empty or is no key.
        """
        if config.jwks_file is not None:
            return cls(config.claims, _read_jwks(config.jwks_file), _ASYMMETRIC)
        secret = _read_secret(config)
        return cls(config.claims, ((None, secret),) if secret else (), _HMAC)

    def read(self, token: str, *, at: int) -> Claim | None:
        """The first configured claim that the token has, None where it has none or is no token.

        Args:
            token: the token as sent.
            at: when it was sent (Unix ns): a recording is judged by its own time, not by ours.
        """
        if len(token) > MAX_TOKEN_CHARS or token.count(".") != 2:
            return None
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError):
            return None
        named = ((name, claims.get(name)) for name in self._claims)
        name, value = next(
            ((name, value) for name, value in named if isinstance(value, str) and value), ("", "")
        )
        if not name:
            return None
        return Claim(name, value, self._has_good_signature(token) and _is_current(claims, at))

    def _has_good_signature(self, token: str) -> bool:
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
        except (jwt.PyJWTError, ValueError, RecursionError):
            return False
        candidates = [key for known, key in self._keys if key_id is None or known is None or known == key_id]
        return any(self._verifies(token, key) for key in candidates)

    def _verifies(self, token: str, key: Key) -> bool:
        try:
            jwt.PyJWS().decode(token, key, algorithms=self._algorithms)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return False
        return True


def _is_current(claims: dict[str, Any], at: int) -> bool:
    """Whether `exp` and `nbf` include the instant; a token without `exp` does not expire."""
    now = at / 10**9
    expires, begins = claims.get("exp"), claims.get("nbf")
    if expires is not None and not (_is_number(expires) and now <= expires + _LEEWAY_S):
        return False
    return begins is None or (_is_number(begins) and now >= begins - _LEEWAY_S)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read_secret(config: JwtConfig) -> bytes:
    if config.secret_env is not None:
        secret = os.environ.get(config.secret_env, "").encode()
        if not secret:
            raise ConfigError(
                f"identity.jwt.secret_env: the environment variable {config.secret_env} is empty or not set",
                "Set it, or take `secret_env` out: claims are then read and not verified.",
            )
        return secret
    if config.secret_file is not None:
        secret = _read_file(config.secret_file, "secret_file").strip()
        if not secret:
            raise ConfigError(f"identity.jwt.secret_file: {config.secret_file} is empty")
        return secret
    return b""


def _read_jwks(path: str) -> tuple[tuple[str | None, Key], ...]:
    """The public keys of a JWK Set (RFC 7517); symmetric ones do not belong there and are left out."""
    text = _read_file(path, "jwks_file")
    try:
        keys = jwt.PyJWKSet.from_dict(json.loads(text)).keys
    except (jwt.PyJWTError, ValueError, AttributeError, TypeError) as error:
        raise ConfigError(f"identity.jwt.jwks_file: {path} is no JSON Web Key Set: {error}") from None
    found = tuple((key.key_id, key.key) for key in keys if key.key_type != "oct")
    if not found:
        raise ConfigError(f"identity.jwt.jwks_file: {path} has no public key")
    return found


def _read_file(path: str, key: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise ConfigError(f"identity.jwt.{key}: cannot read {path}: {error.strerror}") from None
