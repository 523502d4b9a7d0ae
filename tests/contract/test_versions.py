"""Where callers name the version that they want, and that nobody's field costs more than its length."""

from __future__ import annotations

import pytest

from contract.versions import media_version


@pytest.mark.parametrize(
    ("accept", "version"),
    [
        ("application/vnd.shop.v3+json", "v3"),
        ("application/vnd.shop.v3.1+json", "v3.1"),
        ("application/vnd.shop.v3.orders+json", "v3"),
        ("application/json; version=2", "2"),
        ('application/json;v="2026-03-01"', "2026-03-01"),
        ("application/json", ""),
        ("*/*", ""),
        (".v1" * 100_000, ""),
        (";" + " " * 200_000, ""),
    ],
)
def test_the_version_in_a_media_type(accept: str, version: str) -> None:
    assert media_version(accept) == version
