"""Who may come in, asked as somebody who should not: with real requests, down to the bytes."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from reports.web import security
from reports.web.pages import sign_in
from reports.web.security import COOKIE, HEADER, WRONG_TOKENS, Access
from reports.web.site import static_version
from tests.reports.browsing import axe, tab_of
from tests.reports.web.served import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from reports.web.snapshot import Snapshot, Sources
    from tests.reports.web.served import Served

TOKEN = "correct-horse-battery-staple"
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def locked(sources: Sources, snapshot: Snapshot) -> Iterator[Served]:
    """The page behind a token, which also goes by a name of its own."""
    access = Access(token=TOKEN, hosts=frozenset({"defacto.example"}))
    with serving(sources, access, first=snapshot) as running:
        yield running


@pytest.fixture(scope="module")
def named(sources: Sources, snapshot: Snapshot) -> Iterator[Served]:
    """The page behind a reverse proxy that names its users."""
    with serving(sources, Access(user_header="X-User"), first=snapshot) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "WRONG_SECONDS", 0.0)


def port_of(served: Served) -> int:
    port = urlsplit(served.url).port
    assert port is not None
    return port


def raw(served: Served, request: str) -> bytes:
    """What comes back for these very bytes."""
    with socket.create_connection(("127.0.0.1", port_of(served)), timeout=10) as connection:
        connection.sendall(request.encode("latin-1"))
        found = b""
        while some := connection.recv(65_536):
            found += some
            size = re.search(rb"(?i)content-length: (\d+)", found)
            if size and len(found.partition(b"\r\n\r\n")[2]) >= int(size[1]):
                break
        return found


def status(served: Served, target: str, *headers: str) -> int:
    lines = "\r\n".join((f"GET {target} HTTP/1.1", *headers, "Connection: close", "", ""))
    return int(raw(served, lines).split(b" ", 2)[1])


# -- by which name -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:1",
        "127.0.0.1:8321",
        "127.9.9.9",
        "[::1]:8321",
        "app.localhost",
        "defacto.example",
    ],
)
def test_the_page_goes_by_names_of_this_machine(locked: Served, host: str) -> None:
    assert status(locked, "/sign-in", f"Host: {host}") == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example#@localhost",
        "evil@localhost",
        "localhost:80:80",
        "localhost/",
        "0.0.0.0",
        "10.0.0.1",
        "[::]",
        "[::1",
        "",
        "localhost, evil.example",
        "defacto.example.",
    ],
)
def test_another_name_is_refused(locked: Served, host: str) -> None:
    """DNS rebinding: a page of another site that makes its own name mean this machine."""
    assert status(locked, "/sign-in", f"Host: {host}") in {400, 421}


def test_the_name_is_said_once_and_nowhere_else(served: Served) -> None:
    here = f"Host: 127.0.0.1:{port_of(served)}"
    assert status(served, "/") in {400, 421}
    assert status(served, "/", here, "Host: evil.example") in {400, 421}
    assert status(served, "/", "Host: evil.example", f"X-Forwarded-{here}", f"Forwarded: {here}") == 421
    for target in ("http://127.0.0.1/", "http://evil.example/", "*", "127.0.0.1:80"):
        assert status(served, target, here) in {400, 404}, target
    assert status(served, "//evil.example/", here) == 404


def test_a_refusal_is_plain_and_carries_the_headers(served: Served) -> None:
    said = raw(served, "GET /<script> HTTP/1.1\r\nHost: <script>.example\r\nConnection: close\r\n\r\n")
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"421" in head.splitlines()[0]
    assert b"text/plain" in head
    assert b"Content-Security-Policy: default-src 'none'" in head
    assert b"<" not in body


# -- what goes with every answer ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/api/v1/nowhere", "/static/report.css", "/static/none", "/healthz"]
)
def test_every_answer_is_sealed(served: Served, path: str) -> None:
    headers = requests.get(served.url + path, timeout=10).headers
    assert headers["Content-Security-Policy"] == security.POLICY
    assert "unsafe" not in security.POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Server" not in headers
    assert "Access-Control-Allow-Origin" not in headers


def test_pages_are_kept_by_nobody_else(served: Served) -> None:
    kept = {
        path: requests.get(served.url + path, timeout=10).headers["Cache-Control"]
        for path in ("/", "/healthz", f"/static/site.css?{static_version()}", "/static/site.css?old")
    }
    assert kept["/"] == "private, no-cache"
    assert kept["/healthz"] == "no-store"
    assert "immutable" in kept[f"/static/site.css?{static_version()}"]
    assert kept["/static/site.css?old"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../web/app.py",
        "/static/%2e%2e/html.py",
        "/static/..%2fhtml.py",
        "/static/%2e%2e%2fhtml.py",
        "/static/..%5chtml.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/",
        "/static/report.css%00.html",
    ],
)
def test_static_files_are_those_in_the_folder(served: Served, path: str) -> None:
    assert status(served, path, f"Host: 127.0.0.1:{port_of(served)}") in {403, 404}


def test_requests_beyond_measure_end_in_words(served: Served) -> None:
    here = f"Host: 127.0.0.1:{port_of(served)}"
    assert status(served, "/" + "a" * 20_000, here) in {400, 414}
    assert status(served, "/", here, f"X-Long: {'a' * 20_000}") in {400, 431}
    assert status(served, "/?q=%ff%ed%a0%80%00&q=%0d%0aX-Evil:1&%", here) == 200
    assert b"\r\nX-Evil" not in raw(
        served, f"GET /sign-in?next=/%0d%0aX-Evil:1 HTTP/1.1\r\n{here}\r\nConnection: close\r\n\r\n"
    )


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "BREW"])
def test_other_methods_do_nothing(served: Served, method: str) -> None:
    assert requests.request(method, served.url, timeout=10).status_code in {400, 403, 405}


def test_looking_without_the_body(served: Served) -> None:
    answer = requests.head(served.url, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")
    asked = requests.options(served.url, timeout=10)
    assert asked.status_code == 405
    assert "GET" in asked.headers["Allow"]


# -- what another site makes a browser ask -----------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/static/site.js", "/api/v1/map", "/sign-in"])
@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_another_site_can_only_link(served: Served, path: str, site: str) -> None:
    for mode, dest in (
        ("no-cors", "script"), ("no-cors", "image"), ("cors", "empty"),
        ("navigate", "iframe"), ("navigate", "embed"),
    ):  # fmt: skip
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        assert requests.get(served.url + path, headers=headers, timeout=10).status_code == 403


def test_a_link_from_a_ticket_is_followed(served: Served) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert requests.get(served.url, headers=headers, timeout=10).status_code == 200
    assert requests.post(served.url, headers=headers, timeout=10).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "file://", "garbage"])
def test_a_form_of_another_origin_is_refused(served: Served, origin: str) -> None:
    session, csrf = visitor(served)
    said = session.post(served.url, headers={"Origin": origin, HEADER: csrf}, timeout=10)
    assert said.status_code == 403


def test_a_page_that_hides_where_it_is_needs_the_token_of_the_form(served: Served) -> None:
    """A browser says so of our own pages, which send no referrer, and of a frame in a sandbox."""
    session, csrf = visitor(served)
    nowhere = {"Origin": "null"}
    assert session.post(served.url, headers=nowhere, timeout=10).status_code == 403
    assert session.post(served.url, headers={**nowhere, HEADER: csrf}, timeout=10).status_code == 405
    framed = {**nowhere, HEADER: csrf, "Sec-Fetch-Site": "cross-site"}
    assert session.post(served.url, headers=framed, timeout=10).status_code == 403


def visitor(served: Served, **headers: str) -> tuple[requests.Session, str]:
    session = requests.Session()
    session.headers.update(headers)
    found = re.search(r'name="csrf" content="(\w+)"', session.get(served.url, timeout=10).text)
    assert found is not None
    return session, found[1]


def test_a_form_brings_its_visitors_token(served: Served) -> None:
    """405 says that the guard let it pass: the overview takes no forms."""
    session, csrf = visitor(served)
    other, _ = visitor(served)
    assert session.post(served.url, timeout=10).status_code == 403
    assert (
        session.post(
            served.url, data={"csrf": "a\ud800".encode("utf-8", "surrogatepass")}, timeout=10
        ).status_code
        == 403
    )
    assert other.post(served.url, data={"csrf": csrf}, timeout=10).status_code == 403
    assert requests.post(served.url, data={"csrf": csrf}, timeout=10).status_code == 403
    assert session.post(served.url + "?csrf=" + csrf, timeout=10).status_code == 403
    for way in (
        {"data": {"csrf": csrf}},
        {"files": {"csrf": (None, csrf)}},
        {"headers": {HEADER: csrf}, "json": {}},
    ):
        assert session.post(served.url, timeout=10, **way).status_code == 405, way  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=csrf\r\n"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"csrf=1"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"\xff"),
        ("text/plain", b"csrf=1"),
    ],
)
def test_what_is_no_form_is_refused_in_words(served: Served, kind: str, body: bytes) -> None:
    session, _ = visitor(served)
    said = session.post(served.url, data=body, headers={"Content-Type": kind}, timeout=10)
    assert said.status_code in {400, 403}


def test_a_body_beyond_the_limit_is_refused(served: Served) -> None:
    session, csrf = visitor(served)
    large = b"x" * (security.MAX_UPLOAD_BYTES + 70_000)
    for way in ({"data": large}, {"files": {"document": large}}, {"data": {"document": large}}):
        try:
            said = session.post(served.url, headers={HEADER: csrf}, timeout=20, **way)  # type: ignore[arg-type]
        except requests.ConnectionError:  # it may close before all is sent
            continue
        assert said.status_code == 413


def test_a_body_that_never_comes_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "BODY_SECONDS", 0.2)
    session, csrf = visitor(served)
    cookie = "; ".join(f"{one.name}={one.value}" for one in session.cookies)
    said = raw(
        served,
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port_of(served)}\r\nCookie: {cookie}\r\n{HEADER}: {csrf}\r\n"
        "Content-Length: 100\r\nConnection: close\r\n\r\nslow",
    )
    assert said.startswith(b"HTTP/1.1 408")


# -- the token ---------------------------------------------------------------------------------------------


def test_without_the_token_nothing_is_told(locked: Served) -> None:
    asked = requests.get(locked.url + "/drift?q=1", headers=PAGE, timeout=10, allow_redirects=False)
    assert (asked.status_code, asked.headers["Location"]) == (303, "/sign-in?next=/drift?q%3D1")
    assert "shop" not in requests.get(locked.url, headers=PAGE, timeout=10).text
    refused = requests.get(locked.url + "/api/v1/map", timeout=10)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert requests.get(locked.url + f"/?token={TOKEN}", timeout=10).status_code == 401
    assert requests.post(locked.url + "/nowhere", timeout=10).status_code == 401
    for path in ("/nowhere", "/static/none"):
        said = requests.get(locked.url + path, headers={"Accept": "*/*"}, timeout=10).text
        assert locked.snapshot.stamp not in said
    assert requests.get(locked.url + "/healthz", headers={"Host": "10.1.2.3"}, timeout=10).text == "ok\n"


def test_a_program_brings_it_along(locked: Served) -> None:
    for given, code in (
        (f"Bearer {TOKEN}", 200),
        (f"bearer  {TOKEN}", 200),
        (f"Basic {TOKEN}", 401),
        ("Bearer ", 401),
    ):
        assert requests.get(locked.url, headers={"Authorization": given}, timeout=10).status_code == code, (
            given
        )
    wrong = {"Authorization": "Bearer \xfe\xff".encode("latin-1")}
    assert requests.get(locked.url, headers=wrong, timeout=10).status_code == 401
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert requests.post(locked.url, headers=right, timeout=10).status_code == 405
    lured = {**right, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    assert requests.post(locked.url, headers=lured, timeout=10).status_code == 403


def test_a_person_signs_in_once(locked: Served) -> None:
    session = requests.Session()
    fixed = "fixed.by-somebody-else"
    session.cookies.set(f"{COOKIE}-{port_of(locked)}", fixed, domain="127.0.0.1", path="/")
    form = session.get(locked.url + "/sign-in?next=/nowhere", timeout=10)
    assert 'value="/nowhere"' in form.text
    wrong = session.post(locked.url + "/sign-in", data={"token": "wrong", "next": "/"}, timeout=10)
    assert wrong.status_code == 403
    assert "This is not the token." in wrong.text
    assert "Set-Cookie" not in wrong.headers
    said = session.post(
        locked.url + "/sign-in", data={"token": TOKEN, "next": "/"}, timeout=10, allow_redirects=False
    )
    assert (said.status_code, said.headers["Location"]) == (303, "/")
    cookie = said.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert fixed not in cookie
    assert TOKEN not in cookie
    assert session.get(locked.url, headers=PAGE, timeout=10).status_code == 200
    behind_tls = requests.post(
        locked.url + "/sign-in", data={"token": TOKEN}, headers={"X-Forwarded-Proto": "https"},
        timeout=10, allow_redirects=False,
    )  # fmt: skip
    assert "Secure" in behind_tls.headers["Set-Cookie"]


@pytest.mark.browser
def test_a_browser_signs_in(browser: Browser, locked: Served) -> None:
    """Browsers say more of where a form comes from than a test would."""
    with tab_of(browser, locked.url) as (page, troubles):
        page.goto(locked.url + "/nowhere?q=1")
        assert axe(page) == []
        assert page.title() == "Sign in · defacto"
        page.fill("#token", TOKEN)
        page.click("button")
        assert page.url == locked.url + "/nowhere?q=1"
        assert page.locator("h1").inner_text() == "Not Found"
        page.goto(locked.url)
        assert page.locator("#search").is_visible()
        assert [one for one in troubles if "404" not in one] == []


@pytest.mark.parametrize(
    "goal",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/\r\nX-Evil: 1",
        "/\x00",
        "/\u2028",
        "evil.example",
        "",
    ],
)
def test_signing_in_leads_to_no_other_site(locked: Served, goal: str) -> None:
    said = requests.post(
        locked.url + "/sign-in", data={"token": TOKEN, "next": goal}, timeout=10, allow_redirects=False
    )
    assert (said.status_code, said.headers["Location"]) == (303, "/")
    assert "X-Evil" not in said.headers


def test_no_cookie_can_be_made_up(locked: Served) -> None:
    other = Access(token=TOKEN).session()
    real = Access(token=TOKEN, secret=b"k" * 32).session()
    for made_up in ("", ".", "x", "a.b", other, real, f"{other}\\", "\u00e9.\u00e9"):
        cookie = f"{COOKIE}-{port_of(locked)}={made_up}"
        said = requests.get(locked.url, headers={"Cookie": cookie.encode()}, timeout=10)
        assert said.status_code == 401, made_up


def test_a_session_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    access = Access(token=TOKEN)
    session = access.session()
    assert access.knows(session)
    assert not Access(token="another-token-altogether", secret=access.secret).knows(session)
    assert not access.knows(session + "0")
    assert access.csrf(session) not in session
    monkeypatch.setattr(security, "SESSION_SECONDS", -1)
    assert not access.knows(session)


def test_the_token_cannot_be_tried_for_ever(sources: Sources, snapshot: Snapshot) -> None:
    with serving(sources, Access(token=TOKEN), first=snapshot) as running:
        signed_in = requests.Session()
        signed_in.post(running.url + "/sign-in", data={"token": TOKEN}, timeout=10)
        codes = [
            requests.post(running.url + "/sign-in", data={"token": str(guess)}, timeout=10).status_code
            for guess in range(WRONG_TOKENS + 2)
        ]
        # two more than the limit, so that a minute that ends meanwhile is the only excuse
        if 429 not in codes:
            pytest.skip("a minute ended between the guesses")
        late = requests.get(running.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
        assert (late.status_code, late.headers["Retry-After"]) == (429, "60")
        assert signed_in.get(running.url, headers=PAGE, timeout=10).status_code == 200


def test_strangers_send_little(locked: Served) -> None:
    large = {"token": "x" * security.SIGN_IN_BYTES}
    assert requests.post(locked.url + "/sign-in", data=large, timeout=10).status_code == 413
    pieces = (part for part in (b"token=", b"x"))
    assert requests.post(locked.url + "/sign-in", data=pieces, timeout=10).status_code == 413


def test_without_a_token_there_is_nothing_to_sign_in_to(served: Served) -> None:
    said = requests.get(served.url + "/sign-in?next=//evil.example", timeout=10, allow_redirects=False)
    assert (said.status_code, said.headers["Location"]) == (303, "/")


# -- a reverse proxy that names its users ------------------------------------------------------------------


def test_who_is_not_named_sees_nothing(named: Served) -> None:
    assert requests.get(named.url, timeout=10).status_code == 403
    assert requests.get(named.url, headers={"X-User": ""}, timeout=10).status_code == 403
    assert requests.get(named.url, headers={"X-User": "Ann Möller".encode()}, timeout=10).status_code == 200
    assert requests.get(named.url, headers={"X-User": b"\xfe\xff"}, timeout=10).status_code == 200
    here = f"Host: 127.0.0.1:{port_of(named)}"
    assert status(named, "/", here, "X-User: forged", "X-User: ann") == 400


def test_a_named_visitor_proves_where_a_form_comes_from(named: Served) -> None:
    session, csrf = visitor(named, **{"X-User": "ann"})
    assert session.post(named.url, timeout=10).status_code == 403
    assert session.post(named.url, headers={HEADER: csrf}, timeout=10).status_code == 405


def test_the_proxys_own_token_frees_no_browser_from_proof(sources: Sources, snapshot: Snapshot) -> None:
    """The proxy adds the token to all that it passes on, so it says nothing of where a form comes from."""
    with serving(sources, Access(token=TOKEN, user_header="X-User"), first=snapshot) as running:
        assert requests.get(running.url, headers={"X-User": "ann"}, timeout=10).status_code == 401
        session, csrf = visitor(running, **{"X-User": "ann", "Authorization": f"Bearer {TOKEN}"})
        assert session.post(running.url, timeout=10).status_code == 403
        assert session.post(running.url, headers={HEADER: csrf}, timeout=10).status_code == 405


def test_only_our_own_files_are_open() -> None:
    folder = Path(security.__file__).parents[1] / "static"
    assert [path for path in folder.rglob("*") if path.is_symlink() or path.is_dir()] == []
