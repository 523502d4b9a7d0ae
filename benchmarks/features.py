"""What worlds are made of: features of values, and all features by name (`benchmarks/conduct.py`)."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.conduct import errors, failing, making, noise, protocol, timing

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.world import World

BODY = "response.200.body"
DAY = datetime(2026, 3, 1, tzinfo=UTC)


def _when(world: World, days: float = 0) -> str:
    moment = DAY + timedelta(days=days, seconds=world.chance.randint(0, 80_000))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


FORMATS: dict[str, Callable[[World], str]] = {
    "uuid": lambda w: str(uuid.UUID(int=w.chance.getrandbits(128), version=4)),
    "date": lambda w: _when(w, w.chance.randint(0, 300))[:10],
    "date-time": lambda w: _when(w, w.chance.randint(0, 300)),
    "email": lambda w: f"{w.chance.choice('abcdef')}{w.hex(4)}@mail.example",
    "uri": lambda w: f"https://cdn.example/{w.words(1, 1)}/{w.hex(6)}.png",
    "ipv4": lambda w: ".".join(str(w.chance.randint(1, 254)) for _ in range(4)),
    "semver": lambda w: f"{w.chance.randint(0, 9)}.{w.chance.randint(0, 20)}.{w.chance.randint(0, 9)}",
    "country": lambda w: w.chance.choice(
        ["DE", "FR", "GB", "US", "NL", "BE", "AT", "CH", "PL", "SE", "NO", "DK", "FI", "IT", "ES", "PT"]
    ),
    "phone": lambda w: f"+49{w.chance.randint(10**9, 10**10 - 1)}",
}
_TEXT = ("format", "pattern", "length", "enum", "contains")


def values(world: World) -> None:
    """Formats, enumerations, constants, bounds, patterns, lengths; beside free text and unrelated numbers."""
    noun, chance = world.noun(), world.chance
    operation, form = f"GET /{noun}/{{}}", chance.choice(sorted(FORMATS))
    state = chance.sample(["open", "held", "paid", "sent", "lost", "done"], chance.randint(2, 5))
    prefix = chance.choice(["inv", "trx", "ref", "cs"])
    names = [world.name(n) for n in ("made at", "state", "object", "level", "public code", "check")]
    for n in range(world.count):
        number = 1000 + 7 * n
        got = dict(
            zip(
                names,
                (
                    FORMATS[form](world),
                    chance.choice(state),
                    noun[:-1],
                    chance.randint(1, 9),
                    f"{prefix}_{world.hex(12)}",
                    "".join(chance.choices("ABCDEFGHJK-_", k=11)),
                ),
                strict=True,
            )
        )
        views = chance.randint(50, 5000)
        noise = {
            "note": world.words(0, 6),
            "views": views,
            "likes": chance.randint(0, 40),
            "rank": round(chance.lognormvariate(6, 2)) + 20,
        }
        world.call(f"reader{n % 2}", "GET", f"/{noun}/{number}", got={"id": number, **got, **noise})
        world.wait(chance.expovariate(0.5))
    places = [f"{BODY}.{name}" for name in names]
    for place, kind in zip(places, ("format", "enum", "enum", "range", "pattern", "length"), strict=True):
        world.plant(operation, place, kind)
    world.plant(operation, f"{BODY}.id", "echo")
    world.also(operation, places[0], *_TEXT)
    world.also(operation, places[4], "length", "format")
    world.also(operation, places[5], "format", "pattern")
    world.also(operation, f"{BODY}.likes", "range")
    world.also(operation, "request.path*", "format", "range")


def relations(world: World) -> None:
    """Places of one object that are tied to each other, beside some that only look so."""
    noun, chance = world.noun(), world.chance
    operation = f"GET /{noun}/{{}}"
    names = {
        n: world.name(n)
        for n in ("created at", "updated at", "min price", "max price", "unit price", "item count")
    }
    for n in range(world.count):
        key, age = world.hex(10), chance.randint(0, 100)
        low = chance.randint(1, 90)
        lines = [
            {names["unit price"]: chance.randint(99, 9999) / 100, "quantity": chance.randint(1, 5)}
            for _ in range(chance.randint(1, 4))
        ]
        net, tax = chance.randint(100, 9999) / 100, chance.randint(10, 999) / 100
        title = f"{world.words(2, 3)} {n}".title()
        sizes = chance.sample(range(30, 70), k=4)
        login = f"u{world.hex(6)}"
        got = {
            "key": key,
            "href": f"https://api.example/{noun}/{key}",
            names["created at"]: _when(world, age),
            names["updated at"]: _when(world, age + 1 + chance.randint(0, 9)),
            names["min price"]: low,
            names["max price"]: low + chance.randint(1, 60),
            "lines": lines,
            "total": round(sum(line[names["unit price"]] * line["quantity"] for line in lines), 2),
            names["item count"]: len(lines),
            "net": net,
            "tax": tax,
            "gross": round(net + tax, 2),
            "title": title,
            "alias": title.lower().replace(" ", "-"),
            "sizes": sizes,
            "size": chance.choice(sizes),
            "login": login,
            "owner": {"login": login, "age": chance.randint(18, 90)},
            "weight": chance.randint(1, 9),
        }
        world.call("reader", "GET", f"/{noun}/{key}", got=got)
        world.wait(chance.expovariate(0.5))
    made, low_, count = (f"{BODY}.{names[n]}" for n in ("created at", "min price", "item count"))
    for place, kind in (
        (f"{BODY}.key", "echo"), (f"{BODY}.href", "contains"), (made, "at-most"), (low_, "at-most"),
        (f"{BODY}.total", "sum"), (count, "count"), (f"{BODY}.gross", "sum"), (f"{BODY}.alias", "derived"),
        (f"{BODY}.size", "member"), (f"{BODY}.owner.login", "equal"),
    ):  # fmt: skip
        world.plant(operation, place, kind)
    world.also(operation, f"{BODY}.*", "format", "pattern", "length")
    world.also(operation, "request.path*", "format", "pattern", "length")
    world.also(operation, f"{BODY}.sizes*", "size", "unique", "range")
    world.also(operation, f"{BODY}.size", "range")
    world.also(operation, f"{BODY}.lines[[]].quantity", "range")
    world.also(operation, f"{BODY}.weight", "range")
    world.also(operation, count, "range", "sum", "limits")
    world.also(operation, f"{BODY}.net", "at-most", "sum")
    world.also(operation, f"{BODY}.tax", "at-most", "sum")
    world.also(operation, f"{BODY}.lines", "size")


def lists(world: World) -> None:
    """A list that is filtered, limited, sorted and walked through."""
    noun, chance = world.noun(), world.chance
    operation, style = f"GET /{noun}", chance.choice(["cursor", "page", "offset"])
    down, key = chance.random() < 0.5, world.name("created at")
    stock = sorted(
        (
            {
                "id": 500 + 3 * n,
                "status": chance.choice(["open", "shut", "held"]),
                key: _when(world, n % 97),
                "n": chance.randint(1, 500),
            }
            for n in range(60)
        ),
        key=lambda item: item[key],
        reverse=down,
    )
    limit = world.name("page size") if style == "page" else "limit"
    for _ in range(max(3, world.count // 4)):
        status, size = chance.choice(["open", "shut", "held"]), chance.choice([4, 5, 7])
        wanted = [item for item in stock if item["status"] == status]
        cursor = ""
        for page in range(4):
            items = wanted[page * size : (page + 1) * size]
            more = len(wanted) > (page + 1) * size
            got: dict[str, Any] = {"items": items, "total": len(wanted)}
            if style == "cursor":
                got["next"] = (
                    base64.b64encode(f"{noun}:{status}:{page}:{size}".encode()).decode() if more else None
                )
            asked = (
                {"cursor": cursor, "page": page + 1, "offset": page * size}[style]
                if page or style != "cursor"
                else None
            )
            extra = f"&{style}={asked}" if asked is not None else ""
            world.call("walker", "GET", f"/{noun}?status={status}&{limit}={size}{extra}", got=got)
            cursor = got.get("next") or ""
            world.wait(chance.uniform(0.05, 0.3))
            if not more:
                break
        world.wait(chance.expovariate(0.1))
    item = f"{BODY}.items[]"
    for place, kind in (
        (f"{item}.status", "filter"),
        (f"request.query.{limit}", "limits"),
        (item, "sorted"),
        (f"{BODY}.items", "unique"),
    ):
        world.plant(operation, place, kind)
    world.plant(operation, f"request.query.{style}", "pagination")
    world.also(operation, f"{BODY}.total", "limits", "range")
    world.also(operation, f"{item[:-2]}*", "enum", "format", "range", "length", "size", "pattern")
    world.also(
        operation, "request.query.*", "enum", "format", "range", "pattern", "length", "together", "echo"
    )
    world.also(operation, f"{BODY}.next", "format", "pattern", "length", "together")


def variants(world: World) -> None:
    """A kind that decides the fields, and fields that come together, beside some that come by chance."""
    noun, chance = world.noun(), world.chance
    operation, by = f"GET /{noun}/{{}}", world.chance.choice(["type", "kind", "method"])
    for n in range(world.count):
        own: dict[str, Any] = [
            {by: "card", "digits": world.hex(4)},
            {by: "iban", "bank": world.words(1, 2)},
            {by: "cash"},
        ][n % 3]
        if chance.random() < 0.4:
            own |= {"lat": chance.random(), "lon": chance.random()}
        if chance.random() < 0.5:
            own["memo"] = world.words(1, 4)
        world.call("reader", "GET", f"/{noun}/{100 + n}", got={"id": 100 + n, **own})
        world.wait(chance.expovariate(0.5))
    world.plant(operation, BODY, "variant")
    world.plant(operation, f"{BODY}.lat", "together")
    world.also(operation, f"{BODY}.*", "together", "format", "length", "pattern", "enum", "echo")
    world.also(operation, "request.path*", "format")


FEATURES = (values, relations, lists, variants, making, failing, errors, timing, protocol, noise)
