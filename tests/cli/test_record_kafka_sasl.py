"""`defacto record` before a Kafka broker with SASL and TLS: clients come in, and are known by their users."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from store.records import Identity
from tests.certificates import Authority
from tests.cli.sidecar import Recorder, free_row

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

aiokafka = pytest.importorskip("aiokafka", reason="aiokafka is not installed")
confluent = pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")
pytest.importorskip("kio", reason="kio is not installed")

from aiokafka.abc import AbstractTokenProvider  # noqa: E402

from tests.cli.sasl_broker import SaslBroker  # noqa: E402
from tests.proxy.decoders.kafka_relaying import Broker  # noqa: E402

PASSWORD = "hush-correct-horse"
SIGNATURE = "hush-battery-staples"
CLAIMS = (b'{"alg":"RS256"}', b'{"sub":"alice"}')
BEARER = ".".join([*(urlsafe_b64encode(part).decode().rstrip("=") for part in CLAIMS), SIGNATURE])
COUNT = 20
CREDENTIALS = {"sasl_plain_username": "alice", "sasl_plain_password": PASSWORD}


class Lanes(NamedTuple):
    """How each is reached, and who vouches for the second."""

    clear: dict[str, str]
    secured: dict[str, str]
    ca: str


class Tokens(AbstractTokenProvider):  # type: ignore[misc]
    async def token(self) -> str:
        return BEARER


@contextmanager
def recording(folder: Path, authority: Authority, upstream: int) -> Iterator[Recorder]:
    """A lane that clients reach in the clear, and one that ends their TLS."""
    certificate, key = authority.issue("lane")
    first = free_row(8)
    lane = """
    [[lane]]
    producer = "{}"
    listen = "127.0.0.1:{}"
    upstream = "kafkas://localhost:{}"
    [lane.upstream_tls]
    ca = "{}"
    """
    lanes = [
        lane.format(name, first + 4 * number, upstream, authority.certificate)
        for number, name in enumerate(("clear", "secured"))
    ]
    ours = f'[lane.tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'
    (folder / "defacto.toml").write_text("".join(lanes) + ours)
    running = Recorder("--config", str(folder / "defacto.toml"), store=folder / "k.db", lanes=2)
    try:
        yield running
    finally:
        running.kill()


def values() -> list[bytes]:
    return [b'{"order_id": "ord_%06d"}' % number for number in range(COUNT)]


async def over_aiokafka(topic: str, **how: Any) -> list[bytes]:
    async with aiokafka.AIOKafkaProducer(**how) as producer:
        for value in values():
            await producer.send_and_wait(topic, value)
    consumer = aiokafka.AIOKafkaConsumer(topic, auto_offset_reset="earliest", **how)
    async with consumer:
        return [(await asyncio.wait_for(consumer.getone(), 20)).value for _ in range(COUNT)]


def over_confluent(topic: str, **how: Any) -> list[bytes]:
    given = {name.replace("_", "."): value for name, value in how.items()}
    producer = confluent.Producer(given)
    for value in values():
        producer.produce(topic, value)
    assert producer.flush(20) == 0
    consumer = confluent.Consumer({**given, "group.id": "none", "enable.auto.commit": False})
    partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    consumer.assign([confluent.TopicPartition(topic, number, 0) for number in partitions])
    seen: list[bytes] = []
    while len(seen) < COUNT:
        received = consumer.poll(20)
        assert received is not None
        assert received.error() is None
        seen.append(received.value())
    consumer.close()
    return seen


async def handshake_of_old(lane: Lanes, context: ssl.SSLContext) -> list[list[bytes]]:
    """Tokens without a head: what clients fall back on where that is all a broker knows."""
    scram = {"sasl_mechanism": "SCRAM-SHA-256", **CREDENTIALS}
    return [await over_aiokafka("bare", **lane.secured, ssl_context=context, **scram)]


async def all_mechanisms(lane: Lanes, context: ssl.SSLContext) -> list[list[bytes]]:
    bearer = {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": Tokens()}
    scram = {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "alice", "sasl_password": PASSWORD}
    return [
        await over_aiokafka("plain", **lane.clear, sasl_mechanism="PLAIN", **CREDENTIALS),
        await over_aiokafka("bearer", **lane.secured, ssl_context=context, **bearer),
        await asyncio.to_thread(over_confluent, "scram", **lane.secured, ssl_ca_location=lane.ca, **scram),
    ]


@pytest.mark.parametrize(
    ("handshake", "talk", "users"),
    [
        (0, handshake_of_old, {"bare": "SCRAM-SHA-256"}),
        (1, all_mechanisms, {"plain": "PLAIN", "bearer": "OAUTHBEARER", "scram": "SCRAM-SHA-512"}),
    ],
    ids=["tokens without a head", "tokens in requests"],
)
def test_clients_come_in_and_are_known_by_their_users(
    tmp_path: Path, handshake: int, talk: Any, users: dict[str, str]
) -> None:
    authority, mock = Authority(tmp_path), Broker()
    for topic in users:
        mock.create(topic)
    broker = SaslBroker(mock.port, PASSWORD, BEARER.encode(), handshake=handshake)

    async def main() -> Recorder:
        async with broker.listening(authority.server_context()):
            with recording(tmp_path, authority, broker.port) as running:
                clear, secured = (f"localhost:{port}" for port in running.ports)
                lanes = Lanes(
                    {"bootstrap_servers": clear, "security_protocol": "SASL_PLAINTEXT"},
                    {"bootstrap_servers": secured, "security_protocol": "SASL_SSL"},
                    str(authority.certificate),
                )
                for given in await talk(lanes, authority.client_context()):
                    assert sorted(given) == values()
                assert " 0 lost" in running.end()
                return running

    messages = asyncio.run(main()).messages()
    for topic, mechanism in users.items():
        passed = [one for one in messages if one.channel == topic and one.payload]
        assert len(passed) == 2 * COUNT, "clients left the lane"
        named = {one.consumer or one.publisher for one in passed}
        source = f"SASL {mechanism} user"
        assert named == {Identity(basis="user", value="alice", source=source)}
    assert {mechanism for mechanism, _ in broker.users} == set(users.values())
    written = b"".join(path.read_bytes() for path in tmp_path.glob("k.db*")) + repr(messages).encode()
    for secret in secrets_in(broker.tokens):
        assert secret not in written


def secrets_in(tokens: list[bytes]) -> Iterator[bytes]:
    """Passwords, bearers, and the nonces, salts, proofs and signatures of all that was shown."""
    yield from (PASSWORD.encode(), BEARER.encode(), SIGNATURE.encode())
    for token in tokens:
        for part in token.split(b","):
            if part[:2] in {b"r=", b"s=", b"p=", b"v="}:
                yield part[2:]
