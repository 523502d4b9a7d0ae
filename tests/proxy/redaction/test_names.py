"""Secret names, harmless names, and that the literals of the quick look miss none of the former."""

# ruff: noqa: SIM905  (tables of cases, and lists of words)
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.config import RedactionConfig
from proxy.redaction.names import SecretNames, words_of
from proxy.redaction.rules import Rules
from tests.proxy.planted import NAMES

BUILT_IN = SecretNames()
RULES = Rules(RedactionConfig())

HARMLESS = (
    "key keys sort_key idempotency-key Idempotency-Key partitionKey primary_key key_id public_key "
    "next_page_token nextPageToken page_token continuation_token syncToken nextpagetoken max_tokens "
    "total_tokens promptTokens tokens_used token_type token_endpoint token_count tokenizer "
    "password_changed_at passwordPolicy password_required session_count sessionTimeout secret_name "
    "secretary author authors authority authenticated auth_type authorization_endpoint pinned spin "
    "shipping pineapple company span japan japanese compass bypass passing passenger inside side "
    "residential design signal assign classname cookie_policy code status_code zip code_list card "
    "card_brand card_last4 number order_number etag x-request-id traceparent content-type hotpot "
    "token_endpoint_auth_methods_supported scopes_supported"
).split()


@pytest.mark.parametrize("name", NAMES)
def test_secret_names(name: str) -> None:
    assert name in BUILT_IN


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_names(name: str) -> None:
    assert name not in BUILT_IN


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("accessToken", ("access", "token")),
        ("XMLHttpAPIKey", ("xml", "http", "api", "key")),
        ("API_KEY", ("api", "key")),
        ("user[api-key.value]", ("user", "api", "key", "value")),
        ("cvv2", ("cvv2",)),
        ("", ()),
        ("ключ_token", ("ключ", "token")),
    ],
)
def test_words(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


WORDS = st.sampled_from(
    "pass word pin code api key access token card number user my 2 id sig value otp auth x".split()
)


@given(
    st.lists(WORDS, min_size=1, max_size=4),
    st.sampled_from(["_", "-", ".", "", " "]),
    st.sampled_from("\"'=:&<>] "),
)
def test_the_quick_look_misses_no_secret_name(words: list[str], separator: str, end: str) -> None:
    for name in (
        separator.join(words),
        separator.join(words).upper(),
        words[0] + "".join(word.title() for word in words[1:]),
        "".join(word.title() for word in words),
    ):
        if name in BUILT_IN:
            assert RULES.suspect(f'x"{name}{end}y'.encode()).names, name


def test_names_are_added_and_kept_in_any_spelling() -> None:
    names = SecretNames(names=("customer reference",), keep_names=("session_name", "sid"))
    assert "customerReference" in names
    assert "sid" not in names
    assert names.keeps("SID")
    assert not names.keeps("session")
    assert "session" in names
    rules = Rules(RedactionConfig(names=("customer_reference",)))
    assert rules.suspect(b'{"customerReference": 1}').names
