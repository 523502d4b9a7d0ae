"""The intercept lane: mitmproxy, embedded, where TLS must be opened or clients be reached in other ways."""
