"""Branches of a ledger merged by git itself, in a repository of their own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contract.claim import Decision
from contract.ledger.reading import parse
from contract.ledger.splicing import put
from contract.ledger.template import template
from contract.ledger.writing import decided
from tests.contract.ledger.saying import DAY, claim, empty

ROOT = Path(__file__).parents[3]


class Repository:
    """A repository with a ledger; `driver` says whether git merges it by our driver."""

    def __init__(self, folder: Path, *, driver: bool) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        if driver:
            command = f"{shlex.quote(sys.executable)} -m cli merge %O %A %B"
            self.git("config", "merge.defacto.driver", command)
            (folder / ".gitattributes").write_text("contract.yaml merge=defacto\n", encoding="utf-8")
            self.git("add", ".gitattributes")

    def git(self, *arguments: str) -> int:
        who = {f"GIT_{one}_{part}": "x" for one in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environment, capture_output=True, check=False
        )
        return done.returncode

    def commit(self, text: str) -> None:
        (self.folder / "contract.yaml").write_text(text, encoding="utf-8")
        self.git("add", "contract.yaml")
        assert self.git("commit", "-qm", "x") == 0

    def merged(self, base: str, ours: str, theirs: str) -> tuple[bool, str]:
        """Whether two branches merge without conflict, and what comes of it."""
        self.commit(base)
        self.git("checkout", "-qb", "other")
        self.commit(theirs)
        self.git("checkout", "-q", "main")
        self.commit(ours)
        clean = self.git("merge", "-q", "--no-edit", "other") == 0
        return clean, (self.folder / "contract.yaml").read_text(encoding="utf-8")


def deciding(field: str, decision: Decision = Decision.GUARANTEED, **more: Any) -> Any:
    return decided(
        empty(), claim(field), decision, by=more.get("by", "anna"), at=DAY, reason=more.get("reason", "why")
    )


def text_of(*edits: Any, base: str | None = None) -> str:
    return put(template("shop") if base is None else base, "contract.yaml", edits)


BASE = text_of(*(deciding(field) for field in ("a", "c", "e", "g")))
OTHERWISE = Decision.MAY_CHANGE


@pytest.mark.parametrize("driver", [False, True])
@pytest.mark.parametrize(
    ("ours", "theirs", "clean"),
    [
        ([deciding("b")], [deciding("f")], True),
        ([deciding("a", OTHERWISE)], [deciding("c", OTHERWISE)], True),
        ([deciding("a", OTHERWISE)], [deciding("a", OTHERWISE)], True),
        ([deciding("a", OTHERWISE)], [deciding("a", Decision.OUT_OF_CONTRACT)], False),
        ([deciding("b")], [deciding("b", OTHERWISE)], False),
    ],
)
def test_only_decisions_that_differ_conflict(
    tmp_path: Path, driver: bool, ours: list[Any], theirs: list[Any], clean: bool
) -> None:
    repository = Repository(tmp_path, driver=driver)
    merged, text = repository.merged(BASE, text_of(*ours, base=BASE), text_of(*theirs, base=BASE))
    assert merged is clean
    if clean:
        assert text == text_of(*ours, *theirs, base=BASE)
    else:
        assert "<<<<<<<" in text


@pytest.mark.parametrize("base", [BASE, template("shop"), ""])
def test_new_neighbours_do_not_conflict_with_the_driver(tmp_path: Path, base: str) -> None:
    repository = Repository(tmp_path, driver=True)
    ours = text_of(deciding("x"), base=base)
    theirs = text_of(deciding("z"), deciding("y"), base=base.replace("title:", "title: Orders", 1))
    clean, text = repository.merged(base + "# end\n", ours + "# end\n", theirs + "# end\n")
    assert clean
    assert {claim(field).clause.id for field in "xyz"} <= parse(text, "x").entries.keys()
    assert (
        text
        == text_of(
            deciding("x"), deciding("y"), deciding("z"), base=base.replace("title:", "title: Orders", 1)
        )
        + "# end\n"
    )
