from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select

from store.engine import open_database
from store.errors import StoreError
from store.schema import HEAD, VERSION_TABLE, configuration
from store.store import Store
from store.tables import batches, metadata
from tests.store.strategies import a_message, an_exchange

ROOT = Path(__file__).parents[2]


def set_revision(url: str, revision: str) -> None:
    database = open_database(url, create=False)
    with database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '{revision}'")
    database.engine.dispose()


def test_the_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [HEAD]


def test_tables_and_migrations_agree(url: str) -> None:
    with Store.open(url) as store, store._database.reading() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True},
        )
        assert compare_metadata(context, metadata) == []
        made = inspect(connection)
        for table in metadata.sorted_tables:  # what the comparison does not look at
            assert made.get_pk_constraint(table.name)["constrained_columns"] == [
                c.name for c in table.primary_key
            ]
            assert {index["name"] for index in made.get_indexes(table.name)} >= {
                index.name for index in table.indexes
            }


@pytest.mark.postgres
def test_postgresql_compares_text_as_sqlite_does(postgres_url: str) -> None:
    with Store.open(postgres_url) as store, store._database.reading() as connection:
        columns = connection.exec_driver_sql(
            "SELECT table_name, column_name, collation_name FROM information_schema.columns"
            f" WHERE table_schema = 'public' AND data_type = 'text' AND table_name <> '{VERSION_TABLE}'"
        ).all()
    assert len(columns) > 40
    assert {collation for _, _, collation in columns} == {"C"}


def test_a_store_made_by_a_newer_version(url: str) -> None:
    Store.open(url).close()
    set_revision(url, "9999")
    with pytest.raises(StoreError, match="was made by a newer version of defacto") as newer:
        Store.open(url)
    assert "pip install --upgrade defacto" in newer.value.hint


@pytest.fixture
def older_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Make this program one with a further migration, so that every store is an older one."""
    versions = tmp_path / "versions"
    versions.mkdir()
    for script in (ROOT / "store" / "migrations" / "versions").glob("0*.py"):
        (versions / script.name).write_text(script.read_text())
    (versions / "0003_next.py").write_text(
        "from alembic import op\nrevision = '0003'\ndown_revision = '0002'\n"
        "def upgrade():\n    op.execute('CREATE TABLE added (n INTEGER)')\n"
        "    op.execute('INSERT INTO added VALUES (1)')\n"
    )
    config = configuration()
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "os")
    schema = import_module("store.schema")
    monkeypatch.setattr(schema, "configuration", lambda: config)
    monkeypatch.setattr(schema, "HEAD", "0003")
    return "0003"


def test_an_older_store_is_migrated_once(url: str, request: pytest.FixtureRequest) -> None:
    with Store.open(url) as store:
        store.write([an_exchange(1)])
    request.getfixturevalue("older_version")
    for _ in range(2):
        with Store.open(url, create=False) as store, store._database.reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM added").scalar() == 1
            assert connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar() == "0003"
            assert list(store.exchanges()) == [an_exchange(1)]


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    url: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with Store.open(url) as store:
        store.write([an_exchange(1)])
    request.getfixturevalue("older_version")
    script = tmp_path / "versions" / "0003_next.py"
    script.write_text(script.read_text() + "    op.execute('SELECT nonsense FROM nowhere')\n")
    with pytest.raises(StoreError, match="nowhere"):
        Store.open(url)
    request.getfixturevalue("monkeypatch").undo()
    with Store.open(url) as store, store._database.reading() as connection:
        assert "added" not in inspect(connection).get_table_names()
        assert store.count() == 1


OLDER = """
ALTER TABLE exchanges DROP COLUMN weight;
ALTER TABLE messages DROP COLUMN weight;
ALTER TABLE windows DROP COLUMN unseen;
ALTER TABLE batches DROP COLUMN last_at;
ALTER TABLE batches DROP COLUMN bytes;
DROP TABLE saves;
"""
"""What makes a store of revision 0001 of one of 0002."""


def test_a_store_of_the_first_revision_is_brought_up_to_date(url: str) -> None:
    with Store.open(url) as store:
        store.write([an_exchange(n, started_at=100 + n) for n in range(5)])
        store.write([an_exchange(9, started_at=50)], [a_message(1, delivered_at=None, published_at=70)])
        store.write([], [a_message(2, delivered_at=None)])
        with store._database.writing() as connection:
            for statement in filter(str.strip, OLDER.split(";")):
                connection.exec_driver_sql(statement)
    set_revision(url, "0001")
    with Store.open(url) as store, store._database.reading() as connection:
        assert [exchange.weight for exchange in store.exchanges()] == [1.0] * 6
        assert [message.weight for message in store.messages()] == [1.0] * 2
        assert (store.capture().observed, store.capture().represented) == (8, 8.0)
        rows = connection.execute(select(batches.c.last_at, batches.c.bytes).order_by(batches.c.id)).all()
        assert rows == [(104, 5_500), (70, 1_700), (None, 600)]


OPEN = """
import sys
from store.store import Store
from tests.store.strategies import an_exchange
sys.stdin.readline()
with Store.open(sys.argv[1]) as store:
    store.write([an_exchange(int(sys.argv[2]))])
"""


def test_many_processes_may_open_a_new_store_at_once(url: str) -> None:
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, url, str(n)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    said = [""] * len(openers)
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write("\n")
        opener.stdin.flush()
    for number, opener in enumerate(openers):
        said[number] = opener.communicate(timeout=60)[1]
    assert said == [""] * len(openers)
    with Store.open(url) as store:
        assert sorted(exchange.path for exchange in store.exchanges()) == [f"/orders/{n}" for n in range(4)]
        assert store.unfolded() == [1, 2, 3, 4]


def test_a_current_store_is_opened_without_alembic(tmp_path: Path) -> None:
    path = str(tmp_path / "s.db")
    Store.open(path).close()
    script = (
        "import sys; from store.store import Store; Store.open(sys.argv[1]); print('alembic' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"
