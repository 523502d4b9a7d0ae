"""Declared GraphQL schemas (SDL, October 2021) → clauses about the operations that consumers ask for.

A schema promises types, and the selections that were observed say which of them stand where.
"""

from __future__ import annotations

from contract.graphql.reading import is_named, read

__all__ = ["is_named", "read"]
