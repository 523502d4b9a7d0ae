"""Value flow: what came back is used, what chance or prior knowledge explains is not."""

from __future__ import annotations

import random
from base64 import b64encode
from datetime import date, timedelta
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.subject import parse
from inference import flow, forms
from inference.flow import Flows, Place
from inference.observation import Observation
from inference.paths import route
from inference.specificity import bits_of, followed
from inference.use import Located, Use, uses
from store.records import Exchange
from tests.inference.laws import check
from tests.inference.traffic import call


def observed(*exchanges: Exchange) -> Flows:
    flows = Flows()
    for exchange in exchanges:
        flows.observe(Observation(exchange, route(exchange.method, exchange.path)))
    return flows


def locate(place: Place) -> Located:
    return place[0], parse(place[1])


def claimed(*exchanges: Exchange) -> list[tuple[str, str]]:
    return [(_said(use.source), _said(use.target)) for use in found(*exchanges)]


def found(*exchanges: Exchange) -> list[Use]:
    return uses(observed(*exchanges), locate)


def _said(located: Located) -> str:
    return f"{located[0]} {located[1]}"


def uuid(seed: int) -> str:
    return str(UUID(int=random.Random(seed).getrandbits(128)))


def test_an_id_that_was_received_and_then_asked_for_is_used() -> None:
    order = uuid(1)
    assert claimed(
        call(0, "POST", "/orders", sent={"sku": "x"}, status=201, got={"id": order, "state": "new"}),
        call(1, "GET", f"/orders/{order}", got={"id": order, "state": "new"}),
    ) == [("POST /orders response.201.body.id", "GET /orders/{} request.path.1")]


def test_the_field_that_brought_a_value_first_is_the_source() -> None:
    order = uuid(2)
    assert claimed(
        call(0, "GET", "/orders", got={"items": [{"id": order}]}),
        call(1, "GET", f"/orders/{order}", got={"id": order}),
        call(2, "POST", "/payments", sent={"order_id": order}, status=201, got={}),
    ) == [
        ("GET /orders response.200.body.items[].id", "GET /orders/{} request.path.1"),
        ("GET /orders response.200.body.items[].id", "POST /payments request.body.order_id"),
    ]


def test_a_value_that_the_consumer_sent_before_it_ever_received_it_is_its_own() -> None:
    mine = uuid(3)
    assert not claimed(
        call(0, "POST", "/orders", sent={"reference": mine}, status=201, got={"reference": mine}),
        call(1, "GET", f"/orders?reference={mine}", got=[]),
    )


def test_small_numbers_and_common_words_come_back_by_chance() -> None:
    exchanges = []
    for at in range(40):
        exchanges += [
            call(2 * at, "GET", "/products", got={"count": at % 30, "currency": "EUR", "in_stock": True}),
            call(
                2 * at + 1,
                "POST",
                "/orders",
                sent={"quantity": at % 30, "currency": "EUR"},
                status=201,
                got={},
            ),
        ]
    assert not claimed(*exchanges)


def test_four_digit_numbers_must_come_back_more_often_than_chance() -> None:
    generator = random.Random(6)
    stock = [generator.randrange(1000, 10_000) for _ in range(3_000)]
    unrelated = [call(0, "GET", "/stock", got={"levels": stock})] + [
        call(1 + at, "GET", f"/tickets?number={generator.randrange(1000, 10_000)}", got={})
        for at in range(60)
    ]
    assert not claimed(*unrelated)
    wanted = stock[:40]
    followed_up = [call(0, "GET", "/stock", got={"levels": stock[:60]})] + [
        call(1 + at, "GET", f"/tickets?number={number}", got={}) for at, number in enumerate(wanted)
    ]
    assert claimed(*followed_up) == [
        ("GET /stock response.200.body.levels[]", "GET /tickets request.query.number")
    ]


