"""The key file: where it is, how it is made, and when it is refused."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from proxy.config import RedactionConfig
from proxy.redaction import Redactor
from proxy.redaction.key import KeyFileError, key_path, load_key

AS_ROOT = os.geteuid() == 0


def test_the_environment_wins_over_the_configuration_and_that_over_the_default() -> None:
    assert key_path("/c", {"DEFACTO_REDACTION_KEY_FILE": "/e"}) == Path("/e")
    assert key_path("/c", {"XDG_STATE_HOME": "/s"}) == Path("/c")
    assert key_path(None, {"XDG_STATE_HOME": "/s"}) == Path("/s/defacto/redaction.key")
    assert key_path(None, {}) == Path("~/.local/state/defacto/redaction.key").expanduser()


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "redaction.key"
    key = load_key(path)
    assert load_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["redaction.key"]


def test_all_who_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "redaction.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_key(path), range(32)))
    assert len(keys) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["redaction.key"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "redaction.key"
    load_key(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="can be read by others") as caught:
        load_key(path)
    assert f"chmod 600 {path}" in caught.value.hint


def test_a_key_that_is_too_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "redaction.key"
    path.touch(0o600)
    with pytest.raises(KeyFileError, match="has 0 bytes"):
        load_key(path)


def test_a_place_that_cannot_hold_a_key_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match=r"file/redaction\.key"):
        load_key(tmp_path / "file" / "redaction.key")
    with pytest.raises(KeyFileError, match="cannot read"):
        load_key(tmp_path)


@pytest.mark.skipif(AS_ROOT, reason="root may read and write everywhere")
def test_a_key_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "redaction.key"
    load_key(path)
    path.chmod(0)
    with pytest.raises(KeyFileError, match="Permission denied"):
        load_key(path)


def test_two_redactors_of_one_deployment_write_the_same_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFACTO_REDACTION_KEY_FILE", str(tmp_path / "one.key"))
    one, other = (Redactor.from_config(RedactionConfig()) for _ in range(2))
    assert one.token("hunter2") == other.token("hunter2")
    monkeypatch.setenv("DEFACTO_REDACTION_KEY_FILE", str(tmp_path / "two.key"))
    assert Redactor.from_config(RedactionConfig()).token("hunter2") != one.token("hunter2")
