"""Synthetic traffic of several styles of API, made from a few lines of text each (`benchmarks/styles/*.txt`).

A style lists operations (`METHOD /template answer`) and what fills each parameter (`@name kind [how many]
[entity.field[+prefix]]`). Answers are `entity`, `[entity]` (an array), `env:entity` (an array in an
envelope), `text`, or `-` for none. An entity has fields of its own, chosen by its name alone, so that two
entities have different shapes; the field a parameter names holds the parameter's value, in the entity it
names, as real services answer. Frequencies are long-tailed: many operations occur once or twice. Several
clients have few names each.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

STYLES = Path(__file__).parent / "styles"
CLIENTS = 4
EXCHANGES_AN_OPERATION = 6

_FIELDS = """
    title body description state status kind type priority count total size weight position color icon
    image_url html_url created_at updated_at deleted_at expires_at archived locked visible public verified
    enabled default score rank rating currency amount price quantity unit language locale timezone country
    city street zip phone email first_name last_name full_name company bio website avatar_url token scope
    permissions roles tags labels topics metadata settings options links related parent_id owner_id
    author_id account_id group_id order_id user_id node_id version revision checksum etag signature message
    reason error_count retry_count progress started_at finished_at duration width height depth latitude
    longitude radius format encoding mime_type source target origin destination provider channel category
""".split()  # noqa: SIM905  a list of words reads better as text
_WORDS = """
    amber basil cedar delta ember falcon garnet harbor indigo jasper kestrel lumen maple nectar onyx pepper
    quartz raven sable tango umber velvet willow xenon yarrow zephyr atlas birch comet dune echo flint grove
    hazel iris juniper koala lotus mango nova opal pixel quill rocket spark tulip ultra violet wave yonder
    zen acorn breeze coral drift engine forge glacier helper island journal kernel launcher monitor notebook
""".split()  # noqa: SIM905  a list of words reads better as text
_AWKWARD = [
    "docs",
    "api",
    "test",
    "search",
    "admin",
    "events",
    "demo",
    "data",
    "settings",
    "issues",
    "new",
    "status",
    "web",
    "latest",
]
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Shot:
    """One exchange with the operation it was made from (the truth)."""

    operation: str
    method: str
    path: str
    status: int
    request_body: bytes
    response_body: bytes


@dataclass(frozen=True, slots=True)
class Parameter:
    """What fills a parameter: a kind of value, how many a client uses, the `entity.field` that holds it."""

    kind: str
    values: int = 8
    entity: str = ""
    field: str = ""
    prefix: str = ""


@dataclass
class Style:
    """A style as read from its file."""

    name: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    operations: list[tuple[str, str, str]] = field(default_factory=list)


def read_style(path: Path) -> Style:
    """Read a style's file."""
    style = Style(path.stem)
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words or words[0] == "#":
            continue
        if words[0].startswith("@"):
            count = next((int(word) for word in words[2:] if word.isdigit()), 8)
            entity, _, name = next((word for word in words[2:] if "." in word), "").partition(".")
            name, _, prefix = name.partition("+")
            style.parameters[words[0][1:]] = Parameter(words[1], count, entity, name, prefix)
        else:
            style.operations.append((words[0], words[1], words[2]))
    return style


def template_of(path: str) -> str:
    """A declared template: a parameter of several segments is written like any other."""
    return path.replace("...}", "}")


