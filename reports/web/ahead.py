"""What requests look things up in: made of each snapshot before it is shown, so that nobody waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.web.decide_view import waiting
from reports.web.index import index_of
from reports.web.marks import uses
from reports.web.network_view import edges
from reports.web.overview_view import overview_of

if TYPE_CHECKING:
    from reports.web.snapshot import Snapshot


def make_ahead(snapshot: Snapshot) -> None:
    """Make them. They live and go with the snapshot (`reports.web.once`), so that there are never many."""
    for make in (overview_of, edges, waiting, uses, index_of):
        make(snapshot)
