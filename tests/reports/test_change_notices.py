"""Notices in which every text is somebody's."""

from __future__ import annotations

import email
import email.policy
import json
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from contract.changing.headers import Sent
from contract.changing.model import Dependent, Planned
from contract.claim import Level
from contract.ledger.model import Owner
from reports.change_headers import headers_envoy, headers_nginx, path_pattern
from reports.change_notices import Notice, notice_email, notice_event, notice_markdown

TEXT = st.text(max_size=40)
HOSTILE = "a\r\nBcc: all@example.org\x1b[31m\u202e<script>|`*_[x](javascript:1)"


def notice(text: str) -> Notice:
    dependent = Dependent(level=Level.EXPOSED, basis=text, count=2)
    planned = Planned(
        what=text, effective=date(2027, 1, 1), operation=text, reason=text, successor=text, link=text,
        deprecated=date(2026, 1, 1), consumers={text: dependent},
    )  # fmt: skip
    owner = Owner(name=text, contact=text)
    return Notice(
        id="abc", planned=planned, producer=text, title=text, consumer=text, owner=owner, ask=owner,
        at=date(2026, 1, 1), seen=None,
    )  # fmt: skip


@given(TEXT)
def test_no_text_adds_a_field_to_an_email(text: str) -> None:
    raw = notice_email(notice(f"{HOSTILE}{text}"))
    message = email.message_from_bytes(raw, policy=email.policy.SMTP)
    assert set(message.keys()) == {
        "Subject", "Date", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998  # RFC 5322 section 2.1.1
    assert "\x1b" not in message.get_content()


@given(TEXT)
def test_no_text_is_markup(text: str) -> None:
    page = notice_markdown(notice(f"{HOSTILE}{text}"))
    assert "<script>" not in page
    assert "\x1b" not in page
    assert "](java" not in page.replace("\\]", "")
    assert page.count("\n\n**") == 7


@given(TEXT)
def test_an_event_is_json_with_a_source_that_is_a_uri(text: str) -> None:
    event = notice_event(notice(text))
    assert json.loads(json.dumps(event)) == event
    assert event["source"].isascii()
    assert " " not in event["source"]


def test_an_address_is_one() -> None:
    one = notice("x")
    message = email.message_from_bytes(notice_email(one), policy=email.policy.SMTP)
    assert message["To"] is None


def test_templates_are_patterns() -> None:
    assert path_pattern("/a.b/{x}/c-d{y}") == r"/a\.b/[^/]+/c-d[^/]+"
    odd = Sent("a", "GET", '/a"$x\\{id}', (("Link", '<a>; rel="b"'), ("Deprecation", "@1%")))
    assert '"~^GET /a\\"\\\\$x\\\\\\\\[^/]+/?$" "<a>; rel=\\"b\\"";' in headers_nginx([odd])
    assert "'@1%%'" in headers_envoy([odd])
