"""The policy in force, in sentences: for people who have to keep it, and never saw the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from contract.grading import unknown
from contract.policy import Mode, Severity
from reports.markdown import plain
from reports.untrusted import for_terminal
from reports.words import count, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from contract.ledger.model import Ledger, Owner
    from contract.policy import Policy

_REQUESTS = {
    Mode.BACKWARD: "What consumers send today, a new version must understand",
    Mode.FORWARD: "What consumers of a new version will send, the version in use must understand",
    Mode.FULL: "Consumers of today and of a new version may send to either",
    Mode.NONE: "What consumers may send may become anything",
}
_ANSWERS = {
    Mode.FORWARD: "What a new version answers, the consumers of today must understand",
    Mode.BACKWARD: "What is answered today, consumers of a new version must understand",
    Mode.FULL: "Consumers of today and of a new version must understand the answers of either",
    Mode.NONE: "What they are answered may become anything",
}
_SCHEMAS = {
    Mode.BACKWARD: "Of single schemas the new one must read what was written with the old one",
    Mode.FORWARD: "Of single schemas the old one must read what is written with the new one",
    Mode.FULL: "Of single schemas each must read what is written with the other",
    Mode.NONE: "Single schemas may become anything",
}
_VERSIONS = {
    "semver": "Versions follow Semantic Versioning: a breaking change is a new major version.",
    "calver": "Versions are dates; what a version breaks its announcement says.",
    "none": "The interface has no versions: what is there today is what there is.",
}
_NO_DATA = {
    "unknown": "Where nothing was seen of what a change touches, the answer is “unknown”, not “unaffected”.",
    "warn": "Where nothing was seen of what a change touches, the change is a warning.",
}


class Part(NamedTuple):
    """A part of the policy: its title, and sentences."""

    title: str
    sentences: tuple[str, ...]


def policy_parts(ledger: Ledger) -> tuple[Part, ...]:
    """All that is in force, defaults included; parts that say nothing are left out."""
    policy = ledger.policy
    parts = (
        Part("What may change", tuple(_compatibility(policy))),
        Part("How changes are told", tuple(_notice(ledger))),
        Part("Whose evidence counts", tuple(_evidence(ledger))),
        Part("What the contract does not speak of", tuple(_excluded(policy))),
        Part("Who answers", tuple(_owners(ledger))),
    )
    return tuple(part for part in parts if part.sentences)


def policy_title(ledger: Ledger) -> str:
    """Whose policy it is, and where it stands."""
    interface = ledger.interface
    name = interface.title or interface.producer or "any interface"
    version = f" {interface.version}" if interface.version else ""
    return f"The policy of {name}{version}, {ledger.source or 'by default: there is no ledger'}"


def policy_text(ledger: Ledger) -> RenderableType:
    """The policy for the terminal."""
    lines: list[RenderableType] = [Text(for_terminal(policy_title(ledger)), "bold")]
    for title, sentences in policy_parts(ledger):
        lines += [Text(), Text(title.upper(), "bold")]
        lines += [Padding(Text(for_terminal(one)), (0, 0, 0, 3), expand=False) for one in sentences]
    return Group(*lines)


def policy_markdown(ledger: Ledger) -> str:
    """The policy as Markdown."""
    lines = [f"## {plain(policy_title(ledger))}"]
    for title, sentences in policy_parts(ledger):
        lines += ["", f"### {title}", "", *(f"- {plain(one)}" for one in sentences)]
    return "\n".join([*lines, ""])


def policy_form(ledger: Ledger) -> dict[str, Any]:
    """The policy as JSON's own types: what is in force, and the sentences."""
    return {
        "source": ledger.source or None,
        "interface": msgspec.to_builtins(ledger.interface),
        "owners": msgspec.to_builtins(ledger.owners),
        "policy": msgspec.to_builtins(ledger.policy),
        "sentences": {title: list(sentences) for title, sentences in policy_parts(ledger)},
    }


