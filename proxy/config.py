"""`defacto.toml`: everything that can be set, read once and then immutable.

Every key is documented in `docs/configuration.md`. A key that is unknown, of a wrong type or out of range
is an error that names the file, the place in it and what was expected; nothing is ignored.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from proxy.quantities import Age, Size  # noqa: TC001  # msgspec reads the annotations
from proxy.schemes import SCHEMES, is_upstream, scheme_of
from store.errors import DefactoError
from store.records import KnownConsumer

BODY_LIMIT_BYTES = 1024 * 1024
"""Bytes kept of one body where nothing else is configured: all of nearly every body in API traffic."""

ADMIN_LISTEN = "127.0.0.1:9901"
"""Where the admin listener is if nothing else is configured."""

Basis = Literal["mtls", "jwt", "api-key", "header", "basic", "user-agent", "address"]
EventBasis = Literal["mtls", "group", "queue", "connection-name", "client-id", "user", "address"]


class ConfigError(DefactoError):
    """The configuration cannot be read, or says something that cannot be meant."""


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; keys that it does not name are errors."""


class ListenTlsConfig(Section, frozen=True, kw_only=True):
    """`[lane.tls]`: the lane ends its consumers' TLS itself.

    `certificate` (a PEM chain) and `key` are read again when they change. `alpn` is what is offered; the
    upstream is asked for what the client chose, and for nothing else. With `client_ca` a client may show a
    certificate, whose subject names the consumer; with `require_client_certificate` it must.
    """

    certificate: str
    key: str
    alpn: tuple[Literal["h2", "http/1.1"], ...] = ("http/1.1",)
    client_ca: str | None = None
    require_client_certificate: bool = False

    def __post_init__(self) -> None:
        """Refuse a demand that nothing could satisfy."""
        if self.require_client_certificate and self.client_ca is None:
            raise ValueError("`require_client_certificate` needs `client_ca`, which certificates are held to")


class UpstreamTlsConfig(Section, frozen=True, kw_only=True):
    """`[lane.upstream_tls]`: how the lane speaks TLS to an `https://` upstream, and that it does to `nats://`.

    `ca` replaces the system's authorities, `server_name` the upstream's host in SNI and in verification;
    `certificate` and `key` are shown to the upstream.
    """

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    server_name: str | None = None

    def __post_init__(self) -> None:
        """Refuse half a pair."""
        if (self.certificate is None) != (self.key is None):
            raise ValueError("`certificate` and `key` go together")


