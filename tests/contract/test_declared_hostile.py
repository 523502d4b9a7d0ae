"""What is given as a document and is none, or is made to take for ever, is read or refused with a reason."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from contract.declared import load
from contract.graphql import is_named
from contract.openapi import DeclaredError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("suffix", ["json", "avsc", "proto", "binpb", "graphql"])
def test_what_could_be_waited_for_without_end_is_no_file(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"pipe.{suffix}")
    with pytest.raises(DeclaredError, match="file"):
        load(tmp_path / f"pipe.{suffix}", producer="p")


@pytest.mark.parametrize("given", ["a" * 300, "orders=" + "a" * 300, "a/" * 5000, "\udcff", "a\0b"])
def test_a_name_that_no_file_can_have(given: str) -> None:
    with pytest.raises(DeclaredError) as error:
        load(given, producer="p")
    assert str(error.value)


@pytest.mark.parametrize(
    "text", ['"' * 999 + "\nx", "#" + " " * 99_999 + "\nx", '"""' + 'a"' * 9_999 + "\nx"]
)
def test_whether_a_text_is_sdl_is_seen_at_once(text: str) -> None:
    assert not is_named(text)


def test_comments_and_descriptions_before_sdl() -> None:
    assert is_named('# a\n\n#b\n""" a "quoted" text """\n"more"\n extend\ntype Query { a: Int }')
    assert is_named('""""""\ntype Query { a: Int }')


def test_a_folder_that_leads_into_itself(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "self.json").symlink_to(tmp_path / "self.json")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "a.avsc").write_text('{"type": "record", "name": "A", "fields": []}')
    assert [one.key for one in load(tmp_path, producer="p").observed([]).operations] == [
        "RECEIVE {channel}#A"
    ]
