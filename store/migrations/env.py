"""How Alembic runs a migration: on the connection, and in the transaction, that `store.schema` gives it."""

from alembic import context

from store.schema import VERSION_TABLE
from store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
