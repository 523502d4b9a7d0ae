"""Which miners there are: they read the summaries of a producer when a map is made, and state clauses.

An operation miner looks at one operation, a miner at all of them and at each consumer's way through them.
Adding one is adding a file and a name here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.conduct.absences import catch_ups
from inference.conduct.answers import freshness, latency_growth, stalls
from inference.conduct.audiences import audiences
from inference.conduct.causes import causes
from inference.conduct.chains import chains
from inference.conduct.effects import effectful_reads
from inference.conduct.evolution import schemas
from inference.conduct.fallbacks import fallbacks
from inference.conduct.lifecycles import lifecycles
from inference.conduct.loads import batches, in_flight
from inference.conduct.numbering import commits, gaps
from inference.conduct.overtaking import handling_order
from inference.conduct.pages import pages
from inference.conduct.repeated import repeated
from inference.conduct.retries import retries, unsafe_retries
from inference.conduct.successions import successions
from inference.conduct.timing import polling, rates, timeouts
from inference.conduct.visibility import visibility
from inference.values import miner as values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inference.scene import OperationScene, Scene
    from inference.stated import Stated

OPERATION_MINERS: tuple[Callable[[OperationScene], Iterator[Stated]], ...] = (values.mine, schemas)

MINERS: tuple[Callable[[Scene], Iterator[Stated]], ...] = (
    chains,
    lifecycles,
    pages,
    visibility,
    causes,
    retries,
    fallbacks,
    repeated,
    unsafe_retries,
    effectful_reads,
    timeouts,
    polling,
    rates,
    freshness,
    latency_growth,
    stalls,
    successions,
    gaps,
    commits,
    audiences,
    catch_ups,
    handling_order,
    in_flight,
    batches,
)
