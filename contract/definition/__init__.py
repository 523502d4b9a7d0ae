"""The contract definition: what was declared, seen and decided of one interface, as one statement of it.

`terms` says what is promised and what is not; `openapi`, `asyncapi`, `overlay`, `pact` and `odcs` write that
in the words of a standard. Nothing is promised in a standard field that was not decided.
"""
