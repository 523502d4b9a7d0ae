"""Redirects of HTTP, which would show our credentials to another host."""

from __future__ import annotations

from urllib.request import HTTPRedirectHandler


class NoRedirect(HTTPRedirectHandler):
    """Follows none: a redirect is an `HTTPError` then. urllib sends header fields on to wherever it leads."""

    def redirect_request(self, *_: object) -> None:
        """The request to make instead: none."""
