"""Processes of our own look for modules where we do, and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START = f"""
import sys
sys.path.append({str(ROOT)!r})
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import environ
from store.processes import processes

def work():
    import colorsys
    return "PYTHONSAFEPATH" in environ

if __name__ == "__main__":
    context = processes() if sys.argv[1] == "ours" else get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(work).result()
    assert "PYTHONSAFEPATH" not in environ
"""


@pytest.mark.parametrize(("whose", "read"), [("ours", False), ("multiprocessing's", True)])
def test_a_module_in_the_current_folder_is_nobodys(tmp_path: Path, whose: str, read: bool) -> None:
    """That of multiprocessing itself shows that the trap would be walked into."""
    script, folder, mark = tmp_path / "start" / "start.py", tmp_path / "here", tmp_path / "mark"
    script.parent.mkdir()
    script.write_text(START)
    folder.mkdir()
    for name in sys.stdlib_module_names:
        (folder / f"{name}.py").write_text(
            f"open({str(mark)!r}, 'a').write({name + ' '!r})\nraise SystemExit(9)"
        )
    done = subprocess.run(
        [sys.executable, str(script), whose],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode != 0, mark.exists()) == (read, read), done.stderr
