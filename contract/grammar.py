"""The grammar of formats: for each the test whether a text has it, after the standard that defines it.

A test may be given any text and is linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import AddressValueError, IPv6Address

from contract.codes import COUNTRIES, COUNTRIES_3, CURRENCIES, LANGUAGES

Test = Callable[[str], object]
"""Whether a text is of a form: something true, or something false."""


def matches(pattern: str, flags: re.RegexFlag = re.ASCII) -> Test:
    """Whether a whole text has a pattern; classes such as `\\w` are those of ASCII."""
    return re.compile(pattern, flags | re.ASCII).fullmatch


_DATE = matches(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_LAST_DAYS = {"02": "29", "04": "30", "06": "30", "09": "30", "11": "30"}
_HOUR = "(?:[01][0-9]|2[0-3])"
_MINUTE = "[0-5][0-9]"
_CLOCK = f"{_HOUR}:{_MINUTE}:(?:{_MINUTE}|60)"
_TIME = rf"{_CLOCK}(?:\.[0-9]+)?"
_ZONE = f"(?:[Zz]|[+-]{_HOUR}:{_MINUTE})"
_LOOSE_TIME = rf"{_HOUR}:{_MINUTE}(?::(?:{_MINUTE}|60)(?:[.,][0-9]+)?)?(?:[Zz]|[+-]{_HOUR}(?::?{_MINUTE})?)?"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTH_NAMES = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY = "(?:0?[1-9]|[12][0-9]|3[01])"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LINK = r"""[^\s<>"\x00-\x1f\x7f]"""
_STRICT_LINK = r"[\w.~:/?#\[\]@!$&'()*+,;=%-]"
_URI = rf"[A-Za-z][A-Za-z0-9+.-]*:(?://{_LINK}+|{_STRICT_LINK}*)"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_WHOLE = "(?:0|[1-9][0-9]*)"
_PRE = rf"(?:{_WHOLE}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_BUILD = "[0-9A-Za-z-]+"
_PART = r"[0-9]+(?:[.,][0-9]+)?"
_DURATION = (
    rf"P(?!$)(?:{_PART}W|(?:{_PART}Y)?(?:{_PART}M)?(?:{_PART}D)?"
    rf"(?:T(?=[0-9])(?:{_PART}H)?(?:{_PART}M)?(?:{_PART}S)?)?)"
)
_LANGUAGE = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-[A-Z][a-z]{3})?(?:-(?P<region>[A-Z]{2}|[a-z]{2}|[0-9]{3}))?", re.ASCII
)


def _is_date(text: str) -> bool:
    """A full-date of RFC 3339: the day exists in its month."""
    if not _DATE(text) or text[8:] > _LAST_DAYS.get(text[5:7], "31"):
        return False
    year = int(text[:4])
    return text[5:] != "02-29" or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


def _dated(rest: str) -> Test:
    """A date, a T or a blank, and the rest."""
    after = re.compile("[Tt ]" + rest, re.ASCII).fullmatch
    return lambda text: after(text, 10) is not None and _is_date(text[:10])


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return "%" not in text


def _is_language(text: str) -> bool:
    """A tag of BCP 47 as it is mostly written: a language, perhaps a script, perhaps a region."""
    match = _LANGUAGE.fullmatch(text)
    if match is None:
        return False
    language, region = match["language"], match["region"]
    known = language in LANGUAGES or (len(language) == 3 and region is not None)
    return known and (region is None or region.isdecimal() or region.upper() in COUNTRIES)


def _between(low: int, high: int) -> Test:
    digits = matches("[1-9][0-9]{0,15}")
    return lambda text: digits(text) is not None and low <= int(text) < high


def _hexadecimal(times: str) -> Test:
    return matches(f"[0-9a-f]{times}|[0-9A-F]{times}")