def _compatibility(policy: Policy) -> Iterator[str]:
    rules = policy.compatibility
    modes = (
        (_REQUESTS[rules.requests.basic], rules.requests),
        (_ANSWERS[rules.answers.basic], rules.answers),
        (_SCHEMAS[rules.schemas.basic], rules.schemas),
    )
    for said, mode in modes:
        against = ", and so with every version that was" if mode.transitive else ""
        yield f"{said} ({mode.value}{against})."
    by_severity: dict[Severity, list[str]] = {}
    for name, severity in sorted(rules.severity.items()):
        by_severity.setdefault(severity, []).append(name)
    yield "A change against this is as grave in defacto check as its rule says" + (
        "".join(
            f"; where it is about {listed(names, most=20)}, {_CALLED[severity]}"
            for severity, names in sorted(by_severity.items())
        )
        + "."
    )
    if names := unknown(policy):
        yield f"What {listed(names, most=20)} is nobody knows: no rule, no kind and no family is called so."
    yield _VERSIONS[policy.versioning]


_CALLED = {
    Severity.BREAKING: "it is breaking",
    Severity.WARNING: "it is a warning",
    Severity.COMPATIBLE: "it is let pass",
}


def _notice(ledger: Ledger) -> Iterator[str]:
    called = {
        Severity.BREAKING: "A breaking change",
        Severity.WARNING: "A change with a warning",
        Severity.COMPATIBLE: "A compatible change",
    }
    for severity in reversed(Severity):
        notice = ledger.policy.notice.of(severity)
        where = [
            f"{name} ({ledger.interface.channels[name]})" if name in ledger.interface.channels else name
            for name in notice.channels
        ]
        when = f"is announced {count(notice.days, 'day')} before" if notice.days else "needs no notice"
        yield f"{called[severity]} {when}{f', in {listed(where, most=20)}' if where else ''}."
    unknown = sorted(
        {
            name
            for severity in Severity
            for name in ledger.policy.notice.of(severity).channels
            if name not in ledger.interface.channels
        }
    )
    if unknown:
        yield f"Where these channels are is not said in interface.channels: {', '.join(unknown)}."


def _evidence(ledger: Ledger) -> Iterator[str]:
    policy, rules = ledger.policy, ledger.policy.evidence
    yield (
        f"A consumer stays one for {count(rules.stays_days, 'day')} after its last call, counted to the end "
        "of what was observed. Who has left is told, blocks no change and does not count as relying."
    )
    yield (
        f"A decision is proposed from {count(rules.shortest_days, 'day')} of observation and "
        f"{count(rules.least_observations, 'observation')} on, of a consumer {rules.least_per_consumer:,}. "
        "Where fewer days were observed, the gate says so."
    )
    for glob, habit in rules.consumers.items():
        stays = [f"stays for {count(habit.stays_days, 'day')}"] if habit.stays_days is not None else []
        least = (
            [f"counts from {count(habit.least_observations, 'observation')} on"]
            if habit.least_observations is not None
            else []
        )
        if stays or least:
            yield f"A consumer called {glob} {' and '.join([*stays, *least])}."
    if not ledger.source:
        yield "As long as there is no ledger, the gate and the drift report count everybody ever seen."
    yield _NO_DATA[policy.no_data]


def _excluded(policy: Policy) -> Iterator[str]:
    for name, globs in (
        ("Operations", policy.exclude.operations),
        ("Consumers", policy.exclude.consumers),
        ("Places", policy.exclude.places),
    ):
        if globs:
            yield f"{name}: {', '.join(globs)}."


def _owners(ledger: Ledger) -> Iterator[str]:
    owners = ledger.owners
    roles: list[tuple[str, Owner]] = [
        ("For the interface", owners.producer),
        *((f"For {name}", owner) for name, owner in sorted(owners.consumers.items())),
        ("For the contract tests", owners.contract_tests),
        ("For the platform", owners.platform),
    ]
    yield from (f"{role}: {owner.text}." for role, owner in roles if owner.text)
