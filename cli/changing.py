"""What `change` works on: the ledger's text with its changes, and the store that shows who depends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.ledger import find_ledger, tell_strays
from contract.changing.progress import QUIET_DAYS, chosen
from contract.changing.writing import parse as parse_changes
from contract.changing.writing import put
from contract.ledger.reading import load, parse
from contract.ledger.template import template
from contract.ledger.writing import save
from reports.change_reading import owners_of, progress_of, usage_of
from reports.untrusted import for_terminal
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contract.changing.model import Planned
    from contract.changing.progress import Progress
    from contract.changing.track import Usage
    from contract.ledger.model import Ledger, Owner
    from store.store import Store


@dataclass
class Book:
    """A ledger's text and what it says. `text` is None until there is a file."""

    path: Path
    text: str | None
    ledger: Ledger
    changes: dict[str, Planned]

    def meant(self, id_: str) -> tuple[str, Planned]:
        """The change that the beginning of an id means.

        Raises:
            click.UsageError: none has it, or several have.
        """
        try:
            found = chosen(self.changes, id_)
        except LookupError as error:
            raise click.UsageError(for_terminal(str(error.args[0]))) from None
        return found, self.changes[found]

    def write(self, id_: str, fields: Mapping[str, Any]) -> None:
        """Set fields of one change, in the file as well."""
        source = str(self.path)
        text = put(self.text if self.text is not None else template(self.producer), source, id_, fields)
        save(self.path, text, self.text)
        self.text, self.changes = text, parse_changes(text, source)

    @property
    def producer(self) -> str:
        """Whose interface it is, as far as the ledger says."""
        return self.ledger.interface.producer


def open_book(ledger_path: str, *, producer: str | None = None, must: bool = True) -> Book:
    """Read the ledger.

    Args:
        ledger_path: where it is.
        producer: whose it is, where it does not say so.
        must: whether it has to exist.

    Raises:
        LedgerError: it cannot be read, or is not there.
    """
    path = Path(ledger_path)
    known = find_ledger(ledger_path) if must or path.exists() else None
    if known is None and must:
        raise DefactoError(f"there is no ledger {ledger_path}", "defacto change propose writes one.")
    text = load(path) if known else None
    ledger = known or parse(template(producer or ""), ledger_path)
    if known:
        tell_strays(ledger)
    if producer:
        ledger = replace(ledger, interface=_of(ledger, producer))
    return Book(path, text, ledger, parse_changes(text or "", ledger_path))


def _of(ledger: Ledger, producer: str) -> Any:
    from msgspec.structs import replace as with_  # noqa: PLC0415

    return with_(ledger.interface, producer=producer)


@dataclass
class Traffic:
    """An opened store, and whose traffic in it is looked at."""

    store: Store
    producer: str

    def usage(self, planned: Planned, now: int) -> Usage:
        """Who used what changes, up to an instant (Unix ns)."""
        return usage_of(self.store, self.producer, planned, now)

    def progress(
        self, book: Book, ids: Iterable[str], now: int, quiet_days: int = QUIET_DAYS
    ) -> list[Progress]:
        """Where some changes stand at an instant."""
        meant = {id_: book.changes[id_] for id_ in ids}
        return progress_of(self.store, self.producer, book.ledger, meant, now, quiet_days)

    def owners(self, book: Book) -> dict[str, Owner]:
        """Who answers for each consumer."""
        return owners_of(self.store, book.ledger)


def open_traffic(store_url: str, producer: str) -> Traffic:
    """Open the store.

    Raises:
        click.UsageError: no such producer, or several to choose from.
        DefactoError: it cannot be read.
    """
    from store.store import Store  # noqa: PLC0415  # as above

    store = Store.open(store_url, create=False)
    known = store.producers()
    name = producer or (known[0] if len(known) == 1 else "")
    if name not in known:
        store.close()
        raise click.UsageError(
            f"Whose interface is it? --producer: {for_terminal(', '.join(known)) or 'none'}."
        )
    return Traffic(store, name)
