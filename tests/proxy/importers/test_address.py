from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.importers.address import Address, read_url
from proxy.importers.recording import UnreadableError


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://a.example/x?y=1#z", Address("https", "a.example", "/x?y=1")),
        ("HTTP://A.Example:80", Address("http", "a.example", "/")),
        ("https://a.example:8443?q", Address("https", "a.example:8443", "/?q")),
        ("wss://a.example:443/live", Address("https", "a.example", "/live")),
        ("ws://[::1]:9000/", Address("http", "[::1]:9000", "/")),
        ("https://user:pass@a.example/", Address("https", "a.example", "/")),
        ("https://a.example/caf\u00e9 x/%2F", Address("https", "a.example", "/caf%C3%A9%20x/%2F")),
        ("https://a.example/a|b{c}[d]\"'<>", Address("https", "a.example", "/a|b{c}[d]\"'<>")),
    ],
)
def test_urls(url: str, address: Address) -> None:
    assert read_url(url, "GET") == address


def test_connect_goes_to_an_authority() -> None:
    assert read_url("https://a.example:443/", "CONNECT") == Address("https", "a.example", "a.example:443")
    assert read_url("https://a.example:8443", "CONNECT").target == "a.example:8443"


@pytest.mark.parametrize(
    ("url", "host"), [("https://a:1/", "a"), ("https://[::1]:1/", "[::1]"), ("https://a/", "a")]
)
def test_host(url: str, host: str) -> None:
    assert read_url(url, "GET").host == host


@given(st.text(st.characters(exclude_categories=())) | st.text().map(lambda rest: f"http://{rest}"))
def test_any_text_is_an_address_or_unreadable(url: str) -> None:
    try:
        address = read_url(url, "GET")
    except UnreadableError:
        return
    assert address.target.startswith("/")
    assert address.target.isascii()
    assert " " not in address.target
