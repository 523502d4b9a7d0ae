"""The fields that tell of deprecations, as configuration: JSON (for an intercept lane), nginx, Envoy."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract.changing.headers import Sent

_PARAMETER = re.compile(r"\{[^{}]*\}")


def headers_form(found: Sequence[Sent]) -> dict[str, Any]:
    """As JSON's own types; what an intercept lane reads as its `headers_file`."""
    return {
        "headers": [
            {
                "change": one.id,
                "method": one.method,
                "path": one.path,
                "fields": [list(field) for field in one.fields],
            }
            for one in found
        ]
    }


def headers_nginx(found: Sequence[Sent]) -> str:
    """For the `http` block; a field of an empty value is not sent.

    `add_header` is inherited only by a level that has none of its own.
    """
    names = sorted({name for one in found for name, _ in one.fields})
    lines = ["# in http { }; where a server or location has an add_header of its own, repeat these there"]
    for name in names:
        lines.append(f'map "$request_method $uri" $defacto_{name.lower()} {{')
        lines.append('    default "";')
        for one in found:
            value = ", ".join(text for field, text in one.fields if field == name)
            if value:
                lines.append(f'    "~^{one.method} {_nginx(path_pattern(one.path))}/?$" "{_nginx(value)}";')
        lines.append("}")
    lines += [f"add_header {name} $defacto_{name.lower()} always;" for name in names]
    return "\n".join([*lines, ""])


def headers_envoy(found: Sequence[Sent]) -> str:
    """Routes to put before those that are there, each with the `route` that it has today."""
    routes = [
        {
            "match": {
                "safe_regex": {"regex": f"{path_pattern(one.path)}/?"},
                "headers": [{"name": ":method", "string_match": {"exact": one.method}}],
            },
            "route": {"cluster": "CLUSTER"},
            "response_headers_to_add": [
                {
                    "header": {"key": name.lower(), "value": text.replace("%", "%%")},
                    "append_action": "APPEND_IF_EXISTS_OR_ADD",
                }
                for name, text in one.fields
            ],
        }
        for one in found
    ]
    stream = StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump(json.loads(json.dumps({"routes": routes})), stream)
    return stream.getvalue()


def path_pattern(template: str) -> str:
    """The regular expression of the paths of a template, without anchors."""
    fixed = [re.escape(part) for part in _PARAMETER.split(template)]
    return "[^/]+".join(fixed).replace(r"\-", "-")


def _nginx(text: str) -> str:
    r"""Inside of double quotes: `"` and `\` stand behind a `\`, `$` begins a variable only in values."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
