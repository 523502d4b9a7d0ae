"""Files of descriptors: sets that a compiler wrote, and source text that one is asked to compile."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from contract.openapi.errors import DeclaredError
from contract.openapi.library import is_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from google.protobuf.descriptor_pb2 import FileDescriptorSet

MAX_BYTES = 64 * 2**20
"""A larger file is no interface document."""

COMPILE_S = 60
"""Longer no compiler takes for what people wrote."""

SUFFIXES = frozenset({".desc", ".pb", ".binpb"})
SOURCE = ".proto"
_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_MOST_TOLD = 5
"""Lines of what a compiler says."""
_SHOWN = 200
"""Characters of a name."""


def is_named(path_or_text: str | Path) -> bool:
    """Whether it is a path whose suffix is that of a descriptor set, or of the text one is compiled from."""
    return not is_text(path_or_text) and Path(path_or_text).suffix in {*SUFFIXES, SOURCE}


def files_at(path: Path) -> FileDescriptorSet:
    """The descriptors in a file: a serialised `FileDescriptorSet`, or source text with its imports.

    Raises:
        DeclaredError: it cannot be read or is none, or what reads or compiles it is not installed.
    """
    if path.suffix == SOURCE:
        return _compiled(path)
    try:
        if path.exists() and not path.is_file():
            raise DeclaredError(f"{path.name} is not a file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DeclaredError(f"{path.name} cannot be read: {error}") from None
    if len(content) > MAX_BYTES:
        raise DeclaredError(f"{path.name} is larger than {MAX_BYTES // 2**20} MiB")
    return _parsed(content, path.name)


def of_parts(contents: Iterable[bytes], name: str) -> FileDescriptorSet:
    """Serialised `FileDescriptorProto`s as one set.

    Args:
        contents: the files, what others import before them.
        name: what messages call the set.

    Raises:
        DeclaredError: one is none, or protobuf is not installed.
    """
    whole = _parsed(b"", name)
    for content in contents:
        part = whole.file.add()
        try:
            part.MergeFromString(content)
        except ValueError:  # what DecodeError is
            raise DeclaredError(f"{name} is no serialised FileDescriptorProto") from None
    return whole


def of_texts(texts: Mapping[str, str], main: str) -> FileDescriptorSet:
    """The descriptors of source text, the main file's last.

    Args:
        texts: by the names that they are imported by.
        main: the name of the one that is meant.

    Raises:
        DeclaredError: a name leads elsewhere, a text does not compile, or there is no compiler.
    """
    with TemporaryDirectory() as folder:
        for name, text in texts.items():
            path = Path(folder, name)
            try:
                inside = path.resolve().is_relative_to(Path(folder).resolve())
                if inside:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, "utf-8")
            except (OSError, ValueError):  # too long, a folder, a file where another needs a folder
                inside = False
            if not inside:
                raise DeclaredError(f"{name[:_SHOWN]!r} is no name of a file to import")
        return _compiled(Path(folder, main), Path(folder))


def _compiled(path: Path, *roots: Path) -> FileDescriptorSet:
    if not path.is_file():
        raise DeclaredError(f"{path.name} cannot be read: it is no file")
    command = _compiler()
    if command is None:
        raise DeclaredError(
            f"{path.name} is source text, and nothing here compiles it",
            "pip install grpcio-tools, or put protoc on the PATH; or give a descriptor set: "
            f"protoc --include_imports -o api.binpb {path.name}, or buf build -o api.binpb",
        )
    with TemporaryDirectory() as folder:
        out = Path(folder, "out.binpb")
        paths = [f"-I{root}" for root in roots or _roots(path)]
        _run([*command, *paths, "--include_imports", "-o", str(out), str(path.resolve())], path.name)
        return _parsed(out.read_bytes(), path.name)


def _roots(path: Path) -> list[Path]:
    """Folders that imports are relative to: the one that the package begins in, and the file's own."""
    own = path.resolve().parent
    package = _PACKAGE.search(path.read_text("utf-8", "replace"))
    steps = package[1].split(".") if package else []
    nested = bool(steps) and list(own.parts[-len(steps) :]) == steps
    return [*([own.parents[len(steps) - 1]] if nested else []), own]


def _run(command: list[str], name: str) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, text=True, errors="replace", timeout=COMPILE_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DeclaredError(f"{name} cannot be compiled: {error}") from None
    if done.returncode:
        told = "; ".join(done.stderr.splitlines()[:_MOST_TOLD]) or f"exit code {done.returncode}"
        raise DeclaredError(f"{name} does not compile: {told}", "Mend it, or give a descriptor set.")


def _compiler() -> list[str] | None:
    """The command of the compiler that is installed: Python's goes first, it brings the shipped imports."""
    if find_spec("grpc_tools") is not None:
        return [sys.executable, "-P", "-m", "grpc_tools.protoc"]  # not from the folder that we are in
    found = which("protoc")
    return [found] if found else None


def _parsed(content: bytes, name: str) -> FileDescriptorSet:
    """A serialised `FileDescriptorSet`.

    Raises:
        DeclaredError: it is none, or protobuf is not installed.
    """
    try:
        from google.protobuf import descriptor_pb2, message  # noqa: PLC0415 - an optional library
    except ImportError:
        raise DeclaredError(
            "Descriptor sets need protobuf, which is not installed.", "pip install 'defacto[events]'"
        ) from None
    try:
        return descriptor_pb2.FileDescriptorSet.FromString(content)
    except message.DecodeError:
        raise DeclaredError(f"{name} is no serialised FileDescriptorSet") from None
