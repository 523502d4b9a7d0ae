"""The root of the errors that are meant for people."""

from __future__ import annotations


class DefactoError(Exception):
    """Something outside our code is wrong, and the message says what. The command line ends with exit code 3.

    Args:
        message: what is wrong, one sentence, with the name of the thing that is wrong.
        hint: what to do about it, one sentence; `""` where nothing general can be said.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class QuestionError(DefactoError):
    """What was asked for does not exist, or could be several things: used wrongly, exit code 2."""


class StoreError(DefactoError):
    """The store cannot be opened, read or written."""


class StoreUnreachableError(StoreError):
    """The server of the store does not answer: it may later."""
