"""The sidecar seen from outside: is it well, what does it do, and should it capture."""
