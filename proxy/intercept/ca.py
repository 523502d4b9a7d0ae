"""mitmproxy's certificate authority: where it is, and that nobody else can read its key.

Whoever has the key can pretend to be any server to every client that trusts it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from store.errors import DefactoError

CERTIFICATE = "mitmproxy-ca-cert.pem"
"""What clients are to trust."""


def ca_folder(configured: str | None) -> Path:
    """The folder of the authority: the one configured, or one in the user's state directory."""
    if configured is not None:
        return Path(configured).expanduser()
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "defacto" / "mitmproxy"


def prepare(folder: Path) -> None:
    """Make the folder for its owner alone; mitmproxy makes the authority in it at its first start.

    Raises:
        DefactoError: it cannot be made, or others can read what is in it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (folder, *folder.glob("*ca.p*")):
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise DefactoError(
                    f"others can read {path}, which holds the key of a certificate authority",
                    f"Take that away with: chmod -R go= {folder}",
                )
    except OSError as error:
        raise DefactoError(
            f"cannot use {folder} for mitmproxy's authority: {(error.strerror or str(error)).lower()}"
        ) from None


def trusting(folder: Path) -> str:
    """How clients come to trust the authority, in a few lines."""
    certificate = folder / CERTIFICATE
    return "\n".join(
        [
            f"Clients must trust {certificate}:",
            f"  curl --cacert {certificate} …",
            f"  Python   SSL_CERT_FILE={certificate}, requests: REQUESTS_CA_BUNDLE",
            f"  Node.js  NODE_EXTRA_CA_CERTS={certificate}",
            f"  Java     keytool -importcert -cacerts -alias defacto -file {certificate}",
            f"  Debian   cp {certificate} /usr/local/share/ca-certificates/defacto.crt",
            "           update-ca-certificates",
        ]
    )
