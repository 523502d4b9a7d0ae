"""What is written into a ledger: decisions and positions, with the evidence as of then, atomically."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from contract.ledger.errors import LedgerError
from contract.ledger.splicing import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.claim import Claim, Decision, Evidence
    from contract.ledger.model import Ledger, Role


def decided(
    ledger: Ledger,
    claim: Claim,
    decision: Decision,
    *,
    by: str,
    at: date,
    reason: str,
    review: date | None = None,
    remove: date | None = None,
    successor: str = "",
) -> Edit:
    """A decision about a clause, with what is known of it today, in the place of an earlier one."""
    fields = {
        **_about(claim),
        "decision": decision.value,
        "by": _line(by),
        "at": at,
        "reason": _line(reason) or None,
        "review": review,
        "remove": remove,
        "successor": _line(successor) or None,
        "evidence": evidence(claim),
    }
    return Edit(claim.clause.id, fields, former_of(ledger, claim))


def positioned(
    ledger: Ledger, claim: Claim, position: Decision, *, by: str, role: Role, at: date, reason: str
) -> Edit:
    """One side's position about a clause, in the place of an earlier one of the same."""
    said = {"role": role.value, "position": position.value, "at": at}
    if _line(reason):
        said["reason"] = _line(reason)
    fields: dict[str, Any] = {**_about(claim), "positions": {_line(by): said}}
    former = former_of(ledger, claim)
    known = ledger.entries.get(former or claim.clause.id)
    if known is None or known.evidence is None:
        fields["evidence"] = evidence(claim)
    return Edit(claim.clause.id, fields, former)


def evidence(claim: Claim) -> dict[str, Any]:
    """What is known of a clause, as it is written."""
    found = claim.evidence
    said = {
        "statement": _line(claim.clause.statement),
        "value": clean(claim.clause.kind.value),
        "held": found.held,
        "broken": found.broken,
        "consumers": {
            _line(link.consumer): link.level.value
            for link in sorted(claim.dependence, key=lambda link: link.consumer)
        },
        "last_seen": _day(found),
    }
    return {name: value for name, value in said.items() if value is not None and value != {}}


def former_of(ledger: Ledger, claim: Claim) -> str:
    """The former id that a clause has in the ledger; `""`: it has its own there, or none."""
    if claim.clause.id in ledger.entries:
        return ""
    return next((id_ for id_ in claim.former_ids if id_ in ledger.entries), "")


def clean(value: Any) -> Any:
    """A value of JSON's types in which every text can be written."""
    if isinstance(value, dict):
        return {_writable(str(name)): clean(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [clean(one) for one in value]
    return _writable(value) if isinstance(value, str) else value


def save(path: Path, text: str, before: str | None) -> None:
    """Put a text in the place of a file at once: whoever reads finds the old one or the new one.

    Args:
        path: the file; where it is a link, what it leads to.
        text: what it shall hold.
        before: what it held when it was read, None: there was none.

    Raises:
        LedgerError: it cannot be written, or somebody else has changed it since, or is about to.
    """
    target = path.resolve()
    try:
        with _alone(target.parent):
            if (target.read_bytes() if target.exists() else None) != (
                None if before is None else before.encode()
            ):
                raise LedgerError(f"{path} was changed by somebody else meanwhile", "Do it again.")
            with NamedTemporaryFile("wb", dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
                try:
                    file.write(text.encode())
                    file.flush()
                    os.fsync(file.fileno())
                    mode = target.stat().st_mode & 0o777 if before is not None else 0o666 & ~_umask()
                    os.fchmod(file.fileno(), mode)
                    Path(file.name).replace(target)
                except BaseException:
                    with suppress(OSError):
                        Path(file.name).unlink()
                    raise
    except BlockingIOError:
        raise LedgerError(f"{path} is being changed by somebody else", "Do it again.") from None
    except OSError as error:
        raise LedgerError(f"cannot write {path}: {error.strerror}") from error


def _about(claim: Claim) -> dict[str, Any]:
    clause = claim.clause
    return {
        "key": _line(clause.key),
        "operation": _line(clause.operation),
        "subject": _line(str(clause.subject)),
        "kind": clause.kind.name,
    }


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else looks and writes there meanwhile; not every file system knows such locks.

    Raises:
        BlockingIOError: somebody does. It is not waited for: who holds the lock might never let go.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            pass
        yield
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _day(found: Evidence) -> date | None:
    return None if found.last_seen is None else datetime.fromtimestamp(found.last_seen // 10**9, UTC).date()


def _line(text: str) -> str:
    """On one line, of characters that UTF-8 and YAML have."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _writable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