TESTS: dict[str, Test] = {
    # RFC 9562 section 4
    "uuid": matches("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE),
    # RFC 7519: the header is an object, whose base64 begins so
    "jwt": matches(r"eyJ[\w-]+\.[\w-]+\.[\w-]*"),
    # IMF-fixdate, RFC 9110 section 5.6.7
    "http-date": matches(
        f"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?:0[1-9]|[12][0-9]|3[01]) (?:{_MONTHS}) [0-9]{{4}} {_CLOCK} GMT"
    ),
    # RFC 3339 section 5.6
    "date-time": _dated(_TIME + _ZONE),
    "date-time-local": _dated(_TIME),
    # ISO 8601: without seconds, and with zones such as +0200
    "iso-date-time": _dated(_LOOSE_TIME),
    "date": _is_date,
    "text-date": matches(
        rf"{_DAY} {_MONTH_NAMES},? [0-9]{{4}}|{_MONTH_NAMES} {_DAY},? [0-9]{{4}}", re.IGNORECASE
    ),
    "time": matches(_TIME + _ZONE),
    "time-local": matches(rf"{_HOUR}:{_MINUTE}(?::(?:{_MINUTE}|60)(?:\.[0-9]+)?)?"),
    # ISO 8601; RFC 3339 appendix A
    "duration": matches(_DURATION),
    # RFC 5321 section 4.1.2
    "email": matches(rf'(?:{_ATOM}(?:\.{_ATOM})*|"[^"\\]+")@(?:{_HOST}|\[[0-9A-Za-z.:]+\])'),
    # RFC 3986 section 3, and what browsers accept as well
    "uri": matches(_URI),
    "uri-reference": matches(rf"{_URI}|/{_LINK}*"),
    # RFC 2673 section 3.2
    "ipv4": matches(rf"(?:{_OCTET}\.){{3}}{_OCTET}"),
    # RFC 4291 section 2.2
    "ipv6": _is_ipv6,
    # RFC 6838 section 4.2
    "media-type": matches(
        r"(?:application|audio|font|haptics|image|message|model|multipart|text|video)/[\w!#$&^.+-]+"
        r'(?:\s*;\s*[\w!#$&^.+-]+=(?:[\w!#$&^.+:/-]+|"[^"]*"))*'
    ),
    # ITU-T E.164
    "phone": matches(r"\+[1-9][0-9]{6,14}"),
    # https://github.com/ulid/spec
    "ulid": matches("[0-7][0-9A-HJKMNP-TV-Z]{25}|[0-7][0-9a-hjkmnp-tv-z]{25}"),
    # 2000 to 2100
    "unix-milliseconds": _between(946_684_800_000, 4_102_444_800_000),
    "unix-seconds": _between(946_684_800, 4_102_444_800),
    "currency": CURRENCIES.__contains__,
    "country": COUNTRIES.__contains__,
    "country-3": COUNTRIES_3.__contains__,
    # RFC 5646
    "language": _is_language,
    # https://semver.org
    "semver": matches(
        rf"{_WHOLE}\.{_WHOLE}\.{_WHOLE}(?:-{_PRE}(?:\.{_PRE})*)?(?:\+{_BUILD}(?:\.{_BUILD})*)?"
    ),
    "sha512": _hexadecimal("{128}"),
    "sha256": _hexadecimal("{64}"),
    "sha1": _hexadecimal("{40}"),
    "md5": _hexadecimal("{32}"),
    # RFC 1123 section 2.1
    "hostname": matches(rf"(?=.{{1,253}}\Z){_HOST}"),
    "integer": matches("-?(?:0|[1-9][0-9]*)"),
    "decimal": matches(rf"-?{_WHOLE}(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"),
    "numeric": matches(rf"-?(?:{_WHOLE}|[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"),
    "digits": matches("[0-9]+"),
    "hex": _hexadecimal("+"),
    # RFC 4648 sections 4 and 5
    "base64": matches("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"),
    "base64url": matches(r"(?:[\w-]{4})*(?:[\w-]{2}(?:==)?|[\w-]{3}=?)?"),
    "slug": matches("[a-z0-9]+(?:-[a-z0-9]+)*"),
}
"""The test of each format."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "uuid": ("550e8400-e29b-41d4-a716-446655440000", "0190163d-8694-739b-aea5-966c26f8ad91"),
    "jwt": ("eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiJ9.", "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.c2ln_-o"),
    "http-date": ("Wed, 25 Dec 2019 10:30:00 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"),
    "date-time": ("2019-12-25T10:30:00Z", "2019-12-25T10:30:00.123+02:00", "1985-04-12 23:20:50.5-08:00"),
    "date-time-local": ("2019-12-25T10:30:00", "2019-12-25 10:30:00.123"),
    "iso-date-time": ("2019-12-25T10:30:00.000+0200", "2019-12-25T10:30Z", "2019-12-25 10:30:00"),
    "date": ("2019-12-25", "2020-02-29"),
    "text-date": ("25 Dec 2019", "December 5, 2019"),
    "time": ("10:30:00Z", "23:20:50.52+02:00"),
    "time-local": ("10:30", "23:20:50.52"),
    "duration": ("PT15M", "P1Y2M3DT4H5M6.5S", "P4W"),
    "email": ("ann@example.com", "bob.o'neil+news@mail.example.org"),
    "uri": ("https://example.com/orders/42?full=1", "mailto:ann@example.com", "urn:isbn:0451450523"),
    "uri-reference": ("/orders/42?full=1", "https://example.com/"),
    "ipv4": ("192.0.2.1", "10.0.0.255"),
    "ipv6": ("2001:db8::1", "::ffff:192.0.2.1", "fe80:0:0:0:0:0:0:1"),
    "media-type": ("application/json", "text/html; charset=utf-8"),
    "phone": ("+4915112345678", "+14155552671"),
    "ulid": ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01hx3k8z2wq9d5v7c4b6n8m0ta"),
    "unix-milliseconds": ("1577269800123", "946684800000"),
    "unix-seconds": ("1577269800", "946684800"),
    "currency": ("EUR", "USD"),
    "country": ("DE", "US"),
    "country-3": ("DEU", "USA"),
    "language": ("de", "pt-BR", "zh-Hant-TW"),
    "semver": ("1.2.3", "0.10.0-rc.1+build.5"),
    "sha512": ("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" * 2,),
    "sha256": ("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",),
    "sha1": ("11f6ad8ec52a2984abaafd7c3b516503785c2072",),
    "md5": ("9dd4e461268c8034f5c8564e155c67a6",),
    "hostname": ("shop.example.com", "db-1"),
    "integer": ("42", "-7"),
    "decimal": ("7.5", "-1e3", "42"),
    "numeric": ("1,234,567.8", "345"),
    "digits": ("0042", "13"),
    "hex": ("00c0ffee", "DEADBEEF01"),
    "base64": ("d2ludGVyIHNhbGU=", "+/8A"),
    "base64url": ("d2ludGVyIHNhbGU", "-_8A"),
    "slug": ("winter-sale", "sale"),
}
"""Texts of each format that differ as much as its texts do."""
