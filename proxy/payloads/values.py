"""What the readers of payload formats have in common: what they give, and how they say that they cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable


class Value(NamedTuple):
    """A decoded payload: a value for `plain.json_text`, the name of its type, and what was wrong."""

    value: object
    type: str = ""
    flaws: tuple[str, ...] = ()


class Members(NamedTuple):
    """The members of an object, made while they are written: its text can be bounded before it is whole."""

    pairs: Iterable[tuple[str, Any]]


class UnreadError(Exception):
    """A payload stays as it is; `flaw` says why."""

    def __init__(self, flaw: str) -> None:
        super().__init__(flaw)
        self.flaw = flaw


class Schema(Protocol):
    """What payloads were written with."""

    def read(self, data: bytes) -> Value:
        """The payload without what framed it.

        Raises:
            UnreadError: it cannot be read for the reason given.
            Exception: it is not what the schema says; each library has its own errors.
        """


class Unreadable:
    """Stands for a schema that cannot be had."""

    def __init__(self, flaw: str) -> None:
        self._flaw = flaw

    def read(self, data: bytes) -> Value:  # noqa: ARG002 - every schema has this signature
        """Raise what is wrong with it."""
        raise UnreadError(self._flaw)
