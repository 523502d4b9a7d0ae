"""Source text of protobuf is compiled where there is a compiler, with what it imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.declared import load
from contract.grpc import files
from contract.grpc.files import of_texts
from contract.openapi import DeclaredError

if TYPE_CHECKING:
    from pathlib import Path

MONEY = 'syntax = "proto3"; package shop.v1; message Money { int64 cents = 1; }'
SHOP = """syntax = "proto3";
package shop.v1;
import "shop/v1/money.proto";
import "google/protobuf/timestamp.proto";
service Shop { rpc Pay(Money) returns (Receipt); }
message Receipt { Money paid = 1; google.protobuf.Timestamp at = 2; }
"""


def test_text_is_compiled_from_where_its_package_begins(tmp_path: Path) -> None:
    folder = tmp_path / "shop" / "v1"
    folder.mkdir(parents=True)
    (folder / "money.proto").write_text(MONEY)
    (folder / "shop.proto").write_text(SHOP)
    contract = load(folder / "shop.proto", producer="shop")
    (pay,) = contract.operations
    assert pay.key == "POST /shop.v1.Shop/Pay"
    told = {f"{clause.subject.text} {clause.kind.name}" for clause in pay.clauses_for(["200"])}
    assert {"response.200.body.paid.cents type", "response.200.body.at format"} <= told


def test_a_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.proto").write_text('syntax = "proto3";\nmesage A {}\n')
    with pytest.raises(DeclaredError, match=r"bad\.proto does not compile: .*bad\.proto:2:1"):
        load(tmp_path / "bad.proto", producer="shop")
    with pytest.raises(DeclaredError, match=r"none\.proto cannot be read"):
        load(tmp_path / "none.proto", producer="shop")


@pytest.mark.parametrize(
    "names", [["../../evil.proto"], ["/evil.proto"], [""], ["."], ["a\0b"], ["a" * 300], ["a", "a/b"]]
)
def test_names_of_imports_are_names_in_their_folder(names: list[str]) -> None:
    with pytest.raises(DeclaredError, match="is no name of a file to import"):
        of_texts(dict.fromkeys(names, MONEY), names[0])


def test_without_a_compiler_it_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.proto").write_text(MONEY)
    monkeypatch.setattr(files, "find_spec", lambda _: None)
    monkeypatch.setattr(files, "which", lambda _: None)
    with pytest.raises(DeclaredError, match="source text") as error:
        load(tmp_path / "a.proto", producer="shop")
    assert "grpcio-tools" in error.value.hint
    assert "protoc --include_imports -o" in error.value.hint
