"""Formats: which texts have them, and when many texts show that one is meant."""

from __future__ import annotations

from datetime import date

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.formats import FORMATS, MAX_LENGTH, formats_of, strongest, telling
from contract.grammar import EXAMPLES, TESTS

EXAMPLE = st.sampled_from([text for texts in EXAMPLES.values() for text in texts])
NEAR = st.builds(
    lambda text, at, new: text[: at % len(text)] + new + text[at % len(text) + 1 :],
    EXAMPLE,
    st.integers(0, 200),
    st.text("09afAZzTP+-:./=_, é@%", max_size=2),
)
TEXT = EXAMPLE | NEAR | st.text(max_size=40) | st.text("0123456789abcdefABCDEF-:.TZ+/=", max_size=40)


def test_every_format_has_a_test_and_examples() -> None:
    assert set(FORMATS) == set(TESTS) == set(EXAMPLES)


@pytest.mark.parametrize("name", FORMATS)
def test_examples_have_their_format_and_those_around_it(name: str) -> None:
    form = FORMATS[name]
    for text in form.examples:
        assert {name, *form.within} <= formats_of(text)
        assert form.length in {None, len(text)}


@given(TEXT)
@settings(max_examples=1000)
def test_what_is_ruled_out_quickly_has_no_such_format(text: str) -> None:
    assert formats_of(text) == {name for name, form in FORMATS.items() if text and form.test(text)}


@given(TEXT)
@settings(max_examples=500)
def test_a_format_lies_within_those_that_it_names(text: str) -> None:
    for name in formats_of(text):
        assert FORMATS[name].within <= formats_of(text)


def test_what_lies_within_says_more() -> None:
    for name, form in FORMATS.items():
        assert strongest({name, *form.within}) == name


@pytest.mark.parametrize("name", ["uuid", "duration", "email", "uri", "hostname", "ipv4", "ipv6"])
@given(st.data())
@settings(max_examples=300)
def test_what_a_validator_lets_pass_has_the_format(name: str, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(EXAMPLES[name]) | NEAR)
    if jsonschema_rs.validator_for({"format": name}, validate_formats=True).is_valid(text) and text.isascii():
        assert FORMATS[name].test(text)


@given(st.integers(1, 9999), st.integers(0, 13), st.integers(0, 32))
@settings(max_examples=500)
def test_a_date_is_a_day_of_the_calendar(year: int, month: int, day: int) -> None:
    """jsonschema-rs is no reference here: it takes `2019-12-/5` for a date."""
    text = f"{year:04}-{month:02}-{day:02}"
    try:
        date(year, month, day)
    except ValueError:
        assert not FORMATS["date"].test(text)
    else:
        assert FORMATS["date"].test(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("date", "2019-02-29"),
        ("date", "2100-02-29"),
        ("date", "2019-04-31"),
        ("date", "2019-13-01"),
        ("date", "20191225"),
        ("date-time", "2019-12-25T24:00:00Z"),
        ("date-time", "2019-12-25T10:00:00"),
        ("date-time", "2019-12-25T10:00:00+0200"),
        ("date-time-local", "2019-12-25T10:00:00Z"),
        ("http-date", "Wed, 25 Dec 2019 10:00:00 +0000"),
        ("text-date", "25 Foo 2019"),
        ("duration", "P"),
        ("duration", "PT"),
        ("duration", "P1S"),
        ("email", "ann@"),
        ("email", "ann at example.com"),
        ("uri", "/orders"),
        ("uri-reference", "orders"),
        ("ipv4", "256.1.1.1"),
        ("ipv4", "1.2.3"),
        ("ipv6", "fe80::1%eth0"),
        ("hostname", "-a.example"),
        ("hostname", "a_b.example"),
        ("semver", "1.02.3"),
        ("country", "UK"),
        ("country", "de"),
        ("currency", "EU"),
        ("currency", "ABC"),
        ("language", "xx"),
        ("language", "en-XX"),
        ("base64", "abc"),
        ("base64", "a==="),
        ("jwt", "a.b.c"),
        ("hex", "abCD"),
        ("md5", "d41d8cd98f00b204"),
        ("integer", "007"),
        ("integer", "1.0"),
        ("numeric", "1,23"),
        ("slug", "a--b"),
        ("slug", "Winter-Sale"),
        ("phone", "015112345678"),
        ("unix-seconds", "1577269800123"),
        ("media-type", "a/b"),
        ("ulid", "81ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ("uuid", "550e8400e29b41d4a716446655440000"),
    ],
)
def test_texts_that_have_it_not(name: str, text: str) -> None:
    assert not FORMATS[name].test(text)
    assert name not in formats_of(text)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("hex", ["cafe", "beef", "00ff"]),
        ("hex", ["1234567890123456"]),
        ("md5", ["12345678901234567890123456789012"]),
        ("country", ["DE", "US", "IT", "NO"]),
        ("currency", ["ALL", "TOP"]),
        ("currency", ["EUR"]),
        ("language", ["is", "no", "it", "to"]),
        ("base64", ["customer", "checkout"]),
        ("base64", ["d2ludGVyc2FsZTQy"]),
        ("base64url", ["order_created_v2", "order_cancelled1"]),
        ("slug", ["placed", "paid"]),
        ("slug", ["ord-1", "ord-2"]),
        ("hostname", ["order.created", "order.paid"]),
        ("hostname", ["readme.md"]),
        ("uri", ["spotify:track:1"]),
        ("uri-reference", ["/"]),
        ("ipv4", ["1.2.3.4", "10.0.1.2"]),
        ("semver", ["2019.12.25"]),
        ("unix-seconds", ["1577269800", "1577269801"]),
        ("unix-seconds", [f"{4_000_000_000 + n}" for n in range(9)]),
        ("numeric", ["345", "7"]),
        ("email", ["ann@localhost"]),
        ("uuid", []),
    ],
)
def test_what_may_be_chance_is_not_telling(name: str, values: list[str]) -> None:
    assert all(name in formats_of(value) for value in values)
    assert not telling(name, values)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("uuid", [EXAMPLES["uuid"][0]]),
        ("date", ["2019-12-25"]),
        ("hex", ["00c0ffee00c0ffee"]),
        ("md5", ["d41d8cd98f00b204e9800998ecf8427e"]),
        ("country", ["DE", "US", "FR", "AT", "CH"]),
        ("currency", ["EUR", "USD"]),
        ("language", ["de-AT", "en"]),
        ("base64", ["d2ludGVyIHNhbGU0Mg==", "aGVsbG8gd29ybGQ0Mg=="]),
        ("slug", ["winter-sale", "hats", "blue-hats-2"]),
        ("hostname", ["shop.example.com", "db.internal"]),
        ("uri", ["https://example.com/1"]),
        ("ipv4", ["192.0.2.1", "10.0.0.1"]),
        ("semver", ["1.2.3", "10.0.19041"]),
        ("unix-seconds", [f"{1_577_269_800 + 61 * n}" for n in range(5)]),
        ("numeric", ["1,234", "7"]),
    ],
)
def test_what_is_telling(name: str, values: list[str]) -> None:
    assert all(name in formats_of(value) for value in values)
    assert telling(name, values)


def test_long_texts_have_no_format() -> None:
    assert "base64" in formats_of("abcd" * (MAX_LENGTH // 4))
    assert formats_of("abcd" * (MAX_LENGTH // 4) + "abcd") == frozenset()


def test_the_strongest_of_none_is_none() -> None:
    assert strongest([]) is None
