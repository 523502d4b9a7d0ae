"""TLS at both ends of a lane: contexts made of files, and made good again when the files change.

Bytes pass a lane unchanged, so both ends must speak the same protocol: the client chooses one by ALPN
(RFC 7301), and the upstream is offered that one alone.
"""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proxy.splice.settings import ListenTls, UpstreamTls

HANDSHAKE_TIMEOUT_S = 30.0
"""A client that does not complete its handshake in this time is reset."""

logger = logging.getLogger(__name__)


class TlsError(Exception):
    """A file cannot be used for TLS; the message says which, and why."""


class ListenContext:
    """The server's side of a lane: one context, whose certificate is replaced in place.

    Raises:
        TlsError: a file cannot be read, or is not what it should be.
    """

    def __init__(self, settings: ListenTls) -> None:
        self._settings = settings
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(list(settings.alpn))
        self._load()
        if settings.client_ca:
            with _Explained(settings.client_ca):
                self.context.load_verify_locations(settings.client_ca)
            must = settings.require_client_certificate
            self.context.verify_mode = ssl.CERT_REQUIRED if must else ssl.CERT_OPTIONAL
        self._stamp = self._stamps()

    def refresh(self) -> bool:
        """Load the certificate again if its files have changed; whether that was done.

        A pair that cannot be loaded, half of it written for example, leaves the old one in force and is tried
        again when it changes again.
        """
        stamp = self._stamps()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            self._load()
        except TlsError as error:
            logger.warning("the old certificate stays in force: %s", error)
            return False
        return True

    def _load(self) -> None:
        with _Explained(f"{self._settings.certificate} and {self._settings.key}"):
            # A pair that does not belong together must not leave half of itself in the context in use.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
                self._settings.certificate, self._settings.key
            )
            self.context.load_cert_chain(self._settings.certificate, self._settings.key)

    def _stamps(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(map(_stamp, (self._settings.certificate, self._settings.key)))


class UpstreamContexts:
    """The client's side of a lane: a context for each protocol that may have to be asked for.

    Raises:
        TlsError: a file cannot be read, or is not what it should be.
    """

    def __init__(self, settings: UpstreamTls) -> None:
        self._settings = settings
        self._by_protocol: dict[str, ssl.SSLContext] = {}
        self.for_protocol("")

    def for_protocol(self, alpn: str) -> ssl.SSLContext:
        """The context that asks for this protocol (`h2`), or with `""` for none."""
        context = self._by_protocol.get(alpn)
        if context is None:
            context = self._by_protocol[alpn] = self._context()
            if alpn:
                context.set_alpn_protocols([alpn])
        return context

    def _context(self) -> ssl.SSLContext:
        settings = self._settings
        with _Explained(settings.ca):
            context = ssl.create_default_context(cafile=settings.ca or None)
        if settings.certificate:
            with _Explained(f"{settings.certificate} and {settings.key}"):
                context.load_cert_chain(settings.certificate, settings.key)
        return context


def certificate_name(certificate: dict[str, Any] | None) -> str:
    """Whom a verified peer certificate names: its first URI (a SPIFFE id), else its subject; `""`: nobody.

    The subject is written as RFC 4514 does, most significant part last: `CN=billing,O=Shop`.

    Args:
        certificate: as `ssl.SSLSocket.getpeercert` gives it.
    """
    if not certificate:
        return ""
    for kind, value in certificate.get("subjectAltName", ()):
        if kind == "URI":
            return str(value)
    parts = [part for relative in certificate.get("subject", ()) for part in relative]
    return ",".join(f"{_SHORT.get(name, name)}={_escaped(value)}" for name, value in reversed(parts))


_SHORT = {
    "commonName": "CN",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "domainComponent": "DC",
    "userId": "UID",
}


def _escaped(value: str) -> str:
    return "".join(f"\\{char}" if char in ',+"\\<>;=' else char for char in value)


def _stamp(path: str) -> tuple[int, int] | None:
    """What changes when a file does, through the links that secrets are mounted as; None: not there."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


class _Explained:
    """Turns what OpenSSL says of a file into something that people can act on."""

    def __init__(self, files: str) -> None:
        self._files = files

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ssl.SSLError):
            reason = (error.reason or str(error)).lower().replace("_", " ")
            raise TlsError(f"cannot use {self._files} for TLS: {reason}") from None
        if isinstance(error, OSError):
            raise TlsError(f"cannot read {self._files}: {(error.strerror or str(error)).lower()}") from None
