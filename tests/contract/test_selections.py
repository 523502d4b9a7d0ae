"""Documents come out as one normal form, whatever was written."""

from __future__ import annotations

import pytest
from graphql.language import parse
from hypothesis import given
from hypothesis import strategies as st

from contract.selections import MAX_DEPTH, MAX_FIELDS, is_telling, places, read


def form(document: str) -> str:
    found = read(document, "")
    assert found is not None
    return found.selection


@pytest.mark.parametrize(
    ("document", "selection"),
    [
        ("{ b a }", "query{a b}"),
        ('query Q($x: Int = 1) @live { a(id: $x, secret: "s") { c, b } } # why', "query($x:Int){a{b c}}"),
        ("query ($b: [ID!]! = [], $a: In!, $c: Int! = 7) { a }", "query($a:In! $b:[ID!] $c:Int){a}"),
        ("mutation { first: pay { id } }", "mutation{first:pay{id}}"),
        ("subscription { paid { id } }", "subscription{paid{id}}"),
        ("{ a @include(if: $x) b @skip(if: $y) c @cached }", "query{a@include b@include c}"),
        (
            "{ ...F } fragment F on Query { a { ...G } } fragment G on A { b }",
            "query{... on Query{a{... on A{b}}}}",
        ),
        ("{ a { ... on B @skip(if: true) { b } ... { c } } }", "query{a{... on B@include{b} ...{c}}}"),
        ("{ a { ...F b } } fragment F on A { ...F c }", "query{a{... on A{c} b}}"),
        ("{ a { ...Missing b } }", "query{a{b}}"),
        ("{ a a a }", "query{a}"),
    ],
)
def test_the_normal_form(document: str, selection: str) -> None:
    assert form(document) == selection
    assert form(selection) == selection


def test_the_places_of_the_answer() -> None:
    document = """
        query { order { state: status total @include(if: $x) lines { ...L } ...P @skip(if: $y) } }
        fragment P on Paid { at { day } }
        fragment L on Line { sku product { name } }
    """
    assert places(form(document)) == {
        "data": True,
        "data.order": True,
        "data.order.state": True,
        "data.order.total": False,
        "data.order.lines": True,
        "data.order.lines.sku": True,
        "data.order.lines.product": True,
        "data.order.lines.product.name": True,
        "data.order.at": False,
        "data.order.at.day": False,
    }


def test_what_is_selected_twice_is_certain_if_it_is_once() -> None:
    assert places(form("{ a @include(if: $x) { b } a { b c @skip(if: $y) } }")) == {
        "data": True,
        "data.a": True,
        "data.a.b": True,
        "data.a.c": False,
    }


BOMB = "".join(f" fragment F{n} on T {{ a {{ ...F{n + 1} }} b {{ ...F{n + 1} }} }}" for n in range(40))
DEEP = "".join(f" fragment F{n} on T {{ a {{ ...F{n + 1} }} }}" for n in range(MAX_DEPTH))


@pytest.mark.parametrize(
    "document",
    [
        "query Big { ...F0 }" + BOMB,
        "query Big { ...F0 }" + DEEP + f" fragment F{MAX_DEPTH} on T {{ x }}",
        "query Big {" + " ".join(f"f{number}" for number in range(MAX_FIELDS + 1)) + "}",
    ],
)
def test_of_what_is_too_long_the_name_is_known(document: str) -> None:
    assert read(document, "") == ("Big", "")
    assert read(document.replace("Big", ""), "") == ("query.many", "")


@pytest.mark.parametrize(
    "document", ["", "{", "{}", "{ a }" + "}" * 3, "x", "{" + " a" * 20_000 + "}", "{a" * 3000]
)
def test_what_is_no_document(document: str) -> None:
    assert read(document, "") is None


@pytest.mark.parametrize(
    ("name", "telling"),
    [
        ("OrderById", True),
        ("GetUser2", True),
        ("orders_v2", True),
        ("Query_a8f3b2c1", False),
        ("Orders1699999999", False),
        ("", False),
        ("a b", False),
        ("a" * 101, False),
    ],
)
def test_which_names_tell(name: str, telling: bool) -> None:
    assert is_telling(name) is telling


def selections() -> st.SearchStrategy[str]:
    names = st.sampled_from("abcd")
    leaf = st.builds(
        lambda alias, name, condition: f"{alias}{name}{condition}",
        st.sampled_from(["", "x: ", "y: "]),
        names,
        st.sampled_from(["", " @include(if: $v)", "(first: 3)"]),
    )

    def sets(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        some = st.lists(inner, min_size=1, max_size=4).map(" ".join)
        return st.builds(
            lambda head, body: f"{head} {{ {body} }}",
            st.sampled_from(["a", "b", "... on T", "...", "z: a"]),
            some,
        )

    return st.recursive(leaf, sets, max_leaves=12)


@given(st.lists(selections(), min_size=1, max_size=5), st.randoms())
def test_a_form_is_a_document_whose_form_it_is_whatever_the_order(parts: list[str], chance: object) -> None:
    selection = form(f"{{ {' '.join(parts)} }}")
    parse(selection)
    assert form(selection) == selection
    chance.shuffle(parts)  # type: ignore[attr-defined]  # a Random
    assert form(f"query N {{ {' '.join(parts)} }}") == selection
    assert places(form(f"{{ ...F }} fragment F on Query {{ {' '.join(parts)} }}")) == places(selection)
