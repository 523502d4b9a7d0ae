from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.changing.headers import fields_of, sent
from contract.changing.model import Planned

YEARS = st.dates(date(1970, 1, 1), date(2200, 1, 1))
GONE = {"operation": "GET /orders/{id}", "announced": date(2026, 1, 1), "effective": date(2026, 6, 1)}


@given(deprecated=st.none() | YEARS, announced=YEARS, effective=YEARS)
def test_the_sunset_is_never_before_the_deprecation(
    deprecated: date | None, announced: date, effective: date
) -> None:
    planned = Planned(what="x", deprecated=deprecated, announced=announced, effective=effective)
    fields = dict(fields_of(planned))
    begins = re.fullmatch(r"@(-?\d+)", fields["Deprecation"])  # RFC 9651: a Date is @ and an integer
    assert begins
    assert int(begins[1]) <= parsedate_to_datetime(fields["Sunset"]).timestamp()
    assert parsedate_to_datetime(fields["Sunset"]).date() == effective
    assert fields["Sunset"].endswith(" GMT")


@given(link=st.text(min_size=1), successor=st.text())
def test_no_text_ends_the_field(link: str, successor: str) -> None:
    planned = Planned(what="x", link=link, successor=f"/{successor}", **GONE)  # type: ignore[arg-type]
    for name, value in fields_of(planned):
        assert value.isascii()
        assert value.isprintable()
        if name == "Link":
            assert re.fullmatch(r'<[^<>" $]*>; rel="[a-z-]+"', value)


def test_the_deprecation_is_a_date_of_structured_fields() -> None:
    planned = Planned(what="x", deprecated=date(2026, 2, 1), **GONE)  # type: ignore[arg-type]
    assert fields_of(planned) == (
        ("Deprecation", f"@{int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())}"),
        ("Sunset", "Mon, 01 Jun 2026 00:00:00 GMT"),
    )


@pytest.mark.parametrize(
    ("differs", "words"),
    [
        ({"announced": None}, "not announced"),
        ({"place": "response.200.body.total"}, "whole operation"),
        ({"operation": ""}, "whole operation"),
        ({"operation": "RECEIVE orders.created"}, "no resource"),
        ({"operation": "POST /graphql#Order"}, "no resource"),
    ],
)
def test_what_these_fields_cannot_say(differs: dict[str, str], words: str) -> None:
    found, left = sent({"a": Planned(what="x", **{**GONE, **differs})})  # type: ignore[arg-type]
    assert not found
    assert words in left["a"]


def test_the_first_of_two_changes_is_told() -> None:
    first = Planned(what="x", **GONE)  # type: ignore[arg-type]
    later = Planned(what="x", **{**GONE, "effective": date(2027, 1, 1)})  # type: ignore[arg-type]
    closed = Planned(what="x", closed=date(2026, 1, 1), **{**GONE, "effective": date(2025, 1, 1)})  # type: ignore[arg-type]
    found, left = sent({"later": later, "first": first, "closed": closed})
    assert ([one.id for one in found], left) == (["first"], {})
    assert (found[0].method, found[0].path) == ("GET", "/orders/{id}")