class LaneConfig(Section, frozen=True, kw_only=True):
    """`[[lane]]`: one sidecar, from `listen`, where consumers connect, to the producer at `upstream`.

    `listen` is `HOST:PORT` or `unix:/path`; `upstream` is `unix:/path` (HTTP) or a URL whose scheme says
    what is spoken there (`http`, `https`, `amqp`, `kafka`, `mqtt`, `nats`, `redis`, …: `proxy.schemes`),
    where `protocol` does not say it: with `tcp` and `tls`, or `auto` where the first bytes of a
    connection are to tell. `lane` is `splice`; or `intercept`: mitmproxy in one of its `mode`s, with its
    authority in `ca_dir`; or `push`: an endpoint to which observations are posted by those who have the
    token in `token_file`; or `capture`: the packets of an `interface` to and from `ports`. `advertised`
    is the host by which clients of a kafka lane know it, where that is not the address they reach.
    `max_connections` bounds the connections at a time (0: as many as the system gives). `headers_file` has
    the fields that an intercept lane adds to answers, as `defacto change headers` writes them.
    """

    producer: str
    listen: str = ""
    upstream: str = ""
    lane: Literal["splice", "intercept", "push", "capture"] = "splice"
    interface: str = ""
    ports: tuple[int, ...] = ()
    mode: str = "reverse"
    ca_dir: str | None = None
    headers_file: str | None = None
    token_file: str | None = None
    body_limit: int = BODY_LIMIT_BYTES
    accept_proxy_protocol: bool = False
    send_proxy_protocol: Literal["", "v1", "v2"] = ""
    max_connections: int = 0
    advertised: str = ""
    protocol: Literal["", "http", "amqp", "kafka", "mqtt", "nats", "redis", "auto"] = ""
    tls: ListenTlsConfig | None = None
    upstream_tls: UpstreamTlsConfig | None = None

    def __post_init__(self) -> None:
        """Refuse what could only fail later."""
        if not self.producer.strip():
            raise ValueError("`producer` must not be empty")
        if self.body_limit < 0:
            raise ValueError(f"`body_limit` must be zero or more bytes, got {self.body_limit}")
        if self.headers_file is not None and self.lane != "intercept":
            raise ValueError('`headers_file` needs `lane = "intercept"`: no other lane changes what passes')
        if self.lane == "capture":
            self._check_capture()
            return
        if not _is_listen_address(self.listen):
            raise ValueError(f"`listen` must be HOST:PORT or unix:/path, got {self.listen!r}")
        {"splice": self._check_splice, "intercept": self._check_intercept, "push": self._check_push}[
            self.lane
        ]()

    def _check_splice(self) -> None:
        if "@" in self.upstream.partition("://")[2]:
            raise ValueError("`upstream` must not hold a user or a password: clients bring their own")
        if not is_upstream(self.upstream):
            raise ValueError(
                "`upstream` must be unix:/path, or a URL with a host (and tcp, tls with a port) and one of "
                f"the schemes {', '.join(SCHEMES)}, got {self.upstream!r}"
            )
        if self.max_connections < 0:
            raise ValueError(f"`max_connections` must be zero or more, got {self.max_connections}")
        if self.mode != "reverse":
            raise ValueError(f'`mode` {self.mode!r} needs `lane = "intercept"`')
        if self.spoken == "kafka" and self.listen.startswith("unix:"):
            raise ValueError("a kafka lane needs HOST:PORT to `listen`: brokers get the ports behind it")
        if self.advertised and self.spoken != "kafka":
            raise ValueError("`advertised` is for kafka lanes")
        if self.upstream_tls is not None and not (scheme_of(self.upstream).tls or self.tls_inside):
            raise ValueError(
                "`upstream_tls` needs an `upstream` with TLS: "
                "https, amqps, kafkas, mqtts, nats, rediss or tls"
            )
        if self.spoken == "nats" and scheme_of(self.upstream).tls and self.tls is None:
            raise ValueError(
                "a NATS server that begins with TLS (`handshake_first`) tells its clients to do so as well: "
                "the lane needs [lane.tls]; another server's `upstream` is nats://HOST:PORT"
            )

    @property
    def spoken(self) -> str:
        """The protocol of the lane: what it says, or what its upstream's scheme says."""
        return self.protocol or (scheme_of(self.upstream).protocol if self.upstream else "http")

    @property
    def tls_inside(self) -> bool:
        """Whether TLS, if there is any, begins inside of the connections: NATS, by its scheme or over TCP."""
        url = self.upstream and not self.upstream.startswith("unix:")
        return bool(url) and self.spoken == "nats" and not scheme_of(self.upstream).tls

    @property
    def token(self) -> str:
        """What those must show who push observations.

        Raises:
            ConfigError: it cannot be read, or is empty.
        """
        return _token(self.token_file)

    def _check_capture(self) -> None:
        if not self.interface or not self.ports or len(self.ports) > MOST_PORTS:
            raise ValueError(f"a capture lane needs an `interface` and one to {MOST_PORTS} `ports`")
        if any(not 0 < port < 65_536 for port in self.ports):
            raise ValueError(f"`ports` are from 1 to 65535, got {list(self.ports)}")
        if self.listen or self.upstream:
            raise ValueError("a capture lane forwards nothing, so it has neither `listen` nor `upstream`")

    def _check_push(self) -> None:
        if self.token_file is None:
            raise ValueError("a push lane needs a `token_file`, with what clients must show")
        if self.upstream:
            raise ValueError("a push lane forwards nothing, so it has no `upstream`")

    def _check_intercept(self) -> None:
        name = self.mode.partition(":")[0]
        if name not in MODES:
            raise ValueError(f"`mode` must be one of {', '.join(MODES)}, got {self.mode!r}")
        if name in {"reverse", "upstream"} and not self.upstream.startswith(("http://", "https://")):
            raise ValueError(f"`mode` {name} needs an http:// or https:// `upstream`, got {self.upstream!r}")
        if self.listen.startswith("unix:"):
            raise ValueError("an intercept lane listens on HOST:PORT")
        if self.headers_file is not None and self.producer == "*":
            raise ValueError("`headers_file` is of one producer, and this lane is of any")
        ours = (self.tls, self.accept_proxy_protocol, self.send_proxy_protocol, self.max_connections)
        if any(ours):
            raise ValueError("TLS files, PROXY headers and connection limits belong to splice lanes")


MOST_PORTS = 60
"""Of a capture lane: the kernel's filter jumps over 255 instructions at most."""
MODES = ("reverse", "regular", "transparent", "upstream", "socks5", "wireguard", "local")
"""What mitmproxy can be."""