def test_two_fields_with_the_same_values_are_one_source_and_its_twin() -> None:
    exchanges = []
    for at in range(3):
        value = uuid(10 + at)
        exchanges += [
            call(2 * at, "GET", f"/a?n={at}", got={"order_id": value, "copy": value}),
            call(2 * at + 1, "GET", f"/b?order_id={value}", got={}),
        ]
    (use,) = found(*exchanges)
    assert _said(use.source) == "GET /a response.200.body.order_id"
    assert [_said(twin) for twin in use.twins] == ["GET /a response.200.body.copy"]
    assert "the same values stood in 200 body copy" in use.basis


def test_links_that_are_followed_etags_and_tokens() -> None:
    cursor = uuid(20)
    token = "redacted.secret.string.abcdefghijklmnop"
    jwt = "redacted.jwt.string.abcdefghijklmnop"
    assert claimed(
        call(0, "POST", "/login", sent={}, got={"access_token": token}),
        call(
            1,
            "GET",
            "/orders",
            request_headers=(("authorization", f"Bearer {jwt}"),),
            got={"next": f"http://shop.example/orders?cursor={cursor}"},
        ),
        call(
            2, "GET", f"/orders?cursor={cursor}", response_headers=(("etag", '"4f2ab6c7d8e9f001"'),), got={}
        ),
        call(
            3,
            "GET",
            f"/orders?cursor={cursor}",
            request_headers=(("if-none-match", '"4f2ab6c7d8e9f001"'),),
            status=304,
        ),
    ) == [
        ("GET /orders response.200.body.next", "GET /orders request.target"),
        ("GET /orders response.200.header.etag", "GET /orders request.header.if-none-match"),
        ("POST /login response.200.body.access_token", "GET /orders request.header.authorization"),
    ]


def test_values_flow_across_merged_parts_in_any_order() -> None:
    order = uuid(30)
    before = observed(call(0, "POST", "/orders", sent={}, status=201, got={"id": order}))
    after = observed(call(9, "GET", f"/orders/{order}", got={}))
    for first, second in ((before, after), (after, before)):
        whole = Flows()
        whole.merge(first)
        whole.merge(second)
        assert len(uses(whole, locate)) == 1


EXCHANGES = st.lists(
    st.builds(
        lambda at, n, m, kind: (
            Observation(
                call(
                    at,
                    "POST",
                    f"/{kind}/{10_000 + n}",
                    sent={"x": 20_000 + m},
                    got={"y": [10_000 + m, 20_000 + n]},
                ),
                kind,
            ),
        ),
        st.integers(0, 20),
        st.integers(0, 9),
        st.integers(0, 9),
        st.sampled_from(["a", "b"]),
    ),
    max_size=10,
)


@given(EXCHANGES, st.integers(0, 99), st.integers(0, 99))
def test_laws(seen: list[tuple[Observation]], first: int, second: int) -> None:
    check(Flows, seen, first, second)


@given(EXCHANGES, st.integers(0, 99), st.integers(0, 99))
def test_laws_where_the_sample_is_full(seen: list[tuple[Observation]], first: int, second: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flow, "MAX_VALUES", 4)
        check(Flows, seen, first, second)


def test_memory_is_bounded_and_a_flow_is_still_seen_in_the_sample() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flow, "MAX_VALUES", 200)
        exchanges = []
        for at in range(1_500):
            value = uuid(100 + at)
            exchanges += [
                call(
                    2 * at,
                    "POST",
                    "/orders",
                    sent={},
                    status=201,
                    got={"id": value, "noise": uuid(9_000 + at)},
                ),
                call(2 * at + 1, "GET", f"/orders/{value}", got={}),
            ]
        flows = observed(*exchanges)
        assert len(flows.traces) <= 400
        assert [_said(use.source) for use in uses(flows, locate)] == ["POST /orders response.201.body.id"]


