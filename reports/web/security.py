"""Who may see and do what. Nothing here trusts a browser to be on our side.

Loopback needs no token, but any page of the web can make a browser ask loopback. So requests for another host
are refused (DNS rebinding), and so is what another site asks for, unless somebody follows a link (Fetch
Metadata, W3C). What changes something needs proof that it comes from our own page: a token that another site
cannot read.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic, time
from typing import TYPE_CHECKING

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from proxy.admin.app import is_local
from reports.web import links
from reports.web.site import VISITOR, static_version

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MAX_UPLOAD_BYTES = 8 << 20
BODY_SECONDS = 30.0
"""How long a body may take to arrive."""
SIGN_IN_BYTES = 8192
"""A body that is taken from somebody who has not signed in yet."""
SESSION_SECONDS = 7 * 24 * 3600
WRONG_TOKENS = 30
"""Wrong tokens that an address may send in a minute; all together may send ten times as many."""

COOKIE = "defacto"
FIELD = "csrf"
HEADER = "X-CSRF-Token"
PROBES = frozenset({"/healthz", "/readyz"})
"""Paths that answer anybody, by whatever name: who probes knows none of ours, and is told nothing else."""
OPEN = frozenset({"/sign-in"})
"""Paths that need no token; and what is below `/static/`."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_SAFE = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_LOOKS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?", re.IGNORECASE)
"""RFC 9110, section 7.2: a name or an address, and a port."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may come in.

    `token` is what must be known, `""`: nobody is asked for one. `user_header` is the header in which a
    reverse proxy that has signed its users in names them, `""`: there is none. `hosts` are names that this
    page goes by besides those of this machine.
    """

    token: str = ""
    user_header: str = ""
    hosts: frozenset[str] = frozenset()
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def session(self) -> str:
        """The cookie of who knows the token, or a visitor's of a page that needs none."""
        visit = f"{int(time()):x}-{secrets.token_urlsafe(18)}"
        return f"{visit}.{self._signed('session', visit)}"

    def knows(self, cookie: str) -> bool:
        """Whether a cookie is one that was given out here, not long ago."""
        visit, _, signature = cookie.partition(".")
        if not _same(signature, self._signed("session", visit)):
            return False
        return time() - int(visit.partition("-")[0], 16) < SESSION_SECONDS

    def csrf(self, cookie: str) -> str:
        """What a form of this visitor must send back."""
        return self._signed("csrf", cookie)

    def admits(self, given: str) -> bool:
        """Whether this is the token."""
        return bool(self.token) and _same(given, self.token)

    def _signed(self, purpose: str, text: str) -> str:
        # the token is part of the key, so that a new token ends all sessions
        key = self.secret + self.token.encode()
        return hmac.digest(key, f"{purpose}:{text}".encode("utf-8", "surrogatepass"), sha256).hex()


