"""Who the consumer is, from each kind of evidence and in which order."""

# ruff: noqa: E501  (tables of cases, and lists of words)
from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.config import IdentityConfig
from proxy.identity import Identifier, certificate_subject, product_of
from proxy.raw import Link, RawEvent, Sender
from store.records import UNIDENTIFIED, Identity, Lane
from store.tokens import is_token
from tests.proxy.planted import BY_PATTERN, exchange
from tests.proxy.recording import a_redactor


def identify(
    config: IdentityConfig | None = None, peer: str = "", sent: dict[str, str] | None = None, **headers: str
) -> Identity:
    headers |= sent or {}
    fields = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    identifier = Identifier(config or IdentityConfig(), a_redactor())
    return identifier.identify(exchange(request_headers=fields, peer=peer))


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("headers", "key", "source"),
    [
        ({"x_ssl_client_s_dn": "CN=billing,O=Shop"}, "mtls:CN=billing,O=Shop", "header x-ssl-client-s-dn"),
        ({"x_consumer_username": "billing"}, "header:billing", "header x-consumer-username"),
        ({"x_client_id": "billing-7"}, "header:billing-7", "header x-client-id"),
        ({"authorization": basic("billing", "hunter2")}, "basic:billing", "header authorization"),
        ({"user_agent": "billing-client/1.2 (linux)"}, "user-agent:billing-client", "header user-agent"),
    ],
)
def test_evidence_names_the_consumer_and_where_it_stood(
    headers: dict[str, str], key: str, source: str
) -> None:
    identity = identify(sent=headers)
    assert (identity.key, identity.source, identity.verified) == (key, source, False)


def test_no_evidence_is_said_and_an_address_is_the_last_resort() -> None:
    assert identify() is UNIDENTIFIED
    assert identify(peer="10.0.0.7").key == "address:10.0.0.7"


def test_the_default_order() -> None:
    evidence = {
        "x_ssl_client_s_dn": "CN=a",
        "x_api_key": "k" * 20,
        "x_consumer_id": "c",
        "user_agent": "ua/1",
    }
    seen = []
    while evidence:
        seen.append(identify(peer="10.0.0.7", sent=evidence).basis)
        evidence.pop(next(iter(evidence)))
    assert seen == ["mtls", "api-key", "header", "user-agent"]


def test_the_chain_is_configured() -> None:
    config = IdentityConfig(chain=("user-agent", "header"), consumer_headers=("x-team",))
    assert identify(config, user_agent="ua/1", x_team="t").key == "user-agent:ua"
    assert identify(config, x_team="t", x_consumer_id="c").key == "header:t"
    assert identify(config, x_api_key="k") is UNIDENTIFIED


def test_a_terminating_proxy_is_believed_only_where_it_is_trusted() -> None:
    assert not identify(x_ssl_client_s_dn="CN=a").verified
    assert identify(IdentityConfig(trust_mtls=True), x_ssl_client_s_dn="CN=a").verified
    assert not identify(IdentityConfig(trust_mtls=True), x_client_id="CN=a").verified


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        ("CN=billing,O=Shop", "CN=billing,O=Shop"),
        (
            'By=spiffe://shop/orders;Hash=ab12;Subject="CN=billing, O=Shop";URI=spiffe://shop/ns/pay/sa/billing',
            "spiffe://shop/ns/pay/sa/billing",
        ),
        ('Hash=ab12;Subject="/C=US/CN=a;b";DNS=x.example', "/C=US/CN=a;b"),
        ("Hash=ab12", ""),
        ("By=spiffe://a;URI=spiffe://first,By=spiffe://b;URI=spiffe://second", "spiffe://second"),
    ],
)
def test_certificate_subjects(value: str, subject: str) -> None:
    assert certificate_subject(value) == subject


@pytest.mark.parametrize(
    ("user_agent", "product"),
    [
        ("billing-client/1.2", "billing-client"),
        ("python-requests/2.32.3", "python-requests"),
        ("curl/8.5.0", "curl"),
        ("Go-http-client/2.0", "Go-http-client"),
        ("okhttp", "okhttp"),
        ("", ""),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
            "Chrome",
        ),
        ("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge"),
        ("Mozilla/5.0 (X11; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15", "Safari"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
        ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)", "Internet Explorer"),
        ("Mozilla/5.0", "browser"),
    ],
)
def test_products(user_agent: str, product: str) -> None:
    assert product_of(user_agent) == product


