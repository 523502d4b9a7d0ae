"""Claims of JSON Web Tokens, and what makes them verified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from proxy.config import ConfigError, JwtConfig
from proxy.jwt_claims import Claim, JwtReader

SECRET = "a secret that is long enough for HS256"
NOW_S = 1_700_000_000
NOW = NOW_S * 10**9


def token(key: Any = SECRET, algorithm: str = "HS256", kid: str | None = None, **claims: object) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


@pytest.fixture
def reader(tmp_path: Path) -> JwtReader:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    return JwtReader.from_config(JwtConfig(secret_file=str(secret)))


def test_the_claims_are_asked_in_order() -> None:
    reader = JwtReader.from_config(JwtConfig())
    assert reader.read(token(sub="u", client_id="c", azp="a"), at=NOW) == Claim("azp", "a", verified=False)
    assert reader.read(token(sub="u", client_id="c"), at=NOW) == Claim("client_id", "c", verified=False)
    assert reader.read(token(sub="u", azp=""), at=NOW) == Claim("sub", "u", verified=False)
    assert reader.read(token(iss="i"), at=NOW) is None


def test_a_good_signature_is_verified(reader: JwtReader) -> None:
    assert reader.read(token(azp="a", exp=NOW_S + 9, nbf=NOW_S - 9, aud="other"), at=NOW) == Claim(
        "azp", "a", verified=True
    )


@pytest.mark.parametrize(
    "bad",
    [
        token(azp="a", exp=NOW_S - 3_600),
        token(azp="a", nbf=NOW_S + 3_600),
        token(azp="a", exp="soon"),
        token(azp="a", key="another secret that is long enough"),
        token(azp="a", key=None, algorithm="none"),
        token(azp="a")[:-4] + "AAAA",
    ],
)
def test_expired_or_badly_signed_is_not_verified(reader: JwtReader, bad: str) -> None:
    assert reader.read(bad, at=NOW) == Claim("azp", "a", verified=False)


def test_a_recording_is_judged_by_its_own_time(reader: JwtReader) -> None:
    old = token(azp="a", exp=1_000)
    assert reader.read(old, at=999 * 10**9) == Claim("azp", "a", verified=True)


def test_public_keys_verify_and_are_never_taken_for_secrets(tmp_path: Path) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    keys = [
        {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key())), "kid": "r"},
        {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(curve.public_key())), "kid": "e"},
        {"kty": "oct", "k": "YSBzZWNyZXQgdGhhdCBpcyBsb25nIGVub3VnaCBmb3IgSFMyNTY", "kid": "o"},
    ]
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": keys}))
    reader = JwtReader.from_config(JwtConfig(jwks_file=str(path)))
    assert reader.read(token(private, "RS256", "r", azp="a"), at=NOW) == Claim("azp", "a", verified=True)
    assert reader.read(token(curve, "ES256", "e", azp="a"), at=NOW) == Claim("azp", "a", verified=True)
    assert reader.read(token(curve, "ES256", azp="a"), at=NOW) == Claim("azp", "a", verified=True)
    assert reader.read(token(private, "RS256", "e", azp="a"), at=NOW) == Claim("azp", "a", verified=False)
    assert reader.read(token(SECRET, "HS256", "o", azp="a"), at=NOW) == Claim("azp", "a", verified=False)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "eA"}]}', "\x00"]
)
def test_a_key_set_without_public_keys_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"jwks\.json"):
        JwtReader.from_config(JwtConfig(jwks_file=str(path)))


def test_a_missing_key_is_an_error_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="nothing-here"):
        JwtReader.from_config(JwtConfig(secret_file=str(tmp_path / "nothing-here")))
    monkeypatch.delenv("SHOP_JWT_SECRET", raising=False)
    with pytest.raises(ConfigError, match="SHOP_JWT_SECRET"):
        JwtReader.from_config(JwtConfig(secret_env="SHOP_JWT_SECRET"))
    monkeypatch.setenv("SHOP_JWT_SECRET", SECRET)
    assert JwtReader.from_config(JwtConfig(secret_env="SHOP_JWT_SECRET")).read(
        token(azp="a"), at=NOW
    ) == Claim("azp", "a", verified=True)


@given(
    st.text(max_size=60)
    | st.lists(st.text(st.sampled_from("eyJhbGciOi.-_=IUzN9"), max_size=12), min_size=3, max_size=3).map(
        ".".join
    )
)
def test_anything_else_is_no_token(text: str) -> None:
    assert JwtReader.from_config(JwtConfig()).read(text, at=NOW) is None
