"""Planned changes: written down before they are made, told to those they hit, and followed to their end.

They stand in the ledger's file under `changes`, beside what was decided of single clauses.
"""