class Traffic:
    """The traffic of one style, the same for the same seed."""

    def __init__(self, style: Style, seed: int) -> None:
        self._style = style
        self._random = random.Random(f"{style.name}/{seed}")  # a benchmark wants the same traffic again
        self._pools: dict[tuple[int, str], list[str]] = {}

    def shots(self) -> list[Shot]:
        """All exchanges, in random order."""
        operations = list(self._style.operations)
        self._random.shuffle(operations)
        total = sum(1 / rank for rank in range(1, len(operations) + 1))
        wanted = EXCHANGES_AN_OPERATION * len(operations)
        out = [
            self._shot(*operation, self._random.randrange(CLIENTS))
            for rank, operation in enumerate(operations, start=1)
            for _ in range(max(1, round(wanted / rank / total)))
        ]
        self._random.shuffle(out)
        return out

    def _shot(self, method: str, template: str, answer: str, client: int) -> Shot:
        bound: dict[str, str] = {}

        def fill(match: re.Match[str]) -> str:
            name = match[1].removesuffix("...")
            bound[name] = self._value(name, client)
            return bound[name]

        path = re.sub(r"\{([^}]+)\}", fill, template)
        status = {"POST": 201, "DELETE": 204}.get(method, 200) if answer != "-" else 204
        sent = b""
        if method in {"POST", "PUT", "PATCH"} and answer not in {"-", "text"}:
            entity = answer.strip("[]").removeprefix("env:")
            whole = self._entity(entity, path, bound if method != "POST" else {}, client)
            sent = orjson.dumps({key: whole[key] for key in list(whole)[1:5]})
        got = b"" if status == 204 else self._answer(answer, path, bound, client)
        if self._random.random() < 0.05 and bound:
            status, got = 404, b'{"message":"Not Found","documentation_url":"https://docs.example.com/rest"}'
        return Shot(f"{method} {template_of(template)}", method, path, status, sent, got)

    def _answer(self, answer: str, path: str, bound: dict[str, str], client: int) -> bytes:
        if answer == "text":
            return b"some plain text that is no JSON"
        if answer == "[str]":
            return orjson.dumps([self._random.choice(_WORDS) for _ in range(5)])
        if answer == "ok":
            return orjson.dumps({"ok": True, "message": "done"})
        count = self._random.randrange(6)
        if answer.startswith("["):
            return orjson.dumps([self._entity(answer[1:-1], path, {}, client) for _ in range(count)])
        if answer.startswith("env:"):
            items = [self._entity(answer[4:], path, {}, client) for _ in range(count)]
            return orjson.dumps({"object": "list", "total_count": count, "has_more": False, "items": items})
        return orjson.dumps(self._entity(answer, path, bound, client))

    def _entity(
        self, name: str, path: str, bound: dict[str, str], client: int, depth: int = 0
    ) -> dict[str, object]:
        fixed = random.Random(name)  # the shape belongs to the entity, not to the run
        out: dict[str, object] = {"id": self._random.randrange(10**6, 10**9)}
        naming = [
            (key, parameter) for key, parameter in self._style.parameters.items() if parameter.entity == name
        ]
        for key, parameter in naming:
            if parameter.kind.startswith("join:"):
                parts = parameter.kind.removeprefix("join:").split("/")
                out[parameter.field] = "/".join(
                    _decoded(bound.get(part) or self._value(part, client)) for part in parts
                )
                continue
            values = [value for other, value in bound.items() if self._style.parameters[other].entity == name]
            out[parameter.field] = parameter.prefix + _decoded(
                values[-1] if values else self._value(key, client)
            )
        out["url"] = f"https://api.example.com{path}"
        for key in fixed.sample(_FIELDS, fixed.randrange(4, 14)):
            out[key] = self._filler(key)
        related = sorted(
            {
                parameter.entity
                for parameter in self._style.parameters.values()
                if parameter.entity not in {"", name}
            }
        )
        if depth == 0 and related:
            for other in fixed.sample(related, min(len(related), fixed.randrange(3))):
                out[other] = self._entity(
                    other, path, bound if self._random.random() < 0.5 else {}, client, depth + 1
                )
        return out

    def _filler(self, key: str) -> object:
        kind = sum(map(ord, key)) % 6
        if key.endswith("_at"):
            return f"2024-0{self._random.randrange(1, 9)}-1{self._random.randrange(9)}T10:00:00Z"
        if kind == 0:
            return self._random.randrange(100)
        if kind == 1:
            return self._random.random() < 0.5
        if kind == 2:
            return None
        if kind == 3:
            return self._random.choice(["active", "closed", "open", "pending"])
        return " ".join(self._random.choices(_WORDS, k=kind - 2))

    def _value(self, name: str, client: int) -> str:
        parameter = self._style.parameters[name]
        pool = self._pools.get((client, name))
        if pool is None:
            make = VALUES[parameter.kind.partition(":")[0]]
            pool = [make(self._random, parameter.kind.partition(":")[2]) for _ in range(parameter.values)]
            self._pools[client, name] = pool
        return self._random.choice(pool)


def _decoded(value: str) -> str:
    return value.replace("%2F", "/").replace("%20", " ")


def _random_text(source: random.Random, length: int) -> str:
    return "".join(source.choices(_ALPHABET, k=length))


def _login(source: random.Random, _: str) -> str:
    first, second = source.sample(_WORDS, 2)
    return source.choice(
        [
            first + second,
            first,
            f"{first}-{second}",
            f"{first}{source.randrange(100)}",
            first.capitalize() + second.capitalize(),
            f"{first}-org",
        ]
    )


def _slug(source: random.Random, _: str) -> str:
    if source.random() < 0.08:
        return source.choice(_AWKWARD)
    first, second, third = source.sample(_WORDS, 3)
    return source.choice(
        [
            first,
            f"{first}-{second}",
            f"{first}-{second}-{third}",
            f"{first}.js",
            f"{first}_{second}",
            f"{first}{second}",
            first.capitalize(),
        ]
    )


def _file(source: random.Random, _: str) -> str:
    first, second = source.sample(_WORDS, 2)
    return source.choice(
        [
            "README.md",
            f"src/{first}.py",
            f"lib/{first}/{second}.rb",
            "docs/index.md",
            f"{first}.txt",
            f"a/b/{second}/{first}.json",
            "LICENSE",
        ]
    )


def _branch(source: random.Random, _: str) -> str:
    return source.choice(
        [
            "main",
            "master",
            "develop",
            source.choice(_WORDS),
            f"fix-{source.choice(_WORDS)}",
            f"release-{source.randrange(9)}",
        ]
    )


