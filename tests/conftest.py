"""No test touches the user's own redaction key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True, scope="session")
def _own_redaction_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        key = tmp_path_factory.mktemp("key") / "redaction.key"
        patch.setenv("DEFACTO_REDACTION_KEY_FILE", str(key))
        yield
