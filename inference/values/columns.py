"""Columns: what can be said of one place alone. Of statements that imply each other the strongest is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from contract.formats import FORMATS, formats_of, strongest, telling
from contract.kinds import Format, Length, Pattern
from contract.operation import parse
from inference.journal import identifies
from inference.thresholds import MIN_COMMON_FORMAT, MIN_FORMAT, MIN_LENGTH, MIN_PATTERN
from inference.values.patterns import pattern_of
from inference.values.support import counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.subject import Subject
    from inference.shape import Node
    from inference.stated import Stated
    from inference.values.frames import Frame
    from inference.values.support import Answers

FREE_NAMES = frozenset(
    """
    name title description label city street address text comment message note notes summary subject
    email country region timezone locale first_name last_name firstname lastname fullname
    full_name company author phone zip postcode
    """.split()  # noqa: SIM905  # a list of words reads better than a list of strings
)
"""Fields that hold what people write: a few different ones are no enumeration, and have no pattern."""

_OWN_KEYS = frozenset({"id", "uuid", "key", "sku"})
_SAY_THE_LENGTH = frozenset(
    {"uuid", "ulid", "date", "md5", "sha1", "sha256", "sha512", "country", "currency"}
    | {"date-time", "date-time-local", "iso-date-time", "http-date", "time", "time-local"}
    | {"integer", "decimal", "numeric", "digits"}
)
"""Formats beside which a length says nothing that matters."""
_COMMON = frozenset({"base64", "base64url", "hex", "hostname", "language", "slug"})
"""Formats that short texts have by chance."""
_SLUGS = ("slug", "path", "handle", "alias", "permalink")
"""Names of fields whose texts are slugs; other names hold words that happen to look so."""
_LOOSE = frozenset({None, "uri", "hex", "base64", "base64url", "slug"})
"""Formats beside which a pattern says more."""


@dataclass(frozen=True)
class Field:
    """One place: the values of the sampled rows that count, with their rows, and all that was counted."""

    answers: Answers
    frame: Frame
    subject: Subject
    cells: list[tuple[int, Any]]
    node: Node | None

    @cached_property
    def distinct(self) -> set[Any]:
        """The different values."""
        return {value for _, value in self.cells}

    @cached_property
    def texts(self) -> list[str]:
        """The different values, sorted, if all are texts; else none."""
        return sorted(self.distinct) if all(isinstance(value, str) for value in self.distinct) else []

    @cached_property
    def objects(self) -> int:
        """How many different things the values are about: by the identifying fields of their rows."""
        return len({_about(self.answers, self.frame, self.subject, row) for row, _ in self.cells})

    @cached_property
    def exchanges(self) -> set[int]:
        """The samples that hold them."""
        return {self.frame.exchanges[row] for row, _ in self.cells}

    @property
    def name(self) -> str:
        """The field's name."""
        return next((part for part in reversed(self.subject.parts) if part not in {"[]", "{}"}), "")

    @cached_property
    def format(self) -> str | None:
        """The format that the values share and show to be meant."""
        if not self.texts and not all(type(value) is int for value in self.distinct):
            return None
        texts = [str(value) for value in self.distinct]
        names = frozenset.intersection(*map(formats_of, texts)) if texts else frozenset()
        if not self.texts:
            names = frozenset(name for name in names if FORMATS[name].numeric)
        if not self.name.lower().endswith(_SLUGS):
            names -= {"slug"}
        return strongest(name for name in names if telling(name, texts))


def fields_of(answers: Answers, frame: Frame) -> Iterator[Field]:
    """The scalar places of a frame, and of the arrays of scalars in it, where booleans stand alone."""
    for subject, column in frame.columns.items():
        cells = [(row, value) for row, value in enumerate(column) if counts(value)]
        if cells and len({isinstance(value, bool) for _, value in cells}) == 1:
            yield Field(answers, frame, subject, cells, answers.scene.shapes.node(subject))
    for subject, column in frame.lists.items():
        cells = [
            (row, value)
            for row, values in enumerate(column)
            if isinstance(values, list)
            for value in values
            if counts(value)
        ]
        if cells:
            yield Field(answers, frame, subject, cells, answers.scene.shapes.node(subject))


def forms(field: Field) -> Iterator[Stated]:
    """How the texts of a place are written: format, pattern, length."""
    written = _format(field)
    if written is not None:
        yield written
    format_ = field.format if written is not None and not written.doubt else None
    pattern = _pattern(field) if format_ in _LOOSE else None
    if pattern is not None:
        yield pattern
    elif field.texts and format_ not in _SAY_THE_LENGTH:
        yield _length(field)


def _about(answers: Answers, frame: Frame, subject: Subject, row: int) -> Any:
    """What tells the object of a row from others: its own identifying fields, else what was asked for."""
    event = parse(answers.scene.operation).is_event
    known = tuple(
        str(column[row])
        for place, column in frame.columns.items()
        if place != subject
        and (place.parts[-1] in _OWN_KEYS or (event and identifies(place.parts[-1])))
        and counts(column[row])
    )
    if known:
        return known
    sample = answers.samples[frame.exchanges[row]]
    return sample.path, sample.query, sample.request_body, row if frame.parent is not None else 0


def _format(field: Field) -> Stated | None:
    if field.format is None:
        return None
    number = len(field.distinct)
    needed = MIN_COMMON_FORMAT if field.format in _COMMON else MIN_FORMAT
    return field.answers.state(
        field.subject,
        Format(field.format),
        held=len(field.cells),
        exchanges=field.exchanges,
        doubt=f"{number} different values, {needed} needed" if number < needed else "",
        reasons=(f"all {number} different values sampled are of this form",),
    )


def _pattern(field: Field) -> Stated | None:
    texts = field.texts
    if len(texts) < MIN_PATTERN or field.name.lower() in FREE_NAMES:
        return None
    pattern = pattern_of(texts)
    if pattern is None:
        return None
    return field.answers.state(
        field.subject,
        Pattern(pattern),
        held=len(field.cells),
        exchanges=field.exchanges,
        reasons=(f"all {len(texts)} different texts sampled are built like this",),
    )


def _length(field: Field) -> Stated:
    lengths = {len(text) for text in field.texts}
    number = len(field.texts)
    fixed = len(lengths) == 1 and max(lengths) > 1 and number >= MIN_LENGTH
    return field.answers.state(
        field.subject,
        Length(min(lengths), max(lengths)),
        held=len(field.cells),
        exchanges=field.exchanges,
        doubt="" if fixed else "the shortest and longest seen so far",
        reasons=(f"all {number} different texts sampled have this length",) if fixed else (),
    )
