from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Said:
    """What a command said: exit code, standard output and standard error."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture
def defacto(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Run a command in a folder of its own, with a store and a key there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEFACTO_STORE", raising=False)
    monkeypatch.setenv("DEFACTO_REDACTION_KEY_FILE", str(tmp_path / "redaction.key"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Said:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        captured = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Said(code, captured.out, captured.err)

    return run
