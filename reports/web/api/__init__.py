"""The API: what the pages show, for programs. `openapi.yaml` beside the pages is its contract."""
