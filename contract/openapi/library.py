"""Documents and the references between them. Files beside the document are read; remote ones only if allowed.

A reference that leads nowhere is told and restricts nothing: the rest of the document stays usable.
"""

from __future__ import annotations

from http.client import HTTPException, IncompleteRead
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import Request, urlopen

from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from contract.fetching import within
from contract.openapi.errors import DeclaredError
from contract.openapi.tree import Lines, parse
from contract.view import Leaf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referencing._core import Resolver  # not exported, and only named here

MAX_BYTES = 64 * 2**20
"""A larger file is no interface document."""

TIMEOUT_S = 20
"""How long a server may be silent."""

TOTAL_S = 60.0
"""How long a document may take."""

MAX_REASON = 200
"""Characters of what a server says of its refusal."""


class Library:
    """A root document, and all that it refers to.

    Args:
        given: a path, a URL, or the text of a document (more than one line, or JSON).
        allow_remote: whether documents may be fetched over HTTP.
        beside: the texts of documents that references may lead to, by what references call them.

    Raises:
        DeclaredError: the document cannot be read.
    """

    def __init__(
        self, given: str | Path, *, allow_remote: bool = False, beside: Mapping[str, str] | None = None
    ) -> None:
        self.warnings: dict[str, None] = {}
        self._allow_remote = allow_remote
        self._beside = beside or {}
        self.source, self.uri, text = self._open(given)
        self.tree = parse(text, self.source, self.warn)
        self._lines = Lines(text)
        root = Resource.from_contents(_resource(self.tree), DRAFT202012)
        registry: Registry[Any] = Registry(retrieve=self._retrieve)  # type: ignore[call-arg]  # attrs alias
        self._resolver = registry.with_resource(self.uri, root).resolver(self.uri)

    @property
    def root(self) -> Leaf:
        """The root of the document."""
        return self._leaf(self.tree, self.uri + "#", self._resolver)

    def warn(self, message: str) -> None:
        """Note something odd, once."""
        self.warnings.setdefault(message)

    def where(self, steps: tuple[str, ...]) -> str:
        """A place in the root document, for people: `line 12, #/paths/~1pet/get`."""
        pointer = "#" + "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
        line = self._lines.of(steps)
        return f"line {line}, {pointer}" if line else pointer

    def _leaf(self, contents: Any, location: str, resolver: Resolver[Any]) -> Leaf:
        def resolve(reference: str) -> Leaf | None:
            try:
                found = resolver.lookup(reference)
            except (Unresolvable, ValueError, AttributeError, TypeError) as error:
                self.warn(f"{pointer}: the reference {reference!r} {_reason(error)}")
                return None
            return self._leaf(found.contents, urljoin(location, reference), found.resolver)

        pointer = location.removeprefix(self.uri)
        return Leaf(contents, pointer, resolve)

    def _open(self, given: str | Path) -> tuple[str, str, str]:
        """The name, URI and text of the root document."""
        if isinstance(given, str):
            if is_text(given):
                return "the document", "", given
            if urlsplit(given).scheme in {"http", "https"}:
                return given, given, self._fetch(given)
        path = Path(given)
        return path.name, path.absolute().as_uri(), _read(path)

    def _retrieve(self, uri: str) -> Resource[Any]:
        """Read another document; `referencing` asks once for each."""
        parts = urlsplit(uri)
        if uri in self._beside:
            text = self._beside[uri]
        elif parts.scheme == "file" and not self.uri.startswith("file:"):
            raise DeclaredError(f"{uri} is a file, and this document was not read from one")
        elif parts.scheme == "file":
            text = _read(Path(unquote(parts.path)))
        elif parts.scheme in {"http", "https"}:
            text = self._fetch(uri)
        else:
            raise DeclaredError(f"{uri} is relative, and this document was not read from a file")
        return Resource.from_contents(parse(text, uri.rpartition("/")[2], self.warn), DRAFT202012)

    def _fetch(self, uri: str) -> str:
        if not self._allow_remote:
            raise DeclaredError(f"{uri} is remote, and remote documents are not fetched unless allowed")
        try:
            return _decoded(within(TOTAL_S, lambda: _content(uri)), uri)
        except (URLError, HTTPException, OSError, ValueError) as error:
            if isinstance(error, HTTPError):
                error.close()
            raise DeclaredError(f"{uri} cannot be fetched: {str(error)[:MAX_REASON]}") from None


def is_text(given: str | Path) -> bool:
    """Whether it is a document itself: more than one line, or the beginning of an object."""
    return isinstance(given, str) and ("\n" in given or given.lstrip()[:1] == "{")


def _resource(tree: Any) -> dict[str, Any]:
    """What `referencing` is shown of a document: it takes for granted that identifiers are texts."""
    names = tree if isinstance(tree, dict) else {}
    bad = {name for name in ("$id", "$schema") if not isinstance(names.get(name, ""), str)}
    return {name: value for name, value in names.items() if name not in bad} if bad else names


def _read(path: Path) -> str:
    try:
        if not path.is_file():
            raise DeclaredError(f"{path} {'is not a file' if path.exists() else 'does not exist'}")
        with path.open("rb") as file:
            return _decoded(file.read(MAX_BYTES + 1), path.name)
    except (OSError, ValueError) as error:
        raise DeclaredError(f"{path.name} cannot be read: {error}") from None


def _content(uri: str) -> bytes:
    with urlopen(Request(uri), timeout=TIMEOUT_S) as response:  # noqa: S310  # http(s) only, see `_fetch`
        data: bytes = response.read(MAX_BYTES + 1)
        if response.length and len(data) <= MAX_BYTES:  # read() with a bound lets it end before its length
            raise IncompleteRead(data, response.length)
        return data


def _decoded(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise DeclaredError(f"{name} is larger than {MAX_BYTES // 2**20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DeclaredError(f"{name} is not UTF-8: byte {error.start}") from None


def _reason(error: BaseException | None) -> str:
    """Why a reference could not be followed: what opening the document said, however often it was wrapped."""
    while error is not None:
        if isinstance(error, DeclaredError):
            return f"cannot be followed: {error.message}"
        error = error.__cause__
    return "leads nowhere"