class JwtConfig(Section, frozen=True, kw_only=True):
    """`[identity.jwt]`: which claims name the consumer, and the key that tokens are verified with.

    At most one of `jwks_file`, `secret_file`, `secret_env`; with none of them no claim is ever called
    verified.
    """

    claims: tuple[str, ...] = ("azp", "client_id", "cid", "appid", "sub")
    jwks_file: str | None = None
    secret_file: str | None = None
    secret_env: str | None = None

    def __post_init__(self) -> None:
        """Refuse two keys."""
        if sum(source is not None for source in (self.jwks_file, self.secret_file, self.secret_env)) > 1:
            raise ValueError("only one of `jwks_file`, `secret_file` and `secret_env` can be given")


class IdentityConfig(Section, frozen=True, kw_only=True):
    """`[identity]`: the kinds of evidence, first one that answers wins, and the headers each is read from."""

    chain: tuple[Basis, ...] = ("mtls", "jwt", "api-key", "header", "basic", "user-agent", "address")
    trust_mtls: bool = False
    mtls_headers: tuple[str, ...] = (
        "x-forwarded-client-cert",
        "x-ssl-client-s-dn",
        "x-ssl-client-subject-dn",
        "ssl-client-subject-dn",
        "x-client-cert-subject",
        "x-tls-client-subject",
        "x-amzn-mtls-clientcert-subject",
    )
    api_key_headers: tuple[str, ...] = (
        "x-api-key",
        "api-key",
        "apikey",
        "x-apikey",
        "ocp-apim-subscription-key",
    )
    consumer_headers: tuple[str, ...] = (
        "x-consumer-username",
        "x-consumer-custom-id",
        "x-consumer-id",
        "x-consumer",
        "x-client-id",
        "x-client-name",
        "x-application",
        "x-application-name",
        "x-app-name",
        "x-service-name",
    )
    events: tuple[EventBasis, ...] = (
        "mtls",
        "group",
        "queue",
        "connection-name",
        "client-id",
        "user",
        "address",
    )
    """The same for the connections of a broker's clients."""
    jwt: JwtConfig = JwtConfig()


class SchemasConfig(Section, frozen=True, kw_only=True):
    """`[schemas]`: what the payloads of messages are written with, where they do not say it themselves.

    `folder` holds Avro schemas, JSON Schemas and protobuf descriptor sets; `registry` is the URL of a schema
    registry; `messages` maps channels (`*` and `?` match) to the full names of protobuf messages.
    """

    folder: str | None = None
    registry: str = ""
    messages: dict[str, str] = {}


