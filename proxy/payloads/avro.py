"""Avro payloads, read with the schema they were written with (fastavro).

Schemas are trusted, payloads are not. Three things are kept from fastavro: arrays whose items take no bytes
(a few bytes may claim any number of them), recursive schemas in its compiled reader (data nested deeply
enough ends the process), and decimals of any length (turning them into digits takes quadratic time).
"""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from proxy.payloads.values import UnreadError, Value
from proxy.payloads.varints import read_zigzag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

_DECIMAL = "bounded-decimal"
"""The logical type that stands for `decimal` in the schemas that we give to fastavro."""
_ONLY = "only"
_MAX_CONTINUED = 1_000
"""Integers have ten bytes; but fixed values of one byte each are read like parts of one, in arrays even."""
_PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_RECORDS = frozenset({"record", "error"})


class AvroSchema:
    """One schema.

    Args:
        declared: the schema as parsed JSON.
        references: schemas of names that it uses, those used by others first.

    Raises:
        UnreadError: fastavro is not installed (`no-decoder`), or data of this schema cannot be bounded
            (`undecodable`).
        Exception: it is no schema; fastavro has several errors for that.
    """

    def __init__(self, declared: Any, references: Iterable[Any] = ()) -> None:
        fastavro = library()
        names: dict[str, Any] = {}
        for reference in references:
            fastavro.parse_schema(_with_our_decimals(reference), names)
        schema: Any = fastavro.parse_schema(_with_our_decimals(declared), names)
        survey = _Survey(names)
        survey.takes_bytes(schema)
        if survey.boundless:
            raise UnreadError("undecodable")
        self._union = isinstance(schema, list)
        self._branches = [_branch(one, names) for one in (schema if self._union else [schema])]
        self._read: Callable[..., Any] = fastavro.schemaless_reader
        self._stream = BytesIO
        if survey.recursive:
            # Its reader in Python raises RecursionError where the compiled one overflows the stack.
            from fastavro import _read_py  # noqa: PLC0415 - an optional library

            self._read = _read_py.schemaless_reader
            self._stream = _WithoutLongIntegers

    def read(self, data: bytes) -> Value:
        """A value in the binary encoding; its type is the name of the record, also of one in a union.

        Raises:
            Exception: the bytes are not such a value; fastavro has many errors for that.
        """
        index, at = read_zigzag(data, 0) if self._union else (0, 0)
        if index < 0:
            raise ValueError(f"branch {index} of a union")
        branch = self._branches[index]
        stream = self._stream(data)
        stream.seek(at)
        value = self._read(stream, branch.schema, None)
        if stream.tell() < len(data):
            raise ValueError(f"{len(data) - stream.tell()} bytes follow the value")
        return Value(value[_ONLY] if branch.wrapped else value, branch.type)


class _Branch(NamedTuple):
    """What fastavro reads with, and the record's name; `wrapped` where the value is the field `_ONLY`."""

    schema: Any
    type: str
    wrapped: bool = False


def _branch(schema: Any, names: dict[str, Any]) -> _Branch:
    """A schema that is but a name is lost to fastavro's readers: it is made the only field of a record."""
    if isinstance(schema, dict):
        return _Branch(schema, _type(schema))
    if schema not in names:
        return _Branch(schema, "")
    wrapper = {"type": "record", "name": _ONLY, "fields": [{"name": _ONLY, "type": schema}]}
    return _Branch(library().parse_schema(wrapper, dict(names)), _type(names[schema]), wrapped=True)


def _type(named: dict[str, Any]) -> str:
    return str(named["name"]) if named["type"] in _RECORDS else ""


def fingerprint(declared: Any) -> bytes:
    """The fingerprint that payloads in single-object encoding carry: CRC-64-AVRO, the lowest byte first.

    Raises:
        UnreadError: fastavro is not installed (`no-decoder`).
    """
    fastavro = library()
    canonical = fastavro.schema.to_parsing_canonical_form(declared)
    return bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))


def library() -> ModuleType:
    """The library.

    Raises:
        UnreadError: it is not installed (`no-decoder`).
    """
    try:
        import fastavro  # noqa: PLC0415 - an optional library
    except ImportError:
        raise UnreadError("no-decoder") from None
    fastavro.read.LOGICAL_READERS[f"bytes-{_DECIMAL}"] = _decimal
    fastavro.read.LOGICAL_READERS[f"fixed-{_DECIMAL}"] = _decimal
    return fastavro


class _WithoutLongIntegers(BytesIO):
    """What the reader in Python reads from: it would put integers of any length together, byte by byte."""

    _continued = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """As any stream does, but no integer that goes on and on."""
        data = super().read(size)
        self._continued = self._continued + 1 if size == 1 and data >= b"\x80" else 0
        if self._continued > _MAX_CONTINUED:
            raise ValueError(f"an integer of more than {_MAX_CONTINUED} bytes")
        return data


def _decimal(data: bytes, schema: Any, _: object) -> Decimal:
    """By way of text, which Python bounds to some thousand digits."""
    return Decimal(f"{int.from_bytes(data, 'big', signed=True)}e{-schema.get('scale', 0)}")


def _with_our_decimals(declared: Any) -> Any:
    if isinstance(declared, list):
        return [_with_our_decimals(one) for one in declared]
    if not isinstance(declared, dict):
        return declared
    ours = {name: _with_our_decimals(value) for name, value in declared.items()}
    if ours.get("logicalType") == "decimal":
        ours["logicalType"] = _DECIMAL
    return ours


class _Survey:
    """What decides how values of a schema can be read: is it recursive, is it boundless."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names
        self._known: dict[str, bool | None] = {}
        """By name; None while that type is being looked at."""
        self.recursive = False
        self.boundless = False

    def takes_bytes(self, schema: Any) -> bool:
        """Whether every value takes at least a byte."""
        if isinstance(schema, list):
            for branch in schema:
                self.takes_bytes(branch)
            return True
        if isinstance(schema, dict):
            return self._complex(schema)
        return bool(schema != "null") if schema in _PRIMITIVES else self._named(schema)

    def _named(self, name: str) -> bool:
        if name not in self._known:
            return self._complex(self._names[name])
        known = self._known[name]
        if known is None:
            # A cycle passes through a union, an array or a map, which take a byte; or has no values at all.
            self.recursive = True
            return True
        return known

    def _complex(self, schema: dict[str, Any]) -> bool:
        kind = schema["type"]
        if kind in _RECORDS:
            self._known[schema["name"]] = None
            fields = [self.takes_bytes(field["type"]) for field in schema["fields"]]
            self._known[schema["name"]] = any(fields)
            return any(fields)
        if kind == "array":
            self.boundless = self.boundless or not self.takes_bytes(schema["items"])
            return True
        if kind == "map":
            self.takes_bytes(schema["values"])
            return True
        if kind == "fixed":
            return bool(schema["size"] > 0)
        return kind == "enum" or self.takes_bytes(kind)
