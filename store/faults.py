"""What a database refused, in one sentence for people."""

from __future__ import annotations

from store.errors import StoreError, StoreUnreachableError

_DISK_FULL = "The disk of the store {} is full."
_READ_ONLY = "The store {} is read-only."
_LOCKED = "The store {} is kept locked by another process."
_LOCKED_HINT = "Try again, or find out what holds it: a long `defacto infer`, or a program left open on it."

_SQLITE = {
    "SQLITE_FULL": (_DISK_FULL, "Free some room; what was stored before is safe."),
    "SQLITE_READONLY": (_READ_ONLY, "Make the file and its folder writable, or name another with --store."),
    "SQLITE_BUSY": (_LOCKED, _LOCKED_HINT),
    "SQLITE_LOCKED": (_LOCKED, _LOCKED_HINT),
    "SQLITE_NOTADB": ("{} is not a defacto store: it is no SQLite file.", "Name another file with --store."),
    "SQLITE_CORRUPT": (
        "The store {} is damaged.",
        "Save what is left with: sqlite3 FILE .recover | sqlite3 NEW",
    ),
    "SQLITE_CANTOPEN": (
        "The store {} cannot be opened.",
        "Look at the permissions of the file and its folder.",
    ),
    "SQLITE_PERM": ("The store {} may not be opened.", "Look at the permissions of the file and its folder."),
    "SQLITE_IOERR": (
        "Reading or writing the store {} failed.",
        "Look at the disk: it may be full, gone or broken.",
    ),
}
"""Primary result code (https://sqlite.org/rescode.html) → message and hint."""

_POSTGRESQL = {
    "53100": (_DISK_FULL, "Free some room on the server; what was stored before is safe."),
    "25006": (_READ_ONLY, "It may be a standby: name the primary server with --store."),
    "55P03": (_LOCKED, _LOCKED_HINT),
    "3D000": (
        "The database of {} does not exist.",
        "Create it with `createdb`, or name another with --store.",
    ),
    "28P01": ("The server of {} refuses the password.", "Give it in the URL, in PGPASSWORD or in ~/.pgpass."),
    "28000": (
        "The server of {} refuses this user.",
        "Look at the user in the URL, and at the server's pg_hba.conf.",
    ),
    "08001": (
        "The server of {} cannot be reached.",
        "Look at host and port in the URL, and whether it runs.",
    ),
    "42501": ("The user of {} may not do that.", "Grant it CREATE and USAGE on the schema."),
}
"""SQLSTATE → message and hint."""

_UNSTATED = {
    "does not exist": "3D000",
    "password": "28P01",
    "pg_hba.conf": "28000",
    "connection failed": "08001",
    "connection timeout": "08001",
}
"""libpq gives no SQLSTATE when it cannot connect, only words; the first that occurs counts."""


def explain(cause: BaseException | None, shown: str) -> StoreError:
    """The sentence for a driver's error about the store shown as `shown`."""
    words = " ".join(str(cause).split())
    code = getattr(cause, "sqlite_errorname", None)
    if code is not None:
        known = _SQLITE.get("_".join(code.split("_")[:2]))  # SQLITE_READONLY_DBMOVED is a SQLITE_READONLY
    else:
        state = getattr(cause, "sqlstate", None) or next((s for w, s in _UNSTATED.items() if w in words), "")
        known = _POSTGRESQL.get(state)
    if known is None:
        return StoreError(f"The store {shown} refused: {words}")
    message, hint = known
    kind = StoreUnreachableError if known is _POSTGRESQL["08001"] else StoreError
    return kind(message.format(shown), hint)
