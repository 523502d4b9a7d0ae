"""What `decide` and `dispute` work on: the claims of one producer, and the ledger that is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.ledger import find_ledger, tell_strays, today
from cli.reading import claims_of, read_against, read_map
from contract.ledger.reading import load, parse
from contract.ledger.ruling import ruled
from contract.ledger.splicing import blocks
from contract.ledger.template import template
from contract.ledger.writing import save
from reports import selection
from reports.compare import stood
from reports.deciding import named, written
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract.claim import Claim, ContractMap
    from contract.ledger.model import Ledger
    from contract.ledger.splicing import Edit


@dataclass
class Desk:
    """The claims that can be decided, and the ledger as it stands. `text` is None until there is a file."""

    path: Path
    text: str | None
    ledger: Ledger
    whole: ContractMap
    claims: tuple[Claim, ...]

    def find(self, ids: Sequence[str]) -> list[Claim]:
        """The claims that ids name: whole ones, the beginnings of some, or former ones.

        Raises:
            QuestionError: one names none, or several.
        """
        return named(self.whole, ids)

    def write(self, edits: Sequence[Edit]) -> None:
        """Write, and show what was written."""
        source = str(self.path)
        text = written(self.text, self.producer, source, edits)
        save(self.path, text, self.text)
        self.text, self.ledger = text, parse(text, source)
        for line in blocks(text, source, (edit.id for edit in edits)).splitlines():
            click.echo(for_terminal(line))

    @property
    def producer(self) -> str:
        """Whose interface it is."""
        return self.whole.producers[0].name


def open_desk(
    ledger_path: str, store_url: str, *, producer: str | None, declared: str | None, allow_remote: bool
) -> Desk:
    """Read the ledger, the store, and the declared document if one is given.

    Raises:
        click.UsageError: no such producer, or several that the ledger could be of.
        DefactoError: something cannot be read, or nothing was recorded.
    """
    path = Path(ledger_path)
    known = find_ledger(ledger_path) if path.exists() else None
    text = load(path) if known else None
    ledger = known or parse(template(producer or ""), ledger_path)
    producer = producer or ledger.interface.producer or None
    if declared is None:
        whole = read_map(store_url, producer=producer, since=None, until=None)
        told = selection.claimed(whole)
    else:
        whole, document = read_against(
            declared, store_url, producer=producer, since=None, until=None, allow_remote=allow_remote
        )
        told = stood(whole, document)
    if len(whole.producers) != 1:
        names = for_terminal(", ".join(one.name for one in whole.producers))
        raise click.UsageError(f"Whose contract is it? Name its --producer. There are: {names}.")
    tell_strays(ledger, [*claims_of(whole), *claims_of(told)])
    shown = ruled(told, whole, ledger, today())
    return Desk(path=path, text=text, ledger=ledger, whole=shown, claims=tuple(claims_of(shown)))
