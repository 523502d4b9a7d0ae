"""The front door: exit codes, and a list of commands that needs no import."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from cli import main as front
from store.errors import DefactoError
from store.store import Store
from tests.inference.traffic import call

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> list[BaseException | int]:
    """What the command `infer` does: raises or returns the one thing in the list."""
    does: list[BaseException | int] = []

    @click.command("infer")
    def stand_in() -> int:
        one = does[0]
        if isinstance(one, BaseException):
            raise one
        return one

    monkeypatch.setattr(front.LazyGroup, "get_command", lambda *_: stand_in)
    return does


@pytest.mark.parametrize(
    ("does", "code", "said"),
    [
        (0, 0, ""),
        (1, 1, ""),
        (click.UsageError("no such thing"), 2, "no such thing"),
        (DefactoError("the store is gone", "Bring it back."), 3, "Bring it back."),
        (RuntimeError("a slip"), 3, "a bug in defacto"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_exit_codes(
    command: list[BaseException | int],
    capsys: pytest.CaptureFixture[str],
    does: BaseException | int,
    code: int,
    said: str,
) -> None:
    command.append(does)
    with pytest.raises(SystemExit) as ended:
        front.main(["infer"])
    assert ended.value.code == code
    out, err = capsys.readouterr()
    assert said in err
    assert out == ""


def test_a_reader_that_has_seen_enough_is_no_finding(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write([call(at, "GET", f"/a/{at}", got={}) for at in range(3_000)])
    arguments = [sys.executable, "-m", "cli", "exchanges", "--store", str(tmp_path / "defacto.db")]
    with subprocess.Popen(
        [*arguments, "--format", "jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_every_listed_command_exists_and_has_an_example() -> None:
    group = front.cli
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        assert command.help is not None
        assert "Example:" in command.help
        assert "\b" in command.help, "click would reflow the example"


def test_help_imports_no_command() -> None:
    script = (
        "import sys; from cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'pandas', 'sqlalchemy', 'jinja2', 'orjson'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "drift" in done.stdout
