"""What secrets look like, whatever name they stand under.

A pattern is a regular expression with the literals that its matches must contain, so that text without any
of the literals need not be searched. A group named `secret` marks the part that is secret; without one all
of a match is. `tail`, or `opening` and all behind it, is the beginning of a secret that the end of a cut
text interrupts; `inside` is a secret right behind another letter, which in binary data may be a length.
All expressions are linear, or bounded where they are not: what they search, anybody may send.
"""

from __future__ import annotations

import binascii
import re
import string
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.tokens import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Pattern:
    """One shape of secret. `literals` are lower case, empty where only the digits of the text can tell."""

    kind: str
    full: re.Pattern[str]
    literals: tuple[str, ...]
    tail: re.Pattern[str] | None = None
    check: Callable[[str], bool] | None = None
    opening: re.Pattern[str] | None = None
    inside: re.Pattern[str] | None = None

    def find(self, text: str, *, cut: bool = False, binary: bool = False) -> Iterator[tuple[int, int]]:
        """Spans of secrets in `text`; with `cut`, a beginning at its very end as well."""
        expression = self.inside if binary and self.inside else self.full
        for match in expression.finditer(text):
            start, end = _secret_span(match)
            secret = text[start:end]
            if not secret.startswith(PREFIX) and (self.check is None or self.check(secret)):
                yield start, end
        beginning = self._find_beginning(text) if cut else None
        if beginning is not None:
            yield _secret_span(beginning)[0], len(text)

    def _find_beginning(self, text: str) -> re.Match[str] | None:
        """A secret that the end of the text interrupts, sought from where the last word begins: linear."""
        if self.opening is not None:
            return self.opening.search(text, len(text.rstrip(_KEY_CHARACTERS)))
        match = self.tail.search(text) if self.tail is not None else None
        return match if match and not match[0].startswith(PREFIX) else None


_KEY_CHARACTERS = string.ascii_letters + string.digits + "_-./+="


def _secret_span(match: re.Match[str]) -> tuple[int, int]:
    return match.span("secret" if "secret" in match.re.groupindex else 0)


def _shape(kind: str, *expressions: str, literals: str) -> Pattern:
    """A key that begins with one of some literals and goes on in word characters."""
    words = literals.split()
    return Pattern(
        kind,
        re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(expressions)})", re.ASCII),
        tuple(word.lower() for word in words),
        opening=re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(re.escape(word) for word in words)})"),
        inside=re.compile("|".join(expressions), re.ASCII),
    )


def is_card_number(text: str) -> bool:
    """Whether these are a payment card's digits: an issuer's prefix and length, and the Luhn check digit."""
    digits = re.sub(r"[ -]", "", text)
    if not any(len(digits) in lengths and prefix.match(digits) for prefix, lengths in _ISSUERS):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(int(digit) for digit in digits[-1::-2]) + sum(doubled)) % 10 == 0