@pytest.mark.parametrize(
    "text",
    ["", "ok", "42", "1999", "true", "EUR", "open", "2024-05-06",  "12:30:00", "some prose", "/orders",
      "x" * 600, "Mon, 06 May 2024 10:00:00 GMT"],
)  # fmt: skip
def test_what_is_not_specific(text: str) -> None:
    assert bits_of(text) < 10


@pytest.mark.parametrize(
    "text",
    [
        uuid(5),
        "4f2ab6c7d8e9f001",
        "SKU-10442",
        "2024-05-06T10:11:12Z",
        "100442",
        "4199.95",
        "cus_NffrFeUfNV2Hib",
        "/orders/100442",
    ],
)
def test_what_is_specific(text: str) -> None:
    assert bits_of(text) >= 10


@given(st.text(max_size=700))
def test_any_text_has_bits_and_may_be_a_link(text: str) -> None:
    assert bits_of(text) >= 0
    followed(text)


def basis(*exchanges: Exchange) -> list[str]:
    return [use.basis for use in found(*exchanges)]


ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("got", "asked", "words"),
    [
        (ID.upper(), f"/b?id={ID}", ""),
        (f"/orders/{ID}", f"/b?id={ID}", ", the last part of it"),
        (f"https://shop.example/orders/{ID}?x=1", f"/b?id={ID}", ", the last part of it"),
        (f"urn:order:{ID}", f"/b?id={ID}", ", the last part of it"),
        (f"gid://shop/Order/{ID}", f"/b?id={ID}", ", the last part of it"),
        (ID, f"/b?id=orders/{ID}", ", at the end of a longer name"),
        (b64encode(f"Order:{ID}".encode()).decode(), f"/b?id={ID}", ", decoded from base64"),
        (ID, f"/b?id={quote(b64encode(ID.encode()).decode())}", ", encoded in base64"),
        (ID, f"/b?id={quote('urn:x:' + ID)}", ", at the end of a longer name"),
    ],
)
def test_values_that_change_their_form_on_the_way(got: str, asked: str, words: str) -> None:
    exchanges = (call(0, "GET", "/a", got={"order": got}), call(1, "GET", asked, got={}))
    assert claimed(*exchanges) == [("GET /a response.200.body.order", "GET /b request.query.id")]
    assert basis(*exchanges) == [f"sent back as query id of GET /b{words}"]


def test_a_value_in_two_forms_is_still_one_value() -> None:
    number = "SKU-10442"
    assert not claimed(
        call(0, "GET", "/a", got={"order": f"/orders/{number}"}),
        call(1, "GET", f"/b?id=/orders/{number}", got={}),
    )
    assert not claimed(call(0, "GET", "/a", got={"order": number}), call(1, "GET", f"/b?id={number}", got={}))


def test_a_link_that_is_followed_is_not_taken_apart_as_well() -> None:
    order = uuid(77)
    assert claimed(
        call(0, "GET", "/a", got={"href": f"https://shop.example/orders/{order}"}),
        call(1, "GET", f"/orders/{order}", got={}),
    ) == [("GET /a response.200.body.href", "GET /orders/{} request.target")]


def test_headers_that_carry_values_in_a_frame() -> None:
    exchanges = [
        call(0, "POST", "/login", sent={}, got={"access_token": "tok5f3e9a7b2c4d8e6f1a2b"}),
        call(
            1,
            "GET",
            "/orders",
            request_headers=(("authorization", "Bearer tok5f3e9a7b2c4d8e6f1a2b"),),
            response_headers=(
                ("etag", 'W/"4f2ab6c7d8e9f001"'),
                ("link", f'</orders?cursor={uuid(5)}>; rel="next", </orders>; rel="first"'),
            ),
            got={},
        ),
        call(
            2, "GET", "/orders", request_headers=(("if-none-match", '"0", "4f2ab6c7d8e9f001"'),), status=304
        ),
        call(3, "GET", f"/orders?cursor={uuid(5)}", got={}),
    ]
    assert claimed(*exchanges) == [
        ("GET /orders response.200.header.etag", "GET /orders request.header.if-none-match"),
        ("GET /orders response.200.header.link", "GET /orders request.target"),
        ("POST /login response.200.body.access_token", "GET /orders request.header.authorization"),
    ]