class Guesses:
    """Wrong tokens of this minute. Whoever has sent too many waits for the next, even with the right one."""

    def __init__(self) -> None:
        self._minute = 0
        self._wrong: Counter[str] = Counter()

    def admit(self, access: Access, given: str, address: str) -> bool:
        """Whether this is the token.

        Raises:
            HTTPTooManyRequests: too many wrong ones came from the address, or from everywhere.
        """
        minute = int(monotonic() // 60)
        if minute != self._minute:
            self._minute = minute
            self._wrong.clear()
        if self._wrong[address] >= WRONG_TOKENS or self._wrong.total() >= 10 * WRONG_TOKENS:
            raise web.HTTPTooManyRequests(
                text="Too many wrong tokens: try again in a minute.", headers={"Retry-After": "60"}
            )
        right = access.admits(given)
        if not right:
            self._wrong[address] += 1
        return right


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks. `name` is what a reverse proxy says, `""`: nobody says it. `csrf` goes into every form."""

    name: str = ""
    csrf: str = ""


ACCESS: web.AppKey[Access] = web.AppKey("access")
GUESSES: web.AppKey[Guesses] = web.AppKey("guesses")


async def seal(request: web.Request, answer: web.StreamResponse) -> None:
    """The headers of every answer: they hold the browser to our policy, and say nothing of what runs here."""
    answer.headers.update(_HEADERS)
    answer.headers.pop(hdrs.SERVER, None)
    if request.path.startswith("/static/") and answer.status < 400:
        known = request.query_string == static_version()
        kept = "public, max-age=31536000, immutable" if known else "no-cache"
        answer.headers[hdrs.CACHE_CONTROL] = kept
    answer.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def prepare_headers(answer: web.StreamResponse) -> None:
    """What `seal` sets, before the answer is begun."""
    answer.headers.update(_HEADERS)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what must not pass."""
    if request.path in PROBES:
        return await handler(request)
    access = request.app[ACCESS]
    _ensure_host(request, access)
    _ensure_not_lured(request)
    if request.path in OPEN or request.path.startswith("/static/"):
        request[VISITOR] = Visitor()
        if request.method not in _SAFE:
            _ensure_short(request)
            await _arrive(request)
        return await handler(request)
    name, bears = _named(request, access), _bears(request, access)
    if bears and not name:  # a program; where people are named the token is the proxy's, for all of them
        request[VISITOR] = Visitor()
        if request.method not in _SAFE:
            await _arrive(request)
        return await handler(request)
    return await _visit(request, handler, name, bears=bears)


async def _visit(request: web.Request, handler: Handler, name: str, *, bears: bool) -> web.StreamResponse:
    """A person with a browser, which has a cookie, or gets one."""
    access = request.app[ACCESS]
    session = request.cookies.get(_cookie(request), "")
    known = access.knows(session)
    if access.token and not known and not bears:
        raise _asked_for_token(request)
    if not known:
        session = access.session()
    request[VISITOR] = Visitor(name=name, csrf=access.csrf(session))
    if request.method not in _SAFE:
        await _ensure_ours(request, access.csrf(session))
    answer = await handler(request)
    if not known and not answer.prepared:
        give_session(request, answer, session)
    return answer


def give_session(request: web.Request, answer: web.StreamResponse, session: str) -> None:
    """Set the cookie: no script reads it, and another site sends it only with a link that is followed."""
    secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
    answer.set_cookie(_cookie(request), session, httponly=True, samesite="Lax", path="/", secure=secure)


def _cookie(request: web.Request) -> str:
    """The name of the cookie: all ports of a host share their cookies, so it says which one."""
    return f"{COOKIE}-{_host_of(request)[1]}"


def _ensure_host(request: web.Request, access: Access) -> None:
    if not request.raw_path.startswith("/"):  # the forms of a request that a proxy gets (RFC 9112, 3.2)
        raise web.HTTPBadRequest(text="This is no proxy.")
    host = _host_of(request)[0]
    if not is_local(host) and host not in access.hosts:
        raise web.HTTPMisdirectedRequest(
            text="This page does not go by that name; defacto serve --host NAME lets it."
        )


def _host_of(request: web.Request) -> tuple[str, str]:
    """The name by which the page was asked for, and the port, as far as they are one."""
    given = request.headers.getall(hdrs.HOST, [])
    match = _HOST.fullmatch(given[0]) if len(given) == 1 else None
    return (match[1].lower(), match[2] or "") if match else ("", "")


def _ensure_not_lured(request: web.Request) -> None:
    """Another site may link to a page, and nothing else.

    Browsers say where a request comes from by Fetch Metadata if the page is on loopback or behind TLS, else
    by an origin at most (RFC 6454). It is `null` for a page that tells nobody where it is, as ours are: then
    the token of the form decides.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get(hdrs.ORIGIN, "null")
    if site is not None:
        lured = site not in {"same-origin", "none"} and not _followed(request)
    else:  # TLS may end at a reverse proxy, so that the scheme says nothing
        lured = origin != "null" and origin.partition("://")[2] != request.host
    if lured:
        raise web.HTTPForbidden(text="This must be asked for by the page itself.")


def _followed(request: web.Request) -> bool:
    """Whether somebody follows a link, in a tab and not in a frame."""
    return (
        request.method in _LOOKS
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") == "document"
    )


def _ensure_short(request: web.Request) -> None:
    if hdrs.CONTENT_ENCODING in request.headers:  # a few bytes may come to megabytes
        raise web.HTTPUnsupportedMediaType(text="This is taken as it is, not compressed.")
    if (request.content_length or SIGN_IN_BYTES + 1) > SIGN_IN_BYTES:
        raise web.HTTPRequestEntityTooLarge(SIGN_IN_BYTES, text="That is too much.")


def _named(request: web.Request, access: Access) -> str:
    """Whom the reverse proxy names, `""` where there is none."""
    if not access.user_header:
        return ""
    given = request.headers.getall(access.user_header, [])
    if len(given) > 1:  # a proxy that adds its own to what a visitor sent lets anybody be anyone
        raise web.HTTPBadRequest(text="More than one visitor is named; the reverse proxy must name one.")
    name = given[0].strip() if given else ""
    if not name:
        raise web.HTTPForbidden(text="The reverse proxy before this page names nobody.")
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _bears(request: web.Request, access: Access) -> bool:
    """Whether the request comes with the token itself, as those of programs do."""
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if not access.token or scheme.lower() != "bearer":
        return False
    return request.app[GUESSES].admit(access, given.strip(), request.remote or "")


def _asked_for_token(request: web.Request) -> web.HTTPException:
    if request.method in _LOOKS and "text/html" in request.headers.get(hdrs.ACCEPT, ""):
        return web.HTTPSeeOther(links.to("/sign-in", next=str(request.rel_url)))
    return web.HTTPUnauthorized(
        text="A token is needed: Authorization: Bearer TOKEN.", headers={"WWW-Authenticate": "Bearer"}
    )


async def _ensure_ours(request: web.Request, expected: str) -> None:
    """What changes something carries what only our own page can know."""
    given = request.headers.get(HEADER, "")
    await _arrive(request)
    if not given:
        given = str((await request.post()).get(FIELD, ""))
    if not _same(given, expected):
        raise web.HTTPForbidden(text="The page is older than this server: load it again.")


async def _arrive(request: web.Request) -> None:
    """Wait for the body: all of it, in time. It is kept for who reads it next."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            if request.content_type != "multipart/form-data":
                await request.read()
            await request.post()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="The rest of the request did not come in time.") from None
    except (ValueError, LookupError, HttpProcessingError):
        raise web.HTTPBadRequest(text="What was sent is no form.") from None


def _same(given: str, expected: str) -> bool:
    """Whether two texts are equal, in a time that tells nothing of where they part."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
