"""Features of conduct: what is made, retried, polled; how it fails, how fast it is, how it is talked about.

Each knows what is true of what it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.records import Outcome

if TYPE_CHECKING:
    from benchmarks.world import World

BODY = "response.200.body"


def making(world: World) -> None:
    """Things are made, looked after until they are ready, and changed: order, effect, and a life."""
    noun, chance = world.noun(), world.chance
    make, look = f"POST /{noun}", f"GET /{noun}/{{}}"
    counted = chance.random() < 0.5
    for n in range(max(5, world.count // 3)):
        id_: Any = 7000 + n if counted else f"{noun[:2]}_{world.hex(14)}"
        world.call(
            "maker",
            "POST",
            f"/{noun}",
            sent={"label": world.words(1, 3), "n": n},
            status=201,
            got={"id": id_, "status": "queued"},
        )
        world.wait(chance.uniform(0.1, 0.4))
        for state in ("queued", "running", "done"):
            world.call("maker", "GET", f"/{noun}/{id_}", got={"id": id_, "status": state, "speed": n})
            world.wait(2.0)
        speed = chance.randint(10**4, 10**6)
        world.call("maker", "PUT", f"/{noun}/{id_}", sent={"speed": speed}, got={"ok": 1})
        world.wait(0.2)
        world.call("maker", "GET", f"/{noun}/{id_}", got={"id": id_, "status": "done", "speed": speed})
        world.wait(chance.expovariate(0.05))
    world.plant(make, "response.201.body.id", "never-repeats")
    world.plant(make, "response.201.body.id", "followed-by")
    world.plant(look, "request.path", "preceded-by")
    world.plant(look, "response.200.body.status", "lifecycle")
    world.plant(look, "response.200", "read-your-writes")
    world.plant(look, "response.200", "effect-within")
    if counted:
        world.plant(make, "response.201.body.id", "increasing")
    world.also("*", "request.path*", "preceded-by", "format", "pattern", "length", "range")
    world.also(
        f"*/{noun}*",
        "response.*",
        "followed-by",
        "enum",
        "echo",
        "format",
        "pattern",
        "length",
        "effect-within",
        "range",
    )
    world.also(look, "response.200.body", "polling")
    world.also(f"*/{noun}*", "request.body*", "range", "echo", "format")


def failing(world: World) -> None:
    """An overloaded operation that clients try again, each in its way."""
    noun, chance = world.noun(), world.chance
    operation, style = f"POST /{noun}", chance.choice(["constant", "exponential", "jitter", "retry-after"])
    keyed = chance.random() < 0.5
    for n in range(world.count):
        sent, key = {"n": n, "text": world.words(1, 3)}, f"k-{world.hex(12)}"
        keys = (("idempotency-key", key),) if keyed else ()
        failures = chance.choice([0, 0, 0, 1, 2]) if n % 3 else 1
        for attempt in range(failures):
            asked = chance.randint(1, 6)
            headers = (("retry-after", str(asked)),) if style == "retry-after" else ()
            world.call(
                "client",
                "POST",
                f"/{noun}",
                sent=sent,
                status=503,
                got={"error": {"message": "busy"}},
                request_headers=keys,
                response_headers=headers,
            )
            world.wait(
                {
                    "constant": 0.5,
                    "exponential": 0.3 * 2**attempt,
                    "jitter": chance.uniform(0.05, 2.5),
                    "retry-after": asked + 0.05,
                }[style]
            )
        world.call(
            "client",
            "POST",
            f"/{noun}",
            sent=sent,
            status=201,
            got={"id": 40_000 + 13 * n},
            request_headers=keys,
        )
        if keyed and n % 4 == 0:
            world.wait(chance.uniform(0.5, 3))
            world.call(
                "client",
                "POST",
                f"/{noun}",
                sent=sent,
                status=201,
                got={"id": 40_000 + 13 * n},
                request_headers=keys,
            )
        world.wait(chance.expovariate(0.2))
    place = "response.503.header.retry-after" if style == "retry-after" else "response.503"
    world.plant(operation, place, "retry")
    world.plant(
        operation,
        *(("request.header.idempotency-key", "idempotency-key") if keyed else ("request", "unsafe-retry")),
    )
    if keyed:
        world.plant(operation, "response.201", "replay")
    if style == "retry-after":
        world.plant(operation, "response.503", "cause")
    world.also(operation, "response.201.body.id", "never-repeats", "increasing")
    world.also(operation, "request.body.n", "range")
    world.also(operation, "response.503.body*", "enum")
    world.also(operation, "request.header*", "format", "pattern", "length")


def errors(world: World) -> None:
    """Errors with a cause, a substitute, errors inside of success, partial success, a counting read."""
    noun, other, batch, page = world.noun(), world.noun(), world.noun(), world.noun()
    chance = world.chance
    for n in range(world.count):
        missing = n % 4 == 0
        known = 300 + n
        world.call(
            "shop",
            "GET",
            f"/{noun}/{known + 5000 if missing else known}",
            status=404 if missing else 200,
            got={"title": "no"} if missing else {"id": known},
        )
        world.wait(chance.expovariate(1))
        wrong = n % 4 == 1
        sent = {"amount": -n if wrong else n, "reason": world.words(1, 2)}
        world.call(
            "shop",
            "POST",
            f"/{noun}",
            sent=sent,
            status=422 if wrong else 201,
            got={"detail": "amount must be positive"} if wrong else {"id": 90_000 + n},
        )
        world.wait(chance.expovariate(1))
        broken = n % 5 == 0
        world.call(
            "shop",
            "GET",
            f"/{other}-best?n={n}",
            status=500 if broken else 200,
            got={"e": 1} if broken else {"n": n},
        )
        world.wait(0.05)
        if broken:
            world.call("shop", "GET", f"/{other}-plain", got={"n": 1})
        world.wait(chance.expovariate(1))
        bad = n % 4 == 2
        world.call(
            "shop",
            "POST",
            f"/{batch}",
            sent={"n": n},
            got={"success": not bad, **({"error": "no"} if bad else {"value": n})},
        )
        parts = [{"id": i, "status": chance.choice([200, 200, 409])} for i in range(4)]
        world.call("shop", "POST", f"/{batch}/all", sent={"n": n}, status=207, got={"results": parts})
        world.call("shop", "GET", f"/{page}-main", got={"visits": 500 + n, "clock": world.now // 10**9})
        world.wait(chance.expovariate(0.2))
    world.plant(f"GET /{noun}/{{}}", "response.404", "cause")
    world.also(f"*/{batch}*", "response.*", "range")
    world.plant(f"POST /{noun}", "response.422", "cause")
    world.plant(f"GET /{other}-best", "response.500", "fallback")
    world.plant(f"POST /{batch}", f"{BODY}.success", "error-inside")
    world.plant(f"POST /{batch}/all", "response.207.body.results[]", "partial-success")
    world.plant(f"GET /{page}-main", "request", "effectful-read")
    world.also(
        f"*/{batch}*",
        "response.*",
        "variant",
        "enum",
        "error-inside",
        "size",
        "unique",
        "sorted",
        "together",
        "echo",
        "range",
    )
    world.also(f"*/{noun}*", "response.*", "echo", "enum", "never-repeats", "increasing")
    world.also(f"GET /{other}*", "response.*", "echo", "enum")
    world.also("*", "request.*", "range", "format")
    world.also(f"GET /{page}*", f"{BODY}.clock", "format")
    world.also(f"GET /{other}*", "request*", "preceded-by")


def timing(world: World) -> None:
    """Clients that hang up, poll, keep copies; answers that take longer the larger they are."""
    slow, watched, kept, large = (world.noun() for _ in range(4))
    chance = world.chance
    patience, period, age = (
        chance.choice([0.3, 1.0, 2.5]),
        chance.choice([1.0, 5.0, 30.0]),
        chance.choice([30, 60]),
    )
    begin = world.now
    for n in range(world.count):
        if n % 4 == 0:
            world.call(
                "hasty",
                "GET",
                f"/{slow}-sum?n={n}",
                status=None,
                took=patience + chance.uniform(0, 0.01),
                outcome=Outcome.CLIENT_CLOSED,
            )
        else:
            world.call("hasty", "GET", f"/{slow}-sum?n={n}", got={"n": n}, took=chance.uniform(0.01, 0.1))
        world.wait(chance.expovariate(0.5))
    world.now = begin + 10**9
    for _ in range(world.count):
        world.call("watcher", "GET", f"/{watched}-state", got={"open": chance.randint(1, 900)})
        world.wait(period * chance.uniform(0.97, 1.03))
    world.now = begin + 2 * 10**9
    for n in range(world.count):
        world.call(
            "keeper",
            "GET",
            f"/{kept}-main",
            got={"n": n % 7},
            response_headers=(("cache-control", f"max-age={age}"),),
        )
        world.wait(age + chance.expovariate(0.1))
    world.now = begin + 3 * 10**9
    for n in range(world.count):
        size = chance.randint(1, 60)
        world.call(
            "loader",
            "GET",
            f"/{large}-dump?n={n}",
            got={"n": n},
            size=size * 1024,
            took=0.01 + 0.003 * size + chance.uniform(0, 0.01),
        )
        world.wait(chance.expovariate(0.5))
    world.plant(f"GET /{slow}-sum", "response.200.latency", "timeout")
    world.plant(f"GET /{watched}-state", BODY, "polling")
    world.plant(f"GET /{kept}-main", "response.200.header.cache-control", "freshness")
    world.plant(f"GET /{large}-dump", "response.200.latency", "latency-growth")
    world.also("*", "response.200.body.n", "echo")
    world.also("*", f"{BODY}*", "range", "enum")
    world.also(f"GET /{kept}-main", BODY, "polling")
    world.also("*", "request.query.n", "range", "preceded-by")


def protocol(world: World) -> None:
    """How to talk: credentials, versions, validators, limits, codings, redirects, origins."""
    noun, chance = world.noun(), world.chance
    operation = f"GET /{noun}/{{}}"
    scheme = chance.choice(["Bearer", "Basic", "key"])
    secret = ("x-api-key", "redacted.secret.string.abcdefghijklmnop")
    if scheme != "key":
        secret = ("authorization", f"{scheme} redacted.secret.string.abcdefghijklmnop")
    for n in range(world.count):
        tag = f'"{world.hex(12)}"'
        got = (
            ("etag", tag),
            ("x-ratelimit-limit", "600"),
            ("x-ratelimit-remaining", str(600 - n % 600)),
            ("content-encoding", "gzip"),
            ("access-control-allow-origin", "*"),
        )
        sent = (secret, ("api-version", "2026-03-01"), ("accept-encoding", "gzip"))
        world.call(
            "browser",
            "GET",
            f"/{noun}/{n}",
            got={"id": n, "text": world.words(2, 9)},
            request_headers=sent,
            response_headers=got,
        )
        world.wait(chance.expovariate(1))
        again = (*sent, ("if-none-match", tag))
        if n % 2:
            world.call(
                "browser",
                "GET",
                f"/{noun}/{n}",
                status=304,
                request_headers=again,
                response_headers=(("etag", tag),),
            )
        if n % 3 == 0:
            world.call(
                "browser",
                "GET",
                f"/{noun}-old",
                status=301,
                request_headers=sent,
                response_headers=(("location", f"/{noun}"),),
            )
        world.wait(chance.expovariate(0.3))
    header = "request.header."
    for place, kind in (
        (header + secret[0], "auth"),
        (header + "api-version", "versioning"),
        (header + "if-none-match", "validator"),
        ("response.200.header.etag", "validator"),
        ("response.200.header.x-ratelimit-limit", "rate-limit"),
        ("response.200.header.content-encoding", "compression"),
        ("response.200.header.access-control-allow-origin", "cors"),
    ):
        world.plant(operation, place, kind)
    world.plant(f"GET /{noun}-old", "response.301.header.location", "redirect")
    world.also("*", "*", "auth", "versioning", "validator", "rate-limit", "compression", "cors")
    world.also(operation, "*", "echo", "range", "format")
    world.also(operation, "request.header.if-none-match", "preceded-by")
    world.also(operation, "response.200.header.etag", "followed-by")


def noise(world: World) -> None:
    """Distractors alone: a busy call, ids alike by chance, latency that rises with time."""
    busy, one, two = (world.noun() for _ in range(3))
    chance = world.chance
    for n in range(world.count):
        world.call(
            "other",
            "GET",
            f"/{busy}",
            got={"now": world.now // 10**9, "load": chance.randint(0, 99)},
            took=0.01 + n / 1000,
        )
        world.wait(chance.expovariate(2))
        world.call(
            "other",
            "GET",
            f"/{one}/{chance.randint(1, 40)}",
            got={"level": chance.randint(1, 9_000), "lots": chance.randint(1, 40)},
        )
        world.wait(chance.expovariate(2))
        world.call(
            "other",
            "GET",
            f"/{two}/{chance.randint(1, 40)}",
            got={"text": world.words(1, 9), "wins": chance.randint(1, 40)},
        )
        world.wait(chance.expovariate(1))
    world.also("*", "request.path*", "range", "format")
    for field in ("load", "lots", "wins", "level"):
        world.also("*", f"{BODY}.{field}", "range")
    world.also("*", f"{BODY}.now", "format")
