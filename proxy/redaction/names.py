"""Which names stand for secrets: fields, parameters, headers, elements, form fields, in any spelling.

A name is cut into words (`accessToken`, `access_token`, `Access-Token`, `user[access.token]`), and the
words decide: a secret word makes the name secret (`password`, `token`), so does a secret pair (`api key`),
unless the name says that what stands there is *about* the secret (`token_type`, `password_changed_at`,
`max_tokens`) or that the token is a cursor (`next_page_token`). `key` alone is never secret: `sort_key`,
`idempotency-key` and `key` are contract. Where a name is in doubt it is taken for secret: a value lost to
inference costs less than a credential on disk.

`literals` is the other half of the same lists: some literal stands, in lower case, in every text in which a
name that they call secret stands, so that text without any of them need not be parsed.
"""

# ruff: noqa: SIM905  (a list of words reads best as words)
from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = frozenset(
    (
        "password passwords passwd passwort pwd passphrase passcode secret secrets credential credentials "
        "creds token tokens jwt bearer assertion authorization cookie cookies session sessions csrf xsrf "
        "nonce totp hotp cvv cvv2 cvc cvc2 iban signature hmac mnemonic"
    ).split()
)
"""Words that make a name secret wherever they stand in it."""

_SHORT_WORDS = frozenset("pass pw auth sid otp mfa pin puk csc pan ssn sig".split())
"""Words so short that they count only at the end of a name, or before one of `_CARRIERS`."""

_CARRIERS = frozenset("code number no num value hash id block key data".split())

_PAIRS = frozenset(
    {
        *(
            f"{word} key"
            for word in "api access private signing encryption auth master account shared".split()
        ),
        *(
            f"{word} key"
            for word in [
                "subscription",
                "ssh",
                "license",
                "service",
                "storage",
                "functions",
                "app",
                "application",
            ]
        ),
        *(
            f"{word} key"
            for word in "consumer client deploy crypto symmetric aes rsa webhook project".split()
        ),
        *(f"{word} keys" for word in ["api", "access", "private"]),
        *(
            f"{word} code"
            for word in ["authorization", "verification", "security", "recovery", "backup", "device", "sms"]
        ),
        *(f"{word} codes" for word in ["verification", "recovery", "backup"]),
        *(f"{word} code" for word in ["access", "login", "invite", "reset", "confirmation"]),
        *("code verifier", "security answer", "recovery phrase", "seed phrase", "pass phrase", "pass word"),
        *(
            "card number",
            "credit card",
            "debit card",
            "cc number",
            "cc num",
            "account number",
            "routing number",
        ),
        *(
            "social security",
            "national id",
            "tax id",
            "passport number",
            "connection string",
            "saml response",
        ),
    }
)
"""Two words in a row that make a name secret."""

_GLUED = frozenset(
    {
        *(pair.replace(" ", "") for pair in _PAIRS),
        *(word + carrier for word in _SHORT_WORDS for carrier in _CARRIERS),
    }
)
"""Pairs in one go, as header names have them (`pincode`, `recoverycode`)."""

_STEMS = (
    "password passwd passphrase secret credential apikey accesskey privatekey signingkey accesstoken "
    "authtoken refreshtoken idtoken usertoken apitoken csrftoken cardnumber ccnumber securitycode "
    "sessionid sessid samlresponse"
).split()
"""Parts of a name written in one go (`userpassword`, `csrfmiddlewaretoken`) that make it secret."""

_ABOUT = frozenset(
    (
        "type types count counts at on in expiry expires expired expiration ttl length len size limit "
        "limits usage used remaining name names format policy policies required enabled disabled valid "
        "invalid verified status state scope scopes url uri endpoint age duration timeout created updated "
        "changed last4 four brand version algorithm algorithms alg strength supported method methods "
        "provider issuer strategy level lifetime date time ms seconds min max total attempts retries flow "
        "mode details rate budget price"
    ).split()
)
"""Last words that turn a name from the secret to something about it."""

