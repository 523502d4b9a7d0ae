"""The ledger: what people decided about the clauses of one interface, in a YAML file of its repository.

A changed observation never edits it. Reading it against a contract map says what has changed since.
"""
