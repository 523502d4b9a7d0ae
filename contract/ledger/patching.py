"""What differs between two texts of a file, as a patch that `git apply` and `patch -p1` take."""

from __future__ import annotations

import re
from difflib import unified_diff

_PLAIN = re.compile(r"(?!.*\.\.)[\w-][\w./-]*")
"""Names that a patch can hold without quotes, of files below the folder that it is applied in."""


def patch(before: str | None, after: str, name: str) -> str:
    """The patch from one text to the other; `""` where they are the same.

    Args:
        before: the text as it is, None: there is no file yet.
        after: the text as it shall be.
        name: the file, from the folder in which the patch is applied.
    """
    name = name if _PLAIN.fullmatch(name) else "contract.yaml"
    old, new = f"a/{name}", f"b/{name}"
    body = unified_diff(
        _lines(before or ""), _lines(after), old if before is not None else "/dev/null", new, lineterm="\n"
    )
    lines = "".join(map(_ended, body))
    if not lines:
        return ""
    made = "" if before is not None else "new file mode 100644\n"
    return f"diff --git {old} {new}\n{made}{lines}"


def _lines(text: str) -> list[str]:
    """Lines with their ends. Only a line feed ends one: all else stands in it, as it does for patch."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
