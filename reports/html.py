"""Reports as one self-contained HTML file: no script, no outside request, good offline and in print.

Autoescape keeps untrusted text from becoming markup, `for_terminal` keeps it from reordering or hiding what
stands beside it, and a content security policy in the page forbids all but its own style.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from contract.claim import Level, Standing
from reports import period_words, words
from reports.bounded import clipped, in_full
from reports.decisions import statements
from reports.doubts import doubts, health
from reports.finding import Scope
from reports.matrix import depended_on, matrix, telling
from reports.pictures import axis
from reports.places import map_verdict, party, places, relied_on
from reports.reasons import bound, depends, gist, headline, reasons, sure
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract.claim import Consumer, ContractMap, OperationMap
    from reports.drift import Drift
    from reports.finding import Finding
    from reports.periods import Comparison
    from reports.selection import Candidates

_INDENTATION = re.compile(r"\n\s+")

IN_FULL = 200
"""Findings of one section that open into their evidence; a browser must open the page at once."""

_TEMPLATES = Path(__file__).parent / "templates"
_STATIC = Path(__file__).parent / "static"


def drift_html(drift: Drift) -> str:
    """The drift report as a page."""
    operations = [compared.operation for compared in drift.compared if compared.operation.observations]
    ranked = [finding for section in drift.sections for finding in section.findings]
    shown, rows_left = clipped(matrix(operations, telling))
    opened, named = in_full(operations)
    return file(
        "drift.html",
        drift=drift,
        verdict=drift.verdict,
        generated_at=drift.generated_at,
        window=drift.window,
        capture=drift.capture,
        operations=operations,
        opened=opened,
        named=named,
        consumers=_people(drift.consumers, operations),
        stakes=_stakes(drift.relied),
        numbers={finding.id: number for number, finding in enumerate(ranked, start=1)},
        finding_of={claim.clause.id: finding for finding in ranked for claim in finding.claims},
        matrix=shown,
        rows_left=rows_left,
    )


def periods_html(comparison: Comparison) -> str:
    """What differs between two periods, as a page."""
    told = period_words.sections(comparison)
    ranked = [change for section in told for change in section.changes]
    after = comparison.after.map
    return file(
        "periods.html",
        comparison=comparison,
        verdict=comparison.verdict,
        generated_at=after.generated_at,
        window=None,
        capture=after.capture,
        operations=[one for producer in after.producers for one in producer.operations],
        sections=told,
        numbers={id(change): number for number, change in enumerate(ranked, start=1)},
        told=period_words,
        by_id=id,
    )


def map_html(contract_map: ContractMap, candidates: Candidates | None = None) -> str:
    """The actual contract map as a page, with what was nearly claimed if it is given."""
    operations = [one for producer in contract_map.producers for one in producer.operations]
    known = [consumer for producer in contract_map.producers for consumer in producer.consumers]
    shown, rows_left = clipped(matrix(operations, depended_on))
    opened, named = in_full(operations)
    return file(
        "map.html",
        contract_map=contract_map,
        candidates=candidates or {},
        verdict=map_verdict(contract_map),
        generated_at=contract_map.generated_at,
        window=contract_map.window,
        capture=contract_map.capture,
        operations=operations,
        opened=opened,
        named=named,
        consumers=_people(known, operations),
        matrix=shown,
        rows_left=rows_left,
    )


def file(template: str, *styles: str, **context: Any) -> str:
    """A report as one file: its style, and further ones below `static/`, stand in it."""
    style = "".join(_style(name) for name in ("report.css", *styles))
    page = render(
        template,
        site=None,
        style=Markup(style),  # noqa: S704  # our own files
        style_hash=b64encode(sha256(style.encode()).digest()).decode(),
        axis=axis(context["operations"]),
        **context,
    )
    head, end, body = page.partition("</style>")  # the style is hashed as it is
    return head + end + _INDENTATION.sub("\n", body)


def render(template: str, **context: Any) -> str:
    """A template of `templates/` filled in. `site` is None for a file, else what the web page adds to it."""
    return _environment().get_template(template).render(**context)


@cache
def _style(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


def _people(known: Sequence[Consumer], operations: Sequence[OperationMap]) -> list[dict[str, Any]]:
    """The consumers with what they do, those that use most first."""
    totals = relied_on(operations)
    calls = {consumer.name: sum(consumer.name in one.consumers for one in operations) for consumer in known}
    people = [
        {
            "consumer": consumer,
            "operations": calls[consumer.name],
            "levels": totals.get(consumer.name, dict.fromkeys(Level, 0)),
        }
        for consumer in known
    ]
    order = list(reversed(Level))
    return sorted(people, key=lambda one: [-one["levels"][level] for level in order] + [one["consumer"].name])


def _stakes(relied: Sequence[Finding]) -> dict[str, list[Finding]]:
    """By consumer the undeclared things that it relies on."""
    stakes: dict[str, list[Finding]] = {}
    for finding in relied:
        for link in finding.reliant:
            stakes.setdefault(link.consumer, []).append(finding)
    return stakes


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals.update(
        in_full=IN_FULL,
        words=words,
        party=party,
        Level=Level,
        Standing=Standing,
        Scope=Scope,
        bound=bound,
        depends=depends,
        gist=gist,
        sure=sure,
        headline=headline,
        reasons=reasons,
        statements=statements,
        places=places,
        doubts=doubts,
        health=health,
    )
    return environment


def _shown(value: object) -> object:
    """Every value that a template prints comes through here, before it is escaped."""
    return for_terminal(value) if isinstance(value, str) and not isinstance(value, Markup) else value
