from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from contract.ledger.patching import patch

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = "# kept\nclauses:\n  a: {x: 1}  # kept, too\n  b: 2\n"
CASES = {
    "a line": (BEFORE, BEFORE.replace("b: 2", "b: 3")),
    "a new file": (None, BEFORE),
    "no line end": ("a: 1\nb: 2", "a: 1\nb: 3\n"),
    "no line end after": ("a: 1\n", "a: 1\nb: 2"),
    "line ends of Windows": ("a: 1\r\nb: 2\r\n", "a: 1\r\nb: 3\r\n"),
    "what other programs take for line ends": (
        "a: 'x\x0b\x85\u2028y'\nb: 1\n",
        "a: 'x\x0b\x85\u2028y'\nb: 2\n",
    ),
}


@pytest.mark.parametrize("how", [("git", "apply", "-"), ("patch", "-p1", "--binary")], ids=lambda how: how[0])
@pytest.mark.parametrize("case", CASES)
def test_it_applies(tmp_path: Path, case: str, how: tuple[str, ...]) -> None:
    before, after = CASES[case]
    file = tmp_path / "contract.yaml"
    if before is not None:
        file.write_bytes(before.encode())
    subprocess.run(how, cwd=tmp_path, input=patch(before, after, "contract.yaml").encode(), check=True)
    assert file.read_bytes() == after.encode()


def test_nothing_is_no_patch() -> None:
    assert patch(BEFORE, BEFORE, "contract.yaml") == ""


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a b\tc", "x\n+++ b/y", "-rf/../x"])
def test_a_name_leads_nowhere_else(name: str) -> None:
    assert "+++ b/contract.yaml\n" in patch("a: 1\n", "a: 2\n", name)
