"""Frames: sampled exchanges of one operation and status, as tables.

A frame is all the objects at one place: one row for each exchange (the request, and the body of the answer
where it is an object), and one for each item of each array of objects, at every level. Objects inside an
object belong to its row (`address.city`), arrays of scalars are lists in it. A row knows the row of the
object that its array stands in, so that an item can be held against its order, and against the request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contract.content import OPAQUE
from contract.place import Places
from contract.statuses import word_of
from contract.subject import ITEM, VALUE, Subject
from store.records import UNIDENTIFIED, Body, Exchange, Lane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.samples import Sample
    from inference.shape import Node
    from inference.shapes import Shapes

MAX_ROWS = 4_000
"""Rows of one frame: more say no more, and each pair of columns is compared row by row."""

MAX_COLUMNS = 120
"""Columns of one frame, the first that come; wider objects are compared in part."""

MAX_DEPTH = 12


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()
"""Stands in a column where an object has no such field."""

Column = list[Any]


@dataclass(slots=True)
class Frame:
    """All objects at one place.

    `columns` are scalars by place, `lists` arrays of scalars by the place of their items, `sizes` the lengths
    of all arrays by the place of the array; each has one entry a row. `parents` are the row numbers in
    `parent`, `exchanges` the sample numbers.
    """

    place: Subject
    parent: Frame | None = None
    columns: dict[Subject, Column] = field(default_factory=dict)
    lists: dict[Subject, Column] = field(default_factory=dict)
    sizes: dict[Subject, Column] = field(default_factory=dict)
    parents: list[int] = field(default_factory=list)
    exchanges: list[int] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many objects there are."""
        return len(self.exchanges)

    def lifted(self, column: Column) -> Column:
        """A column of the parent, with one entry for each row here."""
        return [column[row] for row in self.parents]

    def above(self) -> Iterator[tuple[Subject, Column]]:
        """The columns of the parent and all above it, with one entry for each row here."""
        if self.parent is not None:
            for subject, column in self.parent.columns.items():
                yield subject, self.lifted(column)
            for subject, column in self.parent.above():
                yield subject, self.lifted(column)


def exchange_of(sample: Sample, operation: str, status: int) -> Exchange:
    """A sample as the exchange that it was, as far as that was kept."""
    return Exchange(
        id=sample.tally.example,
        producer="",
        identity=UNIDENTIFIED,
        lane=Lane.IMPORT,
        source="",
        protocol="",
        started_at=sample.tally.first,
        method=operation.partition(" ")[0],
        scheme="",
        authority="",
        path=sample.path,
        query=sample.query,
        request_headers=sample.request_headers,
        request_body=_body(sample.request_body, sample.request_type),
        status=status,
        response_headers=sample.response_headers,
        response_body=_body(sample.response_body, sample.response_type),
    )


def _body(content: bytes, media_type: str) -> Body | None:
    size = len(content)
    return Body(content=content, size=size, wire_size=size, media_type=media_type) if content else None


def frames_of(samples: list[Sample], operation: str, status: int, shapes: Shapes) -> list[Frame]:
    """The frames of one status: that of the exchanges first, then those of arrays, parents before children.

    Args:
        samples: exchanges of the operation and status.
        operation: its key; names the parameters of the path.
        status: the status.
        shapes: settled; they know which objects are maps.
    """
    table = _Table()
    root = table.frame(Subject(("response", word_of(status), "body")), None)
    for number, sample in enumerate(samples):
        places = Places(exchange_of(sample, operation, status), operation)
        row = table.row(root, 0, number)
        if row is None:
            break
        _request(table, root, row, places, shapes)
        body = places.response.get("body", OPAQUE)
        if body is not OPAQUE:
            subject = Subject(("response", word_of(status), "body"))
            table.value(root, row, subject, body, shapes.places.get(subject.text))
    table.finish()
    return list(table.frames.values())


def _request(table: _Table, root: Frame, row: int, places: Places, shapes: Shapes) -> None:
    for section in ("path", "query"):
        for name, values in places.request[section].items():
            table.cell(root, row, Subject(("request", section, name)), values[0])
    body = places.request.get("body", OPAQUE)
    if body is not OPAQUE:
        subject = Subject(("request", "body"))
        table.value(root, row, subject, body, shapes.places.get(subject.text))


class _Table:
    """Frames in the making."""

    def __init__(self) -> None:
        self.frames: dict[Subject, Frame] = {}

    def frame(self, place: Subject, parent: Frame | None) -> Frame:
        known = self.frames.get(place)
        if known is None:
            known = self.frames[place] = Frame(place, parent)
        return known

    def row(self, frame: Frame, parent: int, exchange: int) -> int | None:
        """A new row; None where the frame is full."""
        if frame.rows >= MAX_ROWS:
            return None
        frame.parents.append(parent)
        frame.exchanges.append(exchange)
        return frame.rows - 1

    def cell(self, frame: Frame, row: int, subject: Subject, value: Any) -> None:
        self._put(frame.columns, row, subject, value)

    def value(
        self, frame: Frame, row: int, subject: Subject, value: Any, node: Node | None, depth: int = 0
    ) -> None:
        """Enter a value into a row: an object's fields, an array's size and items, a scalar itself."""
        if depth > MAX_DEPTH:
            return
        if isinstance(value, dict):
            if node is not None and node.values is not None:
                self._many(frame, row, subject.within(VALUE), list(value.values()), node.values, depth)
                return
            for name, child in value.items():
                below = node.fields.get(name) if node else None
                self.value(frame, row, subject.within(name), child, below, depth + 1)
        elif isinstance(value, list):
            self._put(frame.sizes, row, subject, len(value))
            self._many(frame, row, subject.within(ITEM), value, node.items if node else None, depth)
        else:
            self.cell(frame, row, subject, value)

    def _many(
        self, frame: Frame, row: int, subject: Subject, items: list[Any], node: Node | None, depth: int
    ) -> None:
        """The items of an array or the values of a map: a frame of their own, or a list in the row."""
        if not items:
            return
        if not any(isinstance(item, dict | list) for item in items):
            self._put(frame.lists, row, subject, items)
            return
        child = self.frame(subject, frame)
        for item in items:
            number = self.row(child, row, frame.exchanges[row])
            if number is None:
                return
            self.value(child, number, subject, item, node, depth + 1)

    def _put(self, into: dict[Subject, Column], row: int, subject: Subject, value: Any) -> None:
        column = into.get(subject)
        if column is None:
            if len(into) >= MAX_COLUMNS:
                return
            column = into[subject] = []
        column.extend([MISSING] * (row - len(column)))
        if len(column) == row:
            column.append(value)

    def finish(self) -> None:
        """Make all columns as long as their frame."""
        for frame in self.frames.values():
            for group in (frame.columns, frame.lists, frame.sizes):
                for column in group.values():
                    column.extend([MISSING] * (frame.rows - len(column)))
