"""The gate's report for terminals and for pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from contract.changes.rules import Compatibility
from reports.check import notes, ordered, place, told
from reports.markdown import code, plain
from reports.untrusted import for_terminal
from reports.words import between, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import RenderableType

    from contract.changes.rules import Rule
    from contract.changes.usage import Judged
    from reports.check import Checked

MOST_HARMLESS = 20
"""Compatible changes that are told one by one; nobody reads more."""

STYLES = {
    Compatibility.BREAKING: "bold red",
    Compatibility.WARNING: "yellow",
    Compatibility.COMPATIBLE: "green",
}


def check_text(checked: Checked) -> RenderableType:
    """For the terminal: the answer, then each change with whom it hits."""
    parts: list[RenderableType] = [
        Text(f"{for_terminal(checked.headline)}.", style=STYLES[checked.verdict]),
        Text(_about(checked), style="dim"),
        *(Text(f"! {for_terminal(doubt)}", style="dim") for doubt in checked.doubts),
        *map(_one, _told(checked)),
    ]
    hidden = len(checked.judged) - len(_told(checked))
    if hidden:
        parts.append(
            Text(f"and {count(hidden, 'more harmless change')}; --format json has all.", style="dim")
        )
    return Group(*parts)


def _about(checked: Checked) -> str:
    sides = for_terminal(f"{checked.old} → {checked.new}" if checked.new else checked.old)
    if not checked.usage:
        return f"{sides}; documents only, nothing is known of who uses what"
    seen = f", seen {between(*checked.window)}" if checked.window else ", of which nothing was observed"
    return f"{sides}; consumers of {for_terminal(checked.producer)}{seen}"


def _told(checked: Checked) -> list[Judged]:
    """All changes that are not harmless, and the first of those that are."""
    grave = [one for one in checked.judged if one.compatibility is not Compatibility.COMPATIBLE]
    harmless = [one for one in checked.judged if one.compatibility is Compatibility.COMPATIBLE]
    return grave + harmless[:MOST_HARMLESS]


def _one(judged: Judged) -> RenderableType:
    grade, change = judged.compatibility, judged.change
    head = Text.assemble(
        "\n",
        (f"{label(judged):10} ", "dim" if judged.accepted else STYLES[grade]),
        (for_terminal(place(change)), "bold"),
    )
    lines = [Text(f"{for_terminal(change.message)}  [{change.rule.name}]")]
    lines += [
        Text(for_terminal(line), style="dim" if grade is Compatibility.COMPATIBLE else "")
        for line in _why(judged)
    ]
    return Group(head, *(Padding(line, (0, 0, 0, 11)) for line in lines))


def label(judged: Judged) -> str:
    """What a change is, in a word."""
    return "fix" if judged.fix else "accepted" if judged.accepted else judged.compatibility.value


def _why(judged: Judged) -> Iterator[str]:
    if judged.fix:
        yield f"This only puts the document right: {judged.fix}."
        return
    yield from (f"{note[0].upper()}{note[1:]}." for note in notes(judged))
    yield from (told(hit) for hit in ordered(judged))


def rules_text(rules: Mapping[str, Rule]) -> RenderableType:
    """The table of rules."""
    table = Table(box=None, pad_edge=False)
    for name in ("rule", "by default", "means", "example"):
        table.add_column(name, overflow="fold")
    for rule in rules.values():
        table.add_row(
            rule.name, Text(rule.compatibility.value, STYLES[rule.compatibility]), rule.meaning, rule.example
        )
    note = Text("Change one with --severity RULE=breaking|warning|compatible.", style="dim")
    return Group(table, note)


def check_markdown(checked: Checked) -> str:
    """For a pull request: the answer, a table of what is not harmless, and whom it hits."""
    lines = [f"## {plain(checked.headline)}", "", plain(_about(checked)), ""]
    lines += [f"- {plain(doubt)}" for doubt in checked.doubts]
    lines += [""] if checked.doubts else []
    grave = [one for one in checked.judged if one.compatibility is not Compatibility.COMPATIBLE]
    for one in grave:
        change = one.change
        lines += [
            f"### {label(one)}: {code(place(change))}",
            "",
            f"{plain(change.message)} ({code(change.rule.name)})",
            "",
            *(f"- {plain(line)}" for line in _why(one)),
            "",
        ]
    harmless = [one for one in checked.judged if one.compatibility is Compatibility.COMPATIBLE]
    if harmless:
        lines += [f"<details><summary>{count(len(harmless), 'harmless change')}</summary>", ""]
        for one in harmless:
            reasons = [one.fix] if one.fix else notes(one)
            why = f": {plain('; '.join(reasons))}" if reasons else ""
            words = f"{plain(one.change.message)} ({code(one.change.rule.name)})"
            lines.append(f"- {code(place(one.change))}: {words}{why}")
        lines += ["", "</details>"]
    return "\n".join(lines)
