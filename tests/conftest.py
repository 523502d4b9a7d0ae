"""No test touches the user's own redaction key; those that need PostgreSQL share a database of their own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# How quick a test is, is no matter of a test; how many examples it tries is one of the suite's ten minutes.
settings.register_profile("patient", deadline=None, max_examples=50)
settings.load_profile("patient")


SERVER = os.environ.get("DEFACTO_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")


@pytest.fixture(autouse=True, scope="session")
def _own_redaction_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        key = tmp_path_factory.mktemp("key") / "redaction.key"
        patch.setenv("DEFACTO_REDACTION_KEY_FILE", str(key))
        yield


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[str]:
    """A database of this process, made for the session and dropped after it."""
    psycopg = pytest.importorskip("psycopg")
    name = f"defacto_test_{os.getpid()}"
    try:
        server = psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PostgreSQL at {SERVER}: {error}")
    with server:
        server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{SERVER}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres_database: str) -> str:
    """An empty PostgreSQL database."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return postgres_database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store can be made: the same tests run on both databases."""
    if request.param == "sqlite":
        return str(tmp_path / "defacto.db")
    postgres: str = request.getfixturevalue("postgres_url")
    return postgres
