"""mitmproxy's certificate authority: where it is, that nobody else can read its key, and how to trust it.

Whoever has the key can pretend to be any server to every client that trusts it.
"""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from store.errors import DefactoError

CERTIFICATE = "mitmproxy-ca-cert.pem"
"""What clients are to trust."""


class Authority(NamedTuple):
    """What the certificate says: its SHA-256 fingerprint as `AB:CD:…`, and until when it holds."""

    fingerprint: str
    expires: datetime


def ca_folder(configured: str | None) -> Path:
    """The folder of the authority: the one configured, or one in the user's state directory."""
    if configured is not None:
        return Path(configured).expanduser()
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "defacto" / "mitmproxy"


def prepare(folder: Path) -> None:
    """Make the folder for its owner alone; mitmproxy makes the authority in it at its first start.

    Raises:
        DefactoError: it cannot be made, somebody else owns or can read what is in it, or the authority has
            expired.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (folder, *folder.glob("*ca.p*")):
            _require_private(path, folder)
    except OSError as error:
        raise DefactoError(
            f"cannot use {folder} for mitmproxy's authority: {(error.strerror or str(error)).lower()}"
        ) from None
    authority = authority_in(folder)
    if authority is not None and authority.expires <= datetime.now(UTC):
        raise DefactoError(
            f"the certificate authority in {folder} has expired on {authority.expires:%Y-%m-%d}",
            f"Remove the files in {folder}: the next start makes a new one, which clients must trust anew.",
        )


def authority_in(folder: Path) -> Authority | None:
    """The authority of a folder; None where it holds none yet.

    Raises:
        DefactoError: its certificate cannot be read.
    """
    from cryptography import x509  # noqa: PLC0415 - slow to import, and seldom needed
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    path = folder / CERTIFICATE
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DefactoError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError:
        raise DefactoError(
            f"{path} is no certificate", f"Remove the files in {folder}: the next start makes new ones."
        ) from None
    return Authority(certificate.fingerprint(SHA256()).hex(":").upper(), certificate.not_valid_after_utc)


def trusting(folder: Path) -> str:
    """How clients come to trust the authority, in a few lines.

    Raises:
        DefactoError: its certificate cannot be read.
    """
    certificate, authority = folder / CERTIFICATE, authority_in(folder)
    lines = [f"Clients must trust {certificate}"]
    if authority is not None:
        lines += [
            f"  SHA-256  {authority.fingerprint}",
            f"  until    {authority.expires:%Y-%m-%d}",
        ]
    lines += [
        f"  curl     curl --cacert {certificate} …",
        f"  Python   SSL_CERT_FILE={certificate}, requests: REQUESTS_CA_BUNDLE",
        f"  Node.js  NODE_EXTRA_CA_CERTS={certificate}",
        f"  Java     keytool -importcert -cacerts -alias defacto -file {certificate}",
        f"  Debian   cp {certificate} /usr/local/share/ca-certificates/defacto.crt && update-ca-certificates",
        f"  RHEL     cp {certificate} /etc/pki/ca-trust/source/anchors/defacto.pem && update-ca-trust",
        f"  macOS    security add-trusted-cert -d -k /Library/Keychains/System.keychain {certificate}",
    ]
    return "\n".join(lines)


def _require_private(path: Path, folder: Path) -> None:
    status = path.stat()
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise DefactoError(
            f"others can read {path}, which holds the key of a certificate authority",
            f"Take that away with: chmod -R go= {folder}",
        )
    if status.st_uid not in {os.geteuid(), 0}:
        raise DefactoError(
            f"another user owns {path}, which holds the key of a certificate authority",
            "Give another folder with `ca_dir`.",
        )
