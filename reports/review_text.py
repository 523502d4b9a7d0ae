"""The review for the terminal, as Markdown for the minutes, and as JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports.doubts import doubts
from reports.markdown import code, plain
from reports.review_words import figure, trend, when
from reports.untrusted import for_terminal
from reports.words import count, instant, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from reports.review import Item, Metric, Part, Review

MOST = 12
"""Lines of one list on the terminal and in minutes; the page and JSON have all."""


def review_text(review: Review) -> RenderableType:
    """The review."""
    parts: list[RenderableType] = [
        Text(for_terminal(review.verdict), "bold"),
        Text(for_terminal(_about(review)), "dim"),
    ]
    for part in review.parts:
        if part.items:
            parts += [Text(), Text.assemble((part.title.upper(), "bold"), (f"  {len(part.items):,}", "dim"))]
            parts.append(Text(f"     {part.about}", "dim"))
            parts += [_line(item, number) for number, item in enumerate(part.items[:MOST], start=1)]
            parts += [Text(f"     {one}", "dim") for one in _cut(part)]
    if review.metrics:
        parts += [Text(), Text("FIGURES", "bold"), _figures(review)]
    parts.append(Text())
    parts += [Text(f"! {for_terminal(doubt)}", "dim") for doubt in doubts(review.capture, review.window)]
    return Group(*parts)


def review_markdown(review: Review) -> str:
    """The review as the minutes of the meeting begin."""
    lines = [f"# Contract review of {plain(', '.join(review.producers))}, {review.day}", ""]
    lines += [plain(review.verdict), "", plain(_about(review))]
    for part in review.parts:
        if part.items:
            lines += ["", f"## {part.title} ({len(part.items):,})", "", part.about, ""]
            for number, item in enumerate(part.items[:MOST], start=1):
                lines += _minute(item, number)
            lines += [f"- {one}" for one in _cut(part)]
    if review.metrics:
        names = [reading.window for reading in review.metrics[0].readings]
        lines += ["", "## Figures", "", f"| | {' | '.join(names)} |", f"| --- |{' ---: |' * len(names)}"]
        lines += [f"| {metric.title} | {' | '.join(_row(metric))} |" for metric in review.metrics]
    told = (f"- {plain(doubt)}" for doubt in doubts(review.capture, review.window))
    return "\n".join([*lines, "", "## What this review cannot see", "", *told, ""])


def review_form(review: Review) -> dict[str, Any]:
    """The review as JSON's own types. Lists and figures are by their slugs."""
    return {
        "day": review.day.isoformat(),
        "since": review.since.isoformat(),
        "generated_at": instant(review.generated_at),
        "producers": list(review.producers),
        "documents": dict(review.documents),
        "attended": list(review.attended),
        "verdict": review.verdict,
        "doubts": list(doubts(review.capture, review.window)),
        "lists": {
            part.slug: {"title": part.title, "items": [item_form(item) for item in part.items]}
            for part in review.parts
        },
        "metrics": {
            metric.slug: {
                "title": metric.title,
                "unit": metric.unit,
                "trend": [
                    {"window": one.window, "value": one.value, "items": list(one.items)}
                    for one in metric.readings
                ],
            }
            for metric in review.metrics
        },
    }


def _about(review: Review) -> str:
    told = [f"{name} against {document}" for name, document in sorted(review.documents.items())]
    told = told or [", ".join(review.producers)]
    told.append(f"{review.since} to {review.day}")
    told.append(f"{count(review.observed, 'observation')} in this period")
    if review.attended:
        told.append(f"attended by {listed(review.attended, most=12)}")
    return " · ".join(told)


def _line(item: Item, number: int) -> RenderableType:
    head = Table.grid(padding=0)
    head.add_column(width=5)
    head.add_column(overflow="fold")
    said = Text.assemble(
        (for_terminal(item.about), "bold"),
        "  ",
        (for_terminal(item.said), "red" if item.bad else ""),
        (for_terminal(when(item)), "dim"),
    )
    head.add_row(Text(f"{number:>3}  ", "dim"), said)
    told = [Text(for_terminal(" ".join(item.why)))] if item.why else []
    reference = [Text(f"[{for_terminal(item.id)}]", "dim")] if item.id else []
    return Group(head, *(Padding(one, (0, 0, 0, 5)) for one in (*told, *reference)))


def _figures(review: Review) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("", "now", f"by window, from {review.metrics[0].readings[0].window}"):
        table.add_column(Text(title, "dim"), overflow="fold")
    for metric in review.metrics:
        table.add_row(
            Text(f"     {metric.title}"),
            Text(figure(metric, metric.readings[-1])),
            Text(trend(metric), "dim"),
        )
    return table


def _minute(item: Item, number: int) -> Iterator[str]:
    yield f"{number}. {code(item.about)}: **{plain(item.said)}**{plain(when(item))}  "
    reference = f" {code(item.id)}" if item.id else ""
    yield f"   {plain(' '.join(item.why))}{reference}".rstrip()


def _row(metric: Metric) -> Iterator[str]:
    yield from (figure(metric, reading) for reading in metric.readings)


def _cut(part: Part) -> Iterator[str]:
    left = len(part.items) - MOST
    if left > 0:
        yield f"… and {left:,} more: --format html or json shows all."


def item_form(item: Item) -> dict[str, Any]:
    """One line of a list as JSON's own types."""
    return {
        "about": item.about,
        "said": item.said,
        "why": list(item.why),
        "id": item.id,
        "change": item.change,
        "since": None if item.since is None else item.since.isoformat(),
        "mark": item.mark,
        "bad": item.bad,
        "consumers": [{"consumer": link.consumer, "level": link.level.value} for link in item.who],
    }
