"""What else could be tried: bytes that are no request, bombs, texts that would be more than texts."""

from __future__ import annotations

import gzip
import re
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import requests
from aiohttp import web

from contract.ledger.reading import parse
from reports.web import links
from reports.web.decide_form import Said, draft
from reports.web.pages import check, sign_in
from reports.web.security import HEADER, WRONG_TOKENS, Access, Guesses
from reports.web.workshop import Workshop
from tests.reports.hostile import TEXTS
from tests.reports.web.served import serving
from tests.reports.web.test_security import TOKEN, port_of, raw, visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reports.web.snapshot import Snapshot, Sources
    from tests.reports.web.served import Served


@pytest.fixture(scope="module")
def locked(sources: Sources, snapshot: Snapshot) -> Iterator[Served]:
    with serving(sources, Access(token=TOKEN), first=snapshot) as running:
        yield running


@pytest.fixture(scope="module")
def named(sources: Sources, snapshot: Snapshot) -> Iterator[Served]:
    with serving(sources, Access(user_header="X-User"), first=snapshot) as running:
        yield running


def said(served: Served, *lines: str, body: str = "") -> bytes:
    host = f"Host: 127.0.0.1:{port_of(served)}"
    return raw(served, "\r\n".join((lines[0], host, *lines[1:], "Connection: close", "", body)))


# -- bytes -------------------------------------------------------------------------------------------------

CHUNKS = "0\r\n\r\n"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (("POST /sign-in HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked"), CHUNKS),
        (("POST /sign-in HTTP/1.1", "Content-Length: 5", "Content-Length: 6"), "hello"),
        (("POST /sign-in HTTP/1.1", "Content-Length: +5"), "hello"),
        (("POST /sign-in HTTP/1.1", "Transfer-Encoding: chunked, identity"), CHUNKS),
        (("POST /sign-in HTTP/1.1", "Transfer-Encoding : chunked"), CHUNKS),
        (("POST /sign-in HTTP/1.1", "Transfer-Encoding: chunked"), "FFFFFFFFFFFFFFFFF\r\n"),
        (("GET / HTTP/1.1", "X: a\n folded: b"), ""),
        (("GET / HTTP/1.1", " X: a"), ""),
        (("GET /\0 HTTP/1.1",), ""),
        (("GET / HTTP/9.9",), ""),
    ],
)
def test_what_two_servers_could_read_in_two_ways_is_refused(
    served: Served, lines: tuple[str, ...], body: str
) -> None:
    assert said(served, *lines, body=body).split(b" ", 2)[1] == b"400"


@pytest.mark.parametrize("target", ["/", "evil.example:443", "127.0.0.1:80"])
def test_it_is_no_tunnel(served: Served, target: str) -> None:
    assert said(served, f"CONNECT {target} HTTP/1.1").split(b" ", 2)[1] in {b"400", b"403", b"405"}


def test_a_look_at_the_news_is_not_followed_by_them(served: Served) -> None:
    """What came after the head would be taken for the answer to somebody else's request."""
    head, _, rest = said(served, "HEAD /live HTTP/1.1").partition(b"\r\n\r\n")
    assert b" 405 " in head.splitlines()[0]
    assert rest == b""


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "nonsense"])
def test_strangers_send_no_bombs(locked: Served, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "WRONG_SECONDS", 0.0)
    bomb = gzip.compress(b"token=" + b"x" * 4_000_000)
    assert len(bomb) < 8_192
    headers = {"Content-Encoding": encoding, "Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(locked.url + "/sign-in", data=bomb, headers=headers, timeout=20)
    assert answer.status_code in {400, 415}


@pytest.mark.parametrize("what", ["a&", "a=&"])
def test_a_form_has_so_many_fields(served: Served, what: str) -> None:
    session, csrf = visitor(served)
    headers = {HEADER: csrf, "Content-Type": "application/x-www-form-urlencoded"}
    assert session.post(served.url + "/decide", what * 20_000, headers=headers, timeout=20).status_code == 413


def test_a_part_of_a_file_of_ours_is_no_more_than_that(served: Served) -> None:
    style = served.url + "/static/report.css"
    for given, code in (("bytes=0-3", 206), ("bytes=99999999-", 416), ("bytes=3-1", 416), ("lines=1", 416)):
        answer = requests.get(style, headers={"Range": given}, timeout=10)
        assert (answer.status_code, len(answer.content)) == (code, 4 if code == 206 else 0), given


# -- addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/healthz/", "//healthz", "//static/site.js", "/static//site.js", "/./live/"]
)
def test_what_is_open_is_open_by_its_very_name(locked: Served, path: str) -> None:
    line = said(locked, f"GET {path} HTTP/1.1").splitlines()[0]
    assert line.split(b" ")[1] in {b"401", b"403", b"404"}


