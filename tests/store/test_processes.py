"""Processes of our own look for modules where we do, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from time import sleep

import pytest

from store.processes import _without_current_folder

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


def test_threads_that_start_processes_leave_the_environment_as_it_was() -> None:
    first_is_in = Event()

    def first() -> None:
        with _without_current_folder():
            first_is_in.set()
            sleep(0.05)

    def second() -> None:
        first_is_in.wait()
        with _without_current_folder():
            sleep(0.1)

    threads = [Thread(target=one) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "PYTHONSAFEPATH" not in os.environ
