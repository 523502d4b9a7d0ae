"""Files of SDL → one validated schema. Types may be in one file and their extensions in others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from contract.openapi.errors import DeclaredError
from contract.openapi.library import is_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graphql import DocumentNode, GraphQLError, GraphQLSchema

    from contract.openapi.declared import DeclaredContract

MAX_BYTES = 64 * 2**20
"""A larger file is no interface document."""

MOST_TOLD = 10
"""Problems told at once."""

SUFFIXES = {".graphql", ".gql", ".graphqls"}
_SDL = re.compile(
    r'\s*+(?:#[^\n]*+\s*+|"""(?:[^"]|"(?!""))*+"""\s*+|"[^"\n]*+"\s*+)*+'
    r"(?:extend\s+)?(?:schema\s*[{@]|directive\s*@|(?:type|interface|union|enum|input|scalar)\s+[_A-Za-z])"
)
"""How a text begins that is SDL: a definition, after comments and its description. None of it is read in two
ways: where texts are only quotes there would be too many."""


def is_named(path_or_text: str | Path) -> bool:
    """Whether it is a path of SDL, a folder of such files, or a text of SDL."""
    if is_text(path_or_text):
        return _SDL.match(str(path_or_text)) is not None
    path = Path(path_or_text)
    return path.suffix in SUFFIXES or path.is_dir()


def read(path_or_text: str | Path, producer: str) -> DeclaredContract:
    """Read and validate a schema.

    Args:
        path_or_text: a file, a folder whose files of SDL are one schema, or the text.
        producer: whose interface it declares.

    Raises:
        DeclaredError: it cannot be read or is invalid; the message says in which file, line and column.
    """
    from contract.graphql.declared import DeclaredSchema  # noqa: PLC0415 - the parser takes 0.2 s

    is_text = isinstance(path_or_text, str) and "\n" in path_or_text
    source = "the schema" if is_text else Path(path_or_text).name
    texts = {source: str(path_or_text)} if is_text else dict(_texts(Path(path_or_text)))
    return DeclaredSchema(
        producer=producer, title="", version="", source=source, operations=(), schema=_schema(texts, source)
    )


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """The names and texts of the files."""
    if not path.is_dir():
        yield path.name, _text(path)
        return
    files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES)
    if not files:
        raise DeclaredError(f"{path.name} is a folder without files of SDL ({', '.join(sorted(SUFFIXES))})")
    for file in files:
        yield str(file.relative_to(path)), _text(file)


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise DeclaredError(f"{path.name} is not a file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise DeclaredError(f"{path.name} cannot be read: {error}") from None
    except UnicodeDecodeError as error:
        raise DeclaredError(f"{path.name} is not UTF-8: byte {error.start}") from None
    if len(data) > MAX_BYTES:
        raise DeclaredError(f"{path.name} is larger than {MAX_BYTES // 2**20} MiB")
    return text


def _schema(texts: dict[str, str], source: str) -> GraphQLSchema:
    from graphql import build_ast_schema, concat_ast, validate_schema  # noqa: PLC0415 - see above
    from graphql.validation.specified_rules import specified_sdl_rules  # noqa: PLC0415
    from graphql.validation.validate import validate_sdl  # noqa: PLC0415

    tree = concat_ast([_parsed(name, text) for name, text in texts.items()])
    # directives change no type, and those of servers and of federation are seldom declared
    rules = [rule for rule in specified_sdl_rules if rule.__name__ != "KnownDirectivesRule"]
    _refuse(validate_sdl(tree, None, rules), source)
    schema = build_ast_schema(tree, assume_valid_sdl=True)
    _refuse(validate_schema(schema), source)
    return schema


def _parsed(name: str, text: str) -> DocumentNode:
    from graphql import GraphQLSyntaxError, Source, parse  # noqa: PLC0415 - see above

    try:
        return parse(Source(text, name))
    except GraphQLSyntaxError as error:
        raise DeclaredError(_told(error, name)) from None
    except RecursionError:
        raise DeclaredError(f"{name} is nested too deep") from None


def _refuse(errors: Iterable[GraphQLError], source: str) -> None:
    """Raise if there are any."""
    told = [_told(error, source) for error in errors]
    if len(told) > MOST_TOLD:
        told[MOST_TOLD:] = [f"and {len(told) - MOST_TOLD} more"]
    if told:
        raise DeclaredError("\n".join(told))


def _told(error: GraphQLError, source: str) -> str:
    """`schema.graphql, line 3, column 9: Unknown type 'Lime'.`."""
    places = error.locations or ()
    name = error.source.name if error.source else source
    where = f"{name}, line {places[0].line}, column {places[0].column}" if places else name
    return f"{where}: {error.message}"
