"""The scorer of value claims reads invariants as Daikon prints them, and counts strictly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.agora import Label, claims_of, labels_of, observed, recordings, row, rows, score
from benchmarks.claims import Claim, Claims
from benchmarks.daikon import Invariant, Term, read
from benchmarks.entailed import literals, proof
from contract.subject import Subject, parse

if TYPE_CHECKING:
    from pathlib import Path

AT = "main.albums{id}tracks.getAlbumTracks&200(main.getAlbumTracks&Input):::EXIT"
IN_ITEMS = AT.replace("&200", "&200&items")
IN_ARTISTS = AT.replace("&200", "&200&items&artists")
BODY = "response.200.body"
KNOWN = (
    "request.path.album_id", "request.query.limit", "request.query.market",
    f"{BODY}.items[].artists[].id", f"{BODY}.items[].markets[]", f"{BODY}.items[].link.type",
    f"{BODY}.names{{}}.short",
)  # fmt: skip


def places(*texts: str) -> set[Subject]:
    every = [parse(text).parts for text in texts or KNOWN]
    return {Subject(parts[:n]) for parts in every for n in range(1, len(parts) + 1)}


def term(place: str, *, size: bool = False) -> Term:
    return Term(parse(place), size)


def test_nesting_is_read_from_the_program_point() -> None:
    for ppt, place in (
        (AT, f"{BODY}.id"),
        (IN_ITEMS, f"{BODY}.items[].id"),
        (IN_ARTISTS, f"{BODY}.items[].artists[].id"),
        (AT.replace("&200", "&200&items&link"), f"{BODY}.items[].link.id"),
        (AT.replace("&200", "&404"), "response.404.body.id"),
    ):
        assert read("return.id is Url", ppt, places()) == Invariant("format", (term(place),), "url")


def test_an_array_that_was_never_seen_filled_is_one_all_the_same() -> None:
    found = read("LENGTH(return.id)==3", AT.replace("&200", "&200&unseen"), places())
    assert found == Invariant("length", (term(f"{BODY}.unseen[].id"),), 3)


def test_root_arrays_and_arrays_in_arrays() -> None:
    rows_of = places(f"{BODY}[].id", f"{BODY}[].grid[][]")
    assert read("return.id is Url", AT, rows_of) == Invariant("format", (term(f"{BODY}[].id"),), "url")
    whole = AT.replace("&200", "&200%array")
    assert read("size(return.array[]) >= 1", whole, rows_of) == Invariant(
        "minimum", (term(BODY, size=True),), 1
    )
    grid = AT.replace("&200", "&200&grid%array")
    assert read("size(return.array[]) >= 1", grid, rows_of) == Invariant(
        "minimum", (term(f"{BODY}[].grid[]", size=True),), 1
    )


def test_parameters_are_found_where_the_request_has_them() -> None:
    for name, place in (
        ("limit", "request.query.limit"),
        ("id", "request.path.album_id"),
    ):
        assert read(f"input.{name} is Numeric", AT, places()) == Invariant(
            "format", (term(place),), "numeric"
        )


def test_names_of_a_map_are_any_of_them() -> None:
    found = read("return.names.en.short is Url", AT, places())
    assert found == Invariant("format", (term(f"{BODY}.names{{}}.short"),), "url")


X, Y = f"{BODY}.x", f"{BODY}.y"


@pytest.mark.parametrize(
    ("text", "form", "terms", "constant"),
    [
        ('return.x == "a \\"b\\" }"', "one-of", (X,), ('a "b" }',)),
        ('return.x one of { "a", "b" }', "one-of", (X,), ("a", "b")),
        ("return.x one of { 1, -2 }", "one-of", (X,), (1, -2)),
        ("return.x == false", "one-of", (X,), (False,)),
        ("return.x == 1.5E-3", "one-of", (X,), (0.0015,)),
        ('return.x[] elements one of { "a", "b" }', "one-of", (f"{X}[]",), ("a", "b")),
        ('return.x[] elements == "a"', "one-of", (f"{X}[]",), ("a",)),
        ("return.x != 0", "not", (X,), 0),
        ("return.x >= -1", "minimum", (X,), -1),
        ("return.x <= 4.5", "maximum", (X,), 4.5),
        ("return.x[] elements >= 0", "minimum", (f"{X}[]",), 0),
        ("LENGTH(return.x)==22", "length", (X,), 22),
        ("All the elements of return.x[] have LENGTH=2", "length", (f"{X}[]",), 2),
        ("return.x is Url", "format", (X,), "url"),
        ("return.x is Numeric", "format", (X,), "numeric"),
        ("return.x is Email", "format", (X,), "email"),
        ("return.x is a Date. Format: DD/MM/YYYY", "format", (X,), "date-dmy"),
        ("return.x is a Date. Format: MM/DD/YYYY", "format", (X,), "date-mdy"),
        ("return.x is a Date. Format: YYYY/MM/DD", "format", (X,), "date-ymd"),
        ("return.x is Hour: HH:MM 24-hour format, optional leading 0", "format", (X,), "time"),
        (
            "return.x is Hour: HH:MM 12-hour format, optional leading 0, mandatory meridiems (AM/PM)",
            "format",
            (X,),
            "time-12",
        ),
        (
            "return.x is Hour: HH:MM:SS 24-hour format with optional leading 0",
            "format",
            (X,),
            "time-seconds",
        ),
        (
            "return.x is Timestamp. Format: YYYY-MM-DDTHH:MM:SS.mmZ (Miliseconds are optional)",
            "format",
            (X,),
            "timestamp",
        ),
        ("All the elements of return.x[] are URLs", "format", (f"{X}[]",), "url"),
        ("All the elements of return.x[] are emails", "format", (f"{X}[]",), "email"),
        (
            "All the elements of return.x[] are Timestamps. Format: YYYY-MM-DDTHH:MM:SS.mmZ",
            "format",
            (f"{X}[]",),
            "timestamp",
        ),
        ("return.x == return.y", "equal", (X, Y), None),
        ("return.x < return.y", "at-most", (X, Y), True),
        ("return.x >= return.y", "at-most", (Y, X), False),
        ("return.x is a substring of return.y", "substring", (X, Y), None),
        ("return.x in return.y[]", "member", (X, f"{Y}[]"), None),
        ("return.x[] is a subset of return.y[]", "subset", (f"{X}[]", f"{Y}[]"), None),
        ("return.x[] is a superset of return.y[]", "subset", (f"{Y}[]", f"{X}[]"), None),
        ("return.x[] is a subsequence of return.y[]", "subset", (f"{X}[]", f"{Y}[]"), None),
        ("return.x[] sorted by <=", "sorted", (f"{X}[]",), "<="),
        ("return.x[] contains no duplicates", "distinct", (f"{X}[]",), None),
    ],
)
def test_the_vocabulary(text: str, form: str, terms: tuple[str, ...], constant: Any) -> None:
    assert read(text, AT, places()) == Invariant(form, tuple(map(term, terms)), constant)


@pytest.mark.parametrize(
    "text",
    [
        "return.x != return.y",
        "return.x[] == return.y[] (elementwise)",
        "return.x[] < return.y[] (lexically)",
        "return.x[] elements are equal",
        "return.x has only one value",
        "return.x == 1 (mod 4)",
        "return.x is a power of 2",
        "return.x[] is the reverse of return.y[]",
        "return.x[] one of { [], [a, b] }",
        "return.x - 2 * return.y + 3 == 0",
        "return.x == (return.y * return.z)",
        "return.x % return.y == 0",
        "{a, b} subset of return.x[]",
    ],
)
def test_what_no_clause_states_is_understood_to_be_that(text: str) -> None:
    found = read(text, AT, places())
    assert found is not None
    assert found.form == "other"


@pytest.mark.parametrize("text", ["return.x frobnicates", "orig(return.x) is Url", "size(return.x[])-1 >= 2"])
def test_what_cannot_be_read_is_none(text: str) -> None:
    assert read(text, AT, places()) is None


def claim(kind: str, place: str, value: Any) -> Claim:
    return Claim(f"{kind} {place}", f"{place} {kind} {value}", "GET /a", kind, parse(place), value)


def says(text: str, *claims: Claim, exactly: bool = True) -> bool:
    invariant = read(text, AT, places())
    assert invariant is not None
    return proof(Claims(claims), invariant, exactly=exactly) is not None


ALWAYS_A = claim("enum", X, ["a"])


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ('return.x == "a"', [ALWAYS_A]),
        ('return.x one of { "a", "b" }', [claim("enum", X, ["", "N/A", "a", "b"])]),
        ("return.x == 3", [claim("range", X, {"min": 3, "max": 3})]),
        ("LENGTH(return.x)==1", [ALWAYS_A]),
        ("LENGTH(return.x)==22", [claim("length", X, {"min": 22, "max": 22})]),
        ("LENGTH(return.x)==36", [claim("format", X, "uuid")]),
        ("LENGTH(return.x)==5", [claim("pattern", X, "^t[0-9]{4}$")]),
        ("return.x is Url", [claim("format", X, "uri")]),
        ("return.x is Url", [claim("pattern", X, r"^https:\/\/example\.com\/[0-9]+$")]),
        ("return.x is Numeric", [claim("format", X, "integer")]),
        ("return.x is Numeric", [claim("format", X, "unix-seconds")]),
        ("return.x is Numeric", [claim("enum", X, ["1", "2"])]),
        ("return.x >= 1", [claim("range", X, {"min": 1, "max": None})]),
        ("return.x >= 1", [claim("enum", X, [3, 1])]),
        ("size(return.x[]) >= 1", [claim("size", X, {"min": 1, "max": 9})]),
        ("size(return.x[]) <= 9", [claim("size", X, {"min": 1, "max": 9})]),
        ("return.x[] elements <= 9", [claim("range", f"{X}[]", {"min": 1, "max": 9})]),
        ("return.x != 0", [claim("range", X, {"min": 1, "max": None})]),
        ("return.y == return.x", [claim("equal", X, {"other": Y})]),
        ("input.limit == return.x", [claim("echo", X, {"other": "request.query.limit"})]),
        ("return.x == return.y", [ALWAYS_A, claim("enum", Y, ["a"])]),
        (
            "return.x == return.y",
            [
                claim("echo", X, {"other": "request.query.limit"}),
                claim("echo", Y, {"other": "request.query.limit"}),
            ],
        ),
        ("return.x == size(return.y[])", [claim("count", X, {"other": Y})]),
        ("return.x >= size(return.y[])", [claim("count", X, {"of": Y})]),
        ("input.limit >= size(return.y[])", [claim("limits", "request.query.limit", {"other": Y})]),
        (
            "return.x >= size(return.y[])",
            [
                claim("limits", "request.query.limit", {"other": Y}),
                claim("echo", X, {"other": "request.query.limit"}),
            ],
        ),
        ("return.x <= return.y", [claim("at-most", X, {"other": Y, "strict": True})]),
        ("return.x < return.y", [claim("at-most", X, {"other": Y, "strict": True})]),
        ("return.x is a substring of return.y", [claim("contains", Y, {"other": X, "how": "segment"})]),
        ("return.x is a substring of return.y", [ALWAYS_A, claim("pattern", Y, "^https://a/[0-9]+$")]),
        (
            "return.x is a substring of return.y",
            [claim("enum", X, ["ra"]), claim("enum", Y, ["track", "trap"])],
        ),
        ("return.x in return.y[]", [claim("member", X, {"of": f"{Y}[]"})]),
        ("return.x[] is a subset of return.y[]", [claim("member", f"{X}[]", {"other": f"{Y}[]"})]),
        ("return.x[] sorted by <=", [claim("sorted", f"{X}[]", {"by": None, "direction": "ascending"})]),
        ("return.x[] contains no duplicates", [claim("unique", X, {"by": None})]),
    ],
)
def test_the_same_or_a_stronger_claim_says_it(text: str, claims: list[Claim]) -> None:
    assert says(text, *claims)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ('return.x == "a"', [claim("enum", X, ["a", "b"])]),
        ('return.x == "a"', [claim("enum", Y, ["a"])]),
        ("return.x == true", [claim("enum", X, [1])]),
        ("LENGTH(return.x)==22", [claim("length", X, {"min": 22, "max": 23})]),
        ("LENGTH(return.x)==5", [claim("pattern", X, "^t[0-9]{3,4}$")]),
        ("LENGTH(return.x)==36", [claim("format", X, "uri")]),
        ("return.x is Url", [claim("pattern", X, "^https?[0-9]+$")]),
        ("return.x is Email", [claim("format", X, "uri")]),
        ("return.x >= 1", [claim("range", X, {"min": 0, "max": None})]),
        ("return.x >= 1", [claim("size", X, {"min": 1, "max": None})]),
        ("size(return.x[]) >= 1", [claim("range", X, {"min": 1, "max": None})]),
        ("return.x < return.y", [claim("at-most", X, {"other": Y, "strict": False})]),
        ("return.y <= return.x", [claim("at-most", X, {"other": Y, "strict": False})]),
        ("return.y is a substring of return.x", [claim("contains", Y, {"other": X, "how": "prefix"})]),
        ("return.x is a substring of return.y", [ALWAYS_A, claim("pattern", Y, "^[a-z]+$")]),
        ("return.x[] sorted by <", [claim("sorted", f"{X}[]", {"by": None, "direction": "ascending"})]),
        ("return.x[] sorted by <=", [claim("sorted", f"{X}[]", {"by": "id", "direction": "ascending"})]),
        ("return.x != return.y", [claim("at-most", X, {"other": Y, "strict": True})]),
    ],
)
def test_what_is_weaker_or_elsewhere_says_nothing(text: str, claims: list[Claim]) -> None:
    assert not says(text, *claims, exactly=False)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("return.x >= 1", [claim("range", X, {"min": 3, "max": None})]),
        ("return.x <= 9", [claim("range", X, {"min": None, "max": 3})]),
        ('return.x one of { "a", "b" }', [ALWAYS_A]),
        (
            "return.x < return.y",
            [claim("range", X, {"min": 1, "max": 5}), claim("range", Y, {"min": 6, "max": None})],
        ),
    ],
)
def test_a_narrower_claim_is_no_find_and_yet_no_excuse(text: str, claims: list[Claim]) -> None:
    assert not says(text, *claims, exactly=True)
    assert says(text, *claims, exactly=False)


def test_runs_of_fixed_text() -> None:
    assert literals(r"^https:\/\/a\.b\/[0-9]{2}\/x(y|z)w$") == ["https://a.b/", "/x", "w"]


def test_rows_count_found_refuted_and_unlabelled() -> None:
    labels = [
        Label("A/b", AT, 'return.x == "a"', True, frozenset({"50"})),
        Label("A/b", AT, "LENGTH(return.x)==1", True),
        Label("A/b", AT, "return.y >= 7", True),
        Label("A/b", AT, "return.z >= 1", False, frozenset({"50"})),
        Label("A/b", AT, "return.y >= 1", False),
        Label("A/b", AT, "return.x frobnicates", True),
    ]
    claims = [
        ALWAYS_A,
        claim("range", f"{BODY}.z", {"min": 5, "max": None}),
        claim("format", Y, "uri"),
        claim("present", X, "always"),
    ]
    done = score("A/b", "50", labels, claims)
    assert row("A/b", [done]) == {
        "operation": "A/b",
        "exchanges": "50",
        "tp": 3,
        "tp_found": 2,
        "recall": 2 / 3,
        "fp": 2,
        "fp_matched": 1,
        "precision": 2 / 3,
        "agora_recall": 1 / 3,
        "agora_precision": 0.5,
        "claims_right": 1,
        "claims_wrong": 1,
        "claims_unlabelled": 1,
        "labels_unread": 1,
        "labels_unsaid": 0,
    }
    both = rows([done, score("A/c", "50", labels, [])])
    assert [(one["operation"], one["tp"], one["tp_found"]) for one in both] == [
        ("A/b", 3, 2), ("A/c", 3, 0), ("all", 6, 2),
    ]  # fmt: skip


def test_a_folder_of_recordings(tmp_path: Path) -> None:
    entries = [
        {
            "startedDateTime": f"2026-01-01T00:00:{at:02}Z",
            "time": 5,
            "request": {"method": "GET", "url": f"https://a.example/things?n={at}", "headers": []},
            "response": {
                "status": 200,
                "headers": [],
                "content": {"mimeType": "application/json", "text": json.dumps({"kind": "thing"})},
            },
        }
        for at in range(30)
    ]
    (tmp_path / "A.b.30.har").write_text(
        json.dumps({"log": {"version": "1.2", "entries": entries}}), encoding="utf-8"
    )
    (tmp_path / "labels.jsonl").write_text(
        json.dumps(
            {
                "op": "A/b",
                "ppt": AT,
                "invariant": "return.kind is Url",
                "label": "fp",
                "reported_by": ["agora@30", "daikon@50"],
            }
        ),
        encoding="utf-8",
    )
    ((operation, exchanges, path),) = recordings(tmp_path)
    assert (operation, exchanges) == ("A/b", "30")
    (label,) = labels_of(tmp_path)["A/b"]
    assert label.proposed == {"30"}
    claims = claims_of(observed(path))
    assert ("type", ["string"]) in [
        (one.kind, one.value) for one in claims if one.place.text == f"{BODY}.kind"
    ]
    assert score(operation, exchanges, [label], claims).refrained == [label]