class RedactionConfig(Section, frozen=True, kw_only=True):
    """`[redaction]`: what is secret beyond the built-in names and patterns, and what is not.

    `names` are field, parameter and header names; `patterns` maps a kind to a regular expression;
    `keep_names` and `keep_places` are left as they are, a place being a subject in which `*` stands for
    anything (`response.*.body.items[].pin`).
    """

    key_file: str | None = None
    names: tuple[str, ...] = ()
    patterns: dict[str, str] = {}
    keep_names: tuple[str, ...] = ()
    keep_places: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse kinds that no token can carry and expressions that do not compile or match nothing."""
        for kind, pattern in self.patterns.items():
            if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", kind):
                raise ValueError(f"`patterns`: a kind is lower-case letters, digits and `-`, got {kind!r}")
            try:
                matches_nothing = re.compile(pattern).match("") is not None
            except re.error as error:
                raise ValueError(f"`patterns.{kind}` is not a regular expression: {error}") from None
            if matches_nothing:
                raise ValueError(f"`patterns.{kind}` would match the empty text everywhere")


class ConsumerConfig(Section, frozen=True, kw_only=True):
    """`[[consumer]]`: a consumer by name, the identities that are its own, and who answers for it."""

    name: str
    identities: tuple[str, ...]
    owner: str = ""
    contact: str = ""


class BrokerConfig(Section, frozen=True, kw_only=True):
    """`[[broker]]`: a broker that `defacto doctor` tries to reach."""

    name: str
    url: str


class AdminConfig(Section, frozen=True, kw_only=True):
    """`[admin]`: the listener for health, metrics and the switch of capture.

    `listen` is `HOST:PORT`, `unix:/path` or `off`; `None` takes `ADMIN_LISTEN`, if nothing else has it.
    `token_file` holds what may pause and resume capture. `otlp` is the base URL of an OpenTelemetry collector
    that the metrics are sent to, by OTLP over HTTP.
    """

    listen: str | None = None
    token_file: str | None = None
    otlp: str = ""

    def __post_init__(self) -> None:
        """Refuse what could only fail later."""
        if self.otlp and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", self.otlp):
            raise ValueError(f"`otlp` is a collector's URL, http://HOST:4318, got {self.otlp!r}")
        if self.listen not in {None, "off"} and not _is_listen_address(self.listen or ""):
            raise ValueError(f"`listen` must be HOST:PORT, unix:/path or off, got {self.listen!r}")

    @property
    def token(self) -> str:
        """What the file holds, `""` where none is named.

        Raises:
            ConfigError: it cannot be read, or is empty.
        """
        return _token(self.token_file)


class CaptureConfig(Section, frozen=True, kw_only=True):
    """`[capture]`: what is kept, and what keeping it may cost.

    Attributes:
        keep: `exchanges`, or `summaries` alone: nothing raw is stored then.
        sample: the share of sessions that is kept beyond what is rare, above 0 and up to 1.
        cpu_budget: a share of one core for decoding and storing.
        memory_budget: bytes resident in the decoder.
        disk_budget: bytes of the store, beyond which nothing more is captured.
        retain_age: exchanges older than so many nanoseconds are removed.
        retain_size: bytes of the store in use beyond which the oldest exchanges are removed.
    """

    keep: Literal["exchanges", "summaries"] = "exchanges"
    sample: float = 1.0
    cpu_budget: float | None = None
    memory_budget: Size | None = None
    disk_budget: Size | None = None
    retain_age: Age | None = None
    retain_size: Size | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not 0 < self.sample <= 1:
            raise ValueError(f"`sample` is above 0 and at most 1, got {self.sample}")
        if self.cpu_budget is not None and self.cpu_budget <= 0:
            raise ValueError(f"`cpu_budget` is a share of one core above 0, got {self.cpu_budget}")


class StoreConfig(Section, frozen=True, kw_only=True):
    """`[store]`: where observations are kept."""

    url: str = "defacto.db"


class Config(
    Section, frozen=True, kw_only=True, rename={"lanes": "lane", "consumers": "consumer", "brokers": "broker"}
):
    """The whole file; `Config()` is what holds without one."""

    lanes: tuple[LaneConfig, ...] = ()
    identity: IdentityConfig = IdentityConfig()
    redaction: RedactionConfig = RedactionConfig()
    schemas: SchemasConfig = SchemasConfig()
    consumers: tuple[ConsumerConfig, ...] = ()
    brokers: tuple[BrokerConfig, ...] = ()
    admin: AdminConfig = AdminConfig()
    capture: CaptureConfig = CaptureConfig()
    store: StoreConfig = StoreConfig()

    @classmethod
    def load(cls, path: str | Path) -> Config:
        """Read a file.

        Raises:
            ConfigError: the file cannot be read, is no TOML, or has a key that is unknown or wrong.
        """
        path = Path(path)
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(
                f"cannot read {path}: {error.strerror}", "Give another file, or leave it out."
            ) from None
        except UnicodeDecodeError:
            raise ConfigError(f"{path} is not UTF-8, as TOML must be", "Save it as UTF-8.") from None
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path} is not valid TOML: {error}") from None
        try:
            return msgspec.convert(table, cls, dec_hook=_quantity)
        except msgspec.ValidationError as error:
            raise ConfigError(
                f"{path}: {_explain(error)}", "docs/configuration.md names every key."
            ) from None

    @property
    def known_consumers(self) -> tuple[KnownConsumer, ...]:
        """The consumers that the file names, as records."""
        return tuple(
            KnownConsumer(name=one.name, identities=one.identities, owner=one.owner, contact=one.contact)
            for one in self.consumers
        )

    def body_limit(self, producer: str) -> int:
        """Bytes kept of one body of a producer's traffic."""
        return next((lane.body_limit for lane in self.lanes if lane.producer == producer), BODY_LIMIT_BYTES)


def _token(file: str | None) -> str:
    if file is None:
        return ""
    try:
        token = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the token in {file}: {error}") from None
    if not token:
        raise ConfigError(f"{file} is empty, and should hold a token")
    return token


def _quantity(kind: type, value: object) -> Any:
    """Ages and sizes as people write them."""
    return kind(value)


def _is_listen_address(text: str) -> bool:
    if text.startswith("unix:"):
        return len(text) > len("unix:")
    host, _, port = text.rpartition(":")
    return bool(host) and port.isascii() and port.isdecimal() and int(port) <= 65_535


def _explain(error: msgspec.ValidationError) -> str:
    """The place first, then what is wrong, from msgspec's `what - at `$.place``."""
    what, _, where = str(error).partition(" - at ")
    place = where.strip("`").removeprefix("$").removeprefix(".")
    what = what.replace("Object contains unknown field", "unknown key").replace(
        "Object missing required field", "missing key"
    )
    what = what.replace("`object`", "a table").replace("`array`", "a list").replace("Expected", "expected")
    return f"{place}: {what}" if place else what
