from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened
