"""Verification: which clauses are guaranteed, how each can be checked, and whether it holds.

Nothing here reads a store or talks to a service: observations and claims are given. `reports/verification*`
brings them, from what was recorded or from a live build.
"""