_CURSORS = frozenset(
    (
        "page next prev previous continuation continue sync cursor pagination paging resume nextpage "
        "delta change skip marker idempotency concurrency etag"
    ).split()
)
"""Words that make a `token` a place in a list or a version: it opens nothing without a credential."""

_AMOUNTS = frozenset("max min total prompt completion input output num n cached reasoning".split())
"""Words that make `tokens` a number of words, as language models count them."""

_HARMLESS = frozenset(["secretary", "secretaries", "secretariat", "secretion", "tokenizer"])

_SEPARATORS = ("", "_", "-", ".", " ")
"""What may stand between the two words of a pair."""

_ENDS = tuple("\"'=:_-. <>[](){}\\/%&;,|\t\r\n0123456789")
"""What may follow the last word of a name in a text."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|\d+")
_CACHED_NAME_CHARS = 64


class SecretNames:
    """The built-in names with those that the configuration adds and keeps."""

    def __init__(self, names: tuple[str, ...] = (), keep_names: tuple[str, ...] = ()) -> None:
        self._added = frozenset(words_of(name) for name in names)
        self._kept = frozenset(words_of(name) for name in keep_names)
        self._cached = lru_cache(maxsize=8192)(self._decide)

    def __contains__(self, name: str) -> bool:
        """Whether what stands under this name is secret."""
        return self._cached(name) if len(name) <= _CACHED_NAME_CHARS else self._decide(name)

    @staticmethod
    def is_about(name: str) -> bool:
        """Whether the name says that what stands there only describes: `type`, `status`, `expires_at`."""
        return not _ABOUT.isdisjoint(words_of(name)[-1:])

    def keeps(self, name: str) -> bool:
        """Whether the configuration says that what stands under this name stays as it is."""
        return bool(self._kept) and words_of(name) in self._kept

    @property
    def literals(self) -> frozenset[str]:
        """Lower-case texts one of which stands wherever a secret name stands."""
        added = (separator.join(words) for words in self._added for separator in _SEPARATORS)
        return _BUILT_IN_LITERALS | frozenset(added)

    def _decide(self, name: str) -> bool:
        words = words_of(name)
        if words in self._kept:
            return False
        return words in self._added or _is_secret(words)


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in lower case; digits stay with the word before them (`cvv2`, `last4`)."""
    words: list[str] = []
    end = 0
    for match in _WORD.finditer(name):
        if match[0].isdigit() and words and match.start() == end:
            words[-1] += match[0]
        else:
            words.append(match[0].lower())
        end = match.end()
    return tuple(words)


def _is_secret(words: tuple[str, ...]) -> bool:
    if not words or (len(words) > 1 and words[-1] in _ABOUT):
        return False
    bare = tuple(word.rstrip("0123456789") for word in words)
    if any(f"{first} {second}" in _PAIRS for first, second in pairwise(bare)) or not _GLUED.isdisjoint(bare):
        return True
    found = _WORDS.intersection(bare)
    if found and found <= {"token", "tokens"}:
        return not (_CURSORS.intersection(words) or ("tokens" in found and _AMOUNTS.intersection(words)))
    if found or _has_short_word(bare) or _has_glued_token(bare):
        return True
    joined = "".join(bare)
    return any(stem in joined for stem in _STEMS) and not _HARMLESS.intersection(words)


def _has_short_word(words: tuple[str, ...]) -> bool:
    return words[-1] in _SHORT_WORDS or any(
        first in _SHORT_WORDS and second in _CARRIERS for first, second in pairwise(words)
    )


def _has_glued_token(words: tuple[str, ...]) -> bool:
    """A word such as `csrfmiddlewaretoken`, and not `nextpagetoken`."""
    return any(word.endswith("token") and not word[:-5].endswith(tuple(_CURSORS)) for word in words)


def _literals() -> Iterator[str]:
    yield from _WORDS
    yield from _STEMS
    for pair in _PAIRS:
        yield from (separator.join(pair.split()) for separator in _SEPARATORS)
    for word in _SHORT_WORDS:
        yield from (word + end for end in _ENDS)
        yield from (word + carrier for carrier in _CARRIERS)


_BUILT_IN_LITERALS = frozenset(_literals())
