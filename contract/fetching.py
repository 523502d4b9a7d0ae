"""What urllib does not see to where a server is hostile: how long it may take, and whom it may send us to."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar
from urllib.request import HTTPRedirectHandler

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")


class NoRedirect(HTTPRedirectHandler):
    """Follows none: a redirect is an `HTTPError` then. urllib shows our credentials to wherever it leads."""

    def redirect_request(self, *_: object) -> None:
        """The request to make instead: none."""


def within(seconds: float, ask: Callable[[], Answer]) -> Answer:
    """What is asked for, if it comes in time: a name is looked up, and a head may trickle, by no other clock.

    Raises:
        TimeoutError: it did not come; it is not waited for any more.
        Exception: what `ask` raises.
    """
    answer: Future[Answer] = Future()

    def wait() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:  # noqa: BLE001  # it is raised where the answer is waited for
            answer.set_exception(error)

    Thread(target=wait, name="fetching", daemon=True).start()
    try:
        return answer.result(max(0.0, seconds))
    except TimeoutError as error:
        if answer.done() and answer.exception() is error:
            raise  # of the socket
        raise TimeoutError(f"it took longer than {seconds:.0f} s") from None
