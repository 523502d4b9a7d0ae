"""What a document says of how to talk: versions, validators, limits, media types to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.kinds import Enum, Negotiation, RateLimit, Validator, Versioning
from contract.kinds.rate_limit import limit_fields
from contract.subject import Subject
from contract.versions import is_version_header, is_version_parameter, path_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.openapi.texts import Said
    from contract.openapi.written import Response

PATH = Subject(("request", "path"))
_ACCEPT = Subject(("request", "header", "accept"))
_VALIDATORS = {"etag": "etag", "last-modified": "last-modified"}


def version_in_path(key: str, pointer: str) -> Iterator[Said]:
    """The version that an operation's path names."""
    version = path_version(key)
    if version:
        yield PATH, Versioning((version,)), pointer


def versions(said: Iterable[Said]) -> Iterator[Said]:
    """The versions that a parameter may name, from what is said of which values it takes."""
    for subject, kind, pointer in said:
        if isinstance(kind, Enum) and _is_for_versions(subject):
            yield subject, Versioning(tuple(sorted({str(value) for value in kind.value}))), pointer


def _is_for_versions(subject: Subject) -> bool:
    if subject.section == "header":
        return is_version_header(subject.parts[-1])
    return subject.section == "query" and is_version_parameter(subject.parts[-1])


def choices(responses: Iterable[Response], pointer: str) -> Iterator[Said]:
    """The media types that a caller may choose from: those of a success that has several."""
    several = {
        name
        for response in responses
        if response.status.startswith("2") and response.content is not None
        for name in response.content.media_types
        if len(response.content.media_types) > 1 and "*" not in name
    }
    if len(several) > 1:
        yield _ACCEPT, Negotiation(tuple(sorted(several))), pointer


def announced(response: Response) -> Iterator[Said]:
    """What the header fields of a response are for, by their names."""
    at = Subject(("response", response.status, "header"))
    pointers = {header.name: header.pointer for header in response.headers}
    for name, pointer in pointers.items():
        if name in _VALIDATORS:
            yield at.within(name), Validator((_VALIDATORS[name],)), pointer
    parts = limit_fields(response.status, pointers)
    if parts:
        name = next(parts[part] for part in ("limit", "remaining", "reset") if part in parts)
        kind = RateLimit(None, parts.get("remaining"), parts.get("reset"))
        yield at.within(name), kind, pointers[name]