VALUES = {
    "login": _login,
    "slug": _slug,
    "word": lambda source, _: source.choice(_WORDS),
    "uword": lambda source, _: "_".join(source.sample(_WORDS, 2)),
    "slug2": lambda source, _: "operation-" + "-".join(source.sample(_WORDS, 2)),
    "title": lambda source, _: "-".join(source.sample(_WORDS, source.randrange(2, 6))),
    "int": lambda source, _: str(source.randrange(1, 3000)),
    "smallint": lambda source, _: str(source.randrange(1, 30)),
    "bigint": lambda source, _: str(source.randrange(10**5, 10**9)),
    "snow": lambda source, _: str(source.randrange(10**17, 10**18)),
    "sha": lambda source, _: f"{source.getrandbits(160):040x}",
    "uuid": lambda source, _: re.sub(
        r"(.{8})(.{4})(.{4})(.{4})(.{12})", r"\1-\2-\3-\4-\5", f"{source.getrandbits(128):032x}"
    ),
    "digest": lambda source, _: f"sha256:{source.getrandbits(256):064x}",
    "base62": lambda source, _: _random_text(source, 22),
    "random": lambda source, _: _random_text(source, 40),
    "stripe": lambda source, prefix: f"{prefix}_{_random_text(source, 14)}",
    "okta": lambda source, prefix: prefix + _random_text(source, 20 - len(prefix)),
    "accountid": lambda source, _: _random_text(source, 24).lower(),
    "sid": lambda source, _: f"AC{source.getrandbits(128):032x}",
    "sid2": lambda source, _: f"SM{source.getrandbits(128):032x}",
    "email": lambda source, _: f"{source.choice(_WORDS)}@example.com",
    "choice": lambda source, options: source.choice(options.split("|")),
    "branch": _branch,
    "ref": lambda source, _: source.choice(
        [
            f"heads/{_branch(source, '')}",
            f"tags/v1.{source.randrange(9)}",
            f"heads/feature/{source.choice(_WORDS)}",
        ]
    ),
    "range": lambda source, _: f"{_branch(source, '')}...{_branch(source, '')}",
    "tag": lambda source, _: source.choice(
        [
            f"v{source.randrange(4)}.{source.randrange(9)}.0",
            f"v{source.randrange(9)}",
            f"release-{source.randrange(9)}",
        ]
    ),
    "semver": lambda source, _: f"{source.randrange(4)}.{source.randrange(30)}.{source.randrange(9)}",
    "label": lambda source, _: source.choice(
        ["bug", "enhancement", "good%20first%20issue", "wontfix", source.choice(_WORDS), "help-wanted"]
    ),
    "file": _file,
    "file1": lambda source, _: quote(_file(source, ""), safe=""),
    "efile": lambda source, _: quote(_file(source, ""), safe=""),
    "project": lambda source, _: source.choice(
        [str(source.randrange(10**5, 10**8)), f"{source.choice(_WORDS)}%2F{source.choice(_WORDS)}"]
    ),
    "pod": lambda source, _: (
        f"{source.choice(_WORDS)}-{source.getrandbits(36):09x}-{_random_text(source, 5).lower()}"
    ),
    "image": lambda source, _: f"{'-'.join(source.sample(_WORDS, 2))}.{source.choice(['jpg', 'png'])}",
    "sku": lambda source, _: (
        f"{source.choice(_WORDS).upper()[:3]}-{source.randrange(100, 999)}-{source.choice('SML')}"
    ),
    "sku2": lambda source, _: f"ORD{source.randrange(10**6, 10**7)}",
    "dist": lambda source, _: f"{source.choice(_WORDS)}-1.{source.randrange(9)}.0.tar.gz",
    "key": lambda source, _: f"{source.choice(['SHOP', 'OPS', 'WEB'])}-{source.randrange(1, 999)}",
    "bucket": lambda source, _: f"{source.choice(_WORDS)}-{source.choice(_WORDS)}-assets",
    "random10": lambda source, _: _random_text(source, 10).lower(),
    "md5": lambda source, _: f"{source.getrandbits(128):032x}",
    "domain": lambda source, _: (
        f"{source.choice(['mail', 'news'])}.{source.choice(_WORDS)}.{source.choice(['com', 'io'])}"
    ),
    "ip": lambda source, _: ".".join(str(source.randrange(1, 255)) for _ in range(4)),
    "ptitle": lambda source, _: "_".join(source.sample(_WORDS, source.randrange(1, 4))).capitalize(),
    "station": lambda source, _: "K" + "".join(source.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=3)),
    "geo": lambda source, _: f"{source.randrange(20, 60)}.{source.randrange(999)},-{source.randrange(120)}.5",
    "isbn": lambda source, _: f"978{source.randrange(10**9, 10**10)}",
    "day": lambda source, _: f"2024-0{source.randrange(1, 9)}-1{source.randrange(9)}",
}
"""How each kind of value is drawn."""


def styles(*, second: bool) -> Iterator[Style]:
    """The styles the inference was made with, or a second set, written later.

    Each of them was scored once before anyone looked at what went wrong in it; then it was looked at,
    so none of these figures is held out any more.
    """
    for path in sorted((STYLES / "second" if second else STYLES).glob("*.txt")):
        yield read_style(path)
