"""Checks for other runners, as files: pytest, schemathesis, Pact. What they need is written beside them."""
