"""A document that somebody gave → one side of a comparison. It is hostile text until it is read.

Nothing that it refers to is opened: a path in it is one of this machine, an address one that this machine can
reach, and neither is the visitor's to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from contract import graphql
from contract.changes.facts import Document
from contract.changes.reading import load
from contract.changes.sdl import Sdl
from contract.openapi.errors import DeclaredError
from contract.openapi.tree import parse
from reports.words import clipped, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.changes.reading import Loaded

BUNDLE = "Make it one document first, with a bundler such as redocly bundle, and give that."


def side(text: str) -> Loaded:
    """Read a document, all of which is in the text.

    Raises:
        DeclaredError: it cannot be read, is invalid, or refers to something outside of itself.
    """
    whole = f"{text}\n"  # with a line end it is a text, without one it could be a path
    if not graphql.is_named(whole):
        _ensure_whole(parse(whole, "the document", lambda _: None))
    return load(whole)


def warnings(loaded: Loaded) -> tuple[str, ...]:
    """What in a document could not be used."""
    if isinstance(loaded, Sdl):
        return loaded.contract.warnings
    return loaded.warnings if isinstance(loaded, Document) else ()


def _ensure_whole(tree: Any) -> None:
    outside = list(dict.fromkeys(_outside(tree)))
    if outside:
        shown = listed([clipped(one, 80) for one in outside])
        raise DeclaredError(f"The document refers to {shown}: only what is in it is read here", BUNDLE)


def _outside(tree: Any) -> Iterator[str]:
    """What leads out of a document: references to elsewhere, and whatever names a file.

    The first is for whoever gave it, so that nothing they meant is missed. The second keeps the files of this
    machine closed whichever keyword a reader follows, and to whatever base a reference is joined.
    """
    waiting, seen = [tree], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if _scheme(one) == "file":
                yield one
        elif isinstance(one, dict | list) and id(one) not in seen:
            seen.add(id(one))  # what anchors share is read once
            waiting += one.values() if isinstance(one, dict) else one
            reference = one.get("$ref") if isinstance(one, dict) else None
            if isinstance(reference, str) and not reference.startswith("#"):
                yield reference


def _scheme(text: str) -> str:
    try:
        return urlsplit(text).scheme
    except ValueError:
        return ""