@pytest.mark.parametrize("id_", ["%3Fq", "%23", "%0D%0AX-Evil:1", "%2F%2Fevil.example", "..%2F..%2Fapi"])
def test_what_is_asked_for_leads_to_a_clause_and_nowhere_else(served: Served, id_: str) -> None:
    answer = requests.get(f"{served.url}/drift/findings/{id_}", timeout=10, allow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/clauses/")
    assert not set(answer.headers["Location"]) & {"?", "#", "\n"}
    assert "X-Evil" not in answer.headers
    assert requests.get(f"{served.url}/drift/findings/{id_}", timeout=10).status_code == 404


@pytest.mark.parametrize("path", ["", "/", "evil.example:80", "/changes/x", "//x"])
def test_every_path_is_of_some_section(path: str) -> None:
    assert links.section(path).startswith("/")


# -- other visitors, other sites ---------------------------------------------------------------------------


def test_what_one_visitor_was_sent_is_not_fresh_for_another(served: Served) -> None:
    one, _ = visitor(served)
    tag = one.get(served.url, timeout=10).headers["ETag"]
    other, csrf = visitor(served)
    answer = other.get(served.url, headers={"If-None-Match": tag}, timeout=10)
    assert answer.status_code == 200
    assert csrf in answer.text


def test_the_api_answers_no_other_site(served: Served) -> None:
    evil = {"Origin": "https://evil.example"}
    asked = {**evil, "Access-Control-Request-Method": "GET"}
    address = served.url + "/api/v1/status"
    for answer in (
        requests.options(address, headers=asked, timeout=10),
        requests.get(address, headers=evil, timeout=10),
    ):
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    wrapped = requests.get(address + "?callback=alert&jsonp=alert", timeout=10)
    assert "alert(" not in wrapped.text
    assert wrapped.headers["Content-Type"].partition(";")[0] in {
        "application/json",
        "application/problem+json",
    }


def test_a_name_in_a_header_opens_nothing_to_other_sites(named: Served) -> None:
    """Without the proxy before it: a browser that is lured, a name that is rebound, a header alike."""
    ann = {"X-User": "ann"}
    assert requests.get(named.url, headers=ann, timeout=10).status_code == 200
    assert requests.get(named.url, headers={**ann, "Host": "evil.example"}, timeout=10).status_code == 421
    assert (
        requests.get(named.url, headers={**ann, "Origin": "http://evil.example"}, timeout=10).status_code
        == 403
    )
    lured = {**ann, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert requests.get(named.url, headers=lured, timeout=10).status_code == 403
    for alike in ("X_User", "X-Users", "X.User"):
        assert requests.get(named.url, headers={alike: "ann"}, timeout=10).status_code == 403


def test_a_name_is_a_text_like_any_other(named: Served, snapshot: Snapshot) -> None:
    clause = next(iter(snapshot.claims))
    wild = {"X-User": '"><script>alert(1)</script>\u202e{{ 7*7 }}'.encode()}
    page = requests.get(f"{named.url}/decide?id={clause}", headers=wild, timeout=10).text
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_who_guesses_is_not_remembered_for_ever() -> None:
    guesses, access = Guesses(), Access(token=TOKEN)
    for number in range(20 * WRONG_TOKENS):
        with suppress(web.HTTPTooManyRequests):
            guesses.admit(access, "wrong", f"10.0.{number // 256}.{number % 256}")
    assert len(guesses._wrong) <= 10 * WRONG_TOKENS


# -- what is written ---------------------------------------------------------------------------------------

TRICKS = (
    *TEXTS,
    "x\n+++ b/../../etc/passwd\n@@ -0,0 +1 @@\n+evil",
    "x\r\n-gone\r\n+come",
    "x\x85clauses: {}\u2028entries: []\u2029\x0b\x0c\x1c",
    "!!python/object/apply:os.system [id]",
    "&a [*a, *a]",
    "<<: *x",
    "---\nclauses: {}\n...",
    "%YAML 1.1",
    "# comment",
    "| block",
    "? key\n: value",
    "\ufeff{}",
    "yes",
    "1e3",
    "null",
    "- a",
    "a" * 200,
    "\\ No newline at end of file",
)


@pytest.mark.parametrize("text", TRICKS, ids=lambda text: repr(text)[:30])
def test_a_decision_says_what_was_said_and_nothing_else(
    snapshot: Snapshot, tmp_path: Path, text: str
) -> None:
    """However it is written, a ledger has one entry more, and the patch makes it of what was there."""
    one, other = [claim for claim in snapshot.claims.values() if claim.clause.producer == "shop"][:2]
    path = tmp_path / "contract.yaml"
    before = draft(Said(ids=("",), what="guaranteed", by="ann", reason="why"), [other], path).after
    path.write_text(before, "utf-8")
    form = Said(
        ids=(one.clause.id,), what="deprecated", by=text, reason=text, successor=text, remove="2031-01-01"
    )
    made = draft(form, [one], path)
    ledger = parse(made.after, "contract.yaml")
    assert set(ledger.entries) == {one.clause.id, other.clause.id}
    entry, kept = ledger.entries[one.clause.id], parse(before, "contract.yaml").entries[other.clause.id]
    assert ledger.entries[other.clause.id] == kept
    assert "\n" not in entry.by
    assert entry.decision.value == "deprecated"
    (tmp_path / "decision.patch").write_bytes(made.patch.encode())
    subprocess.run(
        ["git", "apply", "decision.patch"], cwd=tmp_path, check=True, capture_output=True, timeout=20
    )
    assert path.read_bytes() == made.after.encode()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["contract.yaml", "decision.patch"]


@pytest.mark.parametrize("field", ["path", "ledger", "file", "name", "interface"])
def test_no_form_says_where_it_is_written(served: Served, snapshot: Snapshot, field: str) -> None:
    session, csrf = visitor(served)
    clause = next(claim.clause.id for claim in snapshot.claims.values() if claim.clause.producer == "shop")
    form = {"csrf": csrf, "id": clause, "what": "guaranteed", "by": "ann", "reason": "x"}
    plain = session.post(served.url + "/decide", form, timeout=20)
    answer = session.post(served.url + "/decide", {**form, field: "../../evil.yaml"}, timeout=20)
    assert (plain.status_code, answer.status_code) == (200, 200)
    assert answer.text == plain.text


def test_what_is_too_long_is_not_given_back(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "MOST_SHOWN_AGAIN", 1_000)
    session, csrf = visitor(served)

    def given(document: str) -> str:
        form = {"csrf": csrf, "producer": "nobody", "document": document}
        return session.post(served.url + "/check", form, timeout=20).text

    assert "needle" in given("needle")
    assert "too long to be shown again" in given("needle" * 1_000)
    assert "needle" not in given("needle" * 1_000)


# -- what is made elsewhere --------------------------------------------------------------------------------


class Unreadable:
    """What can be sent, and not be received."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return int, ("no number",)


def unreadable(given: object) -> Unreadable:
    del given
    return Unreadable()


def test_an_answer_that_cannot_be_read_blocks_nobody() -> None:
    workshop = Workshop()
    with pytest.raises(ValueError, match="invalid literal"):
        workshop.ask("a", unreadable).answer.result(60)
    assert not workshop._next


def test_nothing_is_known_of_a_check_but_by_its_id(served: Served) -> None:
    for id_ in ("", "%00", "..", "x" * 4_000, "0", "__class__"):
        answer = requests.get(f"{served.url}/check/{id_}", timeout=10)
        assert answer.status_code in {200, 404}
        assert not re.search(r"Traceback|Answer\(", answer.text)
