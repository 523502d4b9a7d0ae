"""The contract map as tables: one of clauses, one of consumers × places. As data frames, CSV and Parquet.

pandas is imported where it is used: text and JSON must not wait for it.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

from contract.claim import Level
from reports.matrix import depended_on, matrix
from reports.untrusted import for_csv
from store.errors import DefactoError

if TYPE_CHECKING:
    import pandas as pd

    from contract.claim import Claim, ContractMap

_NUMBERS = {"held": "int64", "broken": "int64", "bound": "float64"}
_TIMES = ("first_seen", "last_seen")
_TIME = "datetime64[ns, UTC]"
_COLUMNS = (
    *(
        "producer",
        "operation",
        "id",
        "kind",
        "family",
        "subject",
        "statement",
        "value",
        "standing",
        "decision",
    ),
    *_NUMBERS,
    *_TIMES,
    *(level.value for level in Level),
)


def clauses_table(contract_map: ContractMap) -> pd.DataFrame:
    """One row a clause. `value` is JSON, a column for each level names the consumers at it, times are UTC."""
    import pandas as pd  # noqa: PLC0415  # takes longer to import than most reports to make

    rows = [
        _row(claim)
        for producer in contract_map.producers
        for operation in producer.operations
        for claim in operation.claims
    ]
    types = {name: _NUMBERS.get(name, "str") for name in _COLUMNS} | dict.fromkeys(_TIMES, _TIME)
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=types[name]) for name in _COLUMNS}
    )


def matrix_table(contract_map: ContractMap) -> pd.DataFrame:
    """One row a place that anyone depends on, one column a consumer: its level there, or empty."""
    import pandas as pd  # noqa: PLC0415  # as above

    rows: list[dict[str, str]] = []
    consumers: dict[str, None] = {}
    for producer in contract_map.producers:
        picture = matrix(producer.operations, depended_on)
        consumers |= dict.fromkeys(picture.consumers)
        for group in picture.groups:
            for row in group.rows:
                place = {
                    "producer": producer.name,
                    "operation": group.operation.key,
                    "subject": str(row.place.subject),
                }
                levels = {link.consumer: link.level.value for link in row.cells if link}
                rows.append({**{f"consumer {name}": level for name, level in levels.items()}, **place})
    columns = ["producer", "operation", "subject", *(f"consumer {name}" for name in consumers)]
    return pd.DataFrame(
        {
            _storable(name): pd.Series([_storable(row.get(name, "")) for row in rows], dtype="str")
            for name in columns
        }
    )


def to_csv(table: pd.DataFrame) -> str:
    """CSV (RFC 4180, with LF) in which no cell and no heading is a formula."""
    safe = table.rename(columns=for_csv)
    texts = [name for name in safe.columns if safe[name].dtype == "str"]
    safe[texts] = safe[texts].map(for_csv)
    written: str = safe.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%S.%fZ", lineterminator="\n")
    return written


def to_parquet(table: pd.DataFrame) -> bytes:
    """A Parquet file.

    Raises:
        DefactoError: pyarrow is not installed.
    """
    buffer = BytesIO()
    try:
        table.to_parquet(buffer, index=False, compression="zstd")
    except ImportError as error:
        raise DefactoError(
            "Parquet needs pyarrow, which is not installed.", "pip install 'defacto[parquet]'"
        ) from error
    return buffer.getvalue()


def _row(claim: Claim) -> dict[str, Any]:
    import pandas as pd  # noqa: PLC0415  # as above

    clause, evidence = claim.clause, claim.evidence
    texts = {
        "producer": clause.producer,
        "operation": clause.operation,
        "id": clause.id,
        "kind": clause.kind.name,
        "family": clause.kind.family.value,
        "subject": str(clause.subject),
        "statement": clause.statement,
        "value": json.dumps(clause.kind.value),
        "standing": claim.standing.value,
        "decision": claim.decision.value,
    }
    for level in Level:
        names = (link.consumer for link in claim.dependence if link.level is level)
        texts[level.value] = ", ".join(names)
    times = {"first_seen": evidence.first_seen, "last_seen": evidence.last_seen}
    return {
        **{name: _storable(text) for name, text in texts.items()},
        "held": evidence.held,
        "broken": evidence.broken,
        "bound": evidence.bound,
        **{
            name: pd.NaT if unix_ns is None else pd.Timestamp(unix_ns, tz="UTC")
            for name, unix_ns in times.items()
        },
    }


def _storable(text: str) -> str:
    """Text that UTF-8 can hold: JSON from traffic may contain lone surrogates."""
    return text.encode("utf-8", "backslashreplace").decode()
