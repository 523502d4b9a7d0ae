from __future__ import annotations

import fcntl
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from contract.ledger.errors import LedgerError
from contract.ledger.writing import save


def test_a_file_is_replaced_at_once_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text("a", encoding="utf-8")
    path.chmod(0o640)
    save(path, "b", "a")
    assert path.read_text(encoding="utf-8") == "b"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["contract.yaml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("a", encoding="utf-8")
    link = tmp_path / "contract.yaml"
    link.symlink_to("real.yaml")
    save(link, "b", "a")
    assert link.is_symlink()
    assert (tmp_path / "real.yaml").read_text(encoding="utf-8") == "b"


@pytest.mark.parametrize("before", ["a", None])
def test_what_somebody_else_wrote_meanwhile_is_not_lost(tmp_path: Path, before: str | None) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text("theirs", encoding="utf-8")
    with pytest.raises(LedgerError, match="meanwhile"):
        save(path, "b", before)
    assert path.read_text(encoding="utf-8") == "theirs"


def test_of_two_who_write_at_once_none_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text("", encoding="utf-8")

    def write(name: int) -> None:
        for number in range(20):
            written = False
            while not written:
                before = path.read_text(encoding="utf-8")
                with suppress(LedgerError):
                    save(path, f"{before}{name} {number}\n", before)
                    written = True

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))
    assert len(path.read_text(encoding="utf-8").splitlines()) == 40


def test_who_never_lets_go_is_not_waited_for(tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(LedgerError, match="is being changed by somebody else"):
        save(tmp_path / "contract.yaml", "b", None)
    os.close(handle)
    save(tmp_path / "contract.yaml", "b", None)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot write"):
        save(tmp_path / "no" / "contract.yaml", "b", None)
    assert not list(tmp_path.iterdir())
