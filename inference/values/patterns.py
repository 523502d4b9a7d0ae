"""Patterns: the regular expression that many texts share, if it is one that a person would write.

Texts are cut into runs of letters, digits and separators. Where all have the same runs, each run becomes a
literal, a class with a fixed length, or a class with a range of lengths: `ord_[0-9a-f]{16}`. What all texts
share at their start and end is kept literally.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_RUNS = 12
"""A pattern of more parts is nothing that a person reads."""

_LEAST_ALONE, _LEAST_BESIDE = 4, 2
"""Characters of fixed number that say something: alone, and beside other parts."""

_SIZE = re.compile(r"\{(\d+)\}")
_RUN = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9]+")
_CLASSES = (
    ("[0-9]", re.compile(r"[0-9]+")),
    ("[a-f0-9]", re.compile(r"[a-f0-9]+")),
    ("[A-F0-9]", re.compile(r"[A-F0-9]+")),
    ("[a-z]", re.compile(r"[a-z]+")),
    ("[A-Z]", re.compile(r"[A-Z]+")),
    ("[a-z0-9]", re.compile(r"[a-z0-9]+")),
    ("[A-Z0-9]", re.compile(r"[A-Z0-9]+")),
    ("[A-Za-z]", re.compile(r"[A-Za-z]+")),
    ("[A-Za-z0-9]", re.compile(r"[A-Za-z0-9]+")),
)
_SPECIAL = re.compile(r"([\\^$.|?*+(){}\[\]/])")


def pattern_of(texts: Collection[str]) -> str | None:
    """The anchored pattern (ECMA 262) that distinct texts share; None where they share none that says much.

    It says much if it has a literal word or number beside its classes, or a part of fixed length.
    """
    prefix, suffix = _ends(texts)
    middles = [text[len(prefix) : len(text) - len(suffix)] for text in texts]
    cut = [_RUN.findall(middle) for middle in middles]
    runs = len(cut[0])
    if runs == 0 or runs > MAX_RUNS or any(len(parts) != runs for parts in cut):
        return None
    parts = [_run(column) for column in zip(*cut, strict=True)]
    if None in parts:
        return None
    body = "".join(part for part in parts if part)
    least = _LEAST_ALONE if len(parts) == 1 and not prefix + suffix else _LEAST_BESIDE
    fixed = any(int(size) >= least for size in _SIZE.findall(body))
    literal = any(map(str.isalnum, prefix + suffix)) or any(map(_is_literal, parts))
    return f"^{_escaped(prefix)}{body}{_escaped(suffix)}$" if literal or fixed else None


def _is_literal(part: str | None) -> bool:
    return part is not None and not part.startswith("[") and any(map(str.isalnum, part))


def _ends(texts: Collection[str]) -> tuple[str, str]:
    """What all texts begin and end with, cut back to where a run ends: `ord_1`, `ord_12` share `ord_`."""
    prefix = _shared(texts)
    if not all(_at_edge(text, len(prefix)) for text in texts):
        prefix = prefix[: len(prefix) - len("".join(takewhile(str.isalnum, reversed(prefix))))]
    rest = [text[len(prefix) :][::-1] for text in texts]
    suffix = _shared(rest)[::-1]
    if not all(_at_edge(text, len(text) - len(suffix)) for text in texts):
        suffix = suffix[len("".join(takewhile(str.isalnum, suffix))) :]
    return prefix, suffix


def _shared(texts: Collection[str]) -> str:
    """What all texts begin with."""
    first, last = min(texts), max(texts)
    size = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
    return first[:size]


def _at_edge(text: str, at: int) -> bool:
    """Whether letters or digits do not go on over a position."""
    return at in {0, len(text)} or not (text[at - 1].isalnum() and text[at].isalnum())


def _run(column: tuple[str, ...]) -> str | None:
    """One part of a pattern for the runs that stand at one position; None if they have nothing in common."""
    if len(set(column)) == 1:
        return _escaped(column[0])
    for written, test in _CLASSES:
        if all(map(test.fullmatch, column)):
            lengths = {len(run) for run in column}
            low, high = min(lengths), max(lengths)
            counts_up = written == "[0-9]" and not any(run[0] == "0" for run in column)
            return f"{written}+" if low != high or counts_up else f"{written}{{{low}}}"
    return None


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
