"""The lists of a review: traffic, documents and the ledger, held against the last review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.claim import Decision, Level, Standing
from contract.verification.guarantees import is_of_producer
from reports.incidents import sentences
from reports.reasons import headline, reasons
from reports.review import Item, Part
from reports.review_ledger import agreement, awaiting, by_age, changes, decisions, disputed, due
from reports.review_material import day_of
from reports.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from reports.finding import Finding
    from reports.review_material import Material


def parts(material: Material) -> tuple[Part, ...]:
    """The lists, in the order of the meeting: what happened, what to decide, what became of the rest."""
    new, old = _undeclared(material)
    return (
        Part(
            slug="relied",
            title="New undeclared dependence",
            about="Consumers began to rely on it since the last review, and nobody promised it.",
            items=new,
            tone="relied",
        ),
        Part(
            slug="broken",
            title="Promises broken",
            about="A document or the ledger says one thing, the traffic since the last review another.",
            items=tuple(_broken(material)),
            tone="contradicted",
        ),
        Part(
            slug="incidents",
            title="Incidents and near-misses",
            about="What surprised somebody since the last review.",
            items=tuple(_incidents(material)),
            tone="contradicted",
        ),
        Part(
            slug="disputed",
            title="Disputed",
            about="The sides differ, among themselves or from what was decided; the oldest first.",
            items=by_age(disputed(material)),
            tone="relied",
        ),
        Part(
            slug="undecided",
            title="Undecided since before",
            about="Relied upon, promised by nobody, and known to the last review already; the oldest first.",
            items=by_age([*old, *awaiting(material)]),
            tone="relied",
        ),
        Part(
            slug="due",
            title="Decisions due",
            about="Days of review and of removal that have passed, or do before the next meeting.",
            items=by_age(due(material)),
            tone="relied",
        ),
        Part(
            slug="changes",
            title="Changes in flight",
            about="What is planned or deprecated, and who still depends on it.",
            items=by_age(changes(material)),
        ),
        Part(
            slug="decisions",
            title="Decided since the last review",
            about="Each decision against what traffic shows now.",
            items=tuple(decisions(material)),
            tone="declared",
        ),
        Part(
            slug="agreement",
            title="Where the sides differ",
            about="What the producer says of a clause, and what its consumers say or do.",
            items=tuple(agreement(material)),
        ),
        Part(
            slug="documents",
            title="Documents that no longer match",
            about="Sent and not declared, declared and never seen, asked for otherwise than declared.",
            items=tuple(_documents(material)),
        ),
    )


def _undeclared(material: Material) -> tuple[tuple[Item, ...], list[Item]]:
    """What somebody began to rely on in the period, and what was relied upon before and waits."""
    new: list[Item] = []
    old: list[Item] = []
    for finding in material.whole.relied:
        if finding.lead.decision is not Decision.UNDECIDED:
            continue
        came = [link for link in finding.reliant if link.first_seen >= material.since]
        began = min(link.first_seen for link in finding.reliant)
        item = _of_finding(finding, since=day_of(began), mark="new" if began >= material.since else "")
        if not came:
            old.append(item)
        elif began < material.since:
            names = listed([link.consumer for link in came])
            why = f"Relied upon before; since the last review by {names} as well."
            new.append(_of_finding(finding, since=day_of(began), mark="spreads", first=why))
        else:
            new.append(item)
    return tuple(new), old


def _of_finding(
    finding: Finding, *, since: date | None, mark: str = "", first: str = "", bad: bool = False
) -> Item:
    return Item(
        about=finding.operation,
        said=headline(finding),
        why=(*([first] if first else []), *reasons(finding)),
        who=finding.dependence,
        id=finding.id,
        since=since,
        mark=mark,
        bad=bad,
    )


def _broken(material: Material) -> Iterator[Item]:
    for finding in material.period.of(Standing.CONTRADICTED):
        if is_of_producer(finding.lead.clause):
            hurt = [link for link in finding.reliant if link.level.rank >= Level.USED.rank]
            yield _of_finding(finding, since=None, mark="hurts" if hurt else "", bad=bool(hurt))


def _incidents(material: Material) -> Iterator[Item]:
    for id_, one in material.incidents.items():
        if material.since <= one.at.timestamp() * 10**9 < material.now:
            about = [known.clause.key for id_ in one.clauses if (known := material.claims.get(id_))]
            yield Item(
                about=id_,
                said=one.what,
                why=(*sentences(one), *(f"Known as {key}." for key in about)),
                since=one.at.date(),
                mark="open" if one.resolved is None else one.kind,
                bad=one.kind == "incident",
            )


def _documents(material: Material) -> Iterator[Item]:
    sections = {section.slug: section for section in material.whole.sections}
    for finding in material.whole.of(Standing.CONTRADICTED):
        if not is_of_producer(finding.lead.clause):
            yield _of_finding(finding, since=None, mark="asked otherwise")
    for slug, mark in (("sent", "not declared"), ("unobserved", "never seen")):
        for finding in sections[slug].findings:
            yield _of_finding(finding, since=None, mark=mark)
