"""Recorders and redactors for tests, with a fixed key and no key file."""

from __future__ import annotations

from proxy.config import BODY_LIMIT_BYTES, IdentityConfig, RedactionConfig
from proxy.identity import Identifier
from proxy.recorder import Recorder
from proxy.redaction import Redactor
from proxy.redaction.rules import Rules

KEY = b"a key for tests, nothing else..."


def a_redactor(config: RedactionConfig | None = None, key: bytes = KEY) -> Redactor:
    """A redactor with this configuration."""
    return Redactor(Rules(config or RedactionConfig()), key)


def a_recorder(
    redaction: RedactionConfig | None = None,
    identity: IdentityConfig | None = None,
    body_limit: int = BODY_LIMIT_BYTES,
) -> Recorder:
    """A recorder with this configuration."""
    redactor = a_redactor(redaction)
    return Recorder(Identifier(identity or IdentityConfig(), redactor), redactor, lambda _: body_limit)
