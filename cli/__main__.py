"""`python -m cli` is `defacto`."""

from __future__ import annotations

from cli.main import main

main()
