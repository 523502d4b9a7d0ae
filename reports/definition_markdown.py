"""The contract as GitHub-flavoured Markdown. Nothing in it depends on when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.claim import Level
from reports.definition import parties, policy_of, sections, verdict
from reports.markdown import code, plain
from reports.words import count, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.definition.terms import Definition
    from contract.ledger.model import Ledger
    from reports.definition import Group, Line


def definition_markdown(definition: Definition, ledger: Ledger | None) -> str:
    """The contract."""
    version = f" {definition.interface.version}" if definition.interface.version else ""
    lines = [f"# {plain(f'The contract of {definition.title}{version}')}", "", plain(verdict(definition))]
    if definition.last_seen is not None:
        lines += ["", f"As of the traffic seen until {moment(definition.last_seen)}."]
    for section in sections(definition):
        lines += ["", f"## {section.title} ({section.clauses:,})", "", section.about]
        for group in section.groups:
            lines += _group(group)
    lines += ["", "## Policy", ""]
    for part in policy_of(ledger):
        lines += [f"**{part.title}**", "", *(f"- {plain(one)}" for one in part.sentences), ""]
    lines += [] if ledger else ["No policy was decided.", ""]
    return "\n".join([*lines, *_parties(definition), *_signatures(definition), ""])


def _group(group: Group) -> Iterator[str]:
    yield ""
    yield f"### {code(group.operation)}{' (deprecated)' if group.deprecated else ''}"
    yield ""
    yield from map(_line, group.lines)
    if group.more:
        yield f"- {count(group.more, 'clause')} that nobody was seen to rely on"


def _line(line: Line) -> str:
    said = f"- {code(line.subject.readable)}: {plain(', '.join(line.statements))}"
    by_level = [
        f"{level.value} by {', '.join(link.consumer for link in line.dependence if link.level is level)}"
        for level in reversed(Level)
        if any(link.level is level for link in line.dependence)
    ]
    said += f" ({plain('; '.join(by_level))})" if by_level else ""
    return said + "".join(f"  \n  {plain(note)}" for note in line.notes)


def _parties(definition: Definition) -> Iterator[str]:
    yield "## Who answers"
    yield ""
    yield "| Role | Name | Owner | Contact |"
    yield "| --- | --- | --- | --- |"
    for one in parties(definition):
        cells = (one.role, one.name, one.owner, one.contact)
        yield f"| {' | '.join(plain(cell) for cell in cells)} |"


def _signatures(definition: Definition) -> Iterator[str]:
    yield ""
    yield "## Signed"
    yield ""
    yield "| For | Name | Date | Signature |"
    yield "| --- | --- | --- | --- |"
    for one in parties(definition):
        if one.name:
            yield f"| {plain(one.name)} | {plain(one.owner)} | | |"
