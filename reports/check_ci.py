"""The gate's report for pipelines: SARIF 2.1.0, JUnit, annotations of GitHub Actions."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from contract.changes.rules import Compatibility
from contract.openapi.tree import Lines
from reports.check import notes, ordered, place, told
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from contract.changes.usage import Judged
    from reports.check import Checked

_LEVELS = {
    Compatibility.BREAKING: "error",
    Compatibility.WARNING: "warning",
    Compatibility.COMPATIBLE: "note",
}
_COMMANDS = {
    Compatibility.BREAKING: "error",
    Compatibility.WARNING: "warning",
    Compatibility.COMPATIBLE: "notice",
}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


class Located:
    """Lines of changes in the file that is checked.

    Args:
        path: as the caller wrote it, so that a pipeline finds it.
        text: what the file holds, `""` where its lines are not known.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self._lines = Lines(text)

    def line(self, one: Judged) -> int:
        """The line of a change, of what it was in where it is gone; the first, if it cannot be said."""
        steps = one.change.pointer.removeprefix("#").strip("/").split("/")
        plain = tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)
        return self._lines.of(plain) or 1


def check_sarif(checked: Checked, located: Located, version: str) -> str:
    """SARIF 2.1.0 (OASIS), one result a change."""
    rules = {one.change.rule.name: one.change.rule for one in checked.judged}
    names = list(rules)
    driver = {
        "name": "defacto",
        "semanticVersion": version,
        "rules": [
            {
                "id": rule.name,
                "shortDescription": {"text": rule.meaning},
                "help": {"text": f"{rule.meaning} For example: {rule.example}"},
                "defaultConfiguration": {"level": _LEVELS[rule.compatibility]},
            }
            for rule in rules.values()
        ],
    }
    results = [_result(one, names.index(one.change.rule.name), located) for one in checked.judged]
    form = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(form, indent=2)


def _result(one: Judged, index: int, located: Located) -> dict[str, Any]:
    change = one.change
    region = {
        "artifactLocation": {"uri": located.path.replace("\\", "/")},
        "region": {"startLine": located.line(one)},
    }
    return {
        "ruleId": change.rule.name,
        "ruleIndex": index,
        "level": _LEVELS[one.compatibility],
        "message": {"text": for_terminal(_sentence(one))},
        "locations": [
            {
                "physicalLocation": region,
                "logicalLocations": [{"fullyQualifiedName": for_terminal(place(change))}],
            }
        ],
        "partialFingerprints": {"defactoChange/v1": _fingerprint(one)},
        "properties": {"consumers": {hit.consumer: hit.verdict.value for hit in one.hits}},
        **(
            {"suppressions": [{"kind": "external", "justification": for_terminal(one.accepted)}]}
            if one.accepted
            else {}
        ),
    }


def _fingerprint(one: Judged) -> str:
    change = one.change
    named = "\0".join((change.rule.name, change.operation, str(change.subject), change.message))
    return blake2b(named.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _sentence(one: Judged) -> str:
    """The change, and whom it hits."""
    why = one.fix or "; ".join((*notes(one), *map(told, ordered(one))))
    return f"{place(one.change)}: {one.change.message}{f'. {why}' if why else ''}"


def check_junit(checked: Checked) -> str:
    """JUnit XML: a case for each change; what breaks is a failure. Where nothing changes one case passes."""
    failures = sum(map(_fails, checked.judged))
    suite = ET.Element(
        "testsuite",
        name="defacto check",
        tests=str(max(1, len(checked.judged))),
        failures=str(failures),
        errors="0",
        skipped="0",
    )
    if not checked.judged:
        ET.SubElement(suite, "testcase", classname="defacto check", name="nothing changes")
    for one in checked.judged:
        name = f"{one.change.rule.name}: {place(one.change)}"
        case = ET.SubElement(suite, "testcase", classname="defacto check", name=for_terminal(name))
        text = for_terminal(_sentence(one))
        if _fails(one):
            ET.SubElement(case, "failure", message=text, type=one.change.rule.name).text = text
        else:
            ET.SubElement(case, "system-out").text = f"{one.compatibility.value}: {text}"
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _fails(one: Judged) -> bool:
    return one.compatibility is Compatibility.BREAKING and not one.accepted


def check_github(checked: Checked, located: Located) -> str:
    """Workflow commands: an annotation for each change that is not harmless, and the answer as a notice."""
    lines = [
        f"::{'notice' if one.accepted else _COMMANDS[one.compatibility]} file={_property(located.path)},"
        f"line={located.line(one)},title={_property(one.change.rule.name)}::{_data(_sentence(one))}"
        for one in checked.judged
        if one.compatibility is not Compatibility.COMPATIBLE
    ]
    lines.append(f"::{_COMMANDS[checked.verdict]} title=defacto check::{_data(checked.headline)}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return for_terminal(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
