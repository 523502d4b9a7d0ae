"""What is written of the shop, recorded through the sidecar, is read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from openapi_spec_validator import validate

from contract import openapi
from tests.cli.shop import Shop, recorded_shop
from tests.contract.definition.test_overlay import applied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.conftest import Said

    Defacto = Callable[..., Said]

DOCUMENT = Path(__file__).parents[2] / "examples" / "shop" / "openapi.yaml"
STATUSES = ("200", "201", "204", "304", "400", "401", "404", "409", "422", "503")
TERMS = ("--by", "ann", "--reason", "agreed", "--yes", "--declared", str(DOCUMENT))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with recorded_shop(tmp_path_factory.mktemp("shop")) as running:
        yield running


def said_by(document: Any) -> dict[str, object]:
    validate(document)
    found = openapi.load(json.dumps(document), producer="shop")
    return {
        one.id: one.kind.value
        for operation in found.operations
        for one in (*operation.clauses_for(()), *operation.clauses_for(STATUSES))
        if one.kind.informative and (one.kind.name != "occurs" or one.subject.status in operation.responses)
    }


def test_document_and_overlay_say_the_same(defacto: Defacto, shop: Shop) -> None:
    store = ("--store", shop.store, "--producer", "shop")
    for decision, *which in (
        ("guaranteed", "--operation", "GET /orders/{order_id}", "--family", "value"),
        ("guaranteed", "--operation", "POST /orders", "--family", "shape"),
        ("may-change", "--operation", "GET /products*", "--kind", "present"),
        ("out-of-contract", "--family", "timing"),
    ):
        said = defacto("decide", decision, *which, *store, *TERMS)
        assert said.code == 0, said.err
    document = ("--declared", str(DOCUMENT), *store)
    whole = yaml.safe_load(defacto("define", *document).out)
    layer = yaml.safe_load(defacto("define", "--format", "overlay", *document).out)
    laid = applied(yaml.safe_load(DOCUMENT.read_text("utf-8")), layer)
    on_top, alone = said_by(laid), said_by(whole)
    assert {id_: on_top.get(id_) for id_ in alone} == alone
    demoted = {
        id_
        for path in whole["paths"].values()
        for operation in path.values()
        for terms in operation["x-defacto"]["operations"].values()
        for id_, term in terms["clauses"].items()
        if term["part"] in {"may-change", "out-of-contract"}
    }
    assert demoted
    kept = demoted & {*alone, *on_top}
    names = {id_: one for id_, one in on_top.items() if id_ in kept}
    assert not names or set(names.values()) == {"always"}  # parameters of paths are there in any case
