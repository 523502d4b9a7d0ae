"""Public cases as pairs of documents: what others' tests are about, written down in `gate_cases/*.yaml`.

A file holds the cases of one project. A case names the test that it comes after, what that says, and two
fragments `old` and `new` (null: not there), which stand `at`:

- `body`, `answer`: the schema of a JSON body, `{schema: …}`; `body.a`, `answer.a`: of its field `a`
- `query`, `header`, `cookie`, `path`: a parameter; `answer-header`: a header of an answer
- `request`, `responses`, `parameters`: these parts of an operation; `operation`: what is added to one, null
  for none; `document`: what is added to a document
- `schema`: a JSON Schema by itself; the new one must read what the old one wrote

With several places it is as many cases. `place` is where the change must be told, as reports write it; with
`anywhere` it may be told in any place of the operation. `doubt` names who says otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from contract.changes import Compatibility

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = Path(__file__).parent / "gate_cases"
OPERATION = "POST /things/{id}"
_READABLE = {
    "schema": "body",
    "body": "body",
    "body.a": "body a",
    "answer": "200 body",
    "answer.a": "200 body a",
    "query": "query q",
    "header": "header h",
    "cookie": "cookie c",
    "path": "path id",
    "answer-header": "200 header h",
}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
_NAMES = {"query": "q", "header": "h", "cookie": "c", "path": "id"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents, as texts or files, what a source says of them, and where.

    `looked_at`: rules were made with its source at hand; the others were measured before anything was mended
    for them, and docs/check.md has those first figures.
    """

    name: str
    source: str
    old: str | Path
    new: str | Path
    verdict: Compatibility
    place: str
    doubt: str = ""
    anywhere: bool = False
    looked_at: bool = True


def pairs(folder: Path = CASES) -> Iterator[Pair]:
    """The cases of all files of a folder."""
    for path in sorted(folder.glob("*.yaml")):
        file = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in file["cases"]:
            listed = case["at"] if isinstance(case["at"], list) else [case["at"]]
            yield from (_pair(case, at, path.stem, looked_at=file["looked_at"]) for at in listed)


def _pair(case: dict[str, Any], at: str, source: str, *, looked_at: bool) -> Pair:
    place = case.get("place", _READABLE.get(at, ""))
    verdict = Compatibility(case["says"])
    operation = case.get("operation", "schema" if at == "schema" else OPERATION)
    return Pair(
        name=f"{source}: {case['test']} ({at})",
        source=source,
        old=_document(case["old"], at, case.get("version", "3.1.0")),
        new=_document(case["new"], at, case.get("version", "3.1.0")),
        verdict=verdict,
        place="" if verdict is Compatibility.COMPATIBLE else f"{operation} {place}".strip(),
        doubt=case.get("doubt", ""),
        anywhere=case.get("anywhere", False),
        looked_at=looked_at,
    )


def _document(given: Any, at: str, version: str) -> str:
    if at == "schema":
        return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | given)
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "x-key"},
        "oauth": {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "https://a/t", "scopes": {"read": "", "write": ""}}},
        },
    }
    document: dict[str, Any] = {
        "openapi": version,
        "info": {"title": "x", "version": "1"},
        "paths": {"/other": {"get": {"responses": {"200": {"description": "x"}}}}},
        "components": {"securitySchemes": schemes},
    }
    if at == "document":
        return json.dumps(document | given)
    if at != "operation" or given is not None:
        document["paths"]["/things/{id}"] = {"post": _operation(given, at)}
    return json.dumps(document)


def _operation(given: Any, at: str) -> dict[str, Any]:
    operation: dict[str, Any] = {"parameters": [_ID], "responses": {"200": {"description": "x"}}}
    match at:
        case "operation":
            operation |= given | {"parameters": [_ID, *given.get("parameters", [])]}
        case "request" if given is not None:
            operation["requestBody"] = given
        case "responses":
            operation["responses"] = {"204": {"description": "x"}} | given
        case "parameters":
            operation["parameters"] = [_ID, *given]
        case "query" | "header" | "cookie" | "path" if given is not None:
            parameter = {"name": _NAMES[at], "in": at, **given}
            operation["parameters"] = [parameter | {"required": True}] if at == "path" else [_ID, parameter]
        case "answer-header" if given is not None:
            operation["responses"]["200"]["headers"] = {"h": given}
        case "body" | "body.a":
            operation["requestBody"] = {"required": True, "content": _content(given, at)}
        case "answer" | "answer.a":
            operation["responses"]["200"]["content"] = _content(given, at)
    return operation


def _content(given: dict[str, Any], at: str) -> dict[str, Any]:
    schema = given["schema"]
    if at.endswith(".a"):
        schema = {"type": "object", "properties": {"a": schema}}
    return {"application/json": {"schema": schema}}
