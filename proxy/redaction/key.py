"""The key of the tokens: one per deployment, in a file that only its owner can read, never in the store.

Whoever has the key and a token can test guesses of the value; who has only the store cannot. So the key lives
apart from the store, and a key file that others could read is an error rather than a warning.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_BYTES = 32
ENVIRONMENT_VARIABLE = "DEFACTO_REDACTION_KEY_FILE"


class KeyFileError(DefactoError):
    """The key file cannot be used or made."""


def key_path(configured: str | None = None, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the key is: the environment's word, the configuration's, or the user's state directory (XDG)."""
    named = environment.get(ENVIRONMENT_VARIABLE) or configured
    if named:
        return Path(named).expanduser()
    state = environment.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "defacto" / "redaction.key"


def load_key(path: Path) -> bytes:
    """The key in `path`, made there with mode 0600 if there is none.

    Raises:
        KeyFileError: the file is unreadable, too short, readable by others, or cannot be made.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise KeyFileError(f"cannot read the redaction key {path}: {error.strerror}", _HINT) from None
    try:
        _create(path)
        return _read(path)
    except OSError as error:
        raise KeyFileError(f"cannot make the redaction key {path}: {error.strerror}", _HINT) from None


_HINT = f"Name another file with {ENVIRONMENT_VARIABLE} or `[redaction] key_file`."


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise KeyFileError(
                f"the redaction key {path} can be read by others (mode {mode:04o})",
                f"Run: chmod 600 {path}",
            )
        key = file.read(4096).strip()
    if len(key) < KEY_BYTES:
        raise KeyFileError(
            f"the redaction key {path} has {len(key)} bytes, at least {KEY_BYTES} are needed",
            "Delete it to have a new one made; tokens made so far will then not equal new ones.",
        )
    return key


def _create(path: Path) -> None:
    """Write a whole new key and link it to its place: of two processes that start at once one wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink()
