"""What the capture could not see, said wherever it could bias a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.words import count, length, listed, percent, verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from store.records import Capture

_MONTH_NS = 31 * 86_400 * 10**9

READING = (
    "A proxy sees what is sent and what comes back in later requests. A consumer that only reads a value "
    "leaves no trace: “exposed” means that it may rely on it, never that it does not."
)


def health(capture: Capture) -> str:
    """The capture in one line: `12,340 observed · 12 lost · 3 truncated · 96 values redacted`."""
    lost = sum(capture.lost.values())
    parts = [f"{capture.observed:,} observed", f"{lost:,} lost" if lost else "none lost"]
    if capture.unseen:
        parts.insert(1, f"standing for {capture.represented:,.0f}")
    if capture.truncated:
        parts.append(f"{capture.truncated:,} truncated")
    if capture.redacted:
        parts.append(f"{count(capture.redacted, 'value')} redacted")
    return " · ".join(parts)


def doubts(capture: Capture, window: tuple[int, int] | None) -> tuple[str, ...]:
    """Sentences on what may be missing or wrong, the gravest first; the last one always holds."""
    found: list[str] = []
    lost = sum(capture.lost.values())
    if lost:
        rate = percent(lost / (capture.observed + lost))
        was = verb(lost, "was", "were")
        found.append(
            f"{count(lost, 'observation')} ({rate}) {was} not captured: {_reasons(capture.lost)}. "
            "What occurred only there is missing here; “always” and “never” hold for the rest."
        )
    if capture.unseen:
        found.append(
            f"Sampling left out about {capture.unseen:,.0f} of {capture.represented:,.0f}: what is rare was "
            "kept, and whole sessions of the rest."
        )
    if capture.truncated:
        was = verb(capture.truncated, "body was", "bodies were")
        found.append(
            f"{capture.truncated:,} {was} cut at the configured size; what stood beyond was not seen."
        )
    if capture.flaws:
        flawed = sum(capture.flaws.values())
        found.append(f"{count(flawed, 'flaw')} in the bytes observed: {_reasons(capture.flaws)}.")
    if window and window[1] - window[0] < _MONTH_NS:
        found.append(f"The period is {length(window[1] - window[0])}: what runs more rarely has not come by.")
    return (*found, READING)


def _reasons(by_reason: Mapping[str, int]) -> str:
    ranked = sorted(by_reason.items(), key=lambda entry: (-entry[1], entry[0]))
    return listed([f"{number:,} {reason}" for reason, number in ranked], most=6)