def test_a_user_agent_as_long_as_a_head_is_read_in_one_look() -> None:
    """In two ways it would take a quarter of an hour."""
    for told in (
        "compatible; a" + " " * 200_000,
        "compatible; " + "a " * 100_000,
        "compatible; a/" + "1" * 200_000,
    ):
        assert product_of(f"Mozilla/5.0 ({told}x") == "browser"


def test_a_credential_is_never_the_answer() -> None:
    for identity in (
        identify(x_api_key="swordfish-1"),
        identify(authorization="ApiKey swordfish-1"),
        identify(authorization=basic("swordfish-1", "")),
        identify(authorization=basic(BY_PATTERN["stripe"], "x")),
        identify(x_client_id=BY_PATTERN["aws"]),
    ):
        assert is_token(identity.value)
    assert identify(x_api_key="swordfish-1").value == a_redactor().token("swordfish-1")


@pytest.mark.parametrize(
    "value", ["Basic", "Basic !!!", "Basic aGVsbG8=", "Bearer", "Bearer a.b.c", "x" * 99_999]
)
def test_broken_credentials_are_no_evidence(value: str) -> None:
    assert identify(authorization=value) is UNIDENTIFIED


@given(
    st.dictionaries(
        st.sampled_from(
            ["authorization", "user_agent", "x_forwarded_client_cert", "x_api_key", "x_consumer"]
        ),
        st.text(st.characters(max_codepoint=255), max_size=60)
        | st.text(max_size=30).map(
            lambda text: "Basic " + b64encode(text.encode("utf-8", "replace")).decode()
        ),
    )
)
def test_any_headers_have_an_identity(headers: dict[str, str]) -> None:
    assert identify(sent=headers).value


def an_event(*client: tuple[str, str], peer: str = "10.0.0.7", certificate: str = "") -> RawEvent:
    return RawEvent(
        link=Link("events", Lane.SPLICE, "127.0.0.1:5672", "amqp", "c1", peer, certificate),
        ordinal=0,
        sender=Sender.SERVER,
        channel="order.created",
        at=1,
        client=tuple(Identity(basis=basis, value=value, source="said") for basis, value in client),
    )


@pytest.mark.parametrize(
    ("client", "key"),
    [
        ([("user", "billing"), ("client-id", "billing-7")], "client-id:billing-7"),
        ([("client-id", "rdkafka"), ("group", "billing")], "group:billing"),
        ([("client-id", "aiokafka-0.14.0"), ("user", "billing")], "user:billing"),
        ([("queue", "amq.gen-x7Hd_2"), ("user", "guest")], "address:10.0.0.7"),
        ([("queue", "billing.orders"), ("user", "guest")], "queue:billing.orders"),
        ([("client-id", "mosq-9aF3kQ"), ("connection-name", "")], "address:10.0.0.7"),
    ],
)
def test_a_brokers_client_is_named_by_what_only_it_is_called(client: list[tuple[str, str]], key: str) -> None:
    assert Identifier(IdentityConfig(), a_redactor()).identify_client(an_event(*client)).key == key


def test_a_brokers_client_without_any_name_is_unidentified() -> None:
    identifier = Identifier(IdentityConfig(events=("group",)), a_redactor())
    assert identifier.identify_client(an_event(("user", "x"))) == UNIDENTIFIED


def test_a_certificate_says_more_than_a_group() -> None:
    found = Identifier(IdentityConfig(), a_redactor()).identify_client(
        an_event(("group", "billing"), certificate="CN=billing")
    )
    assert found.key == "mtls:CN=billing"
    assert found.verified


@pytest.mark.parametrize(
    ("client", "key"),
    [
        ([("client-id", "till-7")], "client-id:till-7"),
        ([("client-id", "mqttjs_0a1b2c3d")], "header:billing"),
        ([], "header:billing"),
    ],
)
def test_inside_a_websocket_the_handshake_says_more_than_an_address(
    client: list[tuple[str, str]], key: str
) -> None:
    event = an_event(*client)
    handshake = exchange(request_headers=(("x-consumer-id", "billing"),))
    event = event._replace(link=event.link._replace(carrier=handshake))
    assert Identifier(IdentityConfig(), a_redactor()).identify_client(event).key == key
