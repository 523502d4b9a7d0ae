"""Alembic's migrations of the store, run by `store.schema` when a store is opened."""
