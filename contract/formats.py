"""Formats: what a text can be known to be by its form alone, from `uuid` to `phone`.

A format has a test, which is the standard's where there is one, and a rule for when many values of that
form say something (`telling`): `cafe` is hexadecimal and `US` a country, but a field of such values may be
anything. Names are those of JSON Schema (2020-12, validation, section 7.3) and of the OpenAPI format
registry where they have one.
"""

from __future__ import annotations

import re
import string
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from contract.grammar import EXAMPLES, TESTS, matches
from contract.telling import (
    LETTER,
    LONG,
    MIXED_HEX,
    always,
    are_links,
    are_moments,
    both,
    currencies,
    each,
    has_words,
    is_common_uri,
    is_known_domain,
    languages,
    looks_encoded,
    many,
    share,
    some,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from contract.grammar import Test
    from contract.telling import Rule

MAX_LENGTH = 512
"""Longer texts are documents: `formats_of` says nothing of them."""

_CACHED_LENGTH = 64
"""Longer texts rarely come twice, and would make the cache large."""


class Format(NamedTuple):
    """A form of texts.

    `words` are for people ("a UUID"). `examples` differ as much as its texts do. `length` is that of all its
    texts, None if they differ. `within` names the formats that include all texts of this one.
    `numeric`: the whole JSON numbers whose digits it is the form of have it, too. `least` says of distinct
    texts of this form whether together they show that it is meant.
    """

    name: str
    words: str
    test: Callable[[str], bool]
    examples: tuple[str, ...]
    length: int | None
    within: frozenset[str]
    numeric: bool
    least: Rule


class _Looks(NamedTuple):
    """How texts of a format look: what cheap checks rule it out before its test runs."""

    name: str
    first: re.Pattern[str]
    needs: frozenset[int]
    marks: frozenset[int] | None
    shortest: int
    longest: int
    test: Test


def formats_of(text: str) -> frozenset[str]:
    """The names of all formats that a text has; none where it is longer than `MAX_LENGTH`."""
    return _remembered(text) if len(text) <= _CACHED_LENGTH else _found(text)


def telling(name: str, values: Collection[str]) -> bool:
    """Whether some distinct texts, all of a format, show together that the format is meant.

    Args:
        name: of the format.
        values: the texts; of Unix times their digits.

    Raises:
        KeyError: no format has that name.
    """
    return bool(values) and FORMATS[name].least(values)


def strongest(names: Iterable[str]) -> str | None:
    """The format of some that says most about a text, None where there is none.

    To be asked of those that all values share and that are `telling` for them.
    """
    return min(names, key=_RANK.__getitem__, default=None)


def _of(
    name: str,
    words: str,
    first: str = "!-~",
    lengths: tuple[int, int] = (1, MAX_LENGTH),
    needs: str = "",
    marks: str = "",
    within: str = "",
    *,
    least: Rule = always,
    numeric: bool = False,
) -> tuple[Format, _Looks]:
    """A row: the format, and how its texts look.

    Args:
        name: of the format and of its test.
        words: for people.
        first: the class of characters that its texts begin with.
        lengths: the bounds of their length.
        needs: characters that stand in all of them.
        marks: the further characters but ASCII letters and digits that may; `*`: any.
        within: the formats that include it.
        least: when it is telling.
        numeric: whether it is a form of numbers, too.
    """
    test = TESTS[name]
    found = Format(
        name,
        words,
        lambda text: bool(test(text)),
        EXAMPLES[name],
        lengths[0] if lengths[0] == lengths[1] else None,
        frozenset(within.split()),
        numeric,
        least,
    )
    allowed = None if marks == "*" else frozenset((needs + marks).encode())
    return found, _Looks(name, re.compile(f"[{first}]"), frozenset(needs.encode()), allowed, *lengths, test)


_NUMBERS = "digits integer decimal numeric"
_HEX = "0-9a-fA-F"
_HASH = "hex base64 base64url"

_ROWS = (
    _of("uuid", "a UUID", _HEX, (36, 36), "-"),
    _of("jwt", "a JSON Web Token", "e", (10, 8192), ".", "-_"),
    _of("http-date", "an HTTP date", "MTWFS", (29, 29), ", :"),
    _of("date-time", "a date and time", "0-9", (20, 64), "-:", ". +", "iso-date-time"),
    _of("date-time-local", "a date and time without a zone", "0-9", (19, 64), "-:", ". ", "iso-date-time"),
    _of("iso-date-time", "a date and time (ISO 8601)", "0-9", (16, 64), "-:", "., +"),
    _of("date", "a date", "0-9", (10, 10), "-"),
    _of("text-date", "a date in words, such as 25 Dec 2019", "0-9A-Za-z", (10, 20), " ", ",."),
    _of("time", "a time of day", "0-9", (9, 32), ":", ".+-"),
    _of("time-local", "a time of day without a zone", "0-9", (5, 32), ":", "."),
    _of("duration", "a duration", "P", (3, 64), "", ".,"),
    _of("email", "an email address", "!-~", (3, 320), "@", "*", least=share(matches(r".+@.+\..+"), of=0.9)),
    _of("uri", "a URI", "A-Za-z", (2, 8192), ":", "*", "uri-reference", least=each(is_common_uri)),
    _of("uri-reference", "a link", "/A-Za-z", (1, 8192), "", "*", least=are_links),
    # versions have four parts, too, but small ones
    _of("ipv4", "an IPv4 address", "0-9", (7, 15), ".", "", "hostname", least=some(matches(".*[0-9]{3}.*"))),
    _of("ipv6", "an IPv6 address", f"{_HEX}:", (2, 45), ":", "."),
    _of("media-type", "a media type", "a-z", (6, 127), "/", "*"),
    _of("phone", "a phone number (E.164)", "+", (8, 16), "+"),
    # the first ten characters are milliseconds of Unix time: 01 until the year 2039
    _of("ulid", "a ULID", "0-7", (26, 26), least=both(each(matches("01.*")), some(LETTER))),
    _of(
        "unix-milliseconds",
        "a time in milliseconds since 1970",
        "1-9",
        (12, 13),
        within=_NUMBERS,
        least=are_moments,
        numeric=True,
    ),
    _of(
        "unix-seconds",
        "a time in seconds since 1970",
        "1-9",
        (9, 10),
        within=_NUMBERS,
        least=are_moments,
        numeric=True,
    ),
    _of("currency", "a currency code (ISO 4217)", "A-Z", (3, 3), least=currencies),
    _of("country", "a country code (ISO 3166)", "A-Z", (2, 2), least=many(5)),
    _of("country-3", "a country code of three letters (ISO 3166)", "A-Z", (3, 3), least=many(3)),
    _of("language", "a language tag (BCP 47)", "a-z", (2, 12), "", "-", least=languages),
    # 2019.12.25 is a date
    _of("semver", "a semantic version", "0-9", (5, 128), ".", "-+", least=each(matches(r"[0-9]{1,3}\..*"))),
    _of("sha512", "128 hexadecimal digits, as of SHA-512", _HEX, (128, 128), "", "", _HASH, least=MIXED_HEX),
    _of("sha256", "64 hexadecimal digits, as of SHA-256", _HEX, (64, 64), "", "", _HASH, least=MIXED_HEX),
    _of("sha1", "40 hexadecimal digits, as of SHA-1", _HEX, (40, 40), "", "", _HASH, least=MIXED_HEX),
    _of("md5", "32 hexadecimal digits, as of MD5", _HEX, (32, 32), "", "", _HASH, least=MIXED_HEX),
    _of("hostname", "a host name", "0-9A-Za-z", (1, 253), "", ".-", least=each(is_known_domain)),
    _of("integer", "a whole number as text", "0-9-", marks="-", within="decimal numeric"),
    _of("decimal", "a number as text", "0-9-", marks="-+.", within="numeric"),
    _of("numeric", "a number as text, thousands apart", "0-9-", marks="-+.,", least=some(matches(".*,.*"))),
    _of("digits", "digits only", "0-9"),
    _of("hex", "hexadecimal digits", _HEX, least=both(LONG, MIXED_HEX)),
    _of("base64", "base64", "0-9A-Za-z+/", (4, MAX_LENGTH), "", "+/=", least=looks_encoded("+=")),
    _of("base64url", "base64 for URLs", "0-9A-Za-z_-", (2, MAX_LENGTH), "", "-_=", least=looks_encoded("-_")),
    _of("slug", "a slug", "0-9a-z", marks="-", least=share(has_words, of=0.5)),
)

FORMATS: dict[str, Format] = {found.name: found for found, _ in _ROWS}
"""All formats by name, those first that say most."""

_RANK = {name: rank for rank, name in enumerate(FORMATS)}
_WORD = (string.ascii_letters + string.digits).encode()


def _found(text: str) -> frozenset[str]:
    size = len(text)
    if not 0 < size <= MAX_LENGTH:
        return frozenset()
    marks = frozenset(text.encode("utf-8", "surrogatepass").translate(None, _WORD))
    looks = _candidates(text[0], marks)
    return frozenset(
        [name for name, shortest, longest, test in looks if shortest <= size <= longest and test(text)]
    )


_remembered = lru_cache(maxsize=16_384)(_found)


@lru_cache(maxsize=4096)
def _candidates(first: str, marks: frozenset[int]) -> tuple[tuple[str, int, int, Test], ...]:
    """The formats that a text may have by its first character and the bytes that are no letters or digits.

    Nearly all formats are ruled out by these two, so that few tests run.
    """
    return tuple(
        (look.name, look.shortest, look.longest, look.test)
        for _, look in _ROWS
        if look.first.match(first) and look.needs <= marks and (look.marks is None or marks <= look.marks)
    )
