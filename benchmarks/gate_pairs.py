"""Public cases as pairs of documents: what others' tests are about, written down in `gate_cases/*.yaml`.

A file holds the cases of one project. A case names the test that it comes after, what that says, and two
fragments `old` and `new` (null: not there), which stand `at`:

- `body`, `answer`: the schema of a JSON body, `{schema: …}`; `body.a`, `answer.a`: of its field `a`
- `query`, `header`, `cookie`, `path`: a parameter; `answer-header`: a header of an answer
- `request`, `responses`, `parameters`: these parts of an operation; `operation`: what is added to one, null
  for none; `document`: what is added to a document
- `schema`, `avro`: a JSON Schema or an Avro schema by itself; by `mode` one reads what the other wrote,
  by BACKWARD the new one
- `graphql`: a schema, a type for queries aside; `events`: what is added to an AsyncAPI document
- `proto`: a .proto file, or the fields of a message that is taken and given by the call `S.Do`

With several places it is as many cases. `place` is where the change must be told, as reports write it; with
`anywhere` it may be told in any place of the operation. `doubt` names who says otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from contract.changes import Compatibility, load
from contract.changes.protobuf import of_files
from contract.changes.reading import AvroSchema
from contract.changes.single import OPERATION as SINGLE
from contract.grpc.files import of_texts
from contract.policy import Mode
from reports.checking import Question, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.changes.reading import Loaded


CASES = Path(__file__).parent / "gate_cases"
OPERATION = "POST /things/{id}"
_READABLE = {
    "schema": "body",
    "avro": "body",
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
_OPERATIONS = {
    "schema": SINGLE,
    "avro": SINGLE,
    "graphql": "",
    "events": "RECEIVE orders#made",
    "proto": "POST /%s.S/Do",
}
_EVENTS: dict[str, Any] = {
    "asyncapi": "2.6.0",
    "info": {"title": "x", "version": "1"},
    "channels": {"orders": {"subscribe": {"message": {"name": "made"}}}},
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
    old: Given
    new: Given
    verdict: Compatibility
    place: str
    doubt: str = ""
    anywhere: bool = False
    looked_at: bool = True
    mode: Mode = Mode.BACKWARD

    def question(self) -> Question:
        """What the gate is asked.

        Raises:
            DeclaredError: one of the sides cannot be read.
        """
        return Question(old=self._read(self.old), new=self._read(self.new), mode=self.mode)

    def _read(self, given: Given) -> Loaded:
        if isinstance(given, Proto):
            return of_files(_compiled(given), "the set")
        return given if isinstance(given, AvroSchema) else load(given, mode=reading(self.mode))


class Proto(NamedTuple):
    """The text of a .proto file. All old sides of a folder are compiled at once, and all new ones."""

    folder: Path
    side: str
    package: str
    text: str


Given = str | Path | Proto | AvroSchema


def _compiled(proto: Proto) -> FileDescriptorSet:
    """The file, with all that it imports."""
    files = _all_compiled(proto.folder, proto.side).file
    known = {f"{proto.package}.proto"}
    return FileDescriptorSet(
        file=[one for one in files if one.name in known or one.package == "google.protobuf"]
    )


@cache
def _all_compiled(folder: Path, side: str) -> FileDescriptorSet:
    protos = [one for pair in pairs(folder) for one in (pair.old, pair.new) if isinstance(one, Proto)]
    texts = {f"{one.package}.proto": one.text for one in protos if one.side == side}
    imports = "".join(f'import "{name}";' for name in texts)
    return of_texts({**texts, "all.proto": f'syntax = "proto3"; {imports}'}, "all.proto")


def pairs(folder: Path = CASES) -> Iterator[Pair]:
    """The cases of all files of a folder."""
    for path in sorted(folder.glob("*.yaml")):
        file = yaml.safe_load(path.read_text(encoding="utf-8"))
        for number, case in enumerate(file["cases"]):
            listed = case["at"] if isinstance(case["at"], list) else [case["at"]]
            package = f"{path.stem.replace('-', '_')}_{number}"
            yield from (_pair(case, at, path, package, looked_at=file["looked_at"]) for at in listed)


def _pair(case: dict[str, Any], at: str, path: Path, package: str, *, looked_at: bool) -> Pair:
    place = case.get("place", _READABLE.get(at, ""))
    verdict = Compatibility(case["says"])
    operation = case.get("operation", _OPERATIONS.get(at, OPERATION).replace("%s", package))
    old, new = (_side(case, at, side, path.parent, package) for side in ("old", "new"))
    return Pair(
        name=f"{path.stem}: {case['test']} ({at})",
        source=path.stem,
        old=old,
        new=new,
        verdict=verdict,
        place="" if verdict is Compatibility.COMPATIBLE else f"{operation} {place}".strip(),
        doubt=case.get("doubt", ""),
        anywhere=case.get("anywhere", False),
        looked_at=looked_at,
        mode=Mode(case.get("mode", Mode.BACKWARD)),
    )


def _side(case: dict[str, Any], at: str, side: str, folder: Path, package: str) -> Given:
    given = case[side]
    match at:
        case "proto":
            return Proto(folder, side, package, _proto(given, package))
        case "graphql":
            return f"{given}\n" if "Query" in given else f"{given}\ntype Query {{ ok: Int }}\n"
        case "avro":
            return AvroSchema("the schema", given)
        case "events":
            return json.dumps(_EVENTS | given)
        case _:
            return _document(given, at, case.get("version", "3.1.0"))


def _proto(given: str, package: str) -> str:
    syntax, text = "syntax = 'proto3';", given
    if given.startswith("syntax"):
        syntax, _, text = given.partition(";")
        syntax += ";"
    whole = text if "message M " in text else f"message M {{ {text} }}"
    call = "" if "service " in whole else "service S { rpc Do(M) returns (M); }"
    return f"{syntax}\npackage {package};\n{whole}\n{call}\n"


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
