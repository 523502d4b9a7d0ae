"""A schema registry, asked over HTTP (Confluent's API, which Apicurio and others speak as well).

An answer is bounded, and so is the time that all of them take together. Who we are is taken from the
environment, else from `.netrc`; it is sent to the named host alone, and no redirect is followed.
"""

from __future__ import annotations

import netrc
import os
import time
from base64 import b64encode
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit, urlunsplit
from urllib.request import Request, build_opener

import orjson

from contract.fetching import NoRedirect, within
from contract.openapi.errors import DeclaredError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

USER, PASSWORD = "DEFACTO_REGISTRY_USER", "DEFACTO_REGISTRY_PASSWORD"  # names of variables

MAX_BYTES = 4 * 2**20
"""A longer answer is no schema that anybody wrote."""

MAX_REASON = 100
"""Characters of what a server says of its refusal."""

MAX_REFERENCES = 200
"""Schemas that one may lead to."""

MAX_TOTAL_BYTES = 256 * 2**20
"""Of all answers, which are kept while the registry is asked."""

TIMEOUT_S = 10.0
"""How long the registry may be silent."""

TOTAL_S = 120.0
"""How long all questions may take."""

_CHUNK_BYTES = 64 * 1024


class Unanswered(Exception):  # noqa: N818  # an answer that there is not
    """The registry did not answer a question; the message says why. `status` is that of HTTP, if any."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Asking:
    """One registry.

    Args:
        url: where it is, without a final slash.
        clock: seconds that only grow.

    Raises:
        DeclaredError: the URL is none, or names a user.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise DeclaredError(f"{url} is no http or https URL of a schema registry")
        if "@" in parts.netloc:
            raise DeclaredError(
                f"The URL of the registry at {parts.hostname} names a user, and others can see it",
                f"Set {USER} and {PASSWORD} in the environment, or name the host in .netrc.",
            )
        self.url = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
        self._headers = {
            "Accept": "application/vnd.schemaregistry.v1+json, application/json",
            **_credentials(parts.hostname),
        }
        self._open = build_opener(NoRedirect()).open
        self._clock = clock
        self._until = clock() + TOTAL_S
        self._known: dict[str, Any] = {}
        self._taken_bytes = 0

    def subjects(self) -> list[str]:
        """The names of all subjects.

        Raises:
            Unanswered: the registry did not say.
        """
        return sorted(one for one in self._list("/subjects") if isinstance(one, str))

    def versions(self, subject: str) -> list[int]:
        """The numbers of a subject's versions.

        Raises:
            Unanswered: the registry did not say.
        """
        return sorted(one for one in self._list(f"{_path(subject)}") if isinstance(one, int))

    def version(self, subject: str, version: int | str = "latest") -> Mapping[str, Any]:
        """A version: `id`, `schema`, `schemaType` (of Avro none) and `references`.

        Raises:
            Unanswered: the registry did not say.
        """
        answer = self._get(f"{_path(subject)}/{version}")
        if not isinstance(answer, dict) or not isinstance(answer.get("schema"), str):
            raise Unanswered("the answer has no schema")
        return answer

    def descriptor(self, subject: str, version: int | str) -> str:
        """The serialised descriptor of a version of a protobuf schema, in base64.

        Not every registry gives it: then this is the source text.

        Raises:
            Unanswered: the registry did not say.
        """
        return str(self.version(subject, f"{version}?format=serialized")["schema"])

    def references(self, answer: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
        """The subjects and versions that a version leads to, by name; what others use comes first.

        Raises:
            Unanswered: the registry did not say, or there are too many.
        """
        found: dict[str, tuple[str, int]] = {}
        seen: set[str] = set()

        def follow(answer: Mapping[str, Any]) -> None:
            for one in answer.get("references") or ():
                try:
                    name, subject, version = str(one["name"]), str(one["subject"]), int(one["version"])
                except (TypeError, KeyError, ValueError):
                    raise Unanswered("a reference names no subject and version") from None
                if name in seen:
                    continue
                seen.add(name)
                if len(seen) > MAX_REFERENCES:
                    raise Unanswered(f"it leads to more than {MAX_REFERENCES} others")
                follow(self.version(subject, version))
                found[name] = subject, version

        follow(answer)
        return found

    def _list(self, path: str) -> list[Any]:
        answer = self._get(path)
        if not isinstance(answer, list):
            raise Unanswered("the answer is no list")
        return answer

    def _get(self, path: str) -> Any:
        """What is asked for, each thing once."""
        if path not in self._known:
            try:
                self._known[path] = within(self._until - self._clock(), lambda: self._fetched(path))
            except TimeoutError:
                raise _late() from None
        return self._known[path]

    def _fetched(self, path: str) -> Any:
        request = Request(f"{self.url}{path}", headers=self._headers)  # noqa: S310  # http(s), see above
        try:
            self._ensure_time()
            with self._open(request, timeout=TIMEOUT_S) as response:
                content = b""
                while chunk := response.read1(_CHUNK_BYTES):
                    self._ensure_time()
                    content += chunk
                    self._taken_bytes += len(chunk)
                    if len(content) > MAX_BYTES:
                        raise Unanswered(f"the answer is longer than {MAX_BYTES // 2**20} MiB")
                    if self._taken_bytes > MAX_TOTAL_BYTES:
                        raise Unanswered(f"all answers are longer than {MAX_TOTAL_BYTES // 2**20} MiB")
            return orjson.loads(content)
        except HTTPError as error:
            with error:
                reason = str(error.reason)[:MAX_REASON]
                raise Unanswered(f"{error.code} {reason}".strip(), error.code) from None
        except orjson.JSONDecodeError:
            raise Unanswered("the answer is no JSON") from None
        except (URLError, HTTPException, OSError, ValueError) as error:
            raise Unanswered(str(getattr(error, "reason", error)) or type(error).__name__) from None

    def _ensure_time(self) -> None:
        if self._clock() > self._until:
            raise _late()


def _late() -> Unanswered:
    return Unanswered(f"the registry took longer than {TOTAL_S:.0f} s in all")


def _path(subject: str) -> str:
    return f"/subjects/{quote(subject, safe='')}/versions"


def _credentials(host: str) -> dict[str, str]:
    """The header that says who asks: of the environment, else of `.netrc` (or the file that NETRC names).

    Raises:
        DeclaredError: the file is no netrc.
    """
    user, password = os.environ.get(USER, ""), os.environ.get(PASSWORD, "")
    if not user:
        try:
            known = netrc.netrc(os.environ.get("NETRC")).authenticators(host)
        except OSError:
            known = None
        except netrc.NetrcParseError as error:
            raise DeclaredError(f"Line {error.lineno} of .netrc cannot be read: {error.msg}") from None
        if known is None:
            return {}
        user, password = known[0], known[2] or ""
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}
