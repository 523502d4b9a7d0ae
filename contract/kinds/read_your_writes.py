"""`read-your-writes`: a read after a write shows what was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.clause import Family
from contract.kinds.shown import Shown


@dataclass(frozen=True, slots=True)
class ReadYourWrites(Shown):
    """The fields that were written to an entity stand in reads of it."""

    name: ClassVar[str] = "read-your-writes"
    family: ClassVar[Family] = Family.ORDER
    verb: ClassVar[str] = "wrote"
