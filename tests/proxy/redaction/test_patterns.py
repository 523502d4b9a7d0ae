"""What looks like a secret, and what only nearly does."""

from __future__ import annotations

import pytest

from proxy.config import RedactionConfig
from proxy.redaction.patterns import is_card_number
from proxy.redaction.rules import Rules
from tests.proxy.planted import BY_PATTERN, exchange, with_body
from tests.proxy.recording import a_recorder

RULES = Rules(RedactionConfig())
RECORDER = a_recorder()


@pytest.mark.parametrize(
    "digits",
    [
        *(
            "4111111111111111",
            "4111 1111 1111 1111",
            "5555-5555-5555-4444",
            "378282246310005",
            "6011111111111117",
        ),
        *("30569309025904", "3530111333300000", "2223003122003222", "6200000000000005"),
    ],
)
def test_test_cards_of_the_schemes_are_cards(digits: str) -> None:
    assert is_card_number(digits)


@pytest.mark.parametrize(
    "digits",
    [
        "4111111111111112",
        "1700000000000",
        "1700000000000000",
        "0000000000000000",
        "9999999999999995",
        "411111111111111",
    ],
)
def test_other_numbers_are_no_cards(digits: str) -> None:
    assert not is_card_number(digits)


@pytest.mark.parametrize("kind", BY_PATTERN)
def test_the_kind_is_told(kind: str) -> None:
    family = {
        "rsa": "private",
        "openssh": "private",
        "pgp": "private",
        "visa": "card",
        "mastercard": "card",
        "amex": "card",
    }
    known = RULES.kind_of(BY_PATTERN[kind])
    expected = kind.partition("-")[0]
    assert known.startswith(family.get(expected, expected)[:3]) or kind in {"jwe", "bearer", "basic", "url"}


@pytest.mark.parametrize(
    "harmless",
    [
        "eyJpZCI6MTB9",  # a page cursor: base64 of JSON, and no JWT
        "task-management_of_the_second_order",
        "risk-assessment-report-2024-final",
        "the bearer of good news",
        "a basic understanding of it",
        "https://example.com/a:b/c@d",
        "https://example.com:8080/x?y=1@2",
        "mailto:someone@example.com",
        "git@github.com:a/b.git",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "2024-01-01T10:00:00.000000Z",
        "+49 30 1234567",
        "+4111111111111111",
        "0.4111111111111111",
        "4f8c1e9b7a6d5c4b3a29180716f5e4d3c2b1a098",
    ],
)
def test_what_only_nearly_looks_like_a_secret_stays(harmless: str) -> None:
    body = f'{{"note": "{harmless}"}}'.replace("\n", "\\n").encode()
    record = RECORDER.record(with_body(body, "application/json"))
    assert record.request_body is not None
    assert record.request_body.content == body
    assert RECORDER.record(exchange(request_headers=(("x-note", harmless.replace("\n", " ")),))).redacted == 0


def test_a_card_in_a_name_of_dots_is_replaced() -> None:
    record = RECORDER.record(with_body(b'{"topic": "orders.4111111111111111.paid"}', "application/json"))
    assert record.request_body is not None
    assert b"4111" not in record.request_body.content
    assert record.request_body.content.startswith(b'{"topic": "orders.')


def test_a_configured_pattern_replaces_its_group() -> None:
    recorder = a_recorder(RedactionConfig(patterns={"badge": r"BADGE-(?P<secret>\d{8})"}))
    record = recorder.record(with_body(b'{"a": "see BADGE-12345678."}', "application/json"))
    assert record.request_body is not None
    assert b'"see BADGE-redacted.' in record.request_body.content
    assert record.redacted == 2