_ISSUERS = (
    (re.compile("4"), {13, 16, 19}),  # Visa
    (re.compile("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),  # Mastercard
    (re.compile("3[47]"), {15}),  # American Express
    (re.compile("6011|64[4-9]|65"), {16, 17, 18, 19}),  # Discover
    (re.compile("30[0-5]|36|38|39"), {14, 16, 19}),  # Diners Club
    (re.compile("352[89]|35[3-8]"), {16, 17, 18, 19}),  # JCB
    (re.compile("62|81"), {16, 17, 18, 19}),  # UnionPay
    (re.compile("220[0-4]"), {16, 17, 18, 19}),  # Mir
    (re.compile("5018|5020|5038|5893|6304|6759|676[1-3]"), {16, 17, 18, 19}),  # Maestro
)


def _is_basic(text: str) -> bool:
    """Whether base64 text is `user:password` (RFC 7617)."""
    try:
        return b":" in b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False


def _is_random(text: str) -> bool:
    """Whether a word has letters and digits mixed, as keys have and names have not."""
    return any(one.isdigit() for one in text) and any(one.isalpha() for one in text)


_CARD_BEGINS = r"(?<![\w+-])(?<!\d\.)"
"""Not inside of a word or a decimal; a name of dots may have one: `orders.4111…`."""

CARD = Pattern(
    "card",
    re.compile(rf"{_CARD_BEGINS}\d(?:[ -]?\d){{12,18}}(?![\w-]|\.\d)", re.ASCII),
    (),
    re.compile(rf"{_CARD_BEGINS}\d(?:[ -]?\d){{6,18}}\Z", re.ASCII),
    is_card_number,
)

PATTERNS = (
    Pattern(
        "private-key",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----.*?"
            r"(?:-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----|\Z)"
            r"|PuTTY-User-Key-File-\d.*\Z",
            re.DOTALL,
        ),
        ("-----begin", "putty-user-key-file"),
    ),
    _shape(
        "jwt",
        r"eyJ[\w-]{8,4096}+\.[\w-]{4,}+\.[\w-]*+(?:\.[\w-]+\.[\w-]+)?",
        r"eyJ[\w-]{8,4096}+\.\.[\w-]+\.[\w-]+\.[\w-]+",
        literals="eyJ",
    ),
    _shape("aws", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])", literals="AKIA ASIA ABIA ACCA"),
    _shape(
        "github",
        r"gh[pousr]_[A-Za-z0-9]{36,}",
        r"github_pat_\w{22,}",
        literals="ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
    ),
    _shape(
        "gitlab",
        r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w.-]{20,}",
        r"GR1348941[\w-]{20,}",
        literals="glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- GR1348941",
    ),
    _shape(
        "slack",
        r"xox[abeoprs](?:\.xox[bp])?-[\w-]{10,}",
        r"xapp-\d-[\w-]{10,}",
        literals="xoxa- xoxb- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xapp-",
    ),
    Pattern(
        "slack",
        re.compile(
            r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9/]{20,})", re.ASCII
        ),
        ("hooks.slack.com",),
        re.compile(
            r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9/]+)\Z", re.ASCII
        ),
    ),
    _shape(
        "stripe",
        r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}",
        r"whsec_[A-Za-z0-9+/=]{16,}",
        literals="sk_live_ sk_test_ rk_live_ rk_test_ whsec_",
    ),
    _shape(
        "google",
        r"AIza[\w-]{35}",
        r"ya29\.[\w.-]{20,}",
        r"GOCSPX-[\w-]{20,}",
        r"1//0[\w-]{40,}",
        literals="AIza ya29. GOCSPX- 1//0",
    ),
    _shape("npm", r"npm_[A-Za-z0-9]{36}", literals="npm_"),
    _shape("pypi", r"pypi-[\w-]{50,}", literals="pypi-"),
    _shape("openai", r"sk-(?=[\w-]{0,40}?\w{20})[\w-]{20,}", literals="sk-"),
    _shape("sendgrid", r"SG\.[\w-]{16,32}\.[\w-]{32,64}", literals="SG."),
    _shape("mailgun", r"key-[0-9a-f]{32}(?![0-9a-f])", literals="key-"),
    _shape("huggingface", r"hf_[A-Za-z0-9]{34,}", literals="hf_"),
    _shape("digitalocean", r"do[opr]_v1_[0-9a-f]{64}", literals="doo_v1_ dop_v1_ dor_v1_"),
    _shape("shopify", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", literals="shpat_ shpca_ shppa_ shpss_"),
    _shape("square", r"sq0(?:atp|csp|idp)-[\w-]{22,}", literals="sq0atp- sq0csp- sq0idp-"),
    _shape("vault", r"hv[sbr]\.[\w-]{24,}", literals="hvs. hvb. hvr."),
    _shape("databricks", r"dapi[0-9a-f]{32}(?:-\d)?", literals="dapi"),
    _shape("atlassian", r"AT(?:ATT|CTT)3x[\w=-]{50,}", literals="ATATT3x ATCTT3x"),
    _shape("newrelic", r"NRAK-[A-Z0-9]{27}", literals="NRAK-"),
    _shape("postman", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}", literals="PMAK-"),
    _shape("grafana", r"gl(?:sa|c)_[A-Za-z0-9+/=_]{32,}", literals="glsa_ glc_"),
    _shape("linear", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}", literals="lin_api_ lin_oauth_"),
    _shape("age", r"AGE-SECRET-KEY-1[A-Z0-9]{58}", literals="AGE-SECRET-KEY-1"),
    Pattern("telegram", re.compile(r"(?<!\d)\d{8,10}:AA[\w-]{33}", re.ASCII), (":aa",)),
    Pattern(
        "bearer",
        re.compile(r"\bbearer[ \t]+(?P<secret>[\w\-.~+/]{12,}=*)", re.ASCII | re.IGNORECASE),
        ("bearer",),
        re.compile(r"\bbearer[ \t]+(?P<secret>[\w\-.~+/]+=*)\Z", re.ASCII | re.IGNORECASE),
        _is_random,
    ),
    Pattern(
        "basic",
        re.compile(r"\bbasic[ \t]+(?P<secret>[A-Za-z0-9+/]{4,}={0,2})", re.ASCII | re.IGNORECASE),
        ("basic",),
        re.compile(r"\bbasic[ \t]+(?P<secret>[A-Za-z0-9+/]+={0,2})\Z", re.ASCII | re.IGNORECASE),
        _is_basic,
    ),
    Pattern(
        "url-password",
        re.compile(r"://[^\s/?#:@\"'<>]*:(?P<secret>[^\s/?#@\"'<>]+)@", re.ASCII),
        ("://", ":\\/\\/"),
        re.compile(r"://[^\s/?#:@\"'<>]*:(?P<secret>(?!\d{1,5}\Z)[^\s/?#@\"'<>]+)\Z", re.ASCII),
    ),
    Pattern(
        "url-user",
        re.compile(r"://(?P<secret>[^\s/?#:@\"'<>]{16,})@", re.ASCII),
        ("://", ":\\/\\/"),
        check=_is_random,
    ),
    CARD,
)
