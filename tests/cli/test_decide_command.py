from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from contract.claim import Decision
from contract.ledger.reading import read
from tests.cli.ledgers import REF, compare
from tests.cli.test_drift_command import next_day
from tests.cli.test_map_command import shop

if TYPE_CHECKING:
    from tests.cli.test_map_command import Defacto

__all__ = ["shop"]

ROOT = Path(__file__).parents[2]
WHY = ("--by", "anna", "--reason", "billing matches payments by it")
DRIFT = ("drift", "--declared", "openapi.yaml")


def test_one_clause(shop: Defacto, tmp_path: Path) -> None:
    said = shop("decide", REF[:7], "guaranteed", *WHY)
    assert said.code == 0, said.err
    compare("decide_one.txt", said.out)
    compare("contract.yaml", (tmp_path / "contract.yaml").read_text(encoding="utf-8"))


def test_what_is_guaranteed_is_promised_by_somebody(shop: Defacto) -> None:
    shop("decide", REF, "guaranteed", *WHY)
    form = json.loads(shop(*DRIFT, "--format", "json").out)
    (clause,) = [one for one in form["declared"] if one["id"] == REF]
    assert (clause["decision"], clause["ledger"]["by"], clause["ledger"]["disputed"]) == (
        "guaranteed", "anna", False,
    )  # fmt: skip
    assert REF not in {one["id"] for one in form["undeclared"]}
    undeclared = {one["key"] for one in form["undeclared"] if one["subject"].endswith("ref")}
    assert undeclared == {
        f"GET /orders · 200 body items[].ref · {kind}" for kind in ("type", "nullable", "pattern")
    }


def test_all_that_is_relied_on_guaranteed_is_exit_code_0_of_drift(shop: Defacto) -> None:
    refs = ("--operation", "GET /orders", "--consumer", "billing", "--standing", "undeclared")
    said = shop("decide", "guaranteed", *refs, "--declared", "openapi.yaml", *WHY, "--yes")
    assert said.code == 0, said.err
    drift = json.loads(shop(*DRIFT, "--format", "json").out)
    assert not [one for one in drift["undeclared"] if one["relied_upon"]]


def test_what_is_out_of_contract_and_used_is_told(shop: Defacto) -> None:
    shop("decide", REF, "out-of-contract", *WHY)
    for form in ("text", "markdown", "html"):
        said = " ".join(shop(*DRIFT, "--format", form).out.split())
        assert "Out of contract, and billing relies on it all the same." in said.replace("\\", "")


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_the_map_shows_it(shop: Defacto, form: str) -> None:
    shop("decide", REF, "deprecated", "--remove", "2099-01-01", *WHY)
    said = shop("map", "--operation", "GET /orders", "--format", form).out.replace("\\", "")
    assert ("[deprecated" if form == "text" else "always present [deprecated until 2099-01-01]") in said


def test_explain_tells_it_whole(shop: Defacto) -> None:
    shop("decide", REF, "guaranteed", *WHY)
    said = " ".join(shop("map", "--explain", REF).out.split())
    assert "Declared: the ledger states that 200 body items[].ref is always present." in said
    assert "WHAT WAS DECIDED Guaranteed by anna on" in said
    assert ": billing matches payments by it. " in said


def test_many_are_counted_before_they_are_written(shop: Defacto, tmp_path: Path) -> None:
    said = shop("decide", "may-change", "--family", "timing", *WHY, "--dry-run")
    assert said.code == 0
    compare("decide_dry_run.txt", said.out)
    assert not (tmp_path / "contract.yaml").exists()
    said = shop("decide", "may-change", "--family", "timing", *WHY, "--yes")
    assert said.out.endswith("2 clauses written to contract.yaml.\n")
    assert {one.decision for one in read(tmp_path / "contract.yaml").entries.values()} == {
        Decision.MAY_CHANGE
    }
    said = shop("decide", "guaranteed", "--family", "timing", *WHY, "--yes")
    assert said.out.startswith("0 clauses would be guaranteed, 2 are decided already.")


def test_many_are_not_written_without_a_yes(
    shop: Defacto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.confirm", lambda question: "3 clauses will be" in question and False)
    said = shop("decide", "may-change", "--kind", "present", "--operation", "GET /orders", *WHY)
    assert said.out.endswith("Nothing was written.\n")
    assert not (tmp_path / "contract.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((REF, "promised", *WHY), "no decision"),
        ((REF, "guaranteed", "--reason", "x"), "--by"),
        ((REF, "guaranteed", "--by", "x"), "--reason"),
        ((REF, "deprecated", *WHY), "--remove"),
        ((REF, "guaranteed", "--remove", "2099-01-01", *WHY), "--remove"),
        (("zzzz", "guaranteed", *WHY), "No clause has an id"),
        ((), "a walk needs a terminal"),
    ],
)
def test_used_wrongly(shop: Defacto, arguments: tuple[str, ...], said: str) -> None:
    answer = shop("decide", *arguments)
    assert answer.code == 2
    assert said in answer.err


