"""Schemas of a schema registry, by id (Confluent's API, which others speak as well).

Payloads do not wait for it: a thread of its own asks, and until it has an answer a schema is pending.
"""

from __future__ import annotations

import binascii
import threading
import time
from base64 import b64decode, b64encode
from http.client import HTTPException
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from urllib.request import Request, build_opener

import orjson

from contract.fetching import NoRedirect
from proxy.payloads.avro import AvroSchema
from proxy.payloads.json_schema import JsonSchema
from proxy.payloads.protobuf import Descriptors, UndescribedMessages
from proxy.payloads.values import Schema, Unreadable, UnreadError
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURE_SECONDS = 60.0
"""How long it is believed that a schema cannot be had."""

_TIMEOUT_SECONDS = 5.0
_MAX_ANSWER_BYTES = 4 * 1024 * 1024
_MAX_REFERENCES = 200
_MAX_PENDING = 100
_MAX_KNOWN = 10_000
"""Ids come from payloads, which may be anything: neither queue nor memory grows with them."""


class Registry:
    """One registry.

    Args:
        url: where it is, `http` or `https`, with a user and password if it wants them.
        clock: seconds that only grow.

    Raises:
        DefactoError: the URL is none.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._base, self._headers = _address(url)
        self._open = build_opener(NoRedirect()).open
        self._clock = clock
        self._known: dict[int, tuple[Schema, float]] = {}
        """Each with the time from which on it is asked for again."""
        self._asked: set[int] = set()
        self._questions: SimpleQueue[int | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def schema(self, number: int) -> Schema:
        """The schema with this id; until it has come one whose payloads are `schema-pending`."""
        with self._lock:
            schema, until = self._known.get(number, (_PENDING, 0.0))
            if self._clock() < until:
                return schema
            if number not in self._asked and len(self._asked) < _MAX_PENDING and not self._closed:
                self._ask(number)
        return _PENDING

    def close(self) -> None:
        """Ask no more. A question that is under way is not waited for."""
        self._closed = True
        self._questions.put(None)

    def _ask(self, number: int) -> None:
        self._asked.add(number)
        self._questions.put(number)
        if self._thread is None:
            self._thread = threading.Thread(target=self._answer, name="schema-registry", daemon=True)
            self._thread.start()

    def _answer(self) -> None:
        while (number := self._questions.get()) is not None and not self._closed:
            schema, until = self._fetched(number)
            with self._lock:
                if len(self._known) >= _MAX_KNOWN:
                    del self._known[next(iter(self._known))]
                self._known[number] = schema, until
                self._asked.discard(number)

    def _fetched(self, number: int) -> tuple[Schema, float]:
        try:
            return self._fetch(number), float("inf")
        except UnreadError as error:
            flaw = error.flaw
        except HTTPError as error:
            flaw = "schema-unknown" if error.code == 404 else "schema-unavailable"
        except Exception:  # noqa: BLE001 - whatever a registry answers, the next schema is asked for
            flaw = "schema-unavailable"
        return Unreadable(flaw), self._clock() + FAILURE_SECONDS

    def _fetch(self, number: int) -> Schema:
        path = f"/schemas/ids/{number}"
        answer = self._get(path)
        kind = answer.get("schemaType", "AVRO")
        if kind == "JSON":
            return JsonSchema(orjson.loads(answer["schema"]))
        references = self._references(answer)
        if kind == "AVRO":
            return AvroSchema(
                orjson.loads(answer["schema"]), [orjson.loads(one["schema"]) for one in references.values()]
            )
        if kind == "PROTOBUF":
            return self._protobuf(path, references)
        raise UnreadError("no-decoder")

    def _references(self, answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The answers for what a schema refers to, by name, those used by others first."""
        found: dict[str, dict[str, Any]] = {}
        seen: set[str] = set()

        def follow(answer: dict[str, Any]) -> None:
            for reference in answer.get("references") or ():
                name, subject, version = reference["name"], reference["subject"], int(reference["version"])
                if name in seen:
                    continue
                seen.add(name)
                if len(seen) > _MAX_REFERENCES:
                    raise ValueError(f"more than {_MAX_REFERENCES} references")
                path = f"/subjects/{quote(subject, safe='')}/versions/{version}"
                used = self._get(path)
                follow(used)
                found[name] = {**used, "path": path}

        follow(answer)
        return found

    def _protobuf(self, path: str, references: dict[str, dict[str, Any]]) -> Schema:
        """By descriptors, where the registry can give them: it keeps source text."""
        try:
            files = [(name, self._descriptor(one["path"])) for name, one in references.items()]
            files.append(("", self._descriptor(path)))
        except binascii.Error:
            return UndescribedMessages()
        return Descriptors(files).indexed()

    def _descriptor(self, path: str) -> bytes:
        return b64decode(self._get(f"{path}?format=serialized")["schema"], validate=True)

    def _get(self, path: str) -> Any:
        request = Request(f"{self._base}{path}", headers=self._headers)  # noqa: S310 - http or https, checked
        with self._open(request, timeout=_TIMEOUT_SECONDS) as response:
            content = response.read(_MAX_ANSWER_BYTES + 1)
        if len(content) > _MAX_ANSWER_BYTES:
            raise HTTPException("the answer is too long")
        return orjson.loads(content)


_PENDING: Schema = Unreadable("schema-pending")


def _address(url: str) -> tuple[str, dict[str, str]]:
    """The URL without user and slash at its end, and the headers that every request has."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise DefactoError(f"schema registry {url!r} is no http or https URL")
    headers = {"Accept": "application/vnd.schemaregistry.v1+json, application/json"}
    userinfo, at, host = parts.netloc.rpartition("@")
    if at:
        user, _, password = userinfo.partition(":")
        credentials = f"{unquote(user)}:{unquote(password)}".encode()
        headers["Authorization"] = f"Basic {b64encode(credentials).decode()}"
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", "")), headers
