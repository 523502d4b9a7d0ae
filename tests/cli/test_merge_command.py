"""What git makes of it is tried in tests/contract/ledger/test_merging.py."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.test_map_command import Defacto

ENTRY = "clauses:\n  aaaaaaaaaaaa:\n    key: a\n    decision: {}\n"


def test_a_conflict_is_named_marked_and_exit_code_1(defacto: Defacto, tmp_path: Path) -> None:
    for name, decision in (("base", "undecided"), ("ours", "guaranteed"), ("theirs", "may-change")):
        (tmp_path / name).write_text(ENTRY.format(decision), encoding="utf-8")
    said = defacto("merge", "base", "ours", "theirs")
    assert (said.code, said.err) == (1, "conflict: aaaaaaaaaaaa\n")
    assert (tmp_path / "ours").read_text(encoding="utf-8") == (
        "clauses:\n  aaaaaaaaaaaa:\n    key: a\n"
        "<<<<<<< ours\n    decision: guaranteed\n=======\n    decision: may-change\n>>>>>>> theirs\n"
    )


def test_what_is_no_ledger_is_not_merged(defacto: Defacto, tmp_path: Path) -> None:
    for name in ("base", "ours", "theirs"):
        (tmp_path / name).write_text("a: [", encoding="utf-8")
    assert defacto("merge", "base", "ours", "theirs").code == 3
