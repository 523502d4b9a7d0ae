"""What a client is told when it starts: where the shop is, how long to work, the seed of its choices."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Shift:
    """One client's working time."""

    base: str
    ends_at: float
    random: Random

    @property
    def over(self) -> bool:
        """Whether it is time to go home."""
        return time.monotonic() >= self.ends_at


def begin(job: str) -> Shift:
    """Read the command line: `--base URL --seconds N --seed N`."""
    parser = argparse.ArgumentParser(description=job)
    parser.add_argument(
        "--base", required=True, metavar="URL", help="where the shop is, without a final slash"
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to work")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    return Shift(options.base, time.monotonic() + options.seconds, Random(options.seed))
