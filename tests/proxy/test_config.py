"""The configuration file: the documented example, and what is said of wrong ones."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.config import BODY_LIMIT_BYTES, Config, ConfigError, LaneConfig
from store.records import KnownConsumer

DOCUMENTED = Path(__file__).parents[2] / "docs" / "configuration.md"
LANE = '[[lane]]\nproducer="a"\nlisten="127.0.0.1:80"\nupstream="http://b"\n'


def example() -> str:
    found = re.search(r"```toml\n(.*?)```", DOCUMENTED.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def load(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "defacto.toml"
    path.write_text(text, encoding="utf-8")
    return Config.load(path)


def test_the_documented_example_is_valid_and_means_what_it_says(tmp_path: Path) -> None:
    config = load(tmp_path, example())
    assert config.lanes[0] == LaneConfig(
        producer="orders", listen="127.0.0.1:8080", upstream="http://127.0.0.1:9000"
    )
    assert config.lanes[1].tls is not None
    assert config.lanes[1].tls.alpn == ("h2", "http/1.1")
    assert config.identity.trust_mtls
    assert config.redaction.patterns == {"staff-badge": r"BADGE-(?P<secret>\d{8})"}
    assert config.known_consumers == (
        KnownConsumer(
            name="billing",
            identities=("user-agent:billing-*", "jwt:billing@shop", "api-key:redacted.secret.string.*"),
            owner="Team Payments",
            contact="#payments",
        ),
    )
    assert config.brokers[0].url == "kafka://127.0.0.1:9092"


def _keys(struct: type[msgspec.Struct]) -> set[str]:
    keys = set()
    for one in msgspec.structs.fields(struct):
        keys.add(one.encode_name)
        for inner in (one.type, *getattr(one.type, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                keys |= _keys(inner)
    return keys


def test_every_key_is_documented() -> None:
    text = example()
    missing = {key for key in _keys(Config) if not re.search(rf"\b{key}\b(?:\s*=|\]|\.)", text)}
    assert not missing


def test_the_documented_defaults_are_the_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, example())
    assert config.identity.chain == Config().identity.chain
    assert config.lanes[0].body_limit == BODY_LIMIT_BYTES
    assert config.store == Config().store
    text = DOCUMENTED.read_text(encoding="utf-8")
    identity = Config().identity
    for name in (
        *identity.mtls_headers,
        *identity.api_key_headers,
        *identity.consumer_headers,
        *identity.jwt.claims,
    ):
        assert f"`{name}`" in text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[store", "not valid TOML"),
        ("nonsense = 1", "unknown key `nonsense`"),
        ("[redaction]\nname = []", "redaction: unknown key `name`"),
        ("[store]\nurl = 5", "store.url: expected `str`, got `int`"),
        (LANE + 'body_limit = "1M"', r"lane\[0\].body_limit: expected `int`, got `str`"),
        ('[[lane]]\nproducer="a"', r"lane\[0\]: `listen` must be HOST:PORT"),
        ("[lane]", "lane: expected a list, got a table"),
        (LANE.replace(":80", ""), "HOST:PORT"),
        (LANE.replace(":80", ":99999"), "HOST:PORT"),
        (LANE.replace("http://b", "b:80"), "one of the schemes http, https"),
        (LANE.replace('"a"', '" "'), "must not be empty"),
        (LANE + "body_limit = -1", "zero or more"),
        (LANE + '[lane.upstream_tls]\nca="x"', "`upstream_tls` needs"),
        (LANE.replace("http://b", "tls://b:1") + 'protocol = "nats"', "needs \\[lane.tls\\]"),
        ('[identity]\nchain = ["mtsl"]', r"identity.chain\[0\]: .*'mtsl'"),
        ('[identity.jwt]\nsecret_env="A"\nsecret_file="b"', "only one of"),
        ('[redaction.patterns]\nx = "("', "patterns.x` is not a regular expression"),
        ('[redaction.patterns]\nx = "a*"', "empty text"),
        ('[redaction.patterns]\n"A B" = "a"', "lower-case"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as caught:
        load(tmp_path, text)
    assert str(tmp_path / "defacto.toml") in caught.value.message


def test_a_file_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        Config.load(tmp_path / "absent.toml")
    with pytest.raises(ConfigError, match="cannot read"):
        Config.load(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'a = "\xe9"')
    with pytest.raises(ConfigError, match="UTF-8"):
        Config.load(tmp_path / "latin.toml")


def test_each_producer_has_its_own_body_limit(tmp_path: Path) -> None:
    config = load(tmp_path, LANE + "body_limit = 7")
    assert (config.body_limit("a"), config.body_limit("other")) == (7, BODY_LIMIT_BYTES)


@given(st.text(max_size=80))
def test_any_text_is_a_configuration_or_explained(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("config") / "defacto.toml"
    path.write_text(text, encoding="utf-8", errors="replace")
    with suppress(ConfigError):
        Config.load(path)
