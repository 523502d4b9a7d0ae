"""The schemas of a registry → declared messages: the latest version of each subject, and the ids of all.

A payload with a registry's framing says by which id it was written (`registry:17`); an id that the subject
does not have is a broken promise. Subjects that others refer to are parts of them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from contract.kinds import Schemas
from contract.messages.asking import Asking, Unanswered
from contract.messages.declared import DeclaredMessages
from contract.messages.placing import Placed, channel_of
from contract.messages.versions import read_version
from contract.openapi.errors import DeclaredError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from contract.messages.versions import Version

MAX_SUBJECTS = 2_000
"""More are those of a whole company: `?subject=orders-*` says which are meant."""

MAX_VERSIONS = 50
"""Of subjects with more the ids are not compared."""

_PREFIX = "registry+"
_HINT = "Write registry+https://HOST/PATH, where PATH/subjects lists the subjects."
_WORKERS = 8
"""Questions at once: an answer takes mostly waiting."""


def is_registry(given: str | Path) -> bool:
    """Whether it is a registry's URL: `registry+https://…`."""
    return isinstance(given, str) and given.startswith((f"{_PREFIX}http://", f"{_PREFIX}https://"))


def read_registry(given: str, producer: str) -> DeclaredMessages:
    """What the subjects of a registry declare, all of them or those that `?subject=PATTERN` names.

    Raises:
        DeclaredError: it cannot be asked, or has no such subject.
    """
    parts = urlsplit(given.removeprefix(_PREFIX))
    patterns = [value for name, value in parse_qsl(parts.query) if name == "subject"] or ["*"]
    asking = Asking(parts._replace(query="", fragment="").geturl())
    try:
        subjects = [
            name for name in asking.subjects() if any(fnmatchcase(name, pattern) for pattern in patterns)
        ]
    except Unanswered as error:
        raise DeclaredError(f"{asking.url} lists no subjects: {error}", _hint(error)) from None
    if not subjects:
        raise DeclaredError(f"{asking.url} has no subject that is called {' or '.join(patterns)}")
    if len(subjects) > MAX_SUBJECTS:
        raise DeclaredError(
            f"{asking.url} has {len(subjects):,} subjects, and {MAX_SUBJECTS:,} are read",
            "Say which are meant: registry+https://HOST/PATH?subject=orders-*",
        )
    with ThreadPoolExecutor(_WORKERS) as pool:
        read = list(pool.map(lambda name: _read(asking, name), subjects))
    warnings = (told for one in read for told in one.warnings())
    return DeclaredMessages.of(producer, asking.url, _placed(read), warnings=warnings)


def _hint(error: Unanswered) -> str:
    if error.status in {401, 403}:
        return "Set DEFACTO_REGISTRY_USER and DEFACTO_REGISTRY_PASSWORD, or name the host in .netrc."
    return _HINT


@dataclass(frozen=True, slots=True)
class _Subject:
    """What was read of a subject: its latest version with the ids of all, and what is wrong with it."""

    name: str
    told: tuple[str, ...] = ()
    latest: Version | None = None
    schemas: Schemas | None = None

    def placed(self) -> Iterator[tuple[str, Placed]]:
        """The messages, with the name that others would refer to them by."""
        for message in self.latest.messages if self.latest else ():
            channel = channel_of(self.name, message.type) or ""
            yield self.name, Placed(channel=channel, message=replace(message, schemas=self.schemas))

    def warnings(self) -> Iterator[str]:
        """What could not be used; some of it is known once clauses were made."""
        yield from self.told
        yield from (f"{self.name}: {told}" for told in (self.latest.told if self.latest else ()))


def _read(asking: Asking, name: str) -> _Subject:
    if channel_of(name, "") is None:
        return _Subject(name, ("subjects of keys are not compared: a key is kept as its text",))
    try:
        latest = read_version(asking, name)
    except (Unanswered, DeclaredError) as error:
        return _Subject(name, (f"{name} is not compared: {error}",))
    try:
        return _Subject(name, latest=latest, schemas=_schemas(asking, name, latest))
    except (Unanswered, DeclaredError) as error:
        return _Subject(name, (f"{name}: its ids are not compared: {error}",), latest)


def _schemas(asking: Asking, name: str, latest: Version) -> Schemas:
    """The ids of all versions, and which fields were taken away from one to a later one."""
    numbers = asking.versions(name)
    if len(numbers) > MAX_VERSIONS:
        raise DeclaredError(f"there are {len(numbers)} versions, and {MAX_VERSIONS} are read")
    older = [read_version(asking, name, number) for number in numbers if number != latest.number]
    known = [*older, latest]
    lost = {
        lost_field
        for at, earlier in enumerate(known)
        for later in known[at + 1 :]
        for lost_field in earlier.fields - later.fields
    }
    return Schemas(tuple(dict.fromkeys(f"registry:{one.id}" for one in known)), tuple(sorted(lost)))


def _placed(read: Sequence[_Subject]) -> list[Placed]:
    used = frozenset().union(*(one.latest.uses for one in read if one.latest))
    return [replace(placed, part=name in used) for one in read for name, placed in one.placed()]
