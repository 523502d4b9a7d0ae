"""Tables hold what the map holds, as data frames, CSV and Parquet."""

from __future__ import annotations

import builtins
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from contract.claim import ContractMap
from reports.tables import clauses_table, matrix_table, to_csv, to_parquet
from store.errors import DefactoError


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_one_row_a_clause(shop_map: ContractMap) -> None:
    table = clauses_table(shop_map)
    claims = [claim for one in shop_map.producers[0].operations for claim in one.claims]
    assert list(table["id"]) == [claim.clause.id for claim in claims]
    assert list(table["held"]) == [claim.evidence.held for claim in claims]
    assert [json.loads(value) for value in table["value"]] == [claim.clause.kind.value for claim in claims]
    assert table["first_seen"].dt.as_unit("ns").astype("int64")[0] == claims[0].evidence.first_seen
    assert table["first_seen"].isna().sum() == sum(claim.evidence.total == 0 for claim in claims)


def test_consumers_stand_under_their_level(shop_map: ContractMap) -> None:
    table = clauses_table(shop_map).set_index(["operation", "subject", "kind"])
    row = table.loc[("GET /orders/{id}", "response.200.body.id", "present")]
    assert (row["used"], row["exposed"], row["proven"]) == ("storefront", "billing", "")


def test_matrix(shop_map: ContractMap) -> None:
    table = matrix_table(shop_map)
    assert list(table.columns[3:]) == ["consumer billing", "consumer storefront", "consumer unidentified"]
    row = table[table["subject"] == "response.200.body.courier.tracking"].iloc[0]
    assert list(row[3:]) == ["exposed", "used", ""]


def test_csv_is_read_back(shop_map: ContractMap) -> None:
    first, *_ = rows(to_csv(clauses_table(shop_map)))
    assert first["operation"] == "GET /orders/{id}"
    assert first["first_seen"] == "2026-03-02T09:00:00.000000Z"
    assert first["bound"] == "0.0075"


@pytest.mark.parametrize("make", [clauses_table, matrix_table])
def test_no_cell_and_no_heading_is_a_formula(make: Any, hostile_map: ContractMap) -> None:
    table = list(csv.reader(io.StringIO(to_csv(make(hostile_map)))))
    assert not [cell for row in table for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("make", [clauses_table, matrix_table])
@pytest.mark.parametrize("which", ["shop_map", "hostile_map", "nothing"])
def test_parquet_is_read_back(make: Any, which: str, request: pytest.FixtureRequest) -> None:
    pytest.importorskip("pyarrow")
    table = make(request.getfixturevalue(which))
    read = pd.read_parquet(io.BytesIO(to_parquet(table)))
    pd.testing.assert_frame_equal(read, table)


def test_without_pyarrow_parquet_says_what_to_install(
    shop_map: ContractMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def missing(
        name: str,
        names: Mapping[str, object] | None = None,
        own: Mapping[str, object] | None = None,
        what: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        if name.startswith(("pyarrow", "fastparquet")):
            raise ImportError(name)
        return real(name, names, own, what, level)

    table = clauses_table(shop_map)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(DefactoError) as told:
        to_parquet(table)
    assert "defacto[parquet]" in told.value.hint


def test_an_empty_map_has_the_same_columns(shop_map: ContractMap) -> None:
    empty = clauses_table(replace(shop_map, producers=()))
    assert list(empty.dtypes) == list(clauses_table(shop_map).dtypes)
