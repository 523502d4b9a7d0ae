"""Things to try defacto on."""
