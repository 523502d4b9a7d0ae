"""Methods: those of descriptor sets, and those that servers tell by reflection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.protobuf import descriptor_pb2
from hypothesis import given
from hypothesis import strategies as st

from proxy.grpc import Calls, Methods, methods
from tests.proxy.grpc.calling import KINDS, a_call, framed, orders_file
from tests.proxy.payloads.samples import descriptor_set

if TYPE_CHECKING:
    from pathlib import Path

REFLECTION = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"


def importing() -> descriptor_pb2.FileDescriptorProto:
    """A service without a package, whose messages stand in another file."""
    file = descriptor_pb2.FileDescriptorProto(name="audit.proto", syntax="proto3")
    file.dependency.extend(["orders.proto", "google/protobuf/empty.proto"])
    file.service.add(name="Audit").method.add(
        name="Log", input_type=".shop.Order", output_type=".google.protobuf.Empty"
    )
    return file


def answer(*files: descriptor_pb2.FileDescriptorProto, field: int = 4) -> bytes:
    """A `ServerReflectionResponse` with these files."""
    content = descriptor_set(*files)
    size = len(content)
    assert size < 2**14
    return bytes([field << 3 | 2, size & 0x7F | 0x80, size >> 7]) + content


def test_descriptor_sets_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "orders.pb").write_bytes(descriptor_set(orders_file(), importing()))
    (tmp_path / "other.json").write_text("{}")
    known = Methods(tmp_path)
    for name, streams in KINDS.items():
        method = known.of("any", f"shop.Orders/{name}")
        assert method is not None
        assert (method.request.streaming, method.response.streaming) == streams
    log = known.of("any", "Audit/Log")
    assert log is not None
    assert log.request.message.read(b"").type == "shop.Order"
    assert known.of("any", "shop.Orders/Nothing") is None
    assert Methods().of("any", "shop.Orders/Get") is None


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_what_a_server_tells_is_learned(version: str) -> None:
    known = Methods()
    known.learn("shop", REFLECTION.replace("v1", version), [answer(importing()), answer(orders_file())])
    assert known.of("shop", "shop.Orders/Get") is not None
    assert known.of("shop", "Audit/Log") is not None
    assert known.of("another", "shop.Orders/Get") is None


def test_a_call_of_reflection_is_learned_from() -> None:
    known = Methods()
    calls = Calls(known)
    calls.read(a_call(REFLECTION, got=framed(answer(orders_file()))), 1 << 20)
    (side, _) = known.of("orders", "shop.Orders/Get") or pytest.fail("not learned")
    assert side.message.read(b"").type == "shop.Ref"


def test_files_whose_imports_are_missing_are_left_out() -> None:
    known = Methods()
    known.learn("shop", REFLECTION, [answer(importing())])
    assert known.of("shop", "Audit/Log") is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shop.Orders/Get", answer(orders_file())),
        (REFLECTION, answer(orders_file(), field=6)),
        (REFLECTION, answer(orders_file())[:-3]),
        (REFLECTION, b""),
    ],
)
def test_nothing_else_is_learned(name: str, said: bytes) -> None:
    known = Methods()
    known.learn("shop", name, [said])
    assert known.of("shop", "shop.Orders/Get") is None


def test_files_that_import_each_other_are_refused() -> None:
    one, other = orders_file(), importing()
    one.dependency.append(other.name)
    known = Methods()
    known.learn("shop", REFLECTION, [answer(one, other)])
    assert known.of("shop", "Audit/Log") is None


def test_the_newest_counts_and_the_oldest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = orders_file()
    newer.service[0].method[0].server_streaming = True
    newer.service[0].method[1].name = "Search"
    known = Methods()
    for file in (orders_file(), newer, newer):
        known.learn("shop", REFLECTION, [answer(file)])
    get = known.of("shop", "shop.Orders/Get")
    assert get is not None
    assert get.response.streaming
    assert known.of("shop", "shop.Orders/List") is not None
    monkeypatch.setattr(methods, "MAX_LEARNED_BYTES", len(answer(newer)) + 100)
    known.learn("other", REFLECTION, [answer(orders_file())])
    assert known.of("shop", "shop.Orders/Search") is None
    assert known.of("other", "shop.Orders/List") is not None


def test_types_by_short_names_are_left_out(tmp_path: Path) -> None:
    file = orders_file()
    file.service[0].method[0].input_type = "Ref"
    (tmp_path / "orders.desc").write_bytes(descriptor_set(file))
    assert Methods(tmp_path).of("any", "shop.Orders/Get") is None
    assert Methods(tmp_path).of("any", "shop.Orders/List") is not None


@given(st.lists(st.binary()))
def test_no_answer_makes_it_raise(answers: list[bytes]) -> None:
    Methods().learn("shop", REFLECTION, answers)