def test_last_modified_is_used_by_if_modified_since() -> None:
    dates = ["Mon, 06 May 2024 10:00:00 GMT", "Tue, 07 May 2024 11:30:00 GMT"]
    exchanges = []
    for at, text in enumerate(dates):
        exchanges += [
            call(2 * at, "GET", f"/a/{at}", response_headers=(("last-modified", text),), got={}),
            call(2 * at + 1, "GET", f"/a/{at}", request_headers=(("if-modified-since", text),), status=304),
        ]
    assert [target for _, target in claimed(*exchanges)] == ["GET /a/{} request.header.if-modified-since"]


def test_days_of_moments_are_told_from_days_that_follow_each_other() -> None:
    def reports(days: list[int], asked: list[int]) -> list[Exchange]:
        first = date(2024, 1, 1)
        moments = [f"{first + timedelta(days=day)}T10:00:00Z" for day in days]
        return [call(0, "GET", "/orders", got=[{"at": text} for text in moments])] + [
            call(1 + day, "GET", f"/reports/{first + timedelta(days=day)}", got={}) for day in asked
        ]

    sparse = [3, 17, 31, 45, 80, 95, 130, 160]
    (use,) = found(*reports(sparse, sparse))
    assert use.basis.endswith("of GET /reports/{}, the day of it")
    assert not found(*reports(list(range(30)), list(range(30))))
    assert not found(*reports(sparse, [3, 18, 30, 46, 81, 95, 131, 161]))


def test_texts_that_only_look_encoded() -> None:
    for text in ("SGVsbG8gV29ybGQh", "Zm9vL2Jhcg==", "AbCdEfGhIjKlMnOp", "2024-05-06", "10:30:00", "a/b"):
        inside = forms.core(text)
        assert inside is None or bits_of(inside[0]) < 10


def test_a_cursor_that_holds_an_id_is_not_made_of_it() -> None:
    exchanges = []
    for at in range(6):
        last, text = uuid(at), b64encode(uuid(at).encode()).decode()
        exchanges += [
            call(2 * at, "GET", f"/a?n={at}", got={"items": [{"id": last}], "next": text}),
            call(2 * at + 1, "GET", f"/a?n={at}&cursor={quote(text)}", got={}),
        ]
    assert claimed(*exchanges) == [("GET /a response.200.body.next", "GET /a request.query.cursor")]
    linked = [
        exchange
        for at in range(6)
        for text in [b64encode(uuid(at).encode()).decode()]
        for exchange in (
            call(
                2 * at,
                "GET",
                f"/a?n={at}",
                got={"items": [{"id": uuid(at)}], "next": f"/a?cursor={quote(text)}"},
            ),
            call(2 * at + 1, "GET", f"/a?cursor={quote(text)}", got={}),
        )
    ]
    assert claimed(*linked) == [("GET /a response.200.body.next", "GET /a request.target")]


def test_a_link_is_followed_though_another_value_stands_in_its_query() -> None:
    exchanges = []
    for at in range(6):
        since, cursor = f"2024-05-{10 + at}T10:00:00Z", uuid(at)
        exchanges += [
            call(4 * at, "GET", f"/a?n={at}", got={"at": since, "next": f"/a?cursor={cursor}"}),
            call(4 * at + 1, "GET", f"/a?cursor={cursor}", got={}),
            call(4 * at + 2, "GET", f"/a?since={since}", got={}),
            call(4 * at + 3, "GET", f"/a?since={since}", got={}),
        ]
    assert ("GET /a response.200.body.next", "GET /a request.target") in claimed(*exchanges)
