"""Documents as YAML: the same form gives the same bytes, keys in the order given.

Written by PyYAML itself: libyaml, which is quicker, breaks lines elsewhere, and fails on half a surrogate
pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Dumper(yaml.SafeDumper):
    """Writes what is referred to twice in full twice: aliases are no part of a contract."""

    def ignore_aliases(self, data: Any) -> bool:
        """None at all."""
        del data
        return True


def to_yaml(form: Mapping[str, Any]) -> str:
    """A document's text; what holds nothing but scalars stands in one line."""
    return yaml.dump(
        dict(form),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=110,
        default_flow_style=None,
    )
