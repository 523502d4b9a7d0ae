"""The pages, one file a kind. Each lists its routes as `ROUTES`; `reports.web.app` puts them together."""