def test_a_ledger_that_was_asked_for_must_be_there(shop: Defacto) -> None:
    assert shop("map", "--ledger", "missing.yaml").code == 3


def test_what_nobody_understands_is_named_and_stays(shop: Defacto, tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    text = "colour: red # mine\nclauses:\n  aaaaaaaaaaaa: {key: GET /gone, decision: guaranteed}\n"
    path.write_text(text, encoding="utf-8")
    said = shop("decide", REF, "guaranteed", *WHY)
    assert said.code == 0
    assert "unknown key colour" in said.err
    assert "clauses.aaaaaaaaaaaa (GET /gone) is known to nobody" in said.err
    assert path.read_text(encoding="utf-8").startswith(text)


# The walk


class Terminal:
    """`defacto decide` on a pseudo-terminal."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb", "COLUMNS": "200"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "decide", *arguments],
            cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=slave,
        )  # fmt: skip
        os.close(slave)
        self.unread = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def until(self, text: str) -> str:
        """Read on until a text appears; all up to its end."""
        text, ends = text.replace("\n", "\r\n"), time.monotonic() + 60
        while text not in self.unread:
            ready, _, _ = select.select([self.master], [], [], max(0.0, ends - time.monotonic()))
            assert ready, f"{text!r} did not come: {self.unread}"
            try:
                self.unread += os.read(self.master, 65536).decode()
            except OSError as error:
                raise AssertionError(f"{text!r} did not come: {self.unread}") from error
        before, _, self.unread = self.unread.partition(text)
        return f"{before}{text}".replace("\r\n", "\n")

    def press(self, key: str) -> None:
        """Press a key, once keys are waited for: what comes before is thrown away."""
        while termios.tcgetattr(self.master)[3] & termios.ICANON:
            time.sleep(0.01)
        os.write(self.master, key.encode())

    def answer(self, line: str) -> None:
        os.write(self.master, f"{line}\n".encode())


REFS = ("--operation", "GET /orders", "--family", "shape", "--declared", "openapi.yaml")
MENU = "q quit\n"


def test_the_walk_shows_writes_and_is_taken_up_again(shop: Defacto, tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text("policy: {evidence: {shortest_days: 0}}\n", encoding="utf-8")
    with Terminal(tmp_path, *REFS) as walk:
        walk.until("Who decides: ")
        walk.answer("anna")
        compare("walk_contradicted.txt", walk.until(MENU))
        walk.press("xs")
        assert "200 body items[].ref is never null" in walk.until(MENU)
        walk.press("s")
        compare("walk_used.txt", walk.until(MENU))
        walk.press("g")
        walk.until("Why [billing does more than receive it. True in all 180.]: ")
        walk.answer("")
        assert "decision: guaranteed" in walk.until(MENU)
        walk.press("d")
        walk.until("Why: ")
        walk.answer("rounding")
        walk.until("When does it go (YYYY-MM-DD): ")
        walk.answer("soon")
        walk.until("is no day")
        walk.answer("2099-01-01")
        walk.until("What takes its place: ")
        walk.answer("")
        walk.until("That was all.")
        assert walk.process.wait(30) == 0
    entries = read(tmp_path / "contract.yaml").entries
    assert entries[REF].reason == "billing does more than receive it. True in all 180."
    assert sorted(one.decision.value for one in entries.values()) == ["deprecated", "guaranteed"]

    with Terminal(tmp_path, *REFS, "--by", "ben") as walk:
        assert "200 body items[].total is always a string" in walk.until(MENU)
        walk.press("s")
        assert "2 of 2" in walk.until(MENU)
        walk.press("q")
        walk.until("goes on here")
        assert walk.process.wait(30) == 0


def test_the_walk_ends(shop: Defacto, tmp_path: Path) -> None:
    with Terminal(tmp_path, "--kind", "never") as walk:
        walk.until("0 undecided")
        walk.until("That was all.")
        assert walk.process.wait(30) == 0


def test_an_entry_that_says_nothing_is_no_error(shop: Defacto, tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text(f"clauses:\n  {REF}: {{}}\n", encoding="utf-8")
    assert shop(*DRIFT).code == 1
    assert shop("decide", REF, "guaranteed", *WHY).code == 0


def test_a_guarantee_that_traffic_breaks_is_no_kept_promise(shop: Defacto, tmp_path: Path) -> None:
    shop("decide", REF, "guaranteed", *WHY)
    next_day(tmp_path)
    said = shop(*DRIFT)
    assert said.code == 1
    told = " ".join(said.out.split())
    assert "Guaranteed: 200 body items[].ref is always present. Guaranteed by anna on" in told
    assert "It was never broken when it was decided; now " in told
