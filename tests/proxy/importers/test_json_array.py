from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.importers import json_array
from proxy.importers.json_array import Broken, EndedError, elements

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def read(data: bytes) -> tuple[list[Any], str]:
    """The elements, and the words of the error that ended them."""
    found = []
    try:
        for element in elements(io.BytesIO(data), "log", "entries"):
            found.append(element)  # noqa: PERF402 - what came before an error counts
    except EndedError as error:
        return found, str(error)
    return found, ""


def log(entries: str) -> bytes:
    return f'{{"log":{{"version":"1.2","entries":[{entries}]}}}}'.encode()


@given(st.lists(values), st.integers(1, 40), st.sampled_from([None, 1]))
def test_elements_are_those_of_the_whole_document_however_it_is_cut_into_chunks(
    entries: list[Any], chunk: int, indent: int | None
) -> None:
    data = json.dumps(
        {"pages": [{}], "log": {"x": {"entries": [1]}, "entries": entries}}, indent=indent
    ).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_array, "CHUNK_BYTES", chunk)
        assert read(data) == (entries, "")


@given(st.lists(st.dictionaries(st.text(), values, max_size=3), min_size=1, max_size=5), st.data())
def test_a_document_cut_anywhere_keeps_the_elements_before_the_cut(
    entries: list[Any], data: st.DataObject
) -> None:
    whole = json.dumps({"log": {"entries": entries}}).encode()
    cut = data.draw(st.integers(0, len(whole) - 3))
    found, reason = read(whole[:cut])
    assert found == entries[: len(found)]
    assert reason
    if cut == len(whole) - 3:
        assert len(found) >= len(entries) - 1


@given(st.binary())
@example(b'{"log":{"entries":["\xff"')
@example(b'{"log":{"entries":' + b"[" * 5000)
@example(b"\xff\xfe{")
def test_garbage_ends_with_a_reason_and_nothing_else(data: bytes) -> None:
    found, reason = read(data)
    assert reason or found is not None


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ('{"a":1,}', "it is not JSON"),
        ('{"a" 1}', "it is not JSON"),
        ('{"a":"x}","b":[}', "it is not JSON"),
        ('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "it is nested too deeply"),
        ('{"a":' + "9" * 5000 + "}", "it holds a number that is too long"),
    ],
    ids=["comma", "colon", "brackets in text", "nesting", "digits"],
)
def test_a_broken_element_costs_only_itself(broken: str, reason: str) -> None:
    found, ended = read(log(f'{{"n":1}},{broken},{{"n":2}}'))
    assert [element for element in found if not isinstance(element, Broken)] in (
        [{"n": 1}, {"n": 2}],
        [{"n": 1}],
    )
    assert [element.reason for element in found if isinstance(element, Broken)] == [reason]
    assert ended == "" or "[}" in broken


@pytest.mark.parametrize(
    "value", ["NaN", "-Infinity", "1e999", "123456789012345678901234567890", '"\\ud800"', '"\\udce9"']
)
def test_what_other_parsers_refuse_is_read(value: str) -> None:
    assert [type(element) for element in read(log(f'{value},"next"'))[0]] == [type(json.loads(value)), str]


def test_bytes_that_are_no_utf8_are_kept() -> None:
    assert read(b'{"log":{"entries":["caf\xe9"]}}')[0][0].encode("utf-8", "surrogateescape") == b"caf\xe9"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_byte_order_marks(encoding: str) -> None:
    assert read('{"log":{"entries":["é"]}}'.encode(encoding)) == (["é"], "")


def test_an_element_that_is_too_long_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_array, "MAX_ELEMENT_CHARS", 1000)
    monkeypatch.setattr(json_array, "CHUNK_BYTES", 100)
    found, ended = read(log(f'{{"n":1}},{{"body":"{"x" * 9000}"}},{{"n":2}}'))
    assert (found[0], found[2:], ended) == ({"n": 1}, [{"n": 2}], "")
    assert found[1].reason.startswith("it is longer than")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is cut off"),
        (b"[1]", "it is no JSON any more ({ expected, '[' found)"),
        (b'{"log":{}}', "there is no 'entries' in it"),
        (b'{"other":{"entries":[]}}', "there is no 'log' in it"),
        (b'{"log":{"entries":{}}}', "it is no JSON any more ([ expected, '{' found)"),
    ],
)
def test_documents_without_the_array(data: bytes, reason: str) -> None:
    assert read(data) == ([], reason)


def test_what_follows_the_array_does_not_matter() -> None:
    assert read(b'{"log":{"entries":[1]}} trailing') == ([1], "")
