"""The scalars that are built in (section 3.5), as JSON has them."""

from __future__ import annotations

SENT = {
    "Int": ("integer",),
    "Float": ("number",),
    "String": ("string",),
    "Boolean": ("boolean",),
    "ID": ("string",),
}
"""What a server may send."""

TAKEN = {**SENT, "ID": ("integer", "string")}
"""What it must take."""
