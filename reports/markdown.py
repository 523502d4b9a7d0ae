"""Reports as GitHub-flavoured Markdown, for a pull request.

Text from traffic cannot become markup: names stand in code spans, all else is escaped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contract.claim import Level
from reports.decisions import statements
from reports.doubts import doubts, health
from reports.period_words import TOLD_IN_FULL, comparison_doubts, consequences, period, sections
from reports.period_words import headline as told
from reports.places import map_verdict, places, relied_on
from reports.reasons import headline, reasons, sure
from reports.untrusted import for_terminal
from reports.words import between, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contract.claim import ContractMap, OperationMap
    from reports.drift import Drift, Section
    from reports.finding import Finding
    from reports.periods import Comparison
    from reports.selection import Candidates
    from store.records import Capture

MOST = 50
"""Findings shown per section: a comment that nobody scrolls through convinces nobody."""

_MARKUP = re.compile(r"([\\`*_\[\]<>|~&$]|:(?=//)|(?<=www)\.|^[-+=#])")
_NUMBERED = re.compile(r"^(\d+)([.)])")
_REFERENCE = re.compile(r"[@#](?=\w)")
_BACKTICKS = re.compile(r"`+")


def drift_markdown(drift: Drift) -> str:
    """The drift report: the troubling findings in full, the rest folded away."""
    subject = ", ".join(f"{code(name)} against {code(doc)}" for name, doc in sorted(drift.documents.items()))
    lines = [f"## {plain(drift.verdict)}", "", _about(subject, drift.window, drift.capture)]
    number = 1
    for section in drift.sections:
        if section.findings:
            lines += _section(section, number)
            number += len(section.findings)
    return "\n".join([*lines, *_doubts(drift.capture, drift.window)])


def periods_markdown(comparison: Comparison) -> str:
    """What differs between two periods: what is certain in full, the rest folded away."""
    lines = [f"## {plain(comparison.verdict)}", ""]
    lines += [f"- before: {plain(period(comparison.before))}", f"- after: {plain(period(comparison.after))}"]
    number = 1
    for slug, title, about, changes in sections(comparison):
        full = slug in TOLD_IN_FULL
        heading = f"{title} ({len(changes):,})"
        lines += ["", f"### {heading}" if full else f"<details><summary>{heading}</summary>", "", about, ""]
        for place, change in enumerate(changes[:MOST], start=number):
            lines.append(f"{place}. {code(change.operation)}: **{plain(told(change))}**  ")
            lines.append(f"   {plain(' '.join(consequences(change)))}")
        lines += _cut(len(changes) - MOST)
        lines += [] if full else ["", "</details>"]
        number += len(changes)
    doubts_ = (f"- {plain(doubt)}" for doubt in comparison_doubts(comparison))
    return "\n".join([*lines, "", "### What this report cannot see", "", *doubts_, ""])


def map_markdown(contract_map: ContractMap, candidates: Candidates | None = None) -> str:
    """The actual contract map: consumers, then operation by operation with what was nearly claimed."""
    subject = ", ".join(code(producer.name) for producer in contract_map.producers)
    lines = [f"## {plain(map_verdict(contract_map))}", ""]
    lines.append(_about(subject, contract_map.window, contract_map.capture))
    if contract_map.producers:
        lines += ["", "### Consumers", "", *_consumers(contract_map)]
    for producer in contract_map.producers:
        for operation in producer.operations:
            lines += ["", *_operation(operation)]
            near = (candidates or {}).get((producer.name, operation.key), ())
            if near:
                lines += ["", f"Nearly claimed ({len(near):,}):", ""]
                lines += [f"- {plain(one.clause.statement)}: *{plain(one.doubt)}*" for one in near[:MOST]]
                lines += _cut(len(near) - MOST)
    return "\n".join([*lines, *_doubts(contract_map.capture, contract_map.window)])


def plain(text: str) -> str:
    """Text in which nothing is markup, a mention or a link. Of one line, so that no block can begin.

    GitHub looks for mentions after escapes are undone; an empty comment parts the sign from the name.
    """
    escaped = _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", for_terminal(text)))
    return _REFERENCE.sub(r"\g<0><!-- -->", escaped)


def code(text: str) -> str:
    """A code span that the text cannot end (CommonMark 0.31, 6.1), safe in a table cell."""
    clean = for_terminal(text).replace("|", "\\|")
    fence = "`" * (max((len(run[0]) for run in _BACKTICKS.finditer(clean)), default=0) + 1)
    pad = " " if clean.startswith("`") or clean.endswith("`") or not clean.strip() else ""
    return f"{fence}{pad}{clean}{pad}{fence}"


def _about(subject: str, window: tuple[int, int] | None, capture: Capture) -> str:
    return " · ".join(
        [*([subject] if subject else []), *([between(*window)] if window else []), health(capture)]
    )


def _section(section: Section, number: int) -> Iterator[str]:
    title = f"{section.title} ({len(section.findings):,})"
    if section.slug in {"contradicted", "relied"}:
        yield from ("", f"### {title}", "")
        for position, finding in enumerate(section.findings[:MOST], start=number):
            yield from _finding(finding, position)
        yield from _cut(len(section.findings) - MOST)
        return
    yield from ("", f"<details><summary>{title}</summary>", "", section.about, "")
    for finding in section.findings[:MOST]:
        yield f"- {code(finding.operation)}: {plain(headline(finding))}"
    yield from _cut(len(section.findings) - MOST)
    yield from ("", "</details>")


def _finding(finding: Finding, number: int) -> Iterator[str]:
    yield f"{number}. {code(finding.operation)}: **{plain(headline(finding))}**  "
    examples = finding.lead.evidence.examples[:1]
    look = f" {code(f'defacto show {examples[0]}')}" if examples else ""
    yield f"   {plain(' '.join(reasons(finding)))}{look}"


def _consumers(contract_map: ContractMap) -> Iterator[str]:
    totals = relied_on(one for producer in contract_map.producers for one in producer.operations)
    levels = [level.value for level in reversed(Level)]
    yield f"| consumer | known by | observations | {' | '.join(levels)} | owner |"
    yield f"| --- | --- | ---: | {' | '.join('---:' for _ in levels)} | --- |"
    for producer in contract_map.producers:
        for consumer in producer.consumers:
            depends = totals.get(consumer.name, dict.fromkeys(Level, 0))
            yield _row(
                code(consumer.name),
                plain(", ".join(consumer.bases)),
                f"{consumer.observations:,}",
                *(f"{depends[level]:,}" for level in reversed(Level)),
                plain(" ".join(part for part in (consumer.owner, consumer.contact) if part)),
            )


def _operation(operation: OperationMap) -> Iterator[str]:
    seen = count(operation.observations, "observation")
    callers = ", ".join(f"{code(name)} {number:,}" for name, number in sorted(operation.consumers.items()))
    yield from (f"### {code(operation.key)}", "", f"{seen}{f': {callers}' if callers else ''}", "")
    yield from ("| place | what holds | held in (at most broken, 95%) | who |", "| --- | --- | --- | --- |")
    for place in places(operation.claims):
        yield _row(
            code(place.subject.readable),
            plain(", ".join(statements(place))),
            sure(place.least_sure.evidence),
            ", ".join(f"{code(link.consumer)} {link.level.value}" for link in place.dependence),
        )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cut(left: int) -> Sequence[str]:
    return (
        [f"- … and {count(left, 'more finding')}: `--format html` or `json` shows all."] if left > 0 else []
    )


def _doubts(capture: Capture, window: tuple[int, int] | None) -> Iterator[str]:
    yield from ("", "### What this report cannot see", "")
    yield from (f"- {plain(doubt)}" for doubt in doubts(capture, window))
    yield ""
