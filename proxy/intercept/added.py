"""Fields that an intercept lane adds to answers: what `defacto change headers` wrote (RFC 9745, RFC 8594).

Only answers are touched, and only by adding: what the service says itself is left as it is. `Link` may stand
there several times, so ours goes beside the service's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from proxy.splice.settings import Added  # noqa: TC001  # msgspec reads the annotations
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A field's name (RFC 9110 section 5.1)."""
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
"""A field's value in visible ASCII (RFC 9110 section 5.5)."""


class _File(msgspec.Struct):
    headers: tuple[Added, ...]


def read(path: str) -> tuple[Added, ...]:
    """What a file says.

    Raises:
        DefactoError: it cannot be read, or holds what cannot be sent.
    """
    try:
        found = msgspec.json.decode(Path(path).read_bytes(), type=_File).headers
    except (OSError, msgspec.DecodeError) as error:
        raise DefactoError(
            f"cannot read the `headers_file` {path}: {error}", "defacto change headers -o FILE writes one."
        ) from error
    for name, value in (field for one in found for field in one.fields):
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise DefactoError(f"the `headers_file` {path} has a field that cannot be sent: {name!r}")
    return found


def fields_for(
    added: Sequence[Added], method: str, target: str, there: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """The fields to add to an answer.

    Args:
        added: what there is.
        method: of the request.
        target: its path, a query behind it or not.
        there: names of the fields that the answer has already.
    """
    path = target.partition("?")[0]
    taken = {name.lower() for name in there} - {"link"}
    for one in added:
        if one.method == method and _pattern(one.path).fullmatch(path):
            yield from (field for field in one.fields if field[0].lower() not in taken)


@lru_cache(maxsize=1024)
def _pattern(template: str) -> re.Pattern[str]:
    fixed = [re.escape(part) for part in re.split(r"\{[^{}]*\}", template)]
    return re.compile("[^/]+".join(fixed) + "/?")
