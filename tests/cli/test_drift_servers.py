"""`defacto drift` against a document with several servers: operations go by the base path that is in use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from inference.fold import fold
from store.store import Store
from tests.inference.traffic import call

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Said

OPERATION = {
    "responses": {
        "200": {
            "description": "a pet",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["id"],
                        "properties": {"id": {"type": "integer"}},
                    }
                }
            },
        }
    }
}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "servers": [
        {"url": "https://pets.example/{v}", "variables": {"v": {"default": "v1", "enum": ["v1", "v2"]}}}
    ],
    "paths": {
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": OPERATION,
        }
    },
}


def test_both_versions_are_declared(defacto: Callable[..., Said], tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write(
            [
                call(turn, "GET", f"/v{version}/pets/{turn}", got={"id": turn if version == 1 else str(turn)})
                for turn in range(40)
                for version in (1, 2)
            ]
        )
        fold(store)
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT))
    form = json.loads(defacto("drift", "--declared", "openapi.json", "--format", "json").out)
    assert {one["operation"] for one in form["declared"]} == {"GET /v1/pets/{id}", "GET /v2/pets/{id}"}
    assert {one["operation"] for one in form["contradicted"]} == {"GET /v2/pets/{id}"}
    assert not form["unobserved"]
