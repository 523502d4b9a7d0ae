"""Quantities as people write them: ages (`14d`) and sizes (`2GB`)."""

from __future__ import annotations

import re
from typing import Self

_AGE = re.compile(r"(\d{1,6})\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*(k|m|g|t)?(i)?b?", re.IGNORECASE)
_POWERS = {None: 0, "k": 1, "m": 2, "g": 3, "t": 4}


class Age(int):
    """Nanoseconds, written as `90m`, `36h`, `14d` or `2w`.

    Raises:
        ValueError: it is none of these, and the message says so.
    """

    def __new__(cls, text: object) -> Self:
        """Read one."""
        found = _AGE.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None:
            raise ValueError(f"{text!r} is no age: write 90m, 36h, 14d or 2w")
        return super().__new__(cls, int(found[1]) * _SECONDS[found[2]] * 10**9)


class Size(int):
    """Bytes, written as `500MB`, `2GB` (powers of 1000), `2GiB` (of 1024) or `1000000`.

    Raises:
        ValueError: it is none of these, and the message says so.
    """

    def __new__(cls, text: object) -> Self:
        """Read one."""
        found = _SIZE.fullmatch(str(text).strip()) if isinstance(text, str | int) else None
        if found is None or (found[3] and not found[2]):
            raise ValueError(f"{text!r} is no size: write 500MB, 2GB or 2GiB")
        unit = found[2].lower() if found[2] else None
        return super().__new__(cls, float(found[1]) * (1024 if found[3] else 1000) ** _POWERS[unit])
