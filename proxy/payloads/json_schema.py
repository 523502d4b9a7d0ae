"""JSON that was written with a JSON Schema: the schema gives no more than the name."""

from __future__ import annotations

from typing import Any

import orjson

from proxy.payloads.values import Value


class JsonSchema:
    """One schema, as parsed JSON; its title names the type."""

    def __init__(self, declared: Any) -> None:
        title = declared.get("title") if isinstance(declared, dict) else None
        self.title: str = title if isinstance(title, str) else ""

    def read(self, data: bytes) -> Value:
        """A JSON text.

        Raises:
            orjson.JSONDecodeError: it is none.
        """
        return Value(orjson.loads(data), self.title)
