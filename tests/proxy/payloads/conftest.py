"""Payloads whose schemas come from a folder."""

from __future__ import annotations

import orjson
import pytest

from proxy.payloads import Payloads, Schemas
from tests.proxy.payloads.samples import ORDER, TREE, descriptor_set, shop_file


@pytest.fixture(scope="module")
def payloads(tmp_path_factory: pytest.TempPathFactory) -> Payloads:
    folder = tmp_path_factory.mktemp("schemas")
    (folder / "7.avsc").write_bytes(orjson.dumps(ORDER))
    (folder / "8.avsc").write_bytes(orjson.dumps(TREE))
    (folder / "9.json").write_bytes(orjson.dumps({"title": "OrderPlaced", "type": "object"}))
    (folder / "10.desc").write_bytes(descriptor_set(shop_file()))
    return Payloads(Schemas(folder, messages={"orders.*": "shop.Order"}))
