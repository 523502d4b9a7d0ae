"""Routes are pure, models obey the laws of merging within bounds, and operations follow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference import paths, places
from inference.paths import PathModel, route

Observed = tuple[str, str, bytes, bytes, int, str]

WORDS = st.sampled_from(
    [
        "users",
        "me",
        "repos",
        "octocat",
        "hello-world",
        "issues",
        "42",
        "7f3a9c2",
        "search",
        "latest",
        "a%2Fb",
        "",
    ]
)
PATHS = st.lists(WORDS, max_size=6).map(lambda parts: "/" + "/".join(parts))
BODIES = st.sampled_from(
    [
        b"",
        b"{",
        b'{"name":"hello-world","login":"octocat"}',
        b'[{"id":1}]',
        b"\xff",
        b'{"a":' * 50,
        b"<a>octocat</a>",
    ]
)
OBSERVED = st.tuples(
    st.sampled_from(["GET", "POST", "get"]),
    PATHS,
    BODIES,
    BODIES,
    st.sampled_from([200, 201, 404]),
    st.uuids().map(str),
)


def fold(observed: Iterable[Observed]) -> PathModel:
    model = PathModel()
    for method, path, sent, got, status, name in observed:
        model.observe(method, path, request_body=sent, response_body=got, status=status, id=name)
    return model


def state(model: PathModel) -> Any:
    return msgspec.msgpack.encode(model.state())


@given(st.lists(OBSERVED, max_size=30), st.integers(0, 30), st.integers(0, 30))
@settings(deadline=None)
def test_folding_parts_is_folding_the_whole(observed: Sequence[Observed], first: int, second: int) -> None:
    one, two = sorted((first, second))
    parts = [fold(observed[:one]), fold(observed[one:two]), fold(observed[two:])]
    left, right = PathModel(), PathModel()
    for part in parts:
        left.merge(part)
    for part in reversed(parts):
        right.merge(part)
    nested = fold(observed[one:two])
    nested.merge(parts[2])
    nested.merge(parts[0])
    assert state(left) == state(right) == state(nested) == state(fold(observed))


@given(st.lists(OBSERVED, max_size=30), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_does_not_matter(observed: list[Observed], source: Any) -> None:
    shuffled = list(observed)
    source.shuffle(shuffled)
    one, two = fold(observed), fold(shuffled)
    assert state(one) == state(two)
    assert one.operations().keys() == two.operations().keys()


@given(st.lists(OBSERVED, max_size=20))
@settings(deadline=None)
def test_the_serial_form_reads_back(observed: Sequence[Observed]) -> None:
    model = fold(observed)
    again = PathModel.from_state(msgspec.msgpack.decode(state(model)))
    assert state(again) == state(model)
    again.merge(PathModel())
    assert state(again) == state(model)


def test_merging_leaves_the_other_as_it_was() -> None:
    one, other = PathModel(), fold([("GET", "/a/b", b"", b"{}", 200, "1")])
    before = state(other)
    one.merge(other)
    one.observe("GET", "/a/b", status=200, id="2")
    assert state(other) == before


@given(st.text("ABCDEGPOSTabc-!#$", min_size=1), st.text())
@settings(deadline=None)
def test_any_text_has_a_route_and_an_operation(method: str, path: str) -> None:
    model = fold(
        [
            ("GET", "/repos/octocat/hello", b"", b"", 200, "1"),
            ("GET", "/repos/other/thing", b"", b"", 200, "2"),
        ]
    )
    assert isinstance(route(method, path), str)
    assert isinstance(model.operations().of(method, path), str)
    assert isinstance(model.operations().of_route(path), str)
    name = model.observe(method, path)
    assert model.operations().of_route(name) == model.operations().of(method, path)


@given(st.lists(OBSERVED, max_size=30))
@settings(deadline=None)
def test_a_stored_route_belongs_to_the_operation_of_its_path(observed: Sequence[Observed]) -> None:
    model = PathModel()
    routes = [
        (model.observe(method, path, status=status, id=name), method, path)
        for method, path, _, _, status, name in observed
    ]
    operations = model.operations()
    for name, method, path in routes:
        assert operations.of_route(name) == operations.of(method, path)
        assert name == route(method, path)


def test_many_words_in_one_place_become_a_parameter_whatever_the_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places, "MAX_WORDS", 20)
    observed = [
        ("GET", f"/things/{chr(97 + n % 26)}{'x' * (n // 26)}/parts", b"", b"", 200, str(n))
        for n in range(100)
    ]
    observed.append(("GET", "/things/search", b"", b"", 200, "search"))
    whole, parts = fold(observed), fold(observed[:15])
    parts.merge(fold(observed[15:40]))
    parts.merge(fold(observed[40:]))
    assert state(whole) == state(parts)
    assert whole.observe("GET", "/things/never-seen/parts") == "GET /things/{}/parts"
    assert whole.observe("GET", "/things/search") == "GET /things/search"
    assert whole.operations().of_route("GET /things/a/parts") == "GET /things/{thing}/parts"


def test_places_are_bounded_under_random_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "MAX_PLACES", 300)
    model = PathModel()
    for number in range(3000):
        first, rest = divmod(number, 50)
        model.observe("GET", f"/{_word(first)}/{_word(rest)}/{_word(number)}/{_word(number * 7)}")
    other = PathModel()
    for number in range(3000):
        other.observe("GET", f"/{_word(number)}/{_word(number % 7)}")
    model.merge(other)
    assert sum(1 for _ in model._root.walk()) < 900
    assert len(msgspec.msgpack.encode(model.state())) < 1_000_000


def _word(number: int) -> str:
    return "w" + "".join("abcdefghij"[int(digit)] for digit in str(number))


def test_very_long_paths_and_segments_are_bounded() -> None:
    model = PathModel()
    name = model.observe("GET", "/a" * 10_000)
    assert name.count("/") == 32
    assert model.observe("GET", "/" + "x" * 10_000) == "GET /{}"


def test_hostile_bodies_say_nothing_and_stop_nothing() -> None:
    model = PathModel()
    for number, body in enumerate(
        [b"[" * 100_000, b'{"a":' * 10_000, b"\x00\xff", b'{"x":' + b"9" * 5000 + b"}", b'"\\ud800"']
    ):
        model.observe("POST", "/a/b", request_body=body, response_body=body, status=200, id=str(number))
    assert model.operations().keys() == {"POST /a/b"}


def test_operations_that_were_revised_are_named() -> None:
    early = PathModel()
    early.observe("GET", "/fruits/apple", status=200, response_body=b'{"count":1}', id="1")
    before = early.operations()
    for name in ["banana", "cherry", "mango", "papaya", "quince"]:
        early.observe(
            "GET",
            f"/fruits/{name}",
            status=200,
            response_body=json.dumps({"count": 1, "name": name}).encode(),
            id=name,
        )
    early.observe("GET", "/other", status=200, id="other")
    after = early.operations()
    assert after.of("GET", "/fruits/apple") == "GET /fruits/{fruit}"
    assert after.renamed_since(before) == (
        {} if before.keys() == {"GET /fruits/{fruit}"} else {"GET /fruits/apple": "GET /fruits/{fruit}"}
    )
    assert after.renamed_since(after) == {}


def test_methods_of_a_grpc_service_are_fixed() -> None:
    model = PathModel()
    for name in ("GetOrder", "ListOrders", "CancelOrder"):
        for _ in range(20):
            model.observe("POST", f"/shop.v1.Orders/{name}", response_body=b'{"id": "o1"}', status=200)
    assert model.operations().keys() == {
        f"POST /shop.v1.Orders/{name}" for name in ("GetOrder", "ListOrders", "CancelOrder")
    }
