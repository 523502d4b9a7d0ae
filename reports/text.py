"""Reports for the terminal. The first screen answers the question; long lists are cut and say so.

Colours appear only on a terminal. Everything that came from traffic goes through `for_terminal` and is never
parsed as rich's markup.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from contract.claim import Level, Standing
from reports.decisions import statements
from reports.doubts import doubts, health
from reports.period_words import TOLD_IN_FULL, comparison_doubts, consequences, period, sections
from reports.period_words import headline as told
from reports.places import map_verdict, places, relied_on
from reports.reasons import headline, named, reasons, sure
from reports.untrusted import for_terminal
from reports.words import between, clipped, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from rich.console import RenderableType

    from contract.claim import Claim, ContractMap, Dependence, OperationMap
    from reports.drift import Drift, Section
    from reports.finding import Finding
    from reports.periods import Change, Comparison
    from reports.places import Place
    from reports.selection import Candidates
    from store.records import Capture

MOST = 20
"""Findings shown per section; more is for a page or a program."""

WIDTH = 100
"""Columns where the output is no terminal."""

STYLES = {
    Standing.CONTRADICTED: "red",
    Standing.UNDECLARED: "yellow",
    Standing.UNOBSERVED: "dim",
    Standing.DECLARED: "green",
}
GLYPHS = {Level.EXPOSED: "○", Level.REQUESTED: "◐", Level.USED: "●", Level.PROVEN: "◆"}

_IN_FULL = frozenset({"contradicted", "relied"})


def write(report: RenderableType, stream: TextIO, width: int | None = None) -> None:
    """Print a report: coloured and as wide as the terminal; or plain, `WIDTH` columns wide, not padded."""
    terminal = stream.isatty()
    console = Console(
        file=stream,
        width=width or (None if terminal else WIDTH),
        force_terminal=terminal,
        no_color=None if terminal else True,
        highlight=False,
        emoji=False,
        markup=False,
    )
    if terminal:
        console.print(report)
        return
    with console.capture() as captured:
        console.print(report)
    stream.writelines(f"{line.rstrip(' ')}\n" for line in captured.get().split("\n")[:-1])


def drift_text(drift: Drift) -> RenderableType:
    """The drift report."""
    subject = ", ".join(f"{name} against {document}" for name, document in sorted(drift.documents.items()))
    parts: list[RenderableType] = [_title(drift.verdict), _about(subject, drift.window, drift.capture)]
    number = 1
    for section in drift.sections:
        if not section.findings:
            continue
        parts += [Text(), _heading(section.title, len(section.findings))]
        if section.slug in _IN_FULL:
            shown = section.findings[:MOST]
            parts += [_finding(finding, place) for place, finding in enumerate(shown, start=number)]
            number += len(section.findings)
            parts += _cut(len(section.findings) - len(shown))
        elif section.slug == "declared":
            kept = sum(len(finding.claims) for finding in section.findings)
            parts.append(_indented(f"{count(kept, 'clause')}, none broken."))
        else:
            parts += _by_operation(section)
    return Group(*parts, *_footer(drift.capture, drift.window))


def periods_text(comparison: Comparison) -> RenderableType:
    """What differs between two periods."""
    parts: list[RenderableType] = [_title(comparison.verdict)]
    parts += [
        Text(for_terminal(f"{name:6} {period(one)}"), "dim")
        for name, one in (("before", comparison.before), ("after", comparison.after))
    ]
    number = 1
    for slug, title, about, changes in sections(comparison):
        parts += [Text(), _heading(title, len(changes)), _indented(about, "dim")]
        for place, change in enumerate(changes[:MOST], start=number):
            parts += _change(change, place, full=slug in TOLD_IN_FULL)
        number += len(changes)
        parts += _cut(len(changes) - MOST)
    parts.append(Text())
    parts += [Text(f"! {for_terminal(doubt)}", "dim") for doubt in comparison_doubts(comparison)]
    return Group(*parts)


def _change(change: Change, number: int, *, full: bool) -> Iterator[RenderableType]:
    yield _hanging(
        Text.assemble(
            (f"{number:>3}  ", "dim"),
            (for_terminal(change.operation), "bold"),
            "  ",
            (for_terminal(told(change)), "red" if change.harmed else "yellow" if full else ""),
        )
    )
    yield _indented(" ".join(consequences(change)), "" if full else "dim")
    examples = change.shown.evidence.examples[:1]
    look = f"defacto show {for_terminal(examples[0])}  " if examples and full else ""
    yield _indented(Text.assemble((look, "cyan"), (f"[{change.id}]", "dim")))


def map_text(contract_map: ContractMap, candidates: Candidates | None = None) -> RenderableType:
    """The actual contract map: consumers first, then operation by operation.

    Of several operations only the places that somebody does more with than receive; of a single one all. What
    was nearly claimed stands below each operation, if it is given.
    """
    subject = ", ".join(producer.name for producer in contract_map.producers)
    parts: list[RenderableType] = [
        _title(map_verdict(contract_map)),
        _about(subject, contract_map.window, contract_map.capture),
    ]
    if contract_map.producers:
        parts += [Text(), _heading("Consumers", None), _consumers(contract_map)]
    full = sum(len(producer.operations) for producer in contract_map.producers) == 1
    for producer in contract_map.producers:
        for operation in producer.operations:
            parts += [Text(), *_operation(operation, full=full)]
            if candidates is not None:
                parts += _candidates(candidates.get((producer.name, operation.key), ()), operation.key)
    legend = "   ".join(f"{glyph} {level.value}" for level, glyph in GLYPHS.items())
    legend += "   (≤…) at 95% no more than this share can break it"
    return Group(*parts, Text(), Text(legend, "dim"), *_footer(contract_map.capture, contract_map.window))


def _title(verdict: str) -> Text:
    return Text(for_terminal(verdict), "bold")


def _about(subject: str, window: tuple[int, int] | None, capture: Capture) -> Text:
    parts = [subject, *([between(*window)] if window else []), health(capture)]
    return Text(for_terminal(" · ".join(part for part in parts if part)), "dim")


def _heading(title: str, number: int | None) -> Text:
    return Text.assemble((title.upper(), "bold"), "" if number is None else (f"  {number:,}", "dim"))


def _finding(finding: Finding, number: int) -> RenderableType:
    head = Text.assemble(
        (f"{number:>3}  ", "dim"),
        (for_terminal(finding.operation), "bold"),
        "  ",
        (for_terminal(headline(finding)), STYLES[finding.standing]),
    )
    why = " ".join(reasons(finding))
    examples = finding.lead.evidence.examples[:1]
    look = f"defacto show {for_terminal(examples[0])}  " if examples else ""
    return Group(
        _hanging(head), _indented(why), _indented(Text.assemble((look, "cyan"), (f"[{finding.id}]", "dim")))
    )


def _hanging(text: Text) -> RenderableType:
    """A first line at the margin, the rest below its words."""
    grid = Table.grid(padding=0)
    grid.add_column(width=5)
    grid.add_column(overflow="fold")
    grid.add_row(text[:5], text[5:])
    return grid


def _by_operation(section: Section) -> Iterator[RenderableType]:
    """One line an operation: findings that need no action one by one."""
    yield _indented(section.about, "dim")
    lines: dict[str, dict[str, None]] = {}
    for finding in section.findings:
        lines.setdefault(finding.operation, {})[named(finding)] = None
    for operation, places_found in list(lines.items())[:MOST]:
        found = list(places_found)
        more = f" and {len(found) - 6} more" if len(found) > 6 else ""
        yield _indented(
            Text.assemble((for_terminal(operation), "bold"), f"  {for_terminal(', '.join(found[:6]))}{more}")
        )
    yield from _cut(len(lines) - MOST, "operation")


def _cut(left: int, noun: str = "finding") -> list[RenderableType]:
    return (
        [_indented(f"… and {count(left, f'more {noun}')}: --format html or json shows all.", "dim")]
        if left > 0
        else []
    )


def _consumers(contract_map: ContractMap) -> RenderableType:
    totals = relied_on(one for producer in contract_map.producers for one in producer.operations)
    table = _table(
        "consumer", "known by", "observations", *(level.value for level in Level), "owner", right=range(2, 7)
    )
    for producer in contract_map.producers:
        for consumer in producer.consumers:
            levels = totals.get(consumer.name, dict.fromkeys(Level, 0))
            table.add_row(
                _cell(consumer.name, "bold"),
                _cell(", ".join(consumer.bases)),
                _cell(f"{consumer.observations:,}"),
                *(
                    _cell(f"{number:,}" if number else "·", "" if number else "dim")
                    for number in levels.values()
                ),
                _cell(" ".join(part for part in (consumer.owner, consumer.contact) if part)),
            )
    return table


def _operation(operation: OperationMap, *, full: bool) -> Iterator[RenderableType]:
    callers = sorted(operation.consumers.items(), key=lambda entry: (-entry[1], entry[0]))
    yield Text.assemble(
        (for_terminal(operation.key), "bold"),
        (f"  {count(operation.observations, 'observation')}", "dim"),
        (for_terminal("".join(f" · {name} {number:,}" for name, number in callers)), "dim"),
    )
    found = places(operation.claims)
    shown = [place for place in found if full or not place.only_received]
    if shown:
        table = _table("place", "what holds", "held in", "who", ratios=(9, 9, 6, 7))
        for place in shown:
            said = _cell(", ".join(statements(place)))
            table.add_row(_where(place), said, _sure(place.least_sure), _who(place.dependence))
        yield table
    left = len(found) - len(shown)
    if left:
        line = f"{'and ' if shown else ''}{count(left, 'place')} that consumers only receive"
        yield _indented(f"{line}: --operation {shlex.quote(operation.key)} shows all", "dim")


def _candidates(claims: Sequence[Claim], key: str) -> Iterator[RenderableType]:
    if not claims:
        return
    yield _indented(Text.assemble(("nearly claimed", "bold"), (f"  {len(claims):,}", "dim")))
    for claim in claims[:MOST]:
        said = (for_terminal(clipped(claim.clause.statement)), "")
        yield _indented(
            Text.assemble(
                said, (f"  {for_terminal(claim.doubt)}", "yellow"), (f"  [{claim.clause.id}]", "dim")
            )
        )
    if len(claims) > MOST:
        more = f"… and {len(claims) - MOST:,} more: --operation {shlex.quote(key)} --format json shows all"
        yield _indented(more, "dim")


def _where(place: Place) -> Text:
    standing = place.foremost.standing
    return _cell(place.subject.readable, "" if standing is Standing.DECLARED else STYLES[standing])


def _sure(claim: Claim) -> Text:
    return Text(sure(claim.evidence), "dim")


def _who(links: Sequence[Dependence]) -> Text:
    return Text("  ").join(_cell(f"{GLYPHS[link.level]} {link.consumer}") for link in links)


def _footer(capture: Capture, window: tuple[int, int] | None) -> Iterator[RenderableType]:
    yield Text()
    for doubt in doubts(capture, window):
        yield Text(f"! {for_terminal(doubt)}", "dim")


def _table(*headings: str, right: Sequence[int] = (), ratios: Sequence[int] = ()) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=bool(ratios))
    for index, heading in enumerate(headings):
        table.add_column(
            heading,
            justify="right" if index in right else "left",
            overflow="fold",
            ratio=ratios[index] if ratios else None,
        )
    return table


def _cell(text: str, style: str = "") -> Text:
    return Text(for_terminal(text), style)


def _indented(content: str | Text, style: str = "") -> RenderableType:
    text = content if isinstance(content, Text) else Text(for_terminal(content), style)
    return Padding(text, (0, 0, 0, 5), expand=False)
